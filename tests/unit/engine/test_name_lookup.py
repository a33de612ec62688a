"""Names of gateways are looked up at the start and in the background; names of redirections while their call waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from fakes.engine_world import Stage
from fakes.names import Names
from ringout.config import TrunkConfig
from ringout.engine import name_lookup
from ringout.engine.gateways import Hop

NAMED = TrunkConfig("t", ("sip:gw.example",), username="u", password="p")


async def opened(names: Names, *hosts: str, seconds: float = 60.0) -> Stage:
    """A node whose gateway leads to those hosts."""
    stage = Stage(NAMED, locator=names)
    resolving = asyncio.get_running_loop().create_task(stage.node.resolve_gateways())
    await asyncio.sleep(0)
    names.answer(*hosts, seconds=seconds)
    await resolving
    return stage


def hops(stage: Stage) -> list[Hop]:
    return stage.node.trunks.trunks[0].gateways[0].hops


def asked(stage: Stage) -> list[str]:
    """Where the INVITEs went."""
    return [session.asked["flow"].remote[0] for session in stage.agent.sessions]


# --- gateways ---


async def test_a_name_becomes_hops_and_stays_the_request_uri() -> None:
    stage = await opened(Names(), "192.0.2.1", "192.0.2.2")
    stage.place()
    assert stage.caller.uri == "sip:+16505550101@gw.example"
    stage.caller.fails(503, cause="transport")
    assert asked(stage) == ["192.0.2.1", "192.0.2.2"]
    assert [session.asked["credentials"].username for session in stage.agent.sessions] == ["u", "u"]


async def test_a_server_that_failed_rests_for_the_next_call() -> None:
    stage = await opened(Names(), "192.0.2.1", "192.0.2.2")
    stage.place()
    stage.caller.fails(503, retry_after=20)
    stage.place(ring_out_id=2)
    assert asked(stage) == ["192.0.2.1", "192.0.2.2", "192.0.2.2"]


async def test_numbers_are_not_looked_up() -> None:
    names = Names()
    stage = Stage(locator=names)
    await stage.node.resolve_gateways()
    assert names.asked == []
    assert [hop.place.host for hop in hops(stage)] == ["10.0.0.1"]


async def test_a_name_that_nobody_knows_is_asked_for_until_somebody_does(capsys: pytest.CaptureFixture[str]) -> None:
    """As after a reboot that the name servers take longer for: the start goes on."""
    names = Names()
    stage = await opened(names)
    stage.place()
    assert stage.statuses.endswith("CannotReach")
    waited = []
    for _ in range(5):
        before = stage.world.now
        while not names.asked:
            stage.world.pass_seconds(1)
        waited.append(round(stage.world.now - before))
        names.answer(*(["192.0.2.1"] if len(waited) == 5 else []))
    assert waited == [5, 10, 20, 30, 30]
    stage.place(ring_out_id=2)
    assert asked(stage) == ["192.0.2.1"]
    told = capsys.readouterr().err
    assert told.count("a gateway is down: its name leads nowhere") == 1
    assert "the name 'gw.example' cannot be resolved" in told


async def test_one_unknown_name_does_not_hold_up_the_others() -> None:
    names = Names()
    stage = Stage(replace(NAMED, gateways=("sip:bad.example", "sip:gw.example")), locator=names)
    resolving = asyncio.get_running_loop().create_task(stage.node.resolve_gateways())
    await asyncio.sleep(0)
    names.answer()
    await asyncio.sleep(0)
    assert not resolving.done(), "the other one may be known in a moment"
    names.answer("192.0.2.1")
    await resolving
    stage.place()
    assert asked(stage) == ["192.0.2.1"]


async def test_names_that_get_no_answer_do_not_hold_up_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(name_lookup, "LOOKUP_SECONDS", 0.01)
    names = Names()
    stage = Stage(NAMED, locator=names)
    await stage.node.resolve_gateways()
    assert "no answer within 0.01 seconds" in capsys.readouterr().err
    names.answer("192.0.2.1")
    stage.place()
    assert asked(stage) == ["192.0.2.1"], "late is not never"


async def test_where_nobody_may_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    await Stage(NAMED).node.resolve_gateways()
    assert "nobody may be asked" in capsys.readouterr().err


def test_a_call_by_an_unresolved_gateway_fails_without_a_lookup() -> None:
    names = Names()
    stage = Stage(NAMED, locator=names)
    stage.place()
    assert stage.statuses == "GenericError InProgress CannotReach"
    assert stage.agent.log == []
    assert names.asked == []


async def test_the_first_address_with_a_listener_is_used() -> None:
    stage = await opened(Names(), "2001:db8::5", "192.0.2.5")
    stage.agent.unreachable.add("2001:db8::5")
    stage.place()
    assert asked(stage) == ["192.0.2.5"]


async def test_names_are_followed_and_what_is_known_of_an_address_stays() -> None:
    names = Names()
    stage = await opened(names, "192.0.2.1", "192.0.2.2", seconds=60)
    kept = hops(stage)[1]
    kept.down = True
    stage.world.pass_seconds(59)
    assert names.asked == []
    stage.world.pass_seconds(1)
    assert names.hosts == ["gw.example"]
    stage.place()
    assert asked(stage) == ["192.0.2.1"], "no call waits for the answer"
    names.answer("192.0.2.2", "192.0.2.3")
    assert hops(stage)[0] is kept
    assert kept.down
    stage.place(ring_out_id=2)
    assert asked(stage)[-1] == "192.0.2.3"
    stage.node.names.stop()
    assert not stage.node.names._timers


@pytest.mark.parametrize(("seconds", "again"), [(0.0, 5.0), (1e9, 3600.0)])
async def test_a_time_to_live_has_limits(seconds: float, again: float) -> None:
    names = Names()
    stage = await opened(names, "192.0.2.1", seconds=seconds)
    stage.world.pass_seconds(again - 0.1)
    assert names.asked == []
    stage.world.pass_seconds(0.1)
    assert names.hosts == ["gw.example"]


async def test_a_name_server_that_fails_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    names = Names()
    stage = await opened(names, "192.0.2.1")
    stage.world.pass_seconds(60)
    names.answer()
    assert [hop.place.host for hop in hops(stage)] == ["192.0.2.1"]
    assert "was not found again" in capsys.readouterr().err
    stage.world.pass_seconds(30)
    names.answer("192.0.2.7")
    assert [hop.place.host for hop in hops(stage)] == ["192.0.2.7"]


# --- redirections ---


def redirected(names: Names, *contacts: str) -> Stage:
    stage = Stage(locator=names)
    stage.place()
    stage.caller.fails(302, contacts=list(contacts))
    return stage


def test_a_redirection_to_a_name_is_followed_there() -> None:
    names = Names()
    stage = redirected(names, "sip:+16505550101@elsewhere.example;x=1")
    assert len(stage.agent.sessions) == 1
    assert stage.statuses == "InProgress InProgress InProgress"
    flushes = stage.agent.flushes
    names.answer("203.0.113.1", "203.0.113.2")
    assert asked(stage)[1:] == ["203.0.113.1"]
    assert stage.agent.flushes > flushes
    assert stage.caller.uri == "sip:+16505550101@elsewhere.example;x=1"
    assert stage.caller.asked["credentials"] is None
    stage.caller.fails(503, cause="transport")
    assert asked(stage)[1:] == ["203.0.113.1", "203.0.113.2"]


def test_a_name_is_remembered_for_its_time() -> None:
    names = Names()
    stage = redirected(names, "sip:+16505550101@elsewhere.example")
    names.answer("203.0.113.1", seconds=60)
    stage.place(ring_out_id=2)
    stage.caller.fails(302, contacts=["sip:7@ELSEWHERE.example"])
    assert asked(stage)[-1] == "203.0.113.1"
    assert names.asked == []
    stage.world.pass_seconds(61)
    stage.place(ring_out_id=3)
    stage.caller.fails(302, contacts=["sip:+16505550101@elsewhere.example"])
    assert names.hosts == ["elsewhere.example"]


def test_a_name_that_leads_nowhere_goes_by_way_of_the_trunk() -> None:
    names = Names()
    stage = redirected(names, "sip:+16505550101@elsewhere.example")
    names.answer()
    assert asked(stage) == ["10.0.0.1", "10.0.0.1"]
    assert stage.caller.uri == "sip:+16505550101@elsewhere.example"


def test_a_name_that_leads_where_we_have_no_listener_goes_by_way_of_the_trunk_once() -> None:
    names = Names()
    stage = redirected(names, "sip:+16505550101@elsewhere.example")
    stage.agent.unreachable |= {"2001:db8::1", "2001:db8::2"}
    names.answer("2001:db8::1", "2001:db8::2")
    stage.caller.fails(486)
    assert asked(stage) == ["10.0.0.1", "10.0.0.1"]


def test_a_strangers_name_leads_nowhere_inside() -> None:
    names = Names()
    stage = Stage(TrunkConfig("t", ("sip:198.41.0.4",)), locator=names)
    stage.place()
    stage.caller.fails(302, contacts=["sip:+16505550101@elsewhere.example"])
    names.answer("127.0.0.1", "10.1.2.3", "fd00::1")
    assert asked(stage) == ["198.41.0.4", "198.41.0.4"]


def test_hanging_up_stops_the_question() -> None:
    names = Names()
    stage = redirected(names, "sip:+16505550101@elsewhere.example")
    assert stage.node.cancel(1)
    assert names.cancelled == ["elsewhere.example"]
    assert stage.is_quiet()
    assert not stage.node.names._asked


def test_calls_that_wait_for_one_name_share_the_question() -> None:
    names = Names()
    stage = redirected(names, "sip:+16505550101@elsewhere.example")
    for number in (2, 3):
        stage.place(ring_out_id=number)
        stage.caller.fails(302, contacts=["sip:+16505550101@elsewhere.example"])
    assert names.hosts == ["elsewhere.example"]
    assert stage.node.cancel(2)
    assert names.cancelled == []
    names.answer("203.0.113.1")
    assert asked(stage)[-2:] == ["203.0.113.1", "203.0.113.1"]
    assert not stage.node.names._asked


def test_strangers_cannot_have_us_ask_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_lookup, "MOST_ASKED", 2)
    names = Names()
    stage = redirected(names, "sip:+16505550101@a.example")
    for number in (2, 3):
        stage.place(ring_out_id=number)
        stage.caller.fails(302, contacts=[f"sip:+16505550101@b{number}.example"])
    assert names.hosts == ["a.example", "b2.example"]
    assert asked(stage)[-1] == "10.0.0.1", "by way of the trunk"


def test_a_fault_in_a_late_answer_ends_that_call_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names()
    stage = redirected(names, "sip:+16505550101@elsewhere.example")

    def broken(*arguments: Any, **more: Any) -> Any:
        raise RuntimeError("bug")

    monkeypatch.setattr(stage.agent, "invite", broken)
    names.answer("203.0.113.1")
    assert stage.statuses.endswith("Error")
    assert stage.is_quiet()
