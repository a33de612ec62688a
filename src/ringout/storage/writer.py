"""The two threads that touch the SQLite file: one writes, one reads."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from ringout.storage.errors import StorageFailed

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
_BUSY_SECONDS = 5.0


def connect(path: Path) -> sqlite3.Connection:
    """A connection without implicit transactions. FULL: a commit is on the disk when it returns, power cut or not."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=1000"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


class Writer:
    """Runs each work in a transaction of its own, in the order they were given, on one connection in one thread."""

    def __init__(self, path: Path) -> None:
        """Raises StorageFailed."""
        try:
            self._connection = connect(path)
        except sqlite3.Error as error:
            raise StorageFailed(f"{path}: {error}") from error
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[tuple[Work[Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="storage-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> asyncio.Future[T]:
        """Resolves when the transaction is durable; with StorageFailed when it was rolled back."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((work, future))
        return future

    async def close(self) -> None:
        """After everything submitted so far."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            work, future = item
            try:
                result = self._in_transaction(work)
            except Exception as error:  # noqa: BLE001  whatever it was, its owner hears of it and the thread lives on
                failure = StorageFailed(f"{type(error).__name__}: {error}")
                self._loop.call_soon_threadsafe(_fail, future, failure)
            else:
                self._loop.call_soon_threadsafe(_succeed, future, result)

    def _in_transaction(self, work: Work[T]) -> T:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result


class Reader:
    """Runs works on a connection that only reads, in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self._connection.execute("PRAGMA query_only=ON").close()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="storage-reader")

    async def run(self, work: Work[T]) -> T:
        """Raises StorageFailed."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, self._connection)
        except sqlite3.Error as error:
            raise StorageFailed(str(error)) from error

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self._connection.close()


def _succeed(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
