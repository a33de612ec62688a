"""The directory of users and applications on SQLite."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from ringout.domain.account import Account, Client, Extension, ForwardingNumber
from ringout.service.ports import Directory
from ringout.storage.statements import execute
from ringout.storage.tables import accounts, caller_ids, clients, extensions, forwarding_numbers
from ringout.storage.writer import Reader, Writer


class SqliteAccounts:
    """The port AccountStore."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def directory(self) -> Directory:
        return await self._reader.run(_read)

    async def save(self, directory: Directory) -> None:
        await self._writer.submit(lambda connection: _write(connection, directory))


def _read(connection: sqlite3.Connection) -> Directory:
    phones: dict[int, list[ForwardingNumber]] = {}
    columns = forwarding_numbers.c
    for owner, *phone in execute(
        connection,
        select(columns.extension_id, columns.id, columns.number, columns.label).order_by(columns.position),
    ):
        phones.setdefault(owner, []).append(ForwardingNumber(*phone))
    shown: dict[int, list[str]] = {}
    for owner, _position, number in execute(connection, select(caller_ids).order_by(caller_ids.c.position)):
        shown.setdefault(owner, []).append(number)
    return Directory(
        accounts=tuple(Account(*row) for row in execute(connection, select(accounts).order_by(accounts.c.id))),
        extensions=tuple(
            Extension(i, owner, number, name, secret, tuple(phones.get(i, ())), tuple(shown.get(i, ())), choice)
            for i, owner, number, name, secret, choice in execute(
                connection, select(extensions).order_by(extensions.c.id)
            )
        ),
        clients=tuple(
            Client(client_id, secret, tuple(scopes.split()), bool(password_grant))
            for client_id, secret, scopes, password_grant in execute(connection, select(clients))
        ),
    )


def _write(connection: sqlite3.Connection, directory: Directory) -> None:
    execute(connection, delete(forwarding_numbers))
    execute(connection, delete(caller_ids))
    execute(connection, delete(extensions).where(extensions.c.id.not_in([e.id for e in directory.extensions])))
    execute(connection, delete(clients).where(clients.c.client_id.not_in([c.client_id for c in directory.clients])))
    for account in directory.accounts:
        _put(connection, accounts, (account.id, account.main_number, account.country, account.language))
    for extension in directory.extensions:
        _write_extension(connection, extension)
    for client in directory.clients:
        values = (client.client_id, client.secret_sha256, " ".join(client.scopes), int(client.password_grant))
        _put(connection, clients, values)


def _write_extension(connection: sqlite3.Connection, extension: Extension) -> None:
    e = extension
    _put(connection, extensions, (e.id, e.account_id, e.number, e.name, e.password_hash, e.caller_id))
    for position, phone in enumerate(e.forwarding_numbers):
        _put(connection, forwarding_numbers, (phone.id, e.id, position, phone.number, phone.label))
    for position, number in enumerate(e.caller_ids):
        _put(connection, caller_ids, (e.id, position, number))


def _put(connection: sqlite3.Connection, table: Table, values: tuple[Any, ...]) -> None:
    """Inserts the row, in the order of the table's columns, or updates the one with the same key."""
    statement = insert(table).values(dict(zip(table.c.keys(), values, strict=True)))
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in table.c.keys() if name not in keys}  # noqa: SIM118
    execute(connection, statement.on_conflict_do_update(index_elements=keys, set_=changed))
