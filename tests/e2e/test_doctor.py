"""`ringout doctor` and `ringout admin trunks list` beside a running server, whose gateways are sockets of the test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from .harness import World
from .raw_phone import RawPhone
from .test_administration import EmptyServer


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def environ_of(server: EmptyServer, made: dict[str, Any]) -> dict[str, str]:
    """A user's login, on a machine without a desktop."""
    return {
        "HOME": str(server.directory), "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "", "XDG_DATA_HOME": "",
        "DISPLAY": "", "WAYLAND_DISPLAY": "",
        "RINGOUT_URL": f"http://127.0.0.1:{server.http_port}", "RINGOUT_CLIENT_ID": made["clientId"],
        "RINGOUT_CLIENT_SECRET": made["clientSecret"], "RINGOUT_JWT": made["jwt"],
    }  # fmt: skip


def answer_options(phone: RawPhone, code: int, seen_as: str | None = None) -> None:
    request = phone.expect("OPTIONS")
    assert request.text.startswith(f"OPTIONS sip:127.0.0.1:{phone.port} SIP/2.0\n")
    if seen_as is not None:
        request = replace(request, text=request.text.replace(";rport", f";rport=5060;received={seen_as}", 1))
    phone.reply(request, code)


def lines(ended: subprocess.CompletedProcess[str]) -> dict[str, list[str]]:
    """Verdicts by subject."""
    assert ended.stderr == ""
    found: dict[str, list[str]] = {}
    for line in ended.stdout.splitlines():
        verdict, subject, _ = line.split(maxsplit=2)
        found.setdefault(subject, []).append(verdict)
    return found


def test_all_is_well(world: World, beside: ThreadPoolExecutor) -> None:
    phone = world.raw("carrier")
    server = EmptyServer(world)
    made = server.init("--phone", phone.number)
    server.start()
    doctor: Future[subprocess.CompletedProcess[str]] = beside.submit(
        server.ringout, "doctor", **environ_of(server, made)
    )
    answer_options(phone, 200, "127.0.0.1")
    ended = doctor.result()
    found = lines(ended)
    assert found == {name: ["ok"] for name in ("links", "server", "tls", "clock", "token", "phone", "trunk", "nat")}
    assert ended.returncode == 0
    assert f"carrier sip:127.0.0.1:{phone.port} answers (SIP 200" in ended.stdout


def test_a_default_phone_that_registers_and_is_not_there(world: World, beside: ThreadPoolExecutor) -> None:
    phone = world.raw("carrier")
    server = EmptyServer(world)
    made = server.init()
    server.admin("devices", "add", "101", "--name", "Desk phone", "--username", "ann-desk")
    server.start()
    doctor: Future[subprocess.CompletedProcess[str]] = beside.submit(
        server.ringout, "doctor", **environ_of(server, made)
    )
    answer_options(phone, 200)
    ended = doctor.result()
    assert ended.returncode == 1
    assert lines(ended)["phone"] == ["wrong"]
    assert "Desk phone is rung first, and it is not registered." in ended.stdout


def test_trunks_that_are_not_well(world: World, beside: ThreadPoolExecutor) -> None:
    elsewhere, silent, sick = world.raw("elsewhere"), world.raw("silent"), world.raw("sick")
    server = EmptyServer(world)
    made = server.init("--phone", silent.number)
    server.start()
    doctor = beside.submit(server.ringout, "doctor", **environ_of(server, made))
    answer_options(elsewhere, 404, "10.9.9.9")
    answer_options(sick, 503)
    silent.expect("OPTIONS")
    ended = doctor.result()
    assert ended.returncode == 1
    found = lines(ended)
    assert found["trunk"] == ["ok", "wrong", "wrong"]
    assert found["nat"] == ["wrong", "ok"]  # what the silent one sees of us nobody knows
    assert "sees us as 10.9.9.9" in ended.stdout


def test_the_list_of_trunks(world: World, beside: ThreadPoolExecutor) -> None:
    phone = world.raw("carrier")
    server = EmptyServer(world)
    server.init()
    server.start()
    listed = beside.submit(server.admin, "trunks", "list")
    answer_options(phone, 404, "10.9.9.9")
    (gateway,) = listed.result()
    assert gateway.pop("milliseconds") > 0
    assert gateway == {
        "trunk": "carrier", "gateway": f"sip:127.0.0.1:{phone.port}", "address": "127.0.0.1", "answers": True,
        "signalling": "127.0.0.1", "media": "127.0.0.1", "code": 404, "seenAs": "10.9.9.9", "transport": "udp",
        "port": phone.port,
    }  # fmt: skip


def test_a_server_that_is_down(world: World) -> None:
    world.raw("carrier")
    server = EmptyServer(world)
    environ = environ_of(server, server.init("--phone", "+16505550101"))
    ended = server.ringout("doctor", **environ)
    assert ended.returncode == 1
    assert lines(ended) == {"links": ["ok"], "server": ["wrong"], "trunk": ["wrong"]}
    assert "Run `ringout serve`." in ended.stdout
    refused = server.ringout("admin", "trunks", "list")
    assert (refused.returncode, refused.stderr) == (3, "ringout: refused: Only a running server can ask its trunks.\n")


def test_a_token_that_is_none_and_a_user_without_a_phone(world: World) -> None:
    world._trunks.clear()
    server = EmptyServer(world)
    made = server.init()
    server.start()
    environ = environ_of(server, made)
    found = server.ringout("doctor", **environ)
    assert lines(found) == {
        "links": ["ok"], "server": ["ok"], "tls": ["ok"], "clock": ["ok"], "token": ["ok"], "phone": ["wrong"],
        "trunk": ["wrong"],
    }  # fmt: skip
    found = server.ringout("doctor", **environ | {"RINGOUT_JWT": "x"})
    assert lines(found)["token"] == ["wrong"]
    assert "ringout admin jwts create" in found.stdout
    nobody = {
        name: "" if name != "HOME" else value for name, value in environ.items() if not name.startswith("RINGOUT_")
    }
    found = server.ringout("doctor", **nobody)
    assert lines(found) == {
        "links": ["ok"], "server": ["ok"], "tls": ["ok"], "clock": ["ok"], "token": ["unknown"], "trunk": ["wrong"],
    }  # fmt: skip
    assert json.loads(server.ringout("admin", "trunks", "list", "--json").stdout) == []
