import asyncio
import itertools
from dataclasses import replace

import pytest

from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, FakeEngine, MemoryAccounts, MemoryRingOuts, SetClock
from fakes.web import CONFIG, PHONE
from ringout.domain.account import Principal
from ringout.domain.errors import BadNumber, NotEnoughFunds, NotFound, Unavailable
from ringout.domain.policy import CallRequest
from ringout.domain.rates import Prices, RateTable
from ringout.domain.status import CallStatus, PartyStatus
from ringout.service.accounts import Accounts
from ringout.service.funds import Funds
from ringout.service.ring_out_ids import RingOutIds, first_id_at
from ringout.service.ring_outs import RingOuts
from ringout.service.seed import seed

REQUEST = CallRequest("+14155550199")


class Bench:
    def __init__(self, accounts: Accounts) -> None:
        self.clock, self.steps = SetClock(), list[str]()
        self.engine, self.store = FakeEngine(self.steps), MemoryRingOuts(self.steps)
        self.funds = Funds(self.store.ledger, RateTable([("+1", 10)]), self.clock, {})
        self.accounts = accounts
        self.ring_outs = RingOuts(self.store, self.engine, accounts, self.clock, CountingIds(), CONFIG, self.funds)
        user, other = accounts.extension_by_number("101"), accounts.extension_by_number("102")
        self.user = Principal(user.account_id, user.id, "app", "s", frozenset())
        self.other = Principal(other.account_id, other.id, "app", "s", frozenset())

    async def make_prepaid(self, units: int) -> None:
        account_id = self.user.account_id
        await self.accounts.change_account(account_id, lambda account: replace(account, prepaid=True))
        await self.funds.add(account_id, units)


@pytest.fixture
async def bench() -> Bench:
    store = MemoryAccounts()
    await seed(store, CONFIG, CountingIds(), QuickPasswords())
    return Bench(await Accounts.load(store))


async def test_a_ring_out_is_stored_before_a_phone_rings(bench: Bench) -> None:
    made = await bench.ring_outs.create(bench.user, REQUEST)
    assert bench.steps == ["reserve", "add", "place"]
    assert (made.status, made.caller.status, made.callee.status) == (
        CallStatus.IN_PROGRESS, PartyStatus.IN_PROGRESS, PartyStatus.IN_PROGRESS,
    )  # fmt: skip
    placed, plan = bench.engine.placed[0]
    assert placed == made == bench.store.rows[made.id]
    assert (plan.caller_number, plan.callee_number) == (PHONE, "+14155550199")
    assert made.node == "test"
    assert made.created_at == bench.clock.wall()


async def test_a_full_disk_rings_nobody_and_gives_the_place_back(bench: Bench) -> None:
    bench.store.disk_full = True
    with pytest.raises(Unavailable):
        await bench.ring_outs.create(bench.user, REQUEST)
    assert bench.steps == ["reserve", "add", "release"]


async def test_a_cancelled_request_gives_the_place_back(bench: Bench) -> None:
    adding = asyncio.Event()

    async def never(_: object) -> None:
        bench.steps.append("add")
        adding.set()
        await asyncio.Event().wait()

    bench.store.add = never  # type: ignore[method-assign]
    task = asyncio.get_running_loop().create_task(bench.ring_outs.create(bench.user, REQUEST))
    await adding.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.steps == ["reserve", "add", "release"]


@pytest.mark.parametrize("trouble", ["full disk", "no place", "request cancelled"])
async def test_funds_are_reserved_first_and_given_back_last(bench: Bench, trouble: str) -> None:
    await bench.make_prepaid(20)
    if trouble == "no place":
        bench.engine.unavailable = Unavailable("full", 7)
    bench.store.disk_full = trouble == "full disk"
    if trouble == "request cancelled":
        bench.store.add = _cancelled  # type: ignore[method-assign]
    with pytest.raises((Unavailable, asyncio.CancelledError)):
        await bench.ring_outs.create(bench.user, REQUEST)
    assert bench.funds.reserved(bench.user.account_id) == 0
    assert bench.engine.placed == []


async def _cancelled(_: object) -> None:
    raise asyncio.CancelledError


async def test_a_prepaid_ring_out_is_stored_with_its_prices(bench: Bench) -> None:
    await bench.make_prepaid(20)
    made = await bench.ring_outs.create(bench.user, REQUEST)
    assert made.prices == bench.store.rows[made.id].prices == Prices(10, 10, 20)
    with pytest.raises(NotEnoughFunds):
        await bench.ring_outs.create(bench.user, REQUEST)
    assert bench.steps == ["reserve", "add", "place"]


