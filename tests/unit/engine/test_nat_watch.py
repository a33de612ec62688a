"""Phones behind a NAT that registered by UDP are asked so often that the NAT does not forget them."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.engine_world import World
from ringout.config import Config, PhonesConfig
from ringout.engine.nat_watch import NatWatch, is_behind_nat
from ringout.sip.bindings import Binding
from ringout.sip.events import OptionsAnswered
from ringout.sip.flow import Flow, Transport

NAT = ("198.51.100.7", 40000)


def binding(user: str = "desk", host: str = "10.0.0.5:5060", transport: Transport = "udp", **more: Any) -> Binding:
    flow = Flow(transport, ("192.0.2.1", 5060), more.pop("remote", NAT))
    return Binding(user, f"sip:{user}@{host}", flow, "call-id", 1, 0.0, 1e9, **more)


@pytest.mark.parametrize(
    ("found", "behind"),
    [
        (binding(), True),
        (binding(host="198.51.100.7:5060"), True),  # the NAT has the port changed only
        (binding(host="phone.example"), True),
        (binding(host="198.51.100.7:40000"), False),
        (binding(host="192.0.2.9", remote=("192.0.2.9", 5060)), False),
        (binding(host="[2001:db8::1]", remote=("2001:db8::1", 5060)), False),
        (binding(transport="tcp"), False),
        (binding(path=("<sip:192.0.2.5;lr>",)), False),
    ],
)
def test_who_is_behind_a_nat(found: Binding, behind: bool) -> None:
    assert is_behind_nat(found) is behind


class Node:
    """As much of a node as the watch sees."""

    def __init__(self, bindings: list[Binding], seconds: float = 3.0) -> None:
        self.world = self.clock = World()
        self.config = Config(phones=PhonesConfig(nat_seconds=seconds))
        self.found = bindings
        self.phones = self.user_agent = self
        self.call_later = self.world.call_later
        self.asked: list[tuple[Flow, str]] = []

    def there(self) -> list[str]:
        return list(dict.fromkeys(binding.user for binding in self.found))

    def bindings(self, user: str) -> list[Binding]:
        return [binding for binding in self.found if binding.user == user]

    def options(self, flow: Flow, uri: str, now: float) -> None:
        self.asked.append((flow, uri))

    def flush(self) -> None: ...

    def seconds_pass(self, seconds: float) -> list[str]:
        """Whom it asked meanwhile."""
        self.asked.clear()
        self.world.pass_seconds(seconds)
        return sorted(uri for _, uri in self.asked)


def opened(*bindings: Binding, seconds: float = 3.0) -> tuple[Any, NatWatch]:
    node: Any = Node(list(bindings), seconds)
    watch = NatWatch(node)
    watch.start()
    return node, watch


def answer(node: Any, watch: NatWatch) -> None:
    for flow, uri in node.asked:
        watch.answered(OptionsAnswered(flow, uri, 404, 0.1, True, None))


def test_each_is_asked_once_in_the_interval() -> None:
    node, watch = opened(*(binding(f"phone{n}") for n in range(20)), binding("here", "198.51.100.7:40000"))
    everybody = sorted(f"sip:phone{n}@10.0.0.5:5060" for n in range(20))
    for _ in range(2):
        assert node.seconds_pass(3) == everybody
        answer(node, watch)


def test_who_does_not_answer_is_not_asked_again_before_that_is_given_up() -> None:
    node, watch = opened(binding())
    (asked,) = node.seconds_pass(3)
    silent = list(node.asked)
    assert node.seconds_pass(9) == []
    watch.answered(OptionsAnswered(*silent[0], 408, 32.0, False, None))
    assert node.seconds_pass(3) == [asked]


def test_it_ends_and_can_be_turned_off() -> None:
    node, watch = opened(binding())
    watch.stop()
    assert node.seconds_pass(60) == []
    never, _ = opened(binding(), seconds=0)
    assert never.world.running == []
