"""Keeps the NATs open behind which phones have registered by UDP.

A NAT forgets such a phone half a minute after the last packet, and its registration may hold for an hour: unless the
phone sends something by itself, nobody reaches it. So it is asked by OPTIONS: whatever it answers goes out through its
NAT, which counts also where what comes in does not (RFC 4787 REQ-6). Connections have keep-alives of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.sip.errors import MalformedMessage
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.engine.node import Node
    from ringout.engine.timers import TimerHandle
    from ringout.sip.bindings import Binding
    from ringout.sip.events import OptionsAnswered
    from ringout.sip.flow import Flow

_TURN_SECONDS = 1.0  # the phones take turns, so that not all are asked at the same moment


class NatWatch:
    """All such phones of a node. The node hands it each OptionsAnswered."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._turns = max(1, round(node.config.phones.nat_seconds / _TURN_SECONDS))
        self._turn = 0
        self._timer: TimerHandle | None = None
        self._asked: set[tuple[Flow, str]] = set()  # one that is not there is asked once, not again on top of that

    def start(self) -> None:
        if self._node.phones is not None and self._node.config.phones.nat_seconds:
            self._timer = self._node.call_later(_TURN_SECONDS, self._next)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def answered(self, event: OptionsAnswered) -> None:
        self._asked.discard((event.flow, event.uri))

    def _next(self) -> None:
        node, phones = self._node, self._node.phones
        assert phones is not None
        self._turn = (self._turn + 1) % self._turns
        for user in phones.there():
            if hash(user) % self._turns == self._turn:
                for binding in phones.bindings(user):
                    self._ask(binding)
        node.flush()
        self._timer = node.call_later(_TURN_SECONDS, self._next)

    def _ask(self, binding: Binding) -> None:
        key = binding.flow, binding.uri
        if key not in self._asked and is_behind_nat(binding):
            self._asked.add(key)
            self._node.user_agent.options(binding.flow, binding.uri, self._node.clock.monotonic())


def is_behind_nat(binding: Binding) -> bool:
    """Its REGISTER came by UDP from another place than it names. What stands behind a proxy is the proxy's business."""
    if binding.flow.transport != "udp" or binding.path:
        return False
    try:
        uri = SipUri.parse(binding.uri)
    except MalformedMessage:
        return False
    return (uri.host.strip("[]"), uri.port or 5060) != binding.flow.remote