async def test_at_the_limit_nothing_is_stored(bench: Bench) -> None:
    bench.engine.unavailable = Unavailable("full", 7)
    with pytest.raises(Unavailable):
        await bench.ring_outs.create(bench.user, REQUEST)
    assert bench.steps == ["reserve"]


async def test_a_refused_request_reserves_nothing(bench: Bench) -> None:
    with pytest.raises(BadNumber):
        await bench.ring_outs.create(bench.user, CallRequest("nonsense"))
    assert bench.steps == []


async def test_another_extensions_ring_out_does_not_exist(bench: Bench) -> None:
    made = await bench.ring_outs.create(bench.user, REQUEST)
    assert await bench.ring_outs.get(bench.user, made.id) == made
    for verb in (bench.ring_outs.get, bench.ring_outs.cancel):
        with pytest.raises(NotFound):
            await verb(bench.other, made.id)
    assert bench.engine.cancelled == []


async def test_results_are_kept_for_the_configured_time(bench: Bench) -> None:
    made = await bench.ring_outs.create(bench.user, REQUEST)
    bench.store.rows[made.id] = ended = replace(made, ended_at=bench.clock.wall())
    bench.clock.pass_seconds(599)
    assert await bench.ring_outs.get(bench.user, made.id) == ended
    assert await bench.ring_outs.remove_old() == 0
    bench.clock.pass_seconds(1)
    with pytest.raises(NotFound):
        await bench.ring_outs.get(bench.user, made.id)


async def test_rows_are_kept_for_the_call_log(bench: Bench) -> None:
    made = await bench.ring_outs.create(bench.user, REQUEST)
    bench.store.rows[made.id] = replace(made, ended_at=bench.clock.wall())
    bench.clock.pass_seconds(30 * 86400)
    assert await bench.ring_outs.remove_old() == 0
    bench.clock.pass_seconds(1)
    assert await bench.ring_outs.remove_old() == 1


async def test_cancel_of_live_ending_and_ended_ones(bench: Bench) -> None:
    made = await bench.ring_outs.create(bench.user, REQUEST)
    await bench.ring_outs.cancel(bench.user, made.id)
    bench.engine.running = False
    await bench.ring_outs.cancel(bench.user, made.id)
    assert bench.engine.cancelled == [made.id, made.id]
    bench.store.rows[made.id] = replace(made, ended_at=bench.clock.wall())
    with pytest.raises(NotFound):
        await bench.ring_outs.cancel(bench.user, made.id)


def test_ids_tell_when_a_ring_out_was_placed() -> None:
    clock = SetClock()
    before, ids = first_id_at(clock.wall()), RingOutIds(clock, CountingIds(), 0)
    made = [ids.next() for _ in range(100)]
    clock.pass_seconds(0.01)
    assert all(before <= one < first_id_at(clock.wall()) for one in made)
    assert [first_id_at(wall) for wall in (-1e12, 0.0)] == [0, 0]
    assert first_id_at(1e12) < 2**53


def test_ids_grow_and_fit_a_javascript_number() -> None:
    clock = SetClock(3_750_000_000.0)
    ids = RingOutIds(clock, CountingIds(), 0)
    given = [ids.next() for _ in range(5000)]
    clock.pass_seconds(-3600)
    given += [ids.next() for _ in range(10)]
    assert all(a < b for a, b in itertools.pairwise(given))
    assert given[-1] < 2**53


def test_a_restart_with_the_clock_set_back_gives_no_id_twice() -> None:
    clock = SetClock()
    before = RingOutIds(clock, CountingIds(), 0).next()
    clock.pass_seconds(-86_400)
    after = RingOutIds(clock, CountingIds(), before)
    assert [after.next(), after.next()] == [before + 1, before + 2]


async def test_ids_are_larger_than_all_that_the_store_knows(bench: Bench) -> None:
    store = MemoryRingOuts(last_id=2**52)
    accounts = bench.ring_outs._accounts
    ring_outs = RingOuts(store, bench.engine, accounts, bench.clock, CountingIds(), CONFIG, bench.funds)
    assert (await ring_outs.create(bench.user, REQUEST)).id == 2**52 + 1


@pytest.mark.parametrize("wall", [0.0, 1e12])
def test_ids_of_a_clock_that_knows_nothing(wall: float) -> None:
    ids = RingOutIds(SetClock(wall), CountingIds(), 0)
    assert 0 < ids.next() < ids.next() < 2**53


async def test_a_result_stays_readable_when_the_clock_is_set_back(bench: Bench) -> None:
    made = await bench.ring_outs.create(bench.user, REQUEST)
    ended = replace(made, ended_at=bench.clock.wall())
    bench.store.rows[made.id] = ended
    bench.clock.pass_seconds(-86_400)
    assert await bench.ring_outs.remove_old() == 0
    assert await bench.ring_outs.get(bench.user, made.id) == ended
