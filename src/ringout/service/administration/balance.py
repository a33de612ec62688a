"""The balance of a prepaid account, in integer units."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ringout.domain.account import Account
from ringout.domain.errors import UnusableValue
from ringout.domain.ledger import EntryKind, LedgerEntry
from ringout.service import field_checks
from ringout.service.administration.parts import Administration, Listing, Where
from ringout.service.funds import LONGEST_NOTE, MOST_ENTRIES
from ringout.service.times import iso

_LARGEST_ID = 2**63 - 1  # that a database holds


class AdminBalance(Struct, rename="camel"):
    """Units. available: what no live call has reserved. prepaid: whether calls need balance at all."""

    prepaid: bool
    balance: int
    reserved: int
    available: int


class AdminUnits(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Units to add, or to take away when negative."""

    units: Annotated[int, Meta(description="Units to add; negative takes away.")]
    note: Annotated[str, Meta(description="Why; stands in the entries.")] = ""


class AdminEntry(Struct, rename="camel", omit_defaults=True):
    """One change of the balance."""

    id: str
    time: str
    amount: int
    kind: EntryKind
    note: str
    ring_out_id: str | None = None


class AdminEntryChoice(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Which entries to list."""

    limit: Annotated[int, Meta(description="At most so many, 1 to 1000.")] = 100
    before: Annotated[int, Meta(description="Only entries older than that one, by id.")] = 0


async def show_balance(admin: Administration, where: Where) -> AdminBalance:
    return _shown(admin, admin.account(where))


async def add_units(admin: Administration, where: Where, body: AdminUnits) -> AdminBalance:
    account = admin.account(where)
    await admin.funds.add(account.id, body.units, field_checks.line(body.note, "note", LONGEST_NOTE))
    return _shown(admin, account)


async def list_entries(admin: Administration, where: Where, choice: AdminEntryChoice) -> Listing:
    """Newest first."""
    if not 1 <= choice.limit <= MOST_ENTRIES:
        raise UnusableValue("limit", str(choice.limit), f"A number from 1 to {MOST_ENTRIES}.")
    if not 0 <= choice.before <= _LARGEST_ID:
        raise UnusableValue("before", str(choice.before), "It is no id of an entry.")
    account = admin.account(where)
    return Listing(await admin.funds.entries(account.id, choice.limit, choice.before or None), _shown_entry)


def _shown(admin: Administration, account: Account) -> AdminBalance:
    balance, reserved = admin.funds.balance(account.id), admin.funds.reserved(account.id)
    return AdminBalance(account.prepaid, balance, reserved, balance - reserved)


def _shown_entry(entry: LedgerEntry) -> AdminEntry:
    ring_out_id = None if entry.ring_out_id is None else str(entry.ring_out_id)
    return AdminEntry(str(entry.id), iso(entry.created_at), entry.amount, entry.kind, entry.note, ring_out_id)
