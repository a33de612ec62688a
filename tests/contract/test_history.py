"""The call log's questions to the store of RingOuts, the same for every adapter."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.service import MemoryRingOuts
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.service.ports import LogQuery
from ringout.storage.sqlite import open_storage

ONE, OTHER = "+16505550111", "+14155550199"


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    if request.param == "memory":
        yield MemoryRingOuts()
        return
    storage = await open_storage(tmp_path / "ringout.sqlite3")
    yield storage.ring_outs
    await storage.close()


def ring_out(number: int, **fields: Any) -> RingOut:
    made = RingOut(number, 1, 2, "here", LegRecord(ONE), LegRecord(OTHER), None, False, 1.5)
    return replace(made, **fields)


async def fill(store: Any) -> None:
    for made in (
        ring_out(10),
        ring_out(30, extension_id=3, ended_at=5.0),
        ring_out(20, ended_at=7.0),
        ring_out(40, account_id=4),
        ring_out(50, caller=LegRecord("+16505550122"), callee=LegRecord("+1415555019"), ended_at=9.0),
        ring_out(
            55,
            caller=LegRecord("+16505550123", phones=(LegRecord("+16505550124"),)),
            callee=LegRecord("+1"),
            account_id=7,
        ),
        ring_out(60, explanation=f'"number":"{ONE}0"', extra={"a": f'"number":"{OTHER}0"'}),
    ):
        await store.add(made)


QUESTIONS: list[tuple[LogQuery, list[int]]] = [
    (LogQuery(1), [60, 50, 30, 20, 10]),
    (LogQuery(4), [40]),
    (LogQuery(9), []),
    (LogQuery(1, 2), [60, 50, 20, 10]),
    (LogQuery(1, 3), [30]),
    (LogQuery(4, 3), []),
    (LogQuery(1, first_id=20), [60, 50, 30, 20]),
    (LogQuery(1, last_id=20), [20, 10]),
    (LogQuery(1, first_id=20, last_id=20), [20]),
    (LogQuery(1, first_id=21, last_id=20), []),
    (LogQuery(1, first_id=0, last_id=2**63 - 1), [60, 50, 30, 20, 10]),
    (LogQuery(1, numbers=(ONE,)), [60, 30, 20, 10]),
    (LogQuery(1, numbers=(OTHER,)), [60, 30, 20, 10]),
    (LogQuery(1, numbers=("+16505550122",)), [50]),
    (LogQuery(1, numbers=("+16505550122", ONE)), [60, 50, 30, 20, 10]),
    (LogQuery(7, numbers=("+16505550123",)), [55]),
    (LogQuery(7, numbers=("+16505550124",)), [55]),  # it rang as well
    (LogQuery(7, numbers=("+16505550125",)), []),
    (LogQuery(1, numbers=(f"{ONE}0", f"{OTHER}0")), []),  # in other texts of a row only
    (LogQuery(1, numbers=('%" OR 1=1 --',)), []),
    (LogQuery(1, numbers=()), []),
    (LogQuery(1, ended_after=7.0), [60, 50, 10]),
    (LogQuery(1, ended_after=6.9), [60, 50, 20, 10]),
    (LogQuery(1, 3, ended_after=0.0), [30]),
    (LogQuery(1, 2, 15, 55, (OTHER,), 1.0), [20]),
]


@pytest.mark.parametrize(("query", "expected"), QUESTIONS)
async def test_newest_first(store: Any, query: LogQuery, expected: list[int]) -> None:
    await fill(store)
    assert [r.id for r in await store.history(query, 0, 100)] == expected
    assert await store.count(query, 100) == len(expected)


async def test_rows_come_whole(store: Any) -> None:
    await fill(store)
    assert await store.history(LogQuery(1, 3), 0, 1) == [ring_out(30, extension_id=3, ended_at=5.0)]


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [(0, 2, [60, 50]), (1, 2, [50, 30]), (4, 2, [10]), (5, 2, []), (0, 0, []), (10**9, 1, [])],
)
async def test_a_part(store: Any, start: int, limit: int, expected: list[int]) -> None:
    await fill(store)
    assert [r.id for r in await store.history(LogQuery(1), start, limit)] == expected


async def test_counting_stops(store: Any) -> None:
    await fill(store)
    assert [await store.count(LogQuery(1), most) for most in (0, 3, 5, 100)] == [0, 3, 5, 5]


async def test_the_newest_state_counts(store: Any) -> None:
    await fill(store)
    await store.update(ring_out(10, ended_at=11.0, explanation="It ended."))
    assert (await store.history(LogQuery(1, last_id=10), 0, 9))[0].explanation == "It ended."
    assert [r.id for r in await store.history(LogQuery(1, ended_after=10.0), 0, 9)] == [60, 10]


async def test_what_is_removed_is_gone(store: Any) -> None:
    await fill(store)
    await store.remove_ended_before(8.0)
    assert [r.id for r in await store.history(LogQuery(1), 0, 9)] == [60, 50, 10]
