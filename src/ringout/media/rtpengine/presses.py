"""One press is one digit, whether rtpengine tells it, a SIP INFO, or both. Pure."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 0.2  # between the two ways of one press
_ECHO_SECONDS = 2.0  # a digit that was put into the audio is told within that time, if it is told at all
_ECHO_VOLUME = 63  # what rtpengine says of digits that it made itself
_KEPT = 32


class Presses:
    """The presses of one party. rtpengine tells a press at its end; phones send INFO at the beginning or at the end.

    An INFO's telephone-event is told when rtpengine has passed it on. So the party's first telephone-event decides for
    the rest of the call: what such a phone tells by INFO is nothing new."""

    __slots__ = ("_echoes", "_events", "_has_events", "_infos")

    def __init__(self) -> None:
        self._infos: deque[tuple[str, float]] = deque(maxlen=_KEPT)  # digit, when; not matched with an event so far
        self._events: deque[tuple[str, float]] = deque(maxlen=_KEPT)
        self._echoes: deque[tuple[str, float]] = deque(maxlen=_KEPT)
        self._has_events = False

    def made(self, digit: str, now: float) -> None:
        """We put that digit into this party's audio; rtpengine will report it like one of its own."""
        self._echoes.append((digit, now))

    def event(self, digit: str, seconds: float, volume: int, now: float, is_tone: bool = False) -> bool:
        """rtpengine tells a press that took so long and has just ended. is_tone: heard in the audio, where speech may
        be taken for one. True when it is a new digit."""
        if volume == _ECHO_VOLUME and _take(self._echoes, digit, now - _ECHO_SECONDS - seconds):
            return False
        self._has_events = self._has_events or not (is_tone or volume == _ECHO_VOLUME)
        if _take(self._infos, digit, now - seconds - WINDOW_SECONDS):
            return False
        self._events.append((digit, now))
        return True

    def info(self, digit: str, now: float) -> bool:
        """A SIP INFO tells a press. True when it is a new digit."""
        if self._has_events or _take(self._events, digit, now - WINDOW_SECONDS):
            return False
        self._infos.append((digit, now))
        return True


def _take(told: deque[tuple[str, float]], digit: str, since: float) -> bool:
    """Removes the first of that digit that is not older; says whether there was one."""
    for known in told:
        if known[0] == digit and known[1] >= since:
            told.remove(known)
            return True
    return False
