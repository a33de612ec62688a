"""Bounds the guessing of passwords."""

from __future__ import annotations

from ringout.service.ports import Clock

_MOST_FAILURES = 10
_WINDOW_SECONDS = 60.0
_MOST_NAMES = 10_000


class Attempts:
    """Counts failed logins per name. After 10 within a minute the name rests until that minute is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[float, int]] = {}  # name -> start of the window, failures in it

    def is_locked(self, name: str) -> bool:
        started, count = self._failures.get(name, (0.0, 0))
        return count >= _MOST_FAILURES and self._clock.monotonic() - started < _WINDOW_SECONDS

    def failed(self, name: str) -> None:
        now = self._clock.monotonic()
        started, count = self._failures.pop(name, (now, 0))
        if now - started >= _WINDOW_SECONDS:
            started, count = now, 0
        self._failures[name] = (started, count + 1)
        if len(self._failures) > _MOST_NAMES:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, name: str) -> None:
        self._failures.pop(name, None)
