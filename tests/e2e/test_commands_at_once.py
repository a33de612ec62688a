"""`ringout call` several times at once beside a server with narrow limits: the commands share one login, and each asks
once for all that it shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .harness import World
from .raw_phone import RawPhone
from .server import CLIENT, EXTENSION, MAIN_NUMBER, PASSWORD, ServerProcess

COMMANDS = 6  # a user may have five sessions

Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def command(world: World) -> Iterator[Command]:
    started = []

    def start(server: ServerProcess, home: Path, *words: str) -> subprocess.Popen[str]:
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {
            "HOME": str(home),
            "RINGOUT_URL": f"http://127.0.0.1:{server.http_port}",
            "RINGOUT_CLIENT_ID": CLIENT[0], "RINGOUT_CLIENT_SECRET": CLIENT[1],
            "RINGOUT_USERNAME": MAIN_NUMBER, "RINGOUT_EXTENSION": EXTENSION, "RINGOUT_PASSWORD": PASSWORD,
        }  # fmt: skip
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "ringout", *words],
                env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def shows(running: subprocess.Popen[str], word: str) -> None:
    """Waits for it."""
    assert running.stdout is not None
    seen = ""
    for line in running.stdout:
        seen += line
        if word in line:
            return
    raise AssertionError(f"{seen!r}, then {running.communicate(timeout=20)}")


def decline_all(phone: RawPhone, commands: list[subprocess.Popen[str]]) -> None:
    """All of them ring, then each call ends and each command says so."""
    rung = [phone.ring() for _ in commands]
    for one in commands:
        shows(one, "ringing")
    for number, invite in enumerate(rung):
        phone.reply(invite, 486, tag=f"declined-{number}")
    for one in commands:
        _, err = one.communicate(timeout=20)
        assert (one.returncode, "486" in err) == (1, True), err


def test_they_log_in_once_and_ask_once_each(world: World, command: Command) -> None:
    """Asking every quarter of a second would be refused long before the phones have rung."""
    phone, callee = world.raw("mine"), world.raw("theirs")
    server = world.serve(limits={"auth": 1, "light": COMMANDS})
    home = world.directory / "home"
    home.mkdir()
    place = ("call", callee.number, "--from", phone.number)
    decline_all(phone, [command(server, home, *place) for _ in range(COMMANDS)])
    kept = [file for file in home.rglob("*") if file.is_file()]
    assert [(file.stat().st_mode & 0o777) for file in kept] == [0o600]
    assert kept[0].read_text() not in server.log()


def test_a_login_that_was_ended_is_made_anew(world: World, command: Command) -> None:
    """The password was changed and changed back, others have logged in more often: it goes on without a word."""
    phone, callee = world.raw("mine"), world.raw("theirs")
    server = world.serve()
    home = world.directory / "home"
    home.mkdir()
    running = command(server, home, "call", callee.number, "--from", phone.number)
    rung = phone.ring()
    shows(running, "ringing")
    for _ in range(5):
        server.log_in()
    phone.reply(rung, 486, tag="declined")
    _, err = running.communicate(timeout=20)
    assert (running.returncode, "486" in err) == (1, True), err
    ended = command(server, home, "status", "1")
    assert "ringOutId" in ended.communicate(timeout=20)[1]


def test_without_a_place_for_files(world: World, command: Command) -> None:
    """Each command has a login of its own then, and says so when they are too many."""
    phone, callee = world.raw("mine"), world.raw("theirs")
    server = world.serve(limits={"light": 10})
    nowhere = world.directory / "home"
    nowhere.touch()
    place = ("call", callee.number, "--from", phone.number)
    decline_all(phone, [command(server, nowhere, *place) for _ in range(3)])
    running = command(server, nowhere, *place)
    rung = phone.ring()
    shows(running, "ringing")
    for _ in range(5):
        server.log_in()
    _, err = running.communicate(timeout=20)
    assert (running.returncode, err.count("\n")) == (3, 1)
    assert "one user has too many" in err
    phone.reply(rung, 486, tag="declined")
