"""How RingOuts gather, against a writer whose disk is under the test's control."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ringout.domain.ring_out import LegRecord, RingOut
from ringout.storage.errors import StorageFailed
from ringout.storage.ring_outs import SqliteRingOuts


def ring_out(number: int, **fields: Any) -> RingOut:
    return replace(RingOut(number, 1, 2, "here", LegRecord("+1"), LegRecord("+2"), None, False, 1.0), **fields)


class SlowDisk:
    """Stands for Writer and Reader. A transaction ends when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[Any], Any], asyncio.Future[Any]]] = []
        self.groups: list[list[int]] = []
        self.rows: dict[int, tuple[Any, ...]] = {}

    def submit(self, work: Callable[[Any], Any]) -> asyncio.Future[Any]:
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((work, future))
        return future

    async def run(self, work: Callable[[Any], Any]) -> Any:
        with sqlite3.connect(":memory:") as connection:
            connection.execute("CREATE TABLE ring_outs (id, record)")
            found = work(connection)
        connection.close()
        return found

    def executemany(self, _sql: str, rows: Any) -> "SlowDisk":
        written = list(rows)
        self.groups.append([row[0] for row in written])
        self.rows.update((row[0], row) for row in written)
        return self

    def close(self) -> None:
        pass

    async def finish_one(self, error: Exception | None = None) -> None:
        while not self.waiting:  # noqa: ASYNC110  the store hands over in a later turn of the loop
            await asyncio.sleep(0)
        work, future = self.waiting.pop(0)
        if error:
            future.set_exception(error)
        else:
            future.set_result(work(self))
        for _ in range(4):
            await asyncio.sleep(0)


@pytest.fixture
async def disk() -> SlowDisk:
    return SlowDisk()


@pytest.fixture
async def store(disk: SlowDisk) -> SqliteRingOuts:
    return SqliteRingOuts(disk, disk)  # type: ignore[arg-type]


async def test_what_happens_meanwhile_goes_together_and_collapses(store: SqliteRingOuts, disk: SlowDisk) -> None:
    first = asyncio.get_running_loop().create_task(store.add(ring_out(1)))
    await asyncio.sleep(0)
    store.update(ring_out(2, explanation="a"))
    await disk.finish_one()
    await first
    store.update(ring_out(3))
    store.update(ring_out(3, explanation="b"))
    store.update(ring_out(2, explanation="c"))
    await disk.finish_one()
    assert disk.groups == [[1, 2], [3, 2]]
    last = await store.get(3)
    assert last is not None
    assert last.explanation == "b"


async def test_what_is_not_durable_is_not_shown(store: SqliteRingOuts, disk: SlowDisk) -> None:
    adding = asyncio.get_running_loop().create_task(store.add(ring_out(1)))
    await asyncio.sleep(0)
    assert await store.get(1) is None
    await disk.finish_one()
    await adding
    durable = store.update(ring_out(1, ended_at=5.0))
    assert await store.get(1) == ring_out(1)
    await disk.finish_one()
    await durable
    assert await store.get(1) == ring_out(1, ended_at=5.0)


async def test_one_cancelled_waiter_disturbs_nobody(store: SqliteRingOuts, disk: SlowDisk) -> None:
    loop = asyncio.get_running_loop()
    one, two = loop.create_task(store.add(ring_out(1))), loop.create_task(store.add(ring_out(2)))
    await asyncio.sleep(0)
    one.cancel()
    await disk.finish_one()
    await two
    assert disk.groups == [[1, 2]]


async def test_a_full_disk_fails_the_add_and_keeps_the_updates(store: SqliteRingOuts, disk: SlowDisk) -> None:
    adding = asyncio.get_running_loop().create_task(store.add(ring_out(1)))
    await asyncio.sleep(0)
    store.update(ring_out(2, explanation="old"))
    store.update(ring_out(3))
    await disk.finish_one(StorageFailed("full"))
    with pytest.raises(StorageFailed):
        await adding
    store.update(ring_out(2, explanation="new"))
    await disk.finish_one()  # tried again by itself
    assert disk.groups == [[2, 3]]
    kept = await store.get(2)
    assert kept is not None
    assert kept.explanation == "new"
    assert await store.get(1) is None


async def test_memory_of_ended_ones_is_bounded(store: SqliteRingOuts, disk: SlowDisk) -> None:
    for number in range(1, 4200):
        store.update(ring_out(number, ended_at=1.0))
    await disk.finish_one()
    assert await store.get(4199) is not None
    assert await store.get(1) is None  # this disk forgets; the real one is asked


async def test_a_watcher_hears_of_nothing_that_is_not_on_the_disk(store: SqliteRingOuts, disk: SlowDisk) -> None:
    heard: list[tuple[int, str]] = []
    store.watcher = lambda row: heard.append((row.id, row.explanation))
    store.update(ring_out(1, explanation="a"))
    store.update(ring_out(2))
    store.update(ring_out(1, explanation="b"))
    await asyncio.sleep(0)
    assert heard == []
    await disk.finish_one(StorageFailed("full"))
    assert heard == []
    await disk.finish_one()  # tried again by itself
    assert heard == [(1, "b"), (2, "")]
