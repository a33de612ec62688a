"""A clock that moves when told."""

from __future__ import annotations


class ManualClock:
    """Both clocks of service.ports.Clock, in step; wall starts at 2026-01-01T00:00:00Z."""

    def __init__(self, start: float = 1000.0) -> None:
        self.now = start
        self._offset = 1767225600.0 - start

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self._offset

    def advance(self, seconds: float) -> float:
        self.now += seconds
        return self.now
