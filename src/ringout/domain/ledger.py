"""The book of a prepaid account: every change of its balance is an entry, and the balance is their sum."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ringout.domain.rates import PhoneTime
from ringout.domain.ring_out import LegRecord, RingOut

LARGEST_UNITS = 10**15  # of a balance and of one entry: a JavaScript number holds it, and sums of it fit 64 bits


class EntryKind(StrEnum):
    """Why a balance changed."""

    TOP_UP = "top_up"
    CALL = "call"
    ADJUSTMENT = "adjustment"  # units taken away by the administration


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One change. id: grows with every entry of the ledger; amount: units, negative when they were taken away."""

    id: int
    account_id: int
    amount: int
    kind: EntryKind
    ring_out_id: int | None  # of a call; no RingOut has two entries
    created_at: float  # seconds since the epoch
    note: str = ""


def charge_of(ring_out: RingOut) -> int:
    """Units that a RingOut which has ended costs its account; 0 for one that nobody pays for. Never more than what was
    reserved for it."""
    prices = ring_out.prices
    if prices is None:
        return 0
    several = ring_out.caller.phones if prices.phones else ()
    phones = [PhoneTime(position, _seconds(phone, ring_out)) for position, phone in enumerate(several)]
    used = prices.cost(_seconds(ring_out.caller, ring_out), _seconds(ring_out.callee, ring_out), phones)
    return min(used, prices.reserved)


def _seconds(leg: LegRecord, ring_out: RingOut) -> float:
    """How long that leg was up."""
    if leg.answered_at is None:
        return 0.0
    ended_at = leg.ended_at if leg.ended_at is not None else ring_out.ended_at
    return 0.0 if ended_at is None else ended_at - leg.answered_at
