"""Asks every address of every gateway whether it is there, and how it sees us: one OPTIONS each, answered by whatever
code."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ringout.engine.gateways import Gateway, Hop
from ringout.service.ports import GatewayReport
from ringout.sip.events import OptionsAnswered
from ringout.sip.flow import Flow, NoFlow

if TYPE_CHECKING:
    from ringout.engine.node import Node

ANSWER_SECONDS = 4.0  # a gateway that is slower than that is of no use for calls
REUSE_SECONDS = 5.0  # whoever asks again and again gets the same answers for so long
MOST_ADDRESSES = 100  # of which more are not asked: what is configured is a handful


class TrunkProbe:
    """Implements service.ports.TrunkProbe. The node hands it each OptionsAnswered."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting: dict[tuple[Flow, str], asyncio.Future[OptionsAnswered]] = {}
        self._asking = asyncio.Lock()
        self._reports: list[GatewayReport] = []
        self._asked_at = float("-inf")

    async def ask(self) -> list[GatewayReport]:
        async with self._asking:
            now = self._node.clock.monotonic()
            if now - self._asked_at >= REUSE_SECONDS:
                ways = list(islice(self._ways(), MOST_ADDRESSES))
                self._reports = list(await asyncio.gather(*(self._ask(*way) for way in ways)))
                self._asked_at = self._node.clock.monotonic()
            return self._reports

    def _ways(self) -> Iterator[tuple[str, Gateway, Hop | None]]:
        """Every address; None for a gateway that has none."""
        for trunk in self._node.trunks.trunks:
            for gateway in trunk.gateways:
                hops: Sequence[Hop | None] = gateway.hops or (None,)
                for hop in hops:
                    yield trunk.name, gateway, hop

    def answered(self, event: OptionsAnswered) -> None:
        waiting = self._waiting.get((event.flow, event.uri))
        if waiting is not None and not waiting.done():
            waiting.set_result(event)

    async def _ask(self, trunk: str, gateway: Gateway, hop: Hop | None) -> GatewayReport:
        node, uri = self._node, gateway.uri()
        registration = node.registrations.of(gateway)
        known = GatewayReport(
            trunk,
            uri,
            address="",
            answers=False,
            signalling="",
            media=node.config.media.address,
            registered=registration.bound if registration is not None else None,
            registrar_says=registration.says if registration is not None else None,
        )
        if hop is None:  # its name leads nowhere
            return replace(known, state="down")
        flow = self._way_to(hop)
        if flow is None:
            return known
        known = replace(
            known,
            address=flow.remote[0],
            signalling=flow.local[0],
            transport=flow.transport,
            port=flow.remote[1],
            media=node.media_address.towards(flow.remote[0], known.media),
        )
        answer = await self._answer(flow, uri)
        known = replace(known, state=_state(hop, node.clock.monotonic()))
        if answer is None or not answer.came:
            return known
        milliseconds = round(answer.seconds * 1000, 1)
        return replace(known, answers=True, code=answer.code, milliseconds=milliseconds, seen_as=answer.seen_as)

    async def _answer(self, flow: Flow, uri: str) -> OptionsAnswered | None:
        """None: nothing came in time."""
        node = self._node
        key = flow, uri
        waiting = self._waiting.get(key)
        if waiting is None:  # else another trunk has the same gateway
            waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
            node.user_agent.options(flow, uri, node.clock.monotonic())
            node.flush()
        try:
            return await asyncio.wait_for(asyncio.shield(waiting), ANSWER_SECONDS)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(key, None)

    def _way_to(self, hop: Hop) -> Flow | None:
        try:
            return self._node.driver.flow_to(*hop.place)
        except NoFlow:
            return None


def _state(hop: Hop, now: float) -> str | None:
    if hop.down:
        return "down"
    if hop.is_spared(now):
        return "resting"
    return "up" if hop.answers else None
