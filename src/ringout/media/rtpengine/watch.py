"""Asks rtpengine how many packets came from each party of a call: it tells nothing of that by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from ringout.domain.status import Party
from ringout.media.rtpengine.client import Answer
from ringout.media.rtpengine.commands import tag_of
from ringout.service.ports import RtpDestination

_EARLY_MEDIA_SECONDS = 0.05  # a ringback gives way so long after the other party's first packet
_FIRST_PACKET_SECONDS = 0.2
_SLOWEST_SECONDS = 5.0
_FASTEST_SECONDS = 0.25


class Watched(Protocol):
    """The session."""

    def ask(self) -> None:
        """Asks once; the answer comes to Watch.receive."""

    def heard(self, party: Party) -> None:
        """That party's first packet."""

    def silent(self, party: Party, seconds: float) -> None:
        """Once per silence."""


@dataclass(slots=True)
class _Ear:
    due: bool  # packets of that party are to come
    since: float  # the last packet, or when they became due
    packets: int = 0
    told: bool = False  # this silence


class Watch:
    """silence_seconds: 0 = no silence is told. hurry: somebody waits for a first packet."""

    __slots__ = ("_bridged", "_ears", "_loop", "_session", "_silence_seconds", "_timer", "hurry")

    def __init__(self, session: Watched, loop: asyncio.AbstractEventLoop, silence_seconds: float) -> None:
        self._session = session
        self._loop = loop
        self._silence_seconds = silence_seconds
        self._ears: dict[Party, _Ear] = {}
        self._bridged = False
        self._timer: asyncio.TimerHandle | None = None
        self.hurry = False

    def connected(self, party: Party, phone: RtpDestination) -> None:
        """Packets are due from now on, unless the phone holds the call."""
        now, ear = self._loop.time(), self._ears.get(party)
        due = phone.may_send and phone.may_receive and phone.port > 0
        self._ears[party] = _Ear(due, now, ear.packets if ear is not None else 0)
        self.look_soon()

    def bridge(self) -> None:
        """The callee owes packets from now on: before, a phone that only rings may well send none."""
        self._bridged = True
        if (ear := self._ears.get(Party.CALLEE)) is not None:
            ear.since = self._loop.time()

    def was_heard(self, party: Party) -> bool:
        ear = self._ears.get(party)
        return ear is not None and ear.packets > 0

    def look_soon(self) -> None:
        """As soon as is fit for what is waited for."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._pause(), self._look)

    def _pause(self) -> float:
        if self.hurry:
            return _EARLY_MEDIA_SECONDS
        if not all(ear.packets for ear in self._ears.values()):
            return _FIRST_PACKET_SECONDS
        return max(_FASTEST_SECONDS, min(self._silence_seconds / 4 or _SLOWEST_SECONDS, _SLOWEST_SECONDS))

    def _look(self) -> None:
        self._timer = None
        self._session.ask()

    def receive(self, answer: Answer) -> None:
        """An answer to a query: what it shows is told, and the next look is timed."""
        now = self._loop.time()
        for party, ear in tuple(self._ears.items()):
            packets = packets_of(answer, party)
            if packets > ear.packets:
                first, ear.packets, ear.since, ear.told = not ear.packets, packets, now, False
                if first:
                    self._session.heard(party)
            elif self._is_silent(party, ear, now):
                ear.told = True
                self._session.silent(party, now - ear.since)
        if self._timer is None and self._ears:
            self.look_soon()

    def _is_silent(self, party: Party, ear: _Ear, now: float) -> bool:
        owed = ear.due and (self._bridged or party is Party.CALLER)
        return owed and not ear.told and 0 < self._silence_seconds <= now - ear.since

    def stop(self) -> None:
        self._ears.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def rtp_stream_of(answer: Answer, party: Party) -> Answer:
    """The RTP stream of that party in an answer to `query` or `delete`; empty where it has none."""
    found: object = answer
    for step in ("tags", tag_of(party), "medias", 0, "streams", 0):
        if isinstance(found, dict) and isinstance(step, str):
            found = found.get(step)
        elif isinstance(found, list) and isinstance(step, int) and len(found) > step:
            found = found[step]
        else:
            return {}
    return found if isinstance(found, dict) else {}


def packets_of(answer: Answer, party: Party) -> int:
    """How many RTP packets came from that party so far."""
    stats = rtp_stream_of(answer, party).get("stats")
    packets = stats.get("packets") if isinstance(stats, dict) else None
    return packets if isinstance(packets, int) else 0
