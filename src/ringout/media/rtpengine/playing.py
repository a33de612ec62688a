"""The sounds of one call: rtpengine says how long each takes, and nothing when it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ringout.domain.status import Party
from ringout.media.rtpengine import commands
from ringout.media.rtpengine.client import Answer
from ringout.media.rtpengine.commands import Message
from ringout.media.rtpengine.orders import Orders, Then

_FOREVER = 1000  # rounds of ringback: 50 minutes at least
_HANDSHAKE_SECONDS = 3.0  # a browser that is not heard by then is played to all the same


class Playing:
    """ended: called for the last sound of the latest `play` of that party, never from in here."""

    __slots__ = ("_call", "_ended", "_latest", "_loop", "_orders", "_timers", "_under_way", "_waiting")

    def __init__(
        self, call: str, orders: Orders, loop: asyncio.AbstractEventLoop, ended: Callable[[Party], None]
    ) -> None:
        self._call = call
        self._orders = orders
        self._loop = loop
        self._ended = ended
        self._latest = dict.fromkeys(Party, 0)  # so that the end of an older sound is no news
        self._under_way: set[Party] = set()
        self._timers: dict[Party, asyncio.TimerHandle] = {}
        self._waiting: dict[Party, Callable[[], None]] = {}  # begin when the party can hear

    def play(self, party: Party, sounds: Sequence[Message], *, at_once: bool) -> None:
        """Those in order, once, in place of what plays. at_once: False = as soon as the party can hear."""
        self._supersede(party)
        start = partial(self._next, party, self._latest[party], list(sounds))
        if at_once:
            start()
        else:
            self._waiting[party] = start
            self._timers[party] = self._loop.call_later(_HANDSHAKE_SECONDS, self.can_hear, party)

    def can_hear(self, party: Party) -> None:
        """What waited for that begins."""
        if (start := self._waiting.pop(party, None)) is not None:
            start()

    def _next(self, party: Party, number: int, rest: list[Message]) -> None:
        if number != self._latest[party]:
            return
        if not rest:
            self._under_way.discard(party)
            self._timers[party] = self._loop.call_later(0, self._end, party, number)
            return
        source = rest.pop(0)

        def started(answer: Answer) -> None:
            if number == self._latest[party]:
                seconds = _milliseconds(answer.get("duration")) / 1000
                self._timers[party] = self._loop.call_later(seconds, self._next, party, number, rest)

        self._give(party, commands.play(self._call, party, source), started)

    def _give(self, party: Party, order: Message, started: Then | None) -> None:
        """A sound that is stopped before its turn comes is none: a browser that is sent the other party, a packet of
        ours and the other party again hears nothing any more."""
        number = self._latest[party]

        def begin() -> Iterator[Message]:
            if number == self._latest[party]:
                self._under_way.add(party)
                yield order

        self._orders.give(begin, started)

    def _end(self, party: Party, number: int) -> None:
        if number == self._latest[party]:
            self._ended(party)

    def play_on(self, party: Party, sound: Message) -> None:
        """Again and again, in place of what plays."""
        self._supersede(party)
        self._give(party, commands.play(self._call, party, sound, _FOREVER), None)

    def stop(self, party: Party) -> None:
        self._supersede(party)
        if party in self._under_way:
            self._under_way.discard(party)
            self._orders.give(commands.stop(self._call, party))

    def _supersede(self, party: Party) -> None:
        self._latest[party] += 1
        self._waiting.pop(party, None)
        if (timer := self._timers.pop(party, None)) is not None:
            timer.cancel()

    def close(self) -> None:
        """Nothing is told any more."""
        for party in Party:
            self._supersede(party)


def _milliseconds(value: object) -> int:
    """0 for a sound whose length rtpengine does not know, and for one that it refused."""
    return value if isinstance(value, int) else 0
