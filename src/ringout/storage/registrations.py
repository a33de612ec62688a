"""Bindings of registered phones on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Sequence

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects import sqlite

from ringout.sip.bindings import Binding
from ringout.storage.statements import execute
from ringout.storage.tables import registrations
from ringout.storage.writer import Reader, Writer

_bindings = msgspec.json.Decoder(tuple[Binding, ...])


class SqliteRegistrations:
    """The port RegistrationStore."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def load(self, node: str) -> list[Binding]:
        statement = select(registrations.c.record).where(registrations.c.node == node)
        rows = await self._reader.run(lambda connection: execute(connection, statement))
        return [binding for (record,) in rows for binding in _bindings.decode(record)]

    def save(self, node: str, user: str, bindings: Sequence[Binding]) -> Awaitable[None]:
        return self._writer.submit(lambda connection: _save(connection, node, user, bindings))


def _save(connection: sqlite3.Connection, node: str, user: str, bindings: Sequence[Binding]) -> None:
    if not bindings:
        execute(connection, delete(registrations).where(registrations.c.user == user))
        return
    record = msgspec.json.encode(bindings).decode()
    statement = sqlite.insert(registrations).values(user=user, node=node, record=record)
    changed = {"node": node, "record": record}
    execute(connection, statement.on_conflict_do_update(index_elements=["user"], set_=changed))
