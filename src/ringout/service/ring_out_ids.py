"""Numbers for new RingOuts."""

from __future__ import annotations

from ringout.service.ports import Clock, IdSource

_EPOCH = 1_577_836_800  # 2020-01-01: leaves 41 bits of milliseconds, good until 2089
_RANDOM_BITS = 12
_LATEST = 2**41 - 1  # milliseconds


def first_id_at(wall: float) -> int:
    """The lowest id that a RingOut placed at that time (seconds since the epoch) or later has, as long as no clock was
    set back."""
    return min(max(int((wall - _EPOCH) * 1000), 0), _LATEST) << _RANDOM_BITS


class RingOutIds:
    """Gives every RingOut a number below 2**53 that is larger than the one before, so that the newest rows sit side
    by side in the database and a JavaScript number holds it."""

    def __init__(self, clock: Clock, ids: IdSource, last: int) -> None:
        """last: the largest id given out before. A clock that was set back must not give the same ones again."""
        self._clock = clock
        self._ids = ids
        self._last = last

    def next(self) -> int:
        milliseconds = int((self._clock.wall() - _EPOCH) * 1000)
        candidate = (min(max(milliseconds, 1), _LATEST) << _RANDOM_BITS) | self._ids.number(_RANDOM_BITS)
        self._last = max(candidate, self._last + 1)
        return self._last
