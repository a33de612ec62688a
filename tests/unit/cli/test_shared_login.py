"""One login for all commands of a user: who logs in, who waits, and which files are not trusted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ringout.cli.credentials import Credentials
from ringout.cli.failures import USAGE, CommandFailed
from ringout.cli.shared_login import NotShared, SharedLogin

ANN = Credentials("https://a.example", "app", jwt="ey.J.x")


class Server:
    """Gives out tokens. gate: closed, it lets nobody in yet."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.asked, self.gate = threading.Event(), threading.Event()
        self.gate.set()

    def log_in(self) -> str:
        self.asked.set()
        assert self.gate.wait(20)
        self.given.append(f"token-number-{len(self.given)}")
        return self.given[-1]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def login(tmp_path: Path) -> Callable[[], SharedLogin]:
    return lambda: SharedLogin(tmp_path / "logins" / "one")


@pytest.fixture
def file(tmp_path: Path, server: Server, login: Callable[[], SharedLogin]) -> Path:
    """Of a login that was made."""
    login().token(server.log_in)
    return tmp_path / "logins" / "one"


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_commands_that_start_together_log_in_once(server: Server, login: Callable[[], SharedLogin]) -> None:
    server.gate.clear()
    with ThreadPoolExecutor(8) as commands:
        first = commands.submit(login().token, server.log_in)
        assert server.asked.wait(20)
        others = [commands.submit(login().token, server.log_in) for _ in range(7)]
        server.gate.set()
        assert {one.result() for one in [first, *others]} == {"token-number-0"}
    assert server.given == ["token-number-0"]


def test_a_refused_token_is_renewed_by_the_first_who_says_so(server: Server, login: Callable[[], SharedLogin]) -> None:
    old = login().token(server.log_in)
    fresh = login().token(server.log_in, old)
    assert fresh != old
    assert login().token(server.log_in, old) == fresh  # another command, with the same complaint
    assert len(server.given) == 2


@pytest.mark.usefixtures("open_umask")
def test_only_its_owner_reads_it(file: Path) -> None:
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o666])
def test_a_file_that_others_can_read_is_refused(
    mode: int, file: Path, server: Server, login: Callable[[], SharedLogin]
) -> None:
    file.chmod(mode)
    with pytest.raises(CommandFailed, match=f"{file} holds a login and others .*mode {mode:o}.*remove it") as refused:
        login().token(server.log_in)
    assert refused.value.exit_code == USAGE
    assert len(server.given) == 1


@pytest.mark.parametrize("content", [b"", b"two\r\nX: y", b"\xff\x00", b"x" * 9000])
def test_what_cannot_be_a_token_is_not_sent(
    content: bytes, file: Path, server: Server, login: Callable[[], SharedLogin]
) -> None:
    """The disk was full, or somebody has edited it."""
    file.write_bytes(content)
    assert login().token(server.log_in) == "token-number-1"
    assert login().token(server.log_in) == "token-number-1"


def test_a_failed_login_leaves_nothing_and_holds_nobody_up(server: Server, login: Callable[[], SharedLogin]) -> None:
    def fails() -> str:
        raise CommandFailed("no", USAGE)

    with pytest.raises(CommandFailed):
        login().token(fails)
    assert login().token(server.log_in) == "token-number-0"


def test_where_no_file_can_be_kept(tmp_path: Path, server: Server) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe", 0o600)
    for place in ("file/below", "link", "directory", "pipe"):
        with pytest.raises(NotShared):
            SharedLogin(tmp_path / place).token(server.log_in)
    assert server.given == []


def test_who_it_is_for(tmp_path: Path) -> None:
    """A file for each server, application and user, and no secret in its name."""
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    others = [
        Credentials("https://b.example", "app", jwt=ANN.jwt),
        Credentials(ANN.url, "other", jwt=ANN.jwt),
        Credentials(ANN.url, "app", username="+1", extension="101", password="p"),
        Credentials(ANN.url, "app", username="+1", extension="102", password="p"),
    ]
    for who in (ANN, *others):
        SharedLogin.of(who, environ).token(lambda: "token-number-0")
    made = [file.name for file in (tmp_path / "ringout/logins").iterdir()]
    assert len(made) == len(others) + 1
    assert not any(secret in name for name in made for secret in (ANN.jwt, "101"))


def test_logins_at_many_servers_do_not_pile_up(tmp_path: Path) -> None:
    for number in range(25):
        SharedLogin(tmp_path / f"{number}").token(lambda: "token-number-0")
        os.utime(tmp_path / f"{number}", (number, number))
    assert sorted(int(file.name) for file in tmp_path.iterdir()) == list(range(5, 25))
