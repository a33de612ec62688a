"""A running RingOut whose account is prepaid: goes on as long as something is reserved for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ringout.domain import facts as f
from ringout.domain.rates import PhoneTime
from ringout.domain.status import Party

if TYPE_CHECKING:
    from ringout.engine.call import Call
    from ringout.engine.timers import TimerHandle
    from ringout.service.ports import Meter


class Paying:
    """Has the meter reserve on while the legs are up, and tells the call when nothing is left."""

    __slots__ = ("_answered", "_call", "_ended", "_meter", "_phones", "_timer")

    def __init__(self, call: Call, meter: Meter) -> None:
        self._call = call
        self._meter = meter
        self._answered: dict[Party, float] = {}  # by the loop's clock: the wall's may be set
        self._phones: dict[int, float] = {}  # by position, when several ring for the caller
        self._ended: dict[int, float] = {}  # those of them that are down again
        self._timer: TimerHandle | None = None

    def phone_answered(self, position: int) -> None:
        """One of the caller's phones costs from now on. look must follow."""
        self._phones[position] = self._call.node.clock.monotonic()

    def phone_ended(self, position: int) -> None:
        """It costs no more. Idempotent."""
        self._ended.setdefault(position, self._call.node.clock.monotonic())

    def answered(self, party: Party) -> None:
        """That leg costs from now on."""
        self._answered[party] = self._call.node.clock.monotonic()
        self.look()

    def ended(self) -> None:
        """The RingOut's row is as it will be stored in the end."""
        self._stop()
        self._meter.ended(self._call.draft.row())

    def look(self) -> None:
        """Reserves on, or ends the call."""
        self._stop()
        call = self._call
        if call.ending:
            return
        now = call.node.clock.monotonic()
        caller = now - self._answered.get(Party.CALLER, now)
        callee = now - self._answered[Party.CALLEE] if Party.CALLEE in self._answered else None
        phones = self._phone_times(now)
        prices = self._meter.pay(call.draft.first, caller, callee, phones)
        if prices is not call.draft.prices:
            call.draft.prices = prices
            call.row_changed()
        seconds = prices.lasting(caller, callee, phones)
        if seconds <= 0.0:
            call.receive(f.BalanceUsedUp())
        elif seconds < math.inf:
            self._timer = call.node.call_later(seconds, self._time_up)

    def _phone_times(self, now: float) -> list[PhoneTime]:
        ended = self._ended
        return [
            PhoneTime(position, ended.get(position, now) - answered, position not in ended)
            for position, answered in self._phones.items()
        ]

    def _time_up(self) -> None:
        self._timer = None
        call = self._call
        try:
            self.look()
        except Exception:  # noqa: BLE001  the top of a call
            call.break_down()
        call.settle()
        call.node.flush()

    def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
