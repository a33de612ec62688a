"""Keeps asking the gateways of some trunks by OPTIONS whether they are there, so that calls go by those that are.

A gateway is down after some answers in a row that were missing or said 503, and up again with the first good one. What
is down is only called when nothing better is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout import logs
from ringout.engine.gateways import Gateway, Hop
from ringout.engine.trunks import Trunk
from ringout.sip.events import OptionsAnswered
from ringout.sip.flow import NoFlow

if TYPE_CHECKING:
    from ringout.engine.node import Node
    from ringout.engine.timers import TimerHandle
    from ringout.sip.flow import Flow

ANSWER_SECONDS = 4.0  # as long as the probe's: a gateway that is slower than that is of no use for calls
SHORTEST_SECONDS = 0.1  # between two questions, whatever the configuration says

log = logs.get("engine")


class GatewayWatch:
    """All questions of a node. The node hands it each OptionsAnswered."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._watched: dict[Hop, _Watched] = {}
        self._asked: dict[tuple[Flow, str], list[_Watched]] = {}
        self._running = False

    def start(self) -> None:
        self._running = True
        for trunk in self._node.trunks.trunks:
            for gateway in trunk.gateways:
                self._watch(trunk, gateway)
        self._node.flush()

    def stop(self) -> None:
        self._running = False
        for watched in self._watched.values():
            watched.close()
        self._watched.clear()

    def changed(self, gateway: Gateway) -> None:
        """Its name leads elsewhere: those that are gone are asked no more."""
        if not self._running:
            return
        for hop in [hop for hop, watched in self._watched.items() if watched.gateway is gateway]:
            if hop not in gateway.hops:
                self._watched.pop(hop).close()
        for trunk in self._node.trunks.trunks:
            if gateway in trunk.gateways:
                self._watch(trunk, gateway)
        self._node.flush()

    def _watch(self, trunk: Trunk, gateway: Gateway) -> None:
        if not trunk.config.options_seconds:
            return
        for hop in gateway.hops:
            if hop not in self._watched:
                watched = self._watched[hop] = _Watched(self._node, self._asked, trunk, gateway, hop)
                watched.ask()

    def answered(self, event: OptionsAnswered) -> None:
        # What is given up after 32 seconds was counted when it was late; the question after it is another matter.
        if not event.came and event.seconds > ANSWER_SECONDS:
            return
        for watched in self._asked.pop((event.flow, event.uri), ()):  # several when trunks share a gateway
            watched.answered(event.came and event.code != 503)


class _Watched:
    """One address of one gateway."""

    __slots__ = ("_asked", "_hop", "_interval", "_key", "_misses", "_name", "_node", "_timer", "gateway")

    def __init__(
        self, node: Node, asked: dict[tuple[Flow, str], list[_Watched]], trunk: Trunk, gateway: Gateway, hop: Hop
    ) -> None:
        self._node = node
        self._asked = asked
        self._hop = hop
        self._name = trunk.name
        self._interval = max(trunk.config.options_seconds, SHORTEST_SECONDS)
        self._misses = trunk.config.options_misses
        self._timer: TimerHandle | None = None
        self._key: tuple[Flow, str] | None = None
        self.gateway = gateway

    def ask(self) -> None:
        node, uri = self._node, self.gateway.uri()
        try:
            flow = node.driver.flow_to(*self._hop.place)
        except NoFlow:
            self._again_after(self._interval)  # no listener of ours reaches it, or there is no route at the moment
            return
        self._key = flow, uri
        self._asked.setdefault(self._key, []).append(self)
        node.user_agent.options(flow, uri, node.clock.monotonic())
        self._timer = node.call_later(min(ANSWER_SECONDS, self._interval), self._late)

    def _ask_again(self) -> None:
        self.ask()
        self._node.flush()

    def _late(self) -> None:
        self._forget_question()
        self._judge(False)
        self._again_after(self._interval - min(ANSWER_SECONDS, self._interval))

    def answered(self, well: bool) -> None:
        self._stop_timer()
        self._judge(well)
        self._again_after(self._interval)

    def _again_after(self, seconds: float) -> None:
        self._timer = self._node.call_later(seconds, self._ask_again)

    def close(self) -> None:
        """Asks no more, and hears no answer."""
        self._stop_timer()
        self._forget_question()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget_question(self) -> None:
        waiting = self._asked.get(self._key, []) if self._key is not None else []
        if self in waiting:
            waiting.remove(self)

    def _judge(self, well: bool) -> None:
        hop = self._hop
        hop.answers = well
        hop.misses = 0 if well else hop.misses + 1
        down = hop.misses >= self._misses
        if down == hop.down:
            return
        hop.down = down
        where = {"trunk": self._name, "gateway": self.gateway.uri(), "address": hop.place.host, "port": hop.place.port}
        if down:
            log.warning("a gateway is down", **where)
        else:
            log.info("a gateway is up again", **where)
            self._node.registrations.renew(self.gateway)
