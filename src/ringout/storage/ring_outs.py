"""RingOuts on SQLite: written in groups, read from memory."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from ringout import logs
from ringout.domain.ring_out import RingOut
from ringout.service.ports import LogQuery
from ringout.storage import ledger, statements
from ringout.storage.errors import StorageFailed
from ringout.storage.writer import Reader, Writer

_RECENT = 4096  # ended RingOuts kept in memory besides all live ones; older ones are read from the file
_RETRY_SECONDS = 1.0
# Changes of running calls wait so long for each other: a phone that answers at once makes several in a few
# milliseconds, and a commit costs more CPU than all else the storage does for a call. A new RingOut waits for nothing.
_TOGETHER_SECONDS = 0.01

log = logs.get("storage")


class _Group:
    """Rows that go to the disk together. `done` resolves for all of them at once."""

    __slots__ = ("added", "done", "rows")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.rows: dict[int, RingOut] = {}
        self.added: set[int] = set()  # whoever added these hears of a failure itself
        self.done: asyncio.Future[None] = loop.create_future()


class _Durable:
    """Awaitable by any number of tasks; a cancelled one disturbs nobody else. Costs nothing when nobody awaits."""

    __slots__ = ("_done",)

    def __init__(self, done: asyncio.Future[None]) -> None:
        self._done = done

    def __await__(self) -> Generator[Any, None, None]:
        return asyncio.shield(self._done).__await__()


class SqliteRingOuts:
    """The port RingOutStore. At most one group is on its way; newer rows gather behind it."""

    def __init__(self, writer: Writer, reader: Reader, last_id: int = 0, history: Reader | None = None) -> None:
        """history: a reader of its own for the call log, so that a long search there holds nobody else up."""
        self.last_id = last_id
        self.watcher: Callable[[RingOut], None] | None = None
        self._writer = writer
        self._reader = reader
        self._history = history or reader
        self._loop = asyncio.get_running_loop()
        self._gathering: _Group | None = None
        self._is_writing = False  # or is about to
        self._waiting: asyncio.TimerHandle | None = None  # until then more updates may join
        self._live: dict[int, RingOut] = {}  # durable, not ended
        self._recent: dict[int, RingOut] = {}  # durable, ended; oldest first

    async def add(self, ring_out: RingOut) -> None:
        group = self._gather(ring_out)
        group.added.add(ring_out.id)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
            # Not at once: what else happens in this turn of the loop joins the same transaction.
            self._loop.call_soon(self._write)
        await asyncio.shield(group.done)

    def update(self, ring_out: RingOut) -> Awaitable[None]:
        return _Durable(self._gather(ring_out).done)

    async def get(self, ring_out_id: int) -> RingOut | None:
        found = self._live.get(ring_out_id) or self._recent.get(ring_out_id)
        return found or await self._reader.run(lambda connection: _read_one(connection, ring_out_id))

    def live(self) -> list[RingOut]:
        return sorted(self._live.values(), key=lambda ring_out: ring_out.id)

    async def unfinished(self, node: str) -> list[RingOut]:
        rows = await self._reader.run(lambda c: c.execute(statements.SELECT_UNFINISHED, (node,)).fetchall())
        found = [statements.read(record) for (record,) in rows]
        self._live.update((r.id, r) for r in found if r.id not in self._live)
        return found

    async def history(self, query: LogQuery, start: int, limit: int) -> list[RingOut]:
        statement = statements.history(query, start, limit)
        rows = await self._history.run(lambda connection: statements.execute(connection, statement))
        return [statements.read(record) for (record,) in rows]

    async def count(self, query: LogQuery, most: int) -> int:
        statement = statements.count(query, most)
        rows = await self._history.run(lambda connection: statements.execute(connection, statement))
        found: int = rows[0][0]
        return found

    async def remove_ended_before(self, wall: float) -> int:
        removed = await self._writer.submit(lambda c: c.execute(statements.DELETE_ENDED, (wall,)).rowcount)
        for ring_out_id in [r.id for r in self._recent.values() if r.ended_at is not None and r.ended_at < wall]:
            del self._recent[ring_out_id]
        return removed

    async def finish_writing(self) -> None:
        """Returns when nothing waits any more, or the disk has refused what waited."""
        while self._is_writing:
            if self._gathering is None:
                self._gathering = _Group(self._loop)
            try:
                await asyncio.shield(self._gathering.done)
            except StorageFailed:
                return

    # --- groups --------------------------------------------------------------------------------------------------

    def _gather(self, ring_out: RingOut) -> _Group:
        group = self._gathering
        if group is None:
            group = self._gathering = _Group(self._loop)
            if not self._is_writing:
                self._is_writing = True
                self._waiting = self._loop.call_later(_TOGETHER_SECONDS, self._write)
        group.rows[ring_out.id] = ring_out
        return group

    def _write(self) -> None:
        self._waiting = None
        group, self._gathering = self._gathering, None
        if group is None:
            self._is_writing = False
            return
        rows = list(group.rows.values())
        written = self._writer.submit(lambda connection: _write_rows(connection, rows))
        written.add_done_callback(lambda future: self._written(group, future))

    def _written(self, group: _Group, written: asyncio.Future[None]) -> None:
        error = written.exception()
        if error is None:
            self._remember(group.rows.values())
            group.done.set_result(None)
            if self._gathering is None or self._gathering.added:
                self._write()
            else:
                self._waiting = self._loop.call_later(_TOGETHER_SECONDS, self._write)
            return
        log.error("RingOuts could not be written; trying again", why=str(error), rows=len(group.rows))
        self._keep_for_later(group)
        group.done.set_exception(error)
        group.done.exception()  # nobody has to await it
        self._loop.call_later(_RETRY_SECONDS, self._write)

    def _keep_for_later(self, failed: _Group) -> None:
        """Updates must not be lost while the disk is full; a row that was never added must not appear later."""
        waiting = {i: r for i, r in failed.rows.items() if i not in failed.added}
        if self._gathering is None and waiting:
            self._gathering = _Group(self._loop)
        if self._gathering is not None:
            self._gathering.rows = {**waiting, **self._gathering.rows}

    def _remember(self, rows: Any) -> None:
        for ring_out in rows:
            if ring_out.ended_at is None:
                self._live[ring_out.id] = ring_out
            else:
                self._live.pop(ring_out.id, None)
                self._recent[ring_out.id] = ring_out
        while len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        if self.watcher is not None:
            for ring_out in rows:
                self.watcher(ring_out)


def _write_rows(connection: sqlite3.Connection, rows: list[RingOut]) -> None:
    connection.executemany(statements.UPSERT, map(statements.row, rows)).close()
    for ring_out in rows:
        if ring_out.prices is not None and ring_out.ended_at is not None:
            ledger.charge(connection, ring_out)


def _read_one(connection: sqlite3.Connection, ring_out_id: int) -> RingOut | None:
    if not 0 < ring_out_id < 2**63:
        return None
    found = connection.execute(statements.SELECT_ONE, (ring_out_id,)).fetchone()
    return statements.read(found[0]) if found else None
