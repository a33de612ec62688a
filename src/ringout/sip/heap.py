"""One heap of deadlines for everything that waits, with lazy deletion.

A waiting thing has one deadline, its earliest. Moving it later or dropping it touches only an attribute; the entry that
is already in the heap is looked at again when it comes up. So a timer that never fires costs nothing but that one look.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

NEVER: Final = float("inf")


class Waiting:
    """Something with a deadline. Subclasses say what happens in time_up."""

    __slots__ = ("due", "queued")

    def __init__(self) -> None:
        self.due = NEVER  # when to be woken, NEVER = not at all
        self.queued = NEVER  # time of the one live heap entry

    def time_up(self, now: float) -> None:
        """The deadline has passed; it is NEVER again when this is called."""
        raise NotImplementedError


class DeadlineHeap:
    """Wakes each waiting thing once its deadline has passed."""

    __slots__ = ("_count", "_entries")

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Waiting]] = []
        self._count = 0

    def wake_at(self, waiting: Waiting, when: float) -> None:
        """Replaces the deadline. when: seconds of the caller's clock, NEVER = none."""
        waiting.due = when
        if when < waiting.queued:
            self._push(waiting, when)

    def _push(self, waiting: Waiting, when: float) -> None:
        waiting.queued = when
        self._count += 1
        heappush(self._entries, (when, self._count, waiting))

    def pass_time(self, now: float) -> None:
        """Calls time_up of everything due at or before now, earliest first."""
        entries = self._entries
        while entries and entries[0][0] <= now:
            when, _, waiting = heappop(entries)
            if when != waiting.queued:
                continue  # an earlier entry was pushed after this one
            waiting.queued = NEVER
            if waiting.due <= now:
                waiting.due = NEVER
                waiting.time_up(now)
            elif waiting.due < NEVER:
                self._push(waiting, waiting.due)

    def next_deadline(self) -> float | None:
        """The earliest time at which something may be due. May be early (a dropped deadline), never late."""
        entries = self._entries
        while entries:
            when, _, waiting = entries[0]
            if when == waiting.queued:
                if waiting.due == when:
                    return when
                waiting.queued = NEVER
                heappop(entries)
                if waiting.due < NEVER:
                    self._push(waiting, waiting.due)
            else:
                heappop(entries)
        return None

    def __len__(self) -> int:
        return len(self._entries)


class Alarm(Waiting):
    """Calls action once at a time, unless it is stopped first."""

    __slots__ = ("_action",)

    def __init__(self, heap: DeadlineHeap, when: float, action: Callable[[float], None]) -> None:
        super().__init__()
        self._action = action
        heap.wake_at(self, when)

    def stop(self) -> None:
        self.due = NEVER

    def time_up(self, now: float) -> None:
        self._action(now)
