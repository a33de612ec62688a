"""Balances and the ledger on SQLite. A call's entry is written by charge, within the transaction of the call's end."""

from __future__ import annotations

import sqlite3

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import sqlite

from ringout.domain.ledger import EntryKind, LedgerEntry, charge_of
from ringout.domain.ring_out import RingOut
from ringout.storage.statements import execute, sql
from ringout.storage.tables import balances, ledger
from ringout.storage.writer import Reader, Writer

_SELECT = sql(select(balances.c.units).where(balances.c.account_id == bindparam("account_id_is")))
_UPDATE = sql(
    update(balances)
    .values(units=balances.c.units + bindparam("amount"))
    .where(balances.c.account_id == bindparam("account_id_is"))
)
_INSERT_ONCE = sql(
    sqlite.insert(ledger)
    .values(
        account_id=bindparam("account_id"),
        amount=bindparam("amount"),
        kind=bindparam("kind"),
        ring_out_id=bindparam("ring_out_id"),
        created_at=bindparam("created_at"),
        note=bindparam("note"),
    )
    .on_conflict_do_nothing(index_elements=["ring_out_id"])
)


class SqliteLedger:
    """The port LedgerStore."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def balances(self) -> dict[int, int]:
        return dict(await self._reader.run(lambda connection: execute(connection, select(balances))))

    async def add(self, account_id: int, amount: int, kind: EntryKind, created_at: float, note: str) -> None:
        await self._writer.submit(lambda c: _add(c, (account_id, amount, kind.value, None, created_at, note)))

    async def entries(self, account_id: int, limit: int, before: int | None) -> list[LedgerEntry]:
        wanted = select(ledger).where(ledger.c.account_id == account_id).order_by(ledger.c.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(ledger.c.id < before)
        rows = await self._reader.run(lambda connection: execute(connection, wanted))
        return [LedgerEntry(i, owner, amount, EntryKind(kind), *rest) for i, owner, amount, kind, *rest in rows]


def _add(connection: sqlite3.Connection, entry: tuple[int, int, str, None, float, str]) -> None:
    account_id, amount = entry[:2]
    found = connection.execute(_SELECT, (account_id,)).fetchone()
    if (found[0] if found else 0) + amount < 0:
        raise ValueError(f"the balance of account {account_id} does not cover {-amount} units")
    if found:
        connection.execute(_UPDATE, (amount, account_id)).close()
    else:
        execute(connection, sqlite.insert(balances).values(account_id=account_id, units=amount))
    connection.execute(_INSERT_ONCE, entry).close()


def charge(connection: sqlite3.Connection, ring_out: RingOut) -> None:
    """Takes what a RingOut that has ended costs off its account's balance, unless that was done before."""
    units = charge_of(ring_out)
    if units == 0:
        return
    found = connection.execute(_SELECT, (ring_out.account_id,)).fetchone()
    amount = -min(units, found[0] if found else 0)
    kind = EntryKind.CALL.value
    entry = (ring_out.account_id, amount, kind, ring_out.id, ring_out.ended_at, "")
    inserted = connection.execute(_INSERT_ONCE, entry)
    if inserted.rowcount:
        connection.execute(_UPDATE, (amount, ring_out.account_id)).close()
    inserted.close()
