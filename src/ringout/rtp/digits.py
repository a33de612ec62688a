"""One press is one digit, although phones tell it in two or three ways at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

WINDOW_SECONDS = 0.2


class Way(IntFlag):
    """How a digit was told."""

    EVENT = 1  # telephone-event
    INFO = 2  # SIP INFO
    TONE = 4  # heard in the audio


@dataclass(slots=True)
class _Press:
    digit: str
    ways: int
    until: float


class DigitCount:
    """Merges the ways of one party. Two tellings of the same digit are one press when they came by different ways
    and the later began at most WINDOW_SECONDS after the earlier was last heard; by the same way they are two. Once the
    party has told one by telephone-event, its SIP INFOs are nothing new, however late they come."""

    __slots__ = ("_has_events", "_presses")

    def __init__(self) -> None:
        self._has_events = False
        self._presses: list[_Press] = []

    def tell(self, digit: str, way: Way, now: float) -> bool:
        """True when this is a new press. now: seconds, never smaller than before."""
        self._has_events = self._has_events or way is Way.EVENT
        if way is Way.INFO and self._has_events:
            return False
        self._presses = [press for press in self._presses if press.until >= now]
        for press in self._presses:
            if press.digit == digit and not press.ways & way:
                press.ways |= way
                return False
        self._presses.append(_Press(digit, way, now + WINDOW_SECONDS))
        return True

    def still_heard(self, now: float) -> None:
        """The latest press goes on (a further packet of its event): what follows its end within the window joins it."""
        if self._presses:
            self._presses[-1].until = now + WINDOW_SECONDS
