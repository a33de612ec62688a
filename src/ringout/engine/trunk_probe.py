"""Asks every gateway whether it is there, and how it sees us: one OPTIONS each, answered by whatever code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ringout.engine.gateways import Gateway
from ringout.service.ports import GatewayReport
from ringout.sip.events import OptionsAnswered
from ringout.sip.flow import Flow

if TYPE_CHECKING:
    from ringout.engine.node import Node

ANSWER_SECONDS = 4.0  # a gateway that is slower than that is of no use for calls
REUSE_SECONDS = 5.0  # whoever asks again and again gets the same answers for so long
MOST_GATEWAYS = 100  # of which more are not asked: what is configured is a handful


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
                gateways = [(trunk.name, gateway) for trunk in self._node.trunks.trunks for gateway in trunk.gateways]
                self._reports = list(await asyncio.gather(*(self._ask(*one) for one in gateways[:MOST_GATEWAYS])))
                self._asked_at = self._node.clock.monotonic()
            return self._reports

    def answered(self, event: OptionsAnswered) -> None:
        waiting = self._waiting.get((event.flow, event.uri))
        if waiting is not None and not waiting.done():
            waiting.set_result(event)

    async def _ask(self, trunk: str, gateway: Gateway) -> GatewayReport:
        media = self._node.config.media.address
        flow = self._way_to(gateway)
        uri = gateway.uri()
        if flow is None:
            return GatewayReport(trunk, uri, "", "", media)
        known = GatewayReport(trunk, uri, flow.remote[0], flow.local[0], media)
        answer = await self._answer(flow, uri)
        if answer is None or not answer.came:
            return known
        return GatewayReport(
            trunk, uri, flow.remote[0], flow.local[0], media, answer.code, answer.seconds * 1000, answer.seen_as
        )

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

    def _way_to(self, gateway: Gateway) -> Flow | None:
        for address in gateway.addresses:
            try:
                return self._node.driver.flow_to(gateway.transport, address, gateway.port)
            except LookupError:
                continue
        return None
