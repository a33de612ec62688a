"""The embedded default: one SQLite file."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ringout.storage import statements
from ringout.storage.accounts import SqliteAccounts
from ringout.storage.errors import StorageFailed
from ringout.storage.ledger import SqliteLedger
from ringout.storage.lock import Lock
from ringout.storage.migrate import migrate
from ringout.storage.registrations import SqliteRegistrations
from ringout.storage.ring_outs import SqliteRingOuts
from ringout.storage.tokens import SqliteTokens
from ringout.storage.writer import Reader, Writer, connect


class SqliteStorage:
    """All stores on one file. Belongs to the event loop that opened it."""

    def __init__(self, path: Path, lock: Lock, last_id: int) -> None:
        self._lock = lock
        self._writer = Writer(path)
        self._reader = Reader(path)
        self._history = Reader(path)
        self.ring_outs = SqliteRingOuts(self._writer, self._reader, last_id, self._history)
        self.accounts = SqliteAccounts(self._writer, self._reader)
        self.tokens = SqliteTokens(self._writer, self._reader)
        self.ledger = SqliteLedger(self._writer, self._reader)
        self.registrations = SqliteRegistrations(self._writer, self._reader)

    async def close(self) -> None:
        """Writes what waits, then closes."""
        await self.ring_outs.finish_writing()
        await self._writer.close()
        await self._reader.close()
        await self._history.close()
        self._lock.close()


async def open_storage(path: Path) -> SqliteStorage:
    """path: the database file. It and its directory are made when missing, for their owner only.
    Raises StorageFailed (OSError): in use by another process, not a database, a newer program's, not writable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageFailed(f"{path}: {error.strerror}") from error
    lock = Lock(path)
    try:
        last_id = await asyncio.to_thread(_prepare, path)
        return SqliteStorage(path, lock, last_id)
    except BaseException:
        lock.close()
        raise


def _prepare(path: Path) -> int:
    """The schema as this program wants it; the largest id of a RingOut in it."""
    migrate(path)
    try:
        with closing(connect(path)) as connection:
            found: int | None = connection.execute(statements.SELECT_LAST_ID).fetchone()[0]
    except sqlite3.Error as error:
        raise StorageFailed(f"{path}: {error}") from error
    return found or 0
