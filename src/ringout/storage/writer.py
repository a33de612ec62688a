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
_MOST_TOGETHER = 64  # works in one transaction


def connect(path: Path) -> sqlite3.Connection:
    """A connection without implicit transactions. FULL: a commit is on the disk when it returns, power cut or not."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=1000"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


Item = tuple[Work[Any], "asyncio.Future[Any]"]


class Writer:
    """Runs works in the order they were given, on one connection in one thread. What waits when a transaction begins
    goes to the disk with it, each work on its own: one that fails takes back nothing of the others."""

    def __init__(self, path: Path) -> None:
        """Raises StorageFailed."""
        try:
            self._connection = connect(path)
        except sqlite3.Error as error:
            raise StorageFailed(f"{path}: {error}") from error
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="storage-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> asyncio.Future[T]:
        """Resolves when the transaction is durable; with StorageFailed when the work was rolled back."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((work, future))
        return future

    async def close(self) -> None:
        """After everything submitted so far."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _run(self) -> None:
        is_open = True
        while is_open:
            item = self._queue.get()
            batch: list[Item] = []
            while item is not None:
                batch.append(item)
                if len(batch) == _MOST_TOGETHER or self._queue.empty():
                    break
                item = self._queue.get()
            is_open = item is not None
            if batch:
                self._loop.call_soon_threadsafe(_tell, batch, self._results(batch))

    def _results(self, batch: list[Item]) -> list[Any]:
        """What each work gave, or StorageFailed."""
        try:
            return self._in_transaction([work for work, _ in batch])
        except Exception as error:  # noqa: BLE001  whatever it was, its owners hear of it and the thread lives on
            return [_failure(error)] * len(batch)

    def _in_transaction(self, works: list[Work[Any]]) -> list[Any]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            run = _run_apart if len(works) > 1 else _run_alone
            results = [run(connection, work) for work in works]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return results


def _run_alone(connection: sqlite3.Connection, work: Work[Any]) -> Any:
    return work(connection)


def _run_apart(connection: sqlite3.Connection, work: Work[Any]) -> Any:
    connection.execute("SAVEPOINT work")
    try:
        result = work(connection)
    except Exception as error:
        if not connection.in_transaction:  # a full disk takes the whole transaction back
            raise
        connection.execute("ROLLBACK TO work")
        result = _failure(error)
    connection.execute("RELEASE work")
    return result


def _failure(error: Exception) -> StorageFailed:
    return StorageFailed(f"{type(error).__name__}: {error}")


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


def _tell(batch: list[Item], results: list[Any]) -> None:
    for (_, future), result in zip(batch, results, strict=True):
        if future.done():
            continue
        if isinstance(result, StorageFailed):
            future.set_exception(result)
        else:
            future.set_result(result)
