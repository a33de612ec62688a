"""One rtpengine of several: whether it lives, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from ringout import logs
from ringout.config import RtpengineConfig
from ringout.media.rtpengine.client import Address, Answer, NgClient
from ringout.media.rtpengine.commands import Message
from ringout.service.ports import IdSource

log = logs.get("media")


class Tenant(Protocol):
    """A call on an instance."""

    def lost(self, why: str) -> None:
        """The instance is gone, and the call's media with it. Also called for calls that are just being opened."""


class Instance:
    """Pings its rtpengine and fails its calls when that is gone: no answer to any repetition of a request, or nobody
    who listens at its address. Up again with the first answered ping."""

    def __init__(self, config: RtpengineConfig, address: Address, ping_seconds: float, ids: IdSource) -> None:
        self.config = config
        self.address = address
        self.up = False
        self.turn = 0  # see next_of
        self.calls: set[Tenant] = set()
        self.heard_of = asyncio.Event()  # it answered, or it did not
        self._ping_seconds = ping_seconds
        self._loop = asyncio.get_running_loop()
        self._client = NgClient(address, ids, self._refused)
        self._timer: asyncio.TimerHandle | None = None
        self._ping()

    @property
    def name(self) -> str:
        return self.config.name

    def request(self, message: Message, answered: Callable[[Answer | None], None]) -> None:
        """As NgClient.request. An instance that leaves a request unanswered is down."""

        def receive(answer: Answer | None) -> None:
            if answer is None:
                self._go_down("does not answer")
            answered(answer)

        self._client.request(message, receive)

    def _ping(self) -> None:
        self._timer = None
        self._client.request({"command": "ping"}, self._ponged)

    def _ponged(self, answer: Answer | None) -> None:
        if answer is None:
            self._go_down("does not answer")
        elif not self.up:
            self.up = True
            log.info("an rtpengine is up", rtpengine=self.name)
        self.heard_of.set()
        if self._timer is None:
            self._timer = self._loop.call_later(self._ping_seconds, self._ping)

    def _refused(self) -> None:
        self._go_down("is not running")
        self._client.give_all_up()

    def _go_down(self, why: str) -> None:
        self.heard_of.set()
        if not self.up:
            return
        self.up = False
        lost, self.calls = self.calls, set()
        log.error("an rtpengine is down", rtpengine=self.name, why=why, calls=len(lost))
        for call in lost:
            call.lost(f"The media server of this call ({self.name}) {why}.")

    async def quiet(self, seconds: float) -> None:
        """Returns when every request has its answer, or after that time. No more pings."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            async with asyncio.timeout(seconds):
                await self._client.quiet.wait()
        except TimeoutError:
            pass

    def close(self) -> None:
        """Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
        self._client.close()


def next_of(instances: Iterable[Instance]) -> Instance | None:
    """The one that is up and furthest behind its share. Weights 5 and 1 give a a b a a a and not a a a a a b, so that
    a burst of calls does not meet one instance alone. None = none is up."""
    candidates = [instance for instance in instances if instance.up]
    if not candidates:
        return None
    for instance in candidates:
        instance.turn += instance.config.weight
    chosen = max(candidates, key=lambda instance: instance.turn)
    chosen.turn -= sum(instance.config.weight for instance in candidates)
    return chosen
