"""The gateways are asked together, once for everybody who asks, and never for longer than a person waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from fakes.names import located
from ringout.config import Config, TrunkConfig
from ringout.engine import trunk_probe
from ringout.engine.registrations import Registrations
from ringout.engine.trunk_probe import TrunkProbe
from ringout.engine.trunks import Trunks
from ringout.net.addresses import PublicAddress
from ringout.service.ports import GatewayReport
from ringout.sip.events import OptionsAnswered
from ringout.sip.flow import Flow, NoFlow

US = ("192.0.2.1", 5060)


@dataclass
class FakeNode:
    """Node, clock, driver and user agent in one: it notes what is asked, and answers what it was told to."""

    gateways: dict[str, tuple[str, ...]]
    answers: dict[str, Any] = field(default_factory=dict)  # host -> fields of OptionsAnswered
    asked: list[str] = field(default_factory=list)
    now: float = 0.0
    registrations: Registrations = field(init=False)
    probe: TrunkProbe = field(init=False)

    def __post_init__(self) -> None:
        trunks = tuple(TrunkConfig(name, gateways) for name, gateways in self.gateways.items())
        self.config = Config(trunks=trunks)
        self.trunks = Trunks(trunks, "us")
        self.media_address = PublicAddress(None)
        self.clock = self.driver = self.user_agent = self
        self.registrations = Registrations(self)  # type: ignore[arg-type]
        self.probe = TrunkProbe(self)  # type: ignore[arg-type]

    def monotonic(self) -> float:
        return self.now

    def flow_to(self, transport: Any, host: str, port: int, name: str = "") -> Flow:
        if ":" in host:
            raise NoFlow
        return Flow(transport, US, (host, port))

    def options(self, flow: Flow, uri: str, now: float) -> None:
        host = flow.remote[0]
        self.asked.append(host)
        if host in self.answers:
            event = OptionsAnswered(flow, uri, **{"code": 200, "seconds": 0.5, **self.answers[host]})
            asyncio.get_running_loop().call_soon(self.probe.answered, event)

    def flush(self) -> None: ...


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk_probe, "ANSWER_SECONDS", 0.05)


async def test_each_gateway_is_reported() -> None:
    node = FakeNode(
        {
            "a": ("sip:192.0.2.9:5070", "sip:192.0.2.10;transport=tcp"),
            "b": ("sip:192.0.2.11", "sip:[2001:db8::1]", "sip:gw.example", "sip:192.0.2.12"),
        },
        {
            "192.0.2.9": {"code": 404, "seen_as": "198.51.100.1"},
            "192.0.2.10": {"code": 503, "came": False},
            "192.0.2.12": {"code": 503, "seconds": 0.01234},
        },
    )
    us, media = US[0], node.config.media.address
    udp, tcp = {"transport": "udp", "port": 5060}, {"transport": "tcp", "port": 5060}
    first = {"transport": "udp", "port": 5070}
    assert await node.probe.ask() == [
        GatewayReport("a", "sip:192.0.2.9:5070", "192.0.2.9", True, us, media, 404, 500.0, "198.51.100.1", **first),
        GatewayReport("a", "sip:192.0.2.10;transport=tcp", "192.0.2.10", False, us, media, **tcp),
        GatewayReport("b", "sip:192.0.2.11", "192.0.2.11", False, us, media, **udp),
        GatewayReport("b", "sip:[2001:db8::1]", "", False, "", media),
        GatewayReport("b", "sip:gw.example", "", False, "", media, state="down"),
        GatewayReport("b", "sip:192.0.2.12", "192.0.2.12", True, us, media, 503, 12.3, **udp),
    ]


async def test_each_address_of_a_name_is_reported_with_its_state() -> None:
    node = FakeNode({"a": ("sip:gw.example",)}, {"192.0.2.1": {}, "192.0.2.4": {}})
    (gateway,) = node.trunks.trunks[0].gateways
    gateway.use(located("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4").tiers)
    up, down, resting, unknown = gateway.hops
    up.answers, unknown.answers = True, None
    down.down = True
    resting.rest(node.now, 10)
    reports = await node.probe.ask()
    assert [(report.address, report.state, report.code) for report in reports] == [
        ("192.0.2.1", "up", 200),
        ("192.0.2.2", "down", None),
        ("192.0.2.3", "resting", None),
        ("192.0.2.4", None, 200),
    ]


async def test_who_asks_again_soon_gets_the_same_answers() -> None:
    node = FakeNode({"a": ("sip:192.0.2.9",)}, {"192.0.2.9": {}})
    first, second = await asyncio.gather(node.probe.ask(), node.probe.ask())
    assert first == second
    node.now += 4.9
    assert await node.probe.ask() == first
    assert node.asked == ["192.0.2.9"]
    node.now += 0.1
    await node.probe.ask()
    assert len(node.asked) == 2


async def test_a_gateway_of_two_trunks_is_asked_once() -> None:
    node = FakeNode({"a": ("sip:192.0.2.9",), "b": ("sip:192.0.2.9",)}, {"192.0.2.9": {}})
    assert [report.code for report in await node.probe.ask()] == [200, 200]
    assert node.asked == ["192.0.2.9"]


async def test_an_answer_that_comes_too_late_is_nobodys() -> None:
    node = FakeNode({"a": ("sip:192.0.2.9",)})
    (report,) = await node.probe.ask()
    assert report.code is None
    node.probe.answered(OptionsAnswered(Flow("udp", US, ("192.0.2.9", 5060)), "sip:192.0.2.9", 200, 9.0))
