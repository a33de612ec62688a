"""Trunks that register: with whom, as whom, by which of their addresses, and what calls and people are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fakes.challenge import make_challenge
from fakes.names import Names
from fakes.trunk_lab import TrunkLab
from ringout import logs
from ringout.config import TrunkConfig
from ringout.engine import node as node_module
from ringout.engine.gateways import in_order
from ringout.engine.route import Route
from ringout.sip.digest import Credentials, read_answer, verify

ONE = TrunkConfig("one", ("sip:10.0.0.1",), username="acme", password="secret", register=True)
TWO = replace(ONE, gateways=("sip:10.0.0.1", "sip:10.0.0.2"))


def opened(config: TrunkConfig = ONE, locator: Any = None) -> TrunkLab:
    lab = TrunkLab(config, locator=locator)
    lab.node.open_trunks()
    return lab


async def named(names: Names, *hosts: str, **changes: Any) -> TrunkLab:
    """A registrar that is a name."""
    lab = TrunkLab(replace(ONE, gateways=("sip:carrier.example",), **changes), locator=names)
    resolving = asyncio.get_running_loop().create_task(lab.node.resolve_gateways())
    await asyncio.sleep(0)
    names.answer(*hosts, seconds=1000)
    await resolving
    lab.node.open_trunks()
    return lab


def registered(lab: TrunkLab) -> list[bool | None]:
    return [gateway.registered for gateway in lab.node.trunks.trunks[0].gateways]


def order(lab: TrunkLab) -> list[str]:
    found = in_order(lab.node.trunks.trunks[0].gateways, lab.world.now, lambda bits: 0)
    return [hop.place.host for _, hop in found]


def says(lab: TrunkLab) -> str:
    registration = lab.node.registrations.of(lab.node.trunks.trunks[0].gateways[0])
    assert registration is not None
    return registration.says


@pytest.mark.parametrize(
    ("changes", "uri", "aor"),
    [
        ({}, "sip:10.0.0.1", "sip:acme@10.0.0.1"),
        ({"from_domain": "acme.example"}, "sip:10.0.0.1", "sip:acme@acme.example"),
        ({"register_as": "sip:+16505550100@carrier.example"}, "sip:10.0.0.1", "sip:+16505550100@carrier.example"),
        ({"registrar": "sip:10.0.0.9:5070"}, "sip:10.0.0.9:5070", "sip:acme@10.0.0.9"),
        ({"registrar": "sips:10.0.0.9"}, "sips:10.0.0.9", "sips:acme@10.0.0.9"),
        ({"username": "a b@c"}, "sip:10.0.0.1", "sip:a%20b%40c@10.0.0.1"),
    ],
)
def test_whom_and_as_whom(changes: dict[str, Any], uri: str, aor: str) -> None:
    (request, _) = opened(replace(ONE, **changes)).sent[0]
    assert (request.method, request.uri, request.headers.get("To")) == ("REGISTER", uri, f"<{aor}>")


def test_credentials_and_further_bindings() -> None:
    lab = opened(replace(ONE, register_contacts=("sip:acme@192.0.2.2:5060",), register_seconds=600))
    request = lab.answer("10.0.0.1", 401, f"WWW-Authenticate: {make_challenge('carrier', 'n1')}")
    assert request.headers.get("Contact") == "<sip:acme@192.0.2.1:5060>, <sip:acme@192.0.2.2:5060>"
    assert request.headers.get("Expires") == "600"
    (request, _) = lab.sent[0]
    answer = read_answer(request.headers.get("Authorization") or "")
    assert verify(answer, "REGISTER", Credentials("acme", "secret"), "carrier")


def test_a_trunk_that_does_not_ask_for_it_registers_nowhere() -> None:
    lab = opened(replace(ONE, register=False))
    assert lab.sent == []
    assert registered(lab) == [None]
    assert lab.node.registrations.of(lab.node.trunks.trunks[0].gateways[0]) is None


@pytest.fixture
def _all_logs() -> Iterator[None]:
    logs.configure("info")
    yield
    logs.configure("warning")


@pytest.mark.usefixtures("_all_logs")
def test_each_gateway_is_a_registrar_and_calls_go_where_we_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    lab = opened(TWO)
    assert registered(lab) == [False, False]
    assert order(lab) == ["10.0.0.1", "10.0.0.2"]
    lab.answer("10.0.0.2", 200, "Expires: 600")
    assert registered(lab) == [False, True]
    assert order(lab) == ["10.0.0.2", "10.0.0.1"]
    lab.answer("10.0.0.1", 403)
    assert says(lab) == "403 Whatever"
    assert order(lab) == ["10.0.0.2", "10.0.0.1"]
    lab.pass_seconds(600)
    lab.answer("10.0.0.1", 200, "Expires: 600")
    assert order(lab)[0] == "10.0.0.1"
    told = capsys.readouterr().err
    assert '"event":"registered"' in told
    assert '"event":"not registered"' in told
    assert "secret" not in told


def test_the_first_refusal_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    lab = opened()
    for _ in range(2):
        lab.answer("10.0.0.1", 403)
        lab.wait_for_request()
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "not registered" in line]
    assert '"answer":"403 Whatever"' in line


def test_a_refresh_that_is_refused_is_told_and_why_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    lab = opened()
    lab.answer("10.0.0.1", 200, "Expires: 60")
    lab.wait_for_request()
    lab.answer("10.0.0.1", 403)
    assert registered(lab) == [True]
    lab.pass_seconds(61)
    assert registered(lab) == [False]
    assert says(lab) == "403 Whatever"
    events = [line for line in capsys.readouterr().err.splitlines() if '"answer":"403 Whatever"' in line]
    assert ['"event":"not refreshed"' in line for line in events] == [True, False]
    assert '"event":"not registered"' in events[1]


def test_a_gateway_that_is_back_is_registered_with_at_once() -> None:
    lab = opened(replace(ONE, options_seconds=10.0, options_misses=1))
    lab.answer("10.0.0.1", 200, "Expires: 3600", method="REGISTER")
    lab.pass_seconds(11)
    assert lab.asked("REGISTER") == []
    lab.asked("OPTIONS")
    lab.pass_seconds(10)
    lab.answer("10.0.0.1", 200, method="OPTIONS")
    assert lab.asked("REGISTER") == ["10.0.0.1"]


def test_a_registrar_apart_serves_all_gateways() -> None:
    lab = opened(replace(TWO, registrar="sip:10.0.0.9"))
    assert lab.asked("REGISTER") == ["10.0.0.9"]
    lab = opened(replace(TWO, registrar="sip:10.0.0.9"))
    lab.answer("10.0.0.9", 200)
    assert registered(lab) == [True, True]


def test_calls_pass_the_service_route_while_it_holds() -> None:
    lab = opened()
    lab.answer("10.0.0.1", 200, "Expires: 60", "Service-Route: <sip:p1.example;lr>")
    trunk = lab.node.trunks.trunks[0]

    def routes() -> tuple[str, ...]:
        target = Route(trunk, "+16505550101", lab.world.now, lambda user, prefix: True, lambda bits: 0).next()
        assert target is not None
        return target.routes

    assert routes() == ("<sip:p1.example;lr>",)
    lab.pass_seconds(61)
    assert routes() == ()


def test_what_was_granted_ends_when_nobody_answers() -> None:
    lab = opened()
    lab.answer("10.0.0.1", 200, "Expires: 60")
    assert registered(lab) == [True]
    lab.pass_seconds(61)
    assert registered(lab) == [False]
    lab.wait_for_request()
    lab.answer("10.0.0.1", 200, "Expires: 60")
    assert registered(lab) == [True]


@pytest.mark.usefixtures("_all_logs")
def test_a_lost_connection_is_registered_by_again(capsys: pytest.CaptureFixture[str]) -> None:
    lab = opened(replace(ONE, gateways=("sip:10.0.0.1;transport=tcp",)))
    flow = lab.sent[0][1]
    lab.answer("10.0.0.1", 200, "Expires: 3600")
    lab.user_agent.transport_failed(flow, lab.world.now)
    lab.flush()
    assert registered(lab) == [True]
    assert '"event":"the connection to a registrar is gone"' in capsys.readouterr().err
    assert 15 <= lab.wait_for_request() <= 30.5
    lab.user_agent.transport_failed(flow, lab.world.now)  # nobody is there yet
    lab.flush()
    assert 30 <= lab.wait_for_request() <= 60.5
    lab.answer("10.0.0.1", 200, "Expires: 3600")
    lab.pass_seconds(3000)
    assert lab.sent == []


def test_only_the_registration_whose_connection_is_gone_asks_again() -> None:
    lab = opened(replace(ONE, gateways=("sip:10.0.0.1;transport=tcp", "sip:10.0.0.2;transport=tcp")))
    flow = lab.sent[0][1]
    lab.answer("10.0.0.1", 200, "Expires: 3600")
    lab.answer("10.0.0.2", 200, "Expires: 3600")
    lab.user_agent.transport_failed(flow, lab.world.now)
    lab.flush()
    lab.wait_for_request()
    assert lab.asked("REGISTER") == ["10.0.0.1"]


async def test_the_next_address_of_a_name_is_asked_at_once() -> None:
    lab = await named(Names(), "192.0.2.11", "192.0.2.12")
    lab.answer("192.0.2.11", 503)
    lab.answer("192.0.2.12", 200, "Expires: 600")
    assert registered(lab) == [True]
    assert order(lab) == ["192.0.2.12", "192.0.2.11"], "calls go by the one that knows us"


async def test_a_round_ends_when_every_address_was_asked() -> None:
    lab = await named(Names(), "192.0.2.11", "192.0.2.12")
    lab.answer("192.0.2.11", 503)
    lab.answer("192.0.2.12", 503)
    assert lab.sent == []
    assert lab.wait_for_request() >= 60
    assert lab.asked("REGISTER") == ["192.0.2.11"]


async def test_a_server_that_moves_is_followed() -> None:
    names = Names()
    lab = await named(names, "192.0.2.11")
    lab.answer("192.0.2.11", 200, "Expires: 6000")
    lab.pass_seconds(1000)
    names.answer("192.0.2.20")
    lab.answer("192.0.2.20", 200)
    assert order(lab) == ["192.0.2.20"]


async def test_a_registrar_whose_name_leads_somewhere_at_last_is_asked_at_once() -> None:
    names = Names()
    lab = await named(names)
    assert lab.sent == []
    assert "no way to it" in says(lab)
    lab.pass_seconds(5)
    names.answer("192.0.2.11")
    lab.answer("192.0.2.11", 200, "Expires: 600")
    assert registered(lab) == [True]


async def test_a_redirection_is_followed_to_its_name() -> None:
    names = Names()
    lab = await named(names, "192.0.2.11")
    lab.answer("192.0.2.11", 302, "Contact: <tel:1>;q=0.9, <sip:acme@other.example>;q=0.8")
    assert names.hosts == ["other.example"]
    names.answer("192.0.2.30")
    (request, _) = lab.sent[0]
    assert request.uri == "sip:other.example", "a domain, without a user"
    lab.answer("192.0.2.30", 200, "Expires: 600")
    assert registered(lab) == [True]
    lab.pass_seconds(541)
    assert lab.asked("REGISTER") == ["192.0.2.30"]


async def test_a_redirection_that_leads_nowhere_waits() -> None:
    names = Names()
    lab = await named(names, "192.0.2.11")
    lab.answer("192.0.2.11", 302, "Contact: <sip:other.example>")
    names.answer()
    assert registered(lab) == [False]
    lab.pass_seconds(61)
    assert lab.asked("REGISTER") == ["192.0.2.11"]


def test_a_registrar_that_no_listener_reaches_is_looked_for_again() -> None:
    lab = TrunkLab(ONE)
    lab.unreachable.add("10.0.0.1")
    lab.node.open_trunks()
    assert lab.sent == []
    assert "no way to it" in says(lab)
    lab.unreachable.clear()
    lab.pass_seconds(30)
    assert lab.asked("REGISTER") == ["10.0.0.1"]


async def test_leaving_takes_the_registration_back() -> None:
    lab = opened()
    lab.answer("10.0.0.1", 200)
    leaving = asyncio.get_running_loop().create_task(lab.node.close_trunks())
    await asyncio.sleep(0)
    assert lab.sent[0][0].headers.get("Expires") == "0"
    assert not leaving.done()
    lab.answer("10.0.0.1", 200)
    await leaving
    lab.pass_seconds(100)
    assert lab.sent == []
    assert registered(lab) == [False]


async def test_leaving_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node_module, "UNREGISTER_SECONDS", 0.01)
    lab = opened()
    lab.answer("10.0.0.1", 200)
    await lab.node.close_trunks()
    assert "has confirmed that we leave" in capsys.readouterr().err


async def test_nobody_to_leave() -> None:
    await TrunkLab(replace(ONE, register=False)).node.close_trunks()
