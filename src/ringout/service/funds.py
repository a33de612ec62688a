"""The balances of prepaid accounts, and what their live calls have reserved of them.

Everything that a call asks is answered from memory, so no two calls can take the same unit. On the disk a RingOut is
charged in the transaction that stores its end (storage); here at the same moment, by the same rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ringout.config import Config
from ringout.domain.account import Account
from ringout.domain.errors import BadParameter, Conflict, DestinationBarred, NotEnoughFunds
from ringout.domain.ledger import LARGEST_UNITS, EntryKind, LedgerEntry, charge_of
from ringout.domain.rates import MINUTE, PhoneTime, Prices, RateTable
from ringout.domain.ring_out import RingOut
from ringout.service.ports import Clock, LedgerStore, RingOutStore

LONGEST_NOTE = 200  # characters
MOST_ENTRIES = 1000  # of one list
_HARDLY_SECONDS = 0.05  # what lasts no longer is renewed now: a timer may be that early


@dataclass(slots=True)
class _Purse:
    """One account's units: `balance` is what the ledger says, `reserved` the part that is spoken for."""

    balance: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        return self.balance - self.reserved


class Funds:
    """Implements service.ports.Meter. Units are integers; a balance is never below what is reserved of it."""

    def __init__(self, ledger: LedgerStore, rates: RateTable, clock: Clock, balances: Mapping[int, int]) -> None:
        self._ledger = ledger
        self._rates = rates
        self._clock = clock
        self._purses = {account_id: _Purse(units) for account_id, units in balances.items()}
        self._held: dict[int, Prices] = {}  # by RingOut

    @classmethod
    async def load(cls, ledger: LedgerStore, ring_outs: RingOutStore, clock: Clock, config: Config) -> Funds:
        """To be called before the engine's recovery, which reports the end of what an earlier process left."""
        rates = RateTable((rate.prefix, rate.units_per_minute) for rate in config.rates)
        funds = cls(ledger, rates, clock, await ledger.balances())
        for ring_out in await ring_outs.unfinished(config.node):
            if ring_out.prices is not None:
                funds._hold(ring_out, ring_out.prices)
        return funds

    async def open_accounts(self, accounts: Iterable[Account], config: Config) -> None:
        """Gives the account of the configuration its first balance, once and for all."""
        units = config.account.balance
        if units is None:
            return
        for account in accounts:
            if account.from_config and account.id not in self._purses:
                note = "first balance, from the configuration"
                await self._ledger.add(account.id, units, EntryKind.TOP_UP, self._clock.wall(), note)
                self._purse(account.id).balance += units

    # --- the administration --------------------------------------------------------------------------------------

    def balance(self, account_id: int) -> int:
        """Units, those included that live calls have reserved. 0 for an account that never had any."""
        purse = self._purses.get(account_id)
        return purse.balance if purse else 0

    def reserved(self, account_id: int) -> int:
        """The part of the balance that live calls may still use."""
        purse = self._purses.get(account_id)
        return purse.reserved if purse else 0

    async def entries(self, account_id: int, limit: int = 100, before: int | None = None) -> list[LedgerEntry]:
        """Newest first, at most limit (1 to MOST_ENTRIES), those with id < before. Raises OSError when the disk
        refuses."""
        return await self._ledger.entries(account_id, limit, before)

    async def add(self, account_id: int, units: int, note: str = "") -> int:
        """Adds units, or takes some away (negative); the new balance, durable. note: for people, at most
        LONGEST_NOTE. Raises BadParameter for 0 and for more than a balance can be, Conflict when fewer are left than
        shall be taken away, OSError when the disk refuses."""
        purse = self._purse(account_id)
        if not 0 < abs(units) <= LARGEST_UNITS or purse.balance + units > LARGEST_UNITS:
            raise BadParameter("units", str(units))
        if len(note) > LONGEST_NOTE:
            raise BadParameter("note", note)
        if purse.available + units < 0:
            rest = f"; live calls have reserved {purse.reserved} more" if purse.reserved else ""
            raise Conflict(f"Only {purse.available} units can be taken away{rest}.")
        kind = EntryKind.TOP_UP if units > 0 else EntryKind.ADJUSTMENT
        # What is taken away is gone for new calls at once; what is added counts when it is durable.
        taken = min(units, 0)
        purse.balance += taken
        try:
            await self._ledger.add(account_id, units, kind, self._clock.wall(), note)
        except OSError:
            purse.balance -= taken
            raise
        # A cancelled request leaves open whether it was written: until the next start it counts as the lesser balance.
        purse.balance += units - taken
        return purse.balance

    # --- the use cases of calls ----------------------------------------------------------------------------------

    def reserve(self, ring_out: RingOut) -> RingOut:
        """The RingOut with its prices and the first minute of both legs reserved, of several phones the dearest one's;
        its account must be prepaid. Exactly one of release and ended follows. Raises DestinationBarred for a number
        without a rate, NotEnoughFunds for the first leg whose minute the balance does not cover beside all live
        calls."""
        phones = tuple(self._rate("from.phoneNumber", phone.number) for phone in ring_out.caller.phones)
        caller = max(phones) if phones else self._rate("from.phoneNumber", ring_out.caller.number)
        callee = self._rate("to.phoneNumber", ring_out.callee.number)
        available = self._purse(ring_out.account_id).available
        if available < caller:
            raise NotEnoughFunds("from.phoneNumber", ring_out.caller.number)
        if available < caller + callee:
            raise NotEnoughFunds("to.phoneNumber", ring_out.callee.number)
        return self._hold(ring_out, Prices(0 if phones else caller, callee, caller + callee, phones))

    def _rate(self, parameter: str, number: str) -> int:
        if not number:
            return 0  # a phone of one's own, which no carrier reaches
        rate = self._rates.find(number)
        if rate is None:
            raise DestinationBarred(parameter, number, "No rate is known for this number.")
        return rate

    def release(self, ring_out: RingOut) -> None:
        """The RingOut was not placed after all."""
        prices = self._held.pop(ring_out.id, None)
        if prices is not None:
            self._purse(ring_out.account_id).reserved -= prices.reserved

    # --- the running calls (Meter) -------------------------------------------------------------------------------

    def pay(
        self,
        ring_out: RingOut,
        caller_seconds: float,
        callee_seconds: float | None,
        phones: Sequence[PhoneTime] = (),
    ) -> Prices:
        """Reserves one more minute of the legs that are up, or what is left of the balance when that is less."""
        prices = self._held[ring_out.id]
        if prices.lasting(caller_seconds, callee_seconds, phones) > _HARDLY_SECONDS:
            return prices
        later = None if callee_seconds is None else callee_seconds + MINUTE
        wanted = prices.cost(caller_seconds + MINUTE, later, [p.later(MINUTE) for p in phones]) - prices.reserved
        more = min(wanted, self._purse(ring_out.account_id).available)
        return self._reserve_more(ring_out, prices, more)

    def _reserve_more(self, ring_out: RingOut, prices: Prices, units: int) -> Prices:
        self._purse(ring_out.account_id).reserved += units
        renewed = self._held[ring_out.id] = prices.with_reserved(prices.reserved + units)
        return renewed

    def ended(self, ring_out: RingOut) -> None:
        if ring_out.id not in self._held:
            return
        self.release(ring_out)
        purse = self._purse(ring_out.account_id)
        purse.balance -= min(charge_of(ring_out), purse.balance)

    def _hold(self, ring_out: RingOut, prices: Prices) -> RingOut:
        self._held[ring_out.id] = prices
        self._purse(ring_out.account_id).reserved += prices.reserved
        return replace(ring_out, prices=prices)

    def _purse(self, account_id: int) -> _Purse:
        return self._purses.setdefault(account_id, _Purse())
