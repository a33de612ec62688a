"""One body of tests for every adapter of the ledger, and of the RingOuts that it charges."""

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.service import MemoryRingOuts
from ringout.domain.ledger import EntryKind
from ringout.domain.rates import Prices
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.storage.sqlite import open_storage


class MemoryStorage:
    def __init__(self) -> None:
        self.ring_outs = MemoryRingOuts()
        self.ledger = self.ring_outs.ledger

    async def close(self) -> None:
        pass


@pytest.fixture(params=["memory", "sqlite"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    opened = MemoryStorage() if request.param == "memory" else await open_storage(tmp_path / "ringout.sqlite")
    yield opened
    await opened.close()


def ring_out(number: int = 1, account_id: int = 5, **fields: Any) -> RingOut:
    caller = LegRecord("+16505550111", answered_at=100.0, ended_at=160.0)
    callee = LegRecord("+14155550199", answered_at=130.0, ended_at=160.0)
    made = RingOut(number, account_id, 2, "here", caller, callee, None, False, 99.0, prices=Prices(60, 60, 120))
    return replace(made, **fields)


ENDED = {"ended_at": 161.0}  # 90 units


async def top_up(storage: Any, units: int, account_id: int = 5) -> None:
    await storage.ledger.add(account_id, units, EntryKind.TOP_UP, 50.0, "cash")


async def test_a_balance_is_the_sum_of_its_entries(storage: Any) -> None:
    assert await storage.ledger.balances() == {}
    await top_up(storage, 100)
    await top_up(storage, 7, 6)
    await storage.ledger.add(5, -40, EntryKind.ADJUSTMENT, 51.0, "")
    assert await storage.ledger.balances() == {5: 60, 6: 7}
    newest, first = await storage.ledger.entries(5, 10, None)
    assert (newest.amount, newest.kind, newest.ring_out_id, newest.created_at, newest.note, newest.account_id) == (
        -40, EntryKind.ADJUSTMENT, None, 51.0, "", 5,
    )  # fmt: skip
    assert (first.amount, first.kind, first.note) == (100, EntryKind.TOP_UP, "cash")
    assert newest.id > first.id
    assert await storage.ledger.entries(5, 1, None) == [newest]
    assert await storage.ledger.entries(5, 10, newest.id) == [first]
    assert await storage.ledger.entries(5, 10, first.id) == []
    assert await storage.ledger.entries(99, 10, None) == []


async def test_a_first_balance_of_nothing_is_one_too(storage: Any) -> None:
    await top_up(storage, 0)
    assert await storage.ledger.balances() == {5: 0}


@pytest.mark.parametrize("before", [None, 30])
async def test_a_balance_never_gets_below_zero(storage: Any, before: int | None) -> None:
    if before is not None:
        await top_up(storage, before)
    with pytest.raises(OSError):
        await storage.ledger.add(5, -31, EntryKind.ADJUSTMENT, 51.0, "")
    assert await storage.ledger.balances() == ({} if before is None else {5: before})
    assert len(await storage.ledger.entries(5, 10, None)) == (0 if before is None else 1)


async def test_a_ring_out_with_prices_is_charged_at_its_end_and_once(storage: Any) -> None:
    await top_up(storage, 1000)
    await storage.ring_outs.add(ring_out(ended_at=None))
    assert await storage.ledger.balances() == {5: 1000}
    for _ in range(3):
        await storage.ring_outs.update(ring_out(**ENDED))
    assert await storage.ledger.balances() == {5: 910}
    (entry, _) = await storage.ledger.entries(5, 10, None)
    assert (entry.amount, entry.kind, entry.ring_out_id, entry.created_at) == (-90, EntryKind.CALL, 1, 161.0)
    assert await storage.ring_outs.get(1) == ring_out(**ENDED)


@pytest.mark.parametrize("fields", [{"prices": None}, {"caller": LegRecord("+1"), "callee": LegRecord("+2")}])
async def test_what_costs_nothing_has_no_entry(storage: Any, fields: dict[str, Any]) -> None:
    await top_up(storage, 1000)
    await storage.ring_outs.add(ring_out(ended_at=None, **fields))
    await storage.ring_outs.update(ring_out(**ENDED, **fields))
    assert len(await storage.ledger.entries(5, 10, None)) == 1


async def test_many_ends_in_one_turn_are_all_charged(storage: Any) -> None:
    await top_up(storage, 10_000)
    await top_up(storage, 10_000, 6)
    await asyncio.gather(*(storage.ring_outs.add(ring_out(n, 5 + n % 2, ended_at=None)) for n in range(1, 41)))
    await asyncio.gather(*(_end(storage, n) for n in range(1, 41)))
    assert await storage.ledger.balances() == {5: 10_000 - 20 * 90, 6: 10_000 - 20 * 90}
    assert len(await storage.ledger.entries(5, 100, None)) == 21


async def _end(storage: Any, number: int) -> None:
    await storage.ring_outs.update(ring_out(number, 5 + number % 2, **ENDED))


@pytest.mark.parametrize("units", [0, 50])
async def test_a_charge_takes_no_more_than_there_is(storage: Any, units: int) -> None:
    """Rows of a node whose name was changed for a while: nobody had reserved for them."""
    if units:
        await top_up(storage, units)
    await storage.ring_outs.add(ring_out(ended_at=None))
    await storage.ring_outs.update(ring_out(**ENDED))
    assert sum(e.amount for e in await storage.ledger.entries(5, 10, None)) == 0
    assert (await storage.ledger.balances()).get(5, 0) == 0


ENDS_UNTIL_KILLED = textwrap.dedent(
    """
    import asyncio, sys
    from dataclasses import replace
    from pathlib import Path
    from ringout.domain.rates import Prices
    from ringout.domain.ring_out import LegRecord, RingOut
    from ringout.storage.sqlite import open_storage

    async def main():
        storage = await open_storage(Path(sys.argv[1]))
        leg = LegRecord("+1", answered_at=1.0, ended_at=2.0)
        async def run(number):
            made = RingOut(number, 5, 2, "here", leg, leg, None, False, 1.0, prices=Prices(60, 60, 120))
            await storage.ring_outs.add(made)
            await storage.ring_outs.update(replace(made, ended_at=3.0))
            print(number, flush=True)
        for start in range(1, 1_000_000, 8):
            await asyncio.gather(*(run(n) for n in range(start, start + 8)))

    asyncio.run(main())
    """
)


def end_until_killed(path: Path) -> None:
    """At least a hundred."""
    command = [sys.executable, "-c", ENDS_UNTIL_KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(100):
            process.stdout.readline()
        process.kill()
        process.stdout.read()


async def test_kill_9_leaves_no_end_without_its_charge(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite"
    first = await open_storage(path)
    await top_up(first, 10**9)
    await first.close()
    await asyncio.to_thread(end_until_killed, path)
    again = await open_storage(path)
    balances = await again.ledger.balances()
    entries = await again.ledger.entries(5, 10**6, None)
    live = {r.id for r in await again.ring_outs.unfinished("here")}
    await again.close()
    with closing(sqlite3.connect(path)) as connection:
        ended = {i for (i,) in connection.execute("SELECT id FROM ring_outs WHERE ended_at IS NOT NULL")}
    charged = [e.ring_out_id for e in entries if e.kind is EntryKind.CALL]
    assert len(ended) >= 100
    assert sorted(ended) == sorted(charged, key=lambda ring_out_id: ring_out_id or 0)
    assert live.isdisjoint(charged)
    assert balances == {5: sum(e.amount for e in entries)} == {5: 10**9 - 2 * len(ended)}


async def test_the_books_are_there_after_a_restart(tmp_path: Path) -> None:
    first = await open_storage(tmp_path / "ringout.sqlite")
    await top_up(first, 100)
    await first.ring_outs.add(ring_out(ended_at=None))
    first.ring_outs.update(ring_out(**ENDED))  # nobody awaits it: closing writes it
    await first.close()
    second = await open_storage(tmp_path / "ringout.sqlite")
    assert await second.ledger.balances() == {5: 10}
    await second.ring_outs.update(ring_out(**ENDED))
    assert await second.ledger.balances() == {5: 10}
    await second.close()
