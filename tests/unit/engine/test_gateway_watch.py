"""Gateways that are asked by OPTIONS: down after some misses, up with the first good answer; calls prefer those up."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fakes.names import Names
from fakes.trunk_lab import TrunkLab
from ringout.config import TrunkConfig
from ringout.engine.gateways import Hop, in_order
from ringout.sip.uri import SipUri

TWO = TrunkConfig("two", ("sip:10.0.0.1", "sip:10.0.0.2;transport=tcp"), options_seconds=30.0)


def opened(config: TrunkConfig = TWO, locator: Names | None = None) -> TrunkLab:
    lab = TrunkLab(config, locator=locator)
    lab.node.open_trunks()
    return lab


def hop(lab: TrunkLab, position: int) -> Hop:
    return [hop for gateway in lab.node.trunks.trunks[0].gateways for hop in gateway.hops][position]


def order(lab: TrunkLab) -> list[str]:
    """Which addresses the next call would try."""
    found = in_order(lab.node.trunks.trunks[0].gateways, lab.world.now, lambda bits: 0)
    return [hop.place.host for _, hop in found]


def test_each_is_asked_at_once_and_then_at_the_interval() -> None:
    lab = opened()
    assert [(request.uri, flow.transport) for request, flow in lab.sent] == [
        ("sip:10.0.0.1", "udp"),
        ("sip:10.0.0.2;transport=tcp", "tcp"),
    ]
    lab.answer("10.0.0.1", 200)
    lab.answer("10.0.0.2", 404)
    assert [hop(lab, 0).answers, hop(lab, 1).answers] == [True, True], "whoever refuses is there"
    lab.pass_seconds(29)
    assert lab.asked("OPTIONS") == []
    lab.pass_seconds(1)
    assert lab.asked("OPTIONS") == ["10.0.0.1", "10.0.0.2"]


def test_a_trunk_that_does_not_ask_for_it_is_left_alone() -> None:
    lab = opened(replace(TWO, options_seconds=0.0))
    lab.pass_seconds(100)
    assert lab.sent == []
    assert lab.world.running == []


def test_down_after_two_misses_and_up_with_one_answer(capsys: pytest.CaptureFixture[str]) -> None:
    lab = opened()
    lab.answer("10.0.0.2", 200)
    lab.pass_seconds(4)
    assert (hop(lab, 0).misses, hop(lab, 0).down) == (1, False)
    assert order(lab) == ["10.0.0.1", "10.0.0.2"]
    lab.asked("OPTIONS")
    lab.pass_seconds(26)
    lab.answer("10.0.0.2", 200)
    lab.pass_seconds(4)
    assert hop(lab, 0).down
    assert order(lab) == ["10.0.0.2", "10.0.0.1"], "called for want of others only"
    told = capsys.readouterr().err
    assert '"event":"a gateway is down"' in told
    assert '"address":"10.0.0.1"' in told
    lab.asked("OPTIONS")
    lab.pass_seconds(26)
    lab.answer("10.0.0.1", 200)
    assert not hop(lab, 0).down
    assert order(lab) == ["10.0.0.1", "10.0.0.2"]


def test_all_that_are_down_are_called_in_their_order() -> None:
    lab = opened()
    lab.pass_seconds(34)
    assert hop(lab, 0).down
    assert hop(lab, 1).down
    assert order(lab) == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    ("code", "well"), [(200, True), (401, True), (405, True), (486, True), (500, True), (503, False)]
)
def test_what_counts_as_an_answer(code: int, well: bool) -> None:
    lab = opened()
    lab.answer("10.0.0.1", code)
    assert hop(lab, 0).answers is well


def test_a_lost_connection_is_a_miss_at_once() -> None:
    lab = opened(replace(TWO, options_misses=1))
    flow = next(flow for _, flow in lab.sent if flow.transport == "tcp")
    lab.user_agent.transport_failed(flow, lab.world.now)
    lab.flush()
    assert hop(lab, 1).down


def test_trunks_that_share_a_gateway_share_its_answer() -> None:
    one = replace(TWO, gateways=("sip:10.0.0.1",), options_misses=1)
    lab = TrunkLab(one, replace(one, name="other", prefixes=("+44",)))
    lab.node.open_trunks()
    for _ in lab.sent.copy():
        lab.answer("10.0.0.1", 200)
    lab.pass_seconds(10)
    assert [gateway.hops[0].down for gateway in lab.node.trunks.all_gateways()] == [False, False]


def test_an_answer_after_its_time_helps_nobody_and_harms_nobody() -> None:
    """A question that the user agent gives up after 32 seconds is no miss of the one that is open then."""
    lab = opened(replace(TWO, gateways=("sip:10.0.0.1",), options_seconds=31.0, options_misses=3))
    lab.sent.clear()
    lab.pass_seconds(31.5)
    assert hop(lab, 0).misses == 1
    lab.pass_seconds(0.6)
    assert hop(lab, 0).misses == 1, "32 seconds after the first question"
    lab.answer("10.0.0.1", 200)
    assert hop(lab, 0).misses == 0


def test_a_gateway_that_no_listener_reaches_is_not_asked() -> None:
    lab = TrunkLab(TWO)
    lab.unreachable.add("10.0.0.1")
    lab.node.open_trunks()
    assert lab.asked("OPTIONS") == ["10.0.0.2"]


def test_a_gateway_without_a_route_is_asked_when_there_is_one_again() -> None:
    """As after a cable was pulled."""
    lab = opened(replace(TWO, gateways=("sip:10.0.0.1",)))
    lab.answer("10.0.0.1", 200)
    lab.unreachable.add("10.0.0.1")
    lab.pass_seconds(60)
    assert lab.asked("OPTIONS") == []
    lab.unreachable.clear()
    lab.pass_seconds(30)
    assert lab.asked("OPTIONS") == ["10.0.0.1"]


async def test_addresses_come_and_go_with_their_name() -> None:
    names = Names()
    lab = TrunkLab(TrunkConfig("t", ("sip:gw.example",), options_seconds=10.0), locator=names)
    resolving = asyncio.get_running_loop().create_task(lab.node.resolve_gateways())
    await asyncio.sleep(0)
    names.answer("192.0.2.11", "192.0.2.12", seconds=25)
    await resolving
    lab.node.open_trunks()
    assert lab.asked("OPTIONS") == ["192.0.2.11", "192.0.2.12"]
    lab.pass_seconds(25)
    lab.asked("OPTIONS")
    lab.wait_for_request()
    names.answer("192.0.2.12", "192.0.2.13")
    lab.answer("192.0.2.11", 200)
    assert lab.asked("OPTIONS") == ["192.0.2.12", "192.0.2.13"], "the new one at once"
    lab.pass_seconds(10)
    assert sorted(lab.asked("OPTIONS")) == ["192.0.2.12", "192.0.2.13"]
    await lab.node.close_trunks()
    lab.pass_seconds(100)
    assert lab.asked("OPTIONS") == []
    assert lab.world.running == []


def test_the_weakest_interval_is_no_flood() -> None:
    lab = opened(replace(TWO, gateways=("sip:10.0.0.1",), options_seconds=0.0001))
    for _ in range(5):
        lab.answer("10.0.0.1", 200)
        lab.pass_seconds(0.1)
    assert len(lab.asked("OPTIONS")) == 1


def test_the_uri_that_is_asked_is_the_gateway() -> None:
    lab = opened(replace(TWO, gateways=("sips:10.0.0.1:5071",)))
    (request, flow) = lab.sent[0]
    assert (request.uri, flow.transport, flow.remote) == ("sips:10.0.0.1:5071", "tls", ("10.0.0.1", 5071))
    assert SipUri.parse(request.uri).user is None
