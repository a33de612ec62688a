"""What a leg is sent by the clock: prompts, ringback, keypad digits: a packet every 20 ms of the clock."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from ringout.audio.frame import FRAME_SAMPLES, FRAME_SECONDS
from ringout.media.sender import Sender, Source
from ringout.media.sounds import Sound
from ringout.rtp.packet import MARKER
from ringout.rtp.telephone_event import press
from ringout.sdp.codecs import SPOKEN

_LATE_SECONDS = 0.2  # later than that is not caught up: a burst would sound worse than a gap


def waits(source: Source, sender: Sender) -> bool:
    """Whether it will speak again once the presses under way are over."""
    current = sender.source
    while isinstance(current, DigitPlayer):
        if current.before is source:
            return True
        current = current.before
    return False


class Ticks:
    """Who is due when."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Player | DigitPlayer]] = []
        self._numbers = count()

    @property
    def next_due(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def start(self, player: Player | DigitPlayer, now: float) -> None:
        """Sends its first packet at once."""
        if player.tick(now):
            heappush(self._heap, (now + FRAME_SECONDS, next(self._numbers), player))

    def run(self, now: float) -> None:
        """Everything that is due."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, number, player = heappop(heap)
            if player.tick(now):
                if now - due > _LATE_SECONDS:
                    due = now
                heappush(heap, (due + FRAME_SECONDS, number, player))


class Player:
    """Sounds one after the other, or one for ever. on_end: called once when the last is over, not when replaced."""

    __slots__ = ("_index", "_on_end", "_position", "_sender", "_sounds", "_timestamp", "yields")

    def __init__(self, sender: Sender, sounds: list[Sound], on_end: Callable[[], None] | None) -> None:
        self._sender = sender
        self._sounds = sounds
        self._on_end = on_end
        self._index = self._position = 0
        self._timestamp: int | None = None
        self.yields = on_end is None  # ringback makes room for the other party's own sound

    def tick(self, now: float) -> bool:
        """Sends one frame. False = over, or no longer the one who speaks."""
        sender = self._sender
        if sender.source is not self:
            return waits(self, sender)
        if self._index == len(self._sounds):
            sender.source = None
            if self._on_end is not None:
                self._on_end()
            return False
        if sender.codec not in SPOKEN:
            # Not handled: sounds in a codec that is only passed through. A leg begins in G.711, see engine.wideband.
            sender.source = None
            if self._on_end is not None:
                self._on_end()
            return False
        sound = self._sounds[self._index].encoded(sender.codec)
        frame = sound[self._position : self._position + FRAME_SAMPLES]
        self._advance(len(sound))
        second = sender.payload_type
        if self._timestamp is None or sender.timestamp != self._timestamp:
            second |= MARKER
            self._timestamp = sender.next_timestamp(now)
        else:
            self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
        sender.send(frame, second, self._timestamp, now)
        return True

    def _advance(self, length: int) -> None:
        self._position += FRAME_SAMPLES
        if self._position >= length:
            self._position = 0
            if self._on_end is not None:
                self._index += 1


class DigitPlayer:
    """One press: telephone-event packets, or the keypad tone where those were not negotiated. before: who spoke and
    goes on afterwards."""

    __slots__ = ("_event", "_payloads", "_sender", "_timestamp", "before", "yields")

    def __init__(self, sender: Sender, digit: str, duration_ms: int, tone: Sound) -> None:
        self._sender = sender
        self._event = sender.event_type
        if self._event is not None:
            self._payloads = press(digit, duration_ms)
        elif sender.codec not in SPOKEN:
            self._payloads = []
        else:
            sound = tone.encoded(sender.codec)
            self._payloads = [sound[at : at + FRAME_SAMPLES] for at in range(0, len(sound), FRAME_SAMPLES)]
        self._payloads.reverse()
        self._timestamp: int | None = None
        self.before: Source | None = None
        self.yields = False

    def tick(self, now: float) -> bool:
        """Sends one packet. False = over, or the leg's call has ended."""
        sender = self._sender
        if sender.source is not self:
            return waits(self, sender)
        if not self._payloads:
            sender.source = self.before
            return False
        first = self._timestamp is None
        if self._timestamp is None:
            self._timestamp = sender.next_timestamp(now)
        elif self._event is None:
            self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
        kind = sender.payload_type if self._event is None else self._event
        sender.send(self._payloads.pop(), kind | (MARKER if first else 0), self._timestamp, now)
        return True
