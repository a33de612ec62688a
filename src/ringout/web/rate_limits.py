"""RingCentral's rate limits: so many requests of one user and application in a sliding minute, for each group apart.

Who exceeds a limit is refused for a minute, and every request during that minute starts it anew. What the figures are,
and whether a group has a limit at all, is in config.LimitsConfig. Decisions: docs/decisions/rate-limits.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from functools import lru_cache

from ringout.config import LimitsConfig
from ringout.domain.errors import RateExceeded
from ringout.service.ports import Clock
from ringout.web.api import Group
from ringout.web.message import Headers

WINDOW_SECONDS = 60
PENALTY_SECONDS = 60
_MOST_ASKERS = 20_000  # in each group; beyond, those that have been quiet for longest are forgotten

NAMES = ("X-Rate-Limit-Group", "X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Window")
_GROUP, _LIMIT, _REMAINING, _WINDOW = (name.lower().encode() for name in NAMES)


class _Asker:
    """The last minute of one asker. Requests are counted by whole seconds: at most 61 entries, whatever the limit is,
    and none is forgotten before its 60 seconds are over."""

    __slots__ = ("count", "refused_until", "seconds")

    def __init__(self) -> None:
        self.seconds: deque[list[int]] = deque()  # [second, requests in it], oldest first
        self.count = 0  # the sum of these
        self.refused_until = 0.0  # monotonic

    def forget_before(self, second: int) -> None:
        while self.seconds and self.seconds[0][0] < second:
            self.count -= self.seconds.popleft()[1]

    def add(self, second: int) -> None:
        if self.seconds and self.seconds[-1][0] == second:
            self.seconds[-1][1] += 1
        else:
            self.seconds.append([second, 1])
        self.count += 1

    def refuse_until(self, end: float) -> None:
        self.seconds.clear()
        self.count = 0
        self.refused_until = end


class RateLimit:
    """One group's limit and everybody who has met it lately."""

    def __init__(self, group: Group, limit: int, clock: Clock) -> None:
        """limit: requests in WINDOW_SECONDS, 1 or more."""
        self._group = group
        self._limit = limit
        self._clock = clock
        self._askers: dict[Hashable, _Asker] = {}  # the one that asked last stands last

    def take(self, who: Hashable) -> Headers:
        """Counts one request. The headers that its answer gets. Raises RateExceeded."""
        now = self._clock.monotonic()
        asker = self._askers.pop(who, None) or _Asker()
        self._askers[who] = asker
        if len(self._askers) > _MOST_ASKERS:
            del self._askers[next(iter(self._askers))]
        if now >= asker.refused_until:
            second = int(now)
            asker.forget_before(second - WINDOW_SECONDS)
            if asker.count < self._limit:
                asker.add(second)
                return rate_headers(self._group, self._limit, self._limit - asker.count)
        asker.refuse_until(now + PENALTY_SECONDS)
        raise RateExceeded(self._group, self._limit, PENALTY_SECONDS)


def rate_limits(config: LimitsConfig, clock: Clock) -> dict[Group, RateLimit]:
    """One for each group that has a limit."""
    figures = {
        Group.LIGHT: config.light,
        Group.MEDIUM: config.medium,
        Group.HEAVY: config.heavy,
        Group.AUTH: config.auth,
    }
    return {group: RateLimit(group, limit, clock) for group, limit in figures.items() if limit > 0}


@lru_cache(1024)
def rate_headers(group: str, limit: int, remaining: int) -> Headers:
    """The group in lower case, as RingCentral sends it."""
    return (
        (_GROUP, group.lower().encode()),
        (_LIMIT, b"%d" % limit),
        (_REMAINING, b"%d" % remaining),
        (_WINDOW, b"%d" % WINDOW_SECONDS),
    )
