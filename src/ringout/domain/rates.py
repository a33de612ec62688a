"""What a call costs, in integer units: the rate of each leg, and how long what was reserved for both lasts.

A leg is charged for every second that it has begun since its answer; the units of a leg are rounded up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

MINUTE = 60
# A second counts as begun when it is over by more than that: times of day are kept to less than a microsecond only, and
# no timer is exact to the millisecond.
_TOLERANCE_SECONDS = 0.001
_LONGEST_SECONDS = 2**20  # twelve days, longer than any call may be: what lasts so long lasts for ever


class RateTable:
    """Units per minute by prefix."""

    def __init__(self, rates: Iterable[tuple[str, int]]) -> None:
        """rates: (E.164 prefix with +, units per minute); of several with one prefix the last counts."""
        self._rates = dict(rates)
        self._longest = max(map(len, self._rates), default=0)

    def find(self, number: str) -> int | None:
        """Units per minute of the longest prefix that number (E.164 with +) begins with; None = no rate is known."""
        for length in range(min(len(number), self._longest), 0, -1):
            rate = self._rates.get(number[:length])
            if rate is not None:
                return rate
        return None


def price(units_per_minute: int, seconds: float) -> int:
    """Units for a leg that was up for so long. Never negative, also when a clock was set back meanwhile."""
    return -(-max(math.ceil(seconds - _TOLERANCE_SECONDS), 0) * units_per_minute // MINUTE)


class PhoneTime(NamedTuple):
    """How long one of the caller's phones has been up, when there are several. position: in Prices.phones."""

    position: int
    seconds: float
    is_up: bool = False  # and goes on

    def later(self, more: float) -> PhoneTime:
        return self._replace(seconds=self.seconds + more) if self.is_up else self


@dataclass(frozen=True, slots=True)
class Prices:
    """What one RingOut costs and what is set aside for it. Fixed when it is placed, but for `reserved`, which grows as
    the call goes on and is the most that it is ever charged."""

    caller: int  # units per minute
    callee: int
    reserved: int  # units
    phones: tuple[int, ...] = ()  # of each of the caller's phones, when several may ring: caller is 0 then

    def cost(self, caller_seconds: float, callee_seconds: float | None, phones: Sequence[PhoneTime] = ()) -> int:
        """Units for legs that were up for so long. callee_seconds None: not answered yet, and its first minute stays
        set aside, so that nobody is hung up at the moment of answering."""
        callee = MINUTE if callee_seconds is None else callee_seconds
        units = price(self.caller, caller_seconds) + price(self.callee, callee)
        for phone in phones:
            units += price(self.phones[phone.position], phone.seconds)
        return units

    def lasting(self, caller_seconds: float, callee_seconds: float | None, phones: Sequence[PhoneTime] = ()) -> float:
        """For how many seconds from now on the reserved units pay, given how long the legs have been up. 0.0 = not for
        another millisecond, infinity = for ever."""

        def is_paid(more: float) -> bool:
            callee = None if callee_seconds is None else callee_seconds + more
            return self.cost(caller_seconds + more, callee, [phone.later(more) for phone in phones]) <= self.reserved

        if is_paid(_LONGEST_SECONDS):
            return math.inf
        # The cost steps up where a leg begins a second, so the answer is the end of a whole second of one of them.
        ends = [_last_whole_second(caller_seconds, is_paid)]
        if callee_seconds is not None:
            ends.append(_last_whole_second(callee_seconds, is_paid))
        ends += [_last_whole_second(phone.seconds, is_paid) for phone in phones if phone.is_up]
        most = max(ends)
        return most if most > _TOLERANCE_SECONDS else 0.0

    def with_reserved(self, units: int) -> Prices:
        return replace(self, reserved=units)


def _last_whole_second(elapsed: float, is_paid: Callable[[float], bool]) -> float:
    """The largest time from now on at which a leg that has been up for `elapsed` completes a second and which is still
    paid; 0.0 when there is none."""
    first = math.ceil(elapsed)
    paid, unpaid = first - 1, first + _LONGEST_SECONDS + 1
    while unpaid - paid > 1:
        middle = (paid + unpaid) // 2
        if is_paid(middle - elapsed):
            paid = middle
        else:
            unpaid = middle
    return max(0.0, paid - elapsed)
