"""The directory of users and applications on SQLite."""

from __future__ import annotations

import sqlite3

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import sqlite

from ringout.domain.account import Account, Client, Extension
from ringout.service.ports import Directory, DirectoryChange
from ringout.storage.statements import execute
from ringout.storage.tables import accounts, applied_config, clients, extensions
from ringout.storage.writer import Reader, Writer

_account = msgspec.json.Decoder(Account)
_extension = msgspec.json.Decoder(Extension)
_client = msgspec.json.Decoder(Client)


class SqliteAccounts:
    """The port AccountStore."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def directory(self) -> Directory:
        return await self._reader.run(_read)

    async def change(self, change: DirectoryChange) -> None:
        await self._writer.submit(lambda connection: _write(connection, change))


def _read(connection: sqlite3.Connection) -> Directory:
    return Directory(
        tuple(_account.decode(r) for (r,) in execute(connection, select(accounts.c.record).order_by(accounts.c.id))),
        tuple(
            _extension.decode(r) for (r,) in execute(connection, select(extensions.c.record).order_by(extensions.c.id))
        ),
        tuple(
            _client.decode(r) for (r,) in execute(connection, select(clients.c.record).order_by(clients.c.client_id))
        ),
        dict(execute(connection, select(applied_config))),
    )


def _write(connection: sqlite3.Connection, change: DirectoryChange) -> None:
    # Extensions refer to accounts.
    for record in sorted(change.remove, key=lambda record: isinstance(record, Account)):
        _remove(connection, record)
    for record in sorted(change.put, key=lambda record: not isinstance(record, Account)):
        _put(connection, record)
    if change.applied is not None:
        execute(connection, delete(applied_config))
        for part, digest in change.applied.items():
            execute(connection, insert(applied_config).values(part=part, digest=digest))


def _remove(connection: sqlite3.Connection, record: Account | Extension | Client) -> None:
    if isinstance(record, Client):
        execute(connection, delete(clients).where(clients.c.client_id == record.client_id))
    elif isinstance(record, Extension):
        execute(connection, delete(extensions).where(extensions.c.id == record.id))
    else:
        execute(connection, delete(accounts).where(accounts.c.id == record.id))


def _put(connection: sqlite3.Connection, record: Account | Extension | Client) -> None:
    text = msgspec.json.encode(record).decode()
    if isinstance(record, Client):
        statement = sqlite.insert(clients).values(client_id=record.client_id, record=text)
        key = "client_id"
    elif isinstance(record, Extension):
        statement = sqlite.insert(extensions).values(id=record.id, account_id=record.account_id, record=text)
        key = "id"
    else:
        statement = sqlite.insert(accounts).values(id=record.id, record=text)
        key = "id"
    execute(connection, statement.on_conflict_do_update(index_elements=[key], set_={"record": text}))
