"""Balances: what is reserved before anybody is dialled, what a call may still use, what it costs in the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.service import MemoryRingOuts, SetClock
from ringout.config import AccountConfig, Config, RateConfig
from ringout.domain.account import Account
from ringout.domain.errors import BadParameter, Conflict, DestinationBarred, NotEnoughFunds
from ringout.domain.ledger import EntryKind
from ringout.domain.rates import Prices
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.service.funds import Funds

CHEAP, DEAR, UNKNOWN = "+16505550101", "+442079460000", "+491711234567"
RATES = (RateConfig("+1", 10), RateConfig("+44", 30))
ACCOUNT = 5


def config(balance: int | None = None) -> Config:
    return Config(node="here", account=AccountConfig(balance=balance), rates=RATES)


def placed(number: int, caller: str = CHEAP, callee: str = CHEAP) -> RingOut:
    return RingOut(number, ACCOUNT, 7, "here", LegRecord(caller), LegRecord(callee), None, False, 1.0)


def over(ring_out: RingOut, caller: float, callee: float | None, prices: Prices | None = None) -> RingOut:
    """It has ended after so many seconds of each leg."""
    end = 10_000.0
    return replace(
        ring_out,
        caller=replace(ring_out.caller, answered_at=end - caller, ended_at=end),
        callee=replace(ring_out.callee, answered_at=None if callee is None else end - callee, ended_at=end),
        ended_at=end,
        prices=prices or ring_out.prices,
    )


class Bench:
    def __init__(self, funds: Funds, store: MemoryRingOuts) -> None:
        self.funds, self.store = funds, store

    async def ends(self, ring_out: RingOut) -> None:
        """As the engine does it: the meter hears of it, the row goes to the store."""
        self.funds.ended(ring_out)
        await self.store.update(ring_out)


async def start(units: int, store: MemoryRingOuts | None = None) -> Bench:
    store = store or MemoryRingOuts()
    funds = await Funds.load(store.ledger, store, SetClock(), config())
    if units:
        await funds.add(ACCOUNT, units, "test")
    return Bench(funds, store)


@pytest.mark.parametrize(
    ("units", "caller", "callee", "missing"),
    [
        (20, CHEAP, CHEAP, None),
        (19, CHEAP, CHEAP, "to.phoneNumber"),
        (10, CHEAP, CHEAP, "to.phoneNumber"),
        (9, CHEAP, CHEAP, "from.phoneNumber"),
        (0, CHEAP, CHEAP, "from.phoneNumber"),
        (40, CHEAP, DEAR, None),
        (39, CHEAP, DEAR, "to.phoneNumber"),
        (39, DEAR, CHEAP, "to.phoneNumber"),
        (29, DEAR, CHEAP, "from.phoneNumber"),
    ],
)
async def test_the_first_minute_of_both_legs_must_be_there(
    units: int, caller: str, callee: str, missing: str | None
) -> None:
    bench = await start(units)
    if missing is None:
        made = bench.funds.reserve(placed(1, caller, callee))
        assert made.prices is not None
        assert bench.funds.reserved(ACCOUNT) == made.prices.reserved == units
    else:
        with pytest.raises(NotEnoughFunds) as refused:
            bench.funds.reserve(placed(1, caller, callee))
        assert refused.value.parameter == missing
        assert refused.value.value == (caller if missing.startswith("from") else callee)
        assert bench.funds.reserved(ACCOUNT) == 0


@pytest.mark.parametrize(
    ("caller", "callee", "parameter"),
    [(UNKNOWN, CHEAP, "from.phoneNumber"), (CHEAP, UNKNOWN, "to.phoneNumber")],
)
async def test_a_number_without_a_rate_is_barred(caller: str, callee: str, parameter: str) -> None:
    bench = await start(10**6)
    with pytest.raises(DestinationBarred) as refused:
        bench.funds.reserve(placed(1, caller, callee))
    assert (refused.value.parameter, refused.value.why) == (parameter, "No rate is known for this number.")


async def test_what_one_call_has_reserved_no_other_can_take() -> None:
    bench = await start(50)
    first, second = bench.funds.reserve(placed(1)), bench.funds.reserve(placed(2))
    with pytest.raises(NotEnoughFunds):
        bench.funds.reserve(placed(3))
    bench.funds.release(second)
    bench.funds.release(second)  # once is enough
    third = bench.funds.reserve(placed(3))
    await bench.ends(over(first, 30.0, 12.0))
    await bench.ends(over(third, 0.0, None))
    assert (bench.funds.balance(ACCOUNT), bench.funds.reserved(ACCOUNT)) == (50 - 5 - 2, 0)


async def test_a_call_goes_on_minute_by_minute_until_nothing_is_left() -> None:
    bench = await start(48)
    made = bench.funds.reserve(placed(1))
    pay = bench.funds.pay
    assert pay(made, 0.0, None).reserved == 20
    assert pay(made, 30.0, 0.0).reserved == 20  # callee answers
    assert pay(made, 75.0, 45.0).reserved == 20 + 21  # one more minute of both: 135 and 105 seconds
    last = pay(made, 138.0, 108.0)
    assert last.reserved == 48  # less than a minute was left, and it takes that
    assert last.lasting(138.0, 108.0) == pytest.approx(18.0)  # 156 seconds 26 units, 126 seconds 21: two more are due
    gone = pay(made, 156.0, 126.0)
    assert gone.lasting(156.0, 126.0) == 0.0
    await bench.ends(over(made, 156.3, 126.3, gone))
    assert (bench.funds.balance(ACCOUNT), bench.funds.reserved(ACCOUNT)) == (0, 0)


async def test_a_charge_is_never_more_than_what_was_reserved() -> None:
    bench = await start(100)
    made = bench.funds.reserve(placed(1))
    await bench.ends(over(made, 4000.0, 4000.0))
    assert bench.funds.balance(ACCOUNT) == 80


async def test_an_end_is_charged_once() -> None:
    bench = await start(100)
    made = bench.funds.reserve(placed(1))
    for _ in range(3):
        await bench.ends(over(made, 60.0, None))
    assert bench.funds.balance(ACCOUNT) == 90
    assert [e.amount for e in await bench.funds.entries(ACCOUNT)] == [-10, 100]
    assert await bench.store.ledger.balances() == {ACCOUNT: 90}


async def test_what_a_crash_left_is_reserved_until_it_has_ended() -> None:
    before = await start(30)
    left = before.funds.reserve(placed(1))
    await before.store.add(left)
    after = await start(0, before.store)
    assert (after.funds.balance(ACCOUNT), after.funds.reserved(ACCOUNT)) == (30, 20)
    with pytest.raises(NotEnoughFunds):
        after.funds.reserve(placed(2))
    await after.ends(over(left, 12.0, None))
    assert (after.funds.balance(ACCOUNT), after.funds.reserved(ACCOUNT)) == (28, 0)


async def test_prices_stay_when_the_rates_change() -> None:
    before = await start(30)
    left = before.funds.reserve(placed(1))
    await before.store.add(left)
    dearer = replace(config(), rates=(RateConfig("+1", 1000),))
    funds = await Funds.load(before.store.ledger, before.store, SetClock(), dearer)
    funds.ended(over(left, 30.0, None))
    assert funds.balance(ACCOUNT) == 25


# --- the administration ---


async def test_top_ups_and_adjustments() -> None:
    bench = await start(100)
    bench.funds.reserve(placed(1))
    assert await bench.funds.add(ACCOUNT, -80, "too much") == 20
    with pytest.raises(Conflict, match="reserved 20 more"):
        await bench.funds.add(ACCOUNT, -1)
    assert await bench.funds.add(ACCOUNT, 5) == 25
    entries = await bench.funds.entries(ACCOUNT)
    assert [(e.amount, e.kind, e.note) for e in entries] == [
        (5, EntryKind.TOP_UP, ""),
        (-80, EntryKind.ADJUSTMENT, "too much"),
        (100, EntryKind.TOP_UP, "test"),
    ]
    assert [e.amount for e in await bench.funds.entries(ACCOUNT, 1, entries[0].id)] == [-80]
    assert bench.funds.balance(99) == bench.funds.reserved(99) == 0


@pytest.mark.parametrize(("units", "note"), [(0, ""), (10**15 + 1, ""), (-(10**15) - 1, ""), (1, "x" * 201)])
async def test_units_that_cannot_be(units: int, note: str) -> None:
    bench = await start(10)
    with pytest.raises(BadParameter):
        await bench.funds.add(ACCOUNT, units, note)
    assert bench.funds.balance(ACCOUNT) == 10


async def test_a_balance_has_a_limit() -> None:
    bench = await start(10**15)
    with pytest.raises(BadParameter):
        await bench.funds.add(ACCOUNT, 1)


@pytest.mark.parametrize("units", [50, -50])
async def test_a_full_disk_changes_nothing(units: int) -> None:
    bench = await start(100)
    bench.store.ledger.disk_full = True
    with pytest.raises(OSError):
        await bench.funds.add(ACCOUNT, units)
    assert bench.funds.balance(ACCOUNT) == 100


async def test_what_is_being_taken_away_is_not_there_for_calls() -> None:
    bench = await start(20)
    real = bench.store.ledger.add

    async def slow(*given: Any) -> None:
        with pytest.raises(NotEnoughFunds):
            bench.funds.reserve(placed(1))
        await real(*given)

    bench.store.ledger.add = slow  # type: ignore[method-assign]
    assert await bench.funds.add(ACCOUNT, -20) == 0


@pytest.mark.parametrize("units", [500, 0])
async def test_the_configured_account_gets_its_first_balance_once(units: int) -> None:
    store = MemoryRingOuts()
    accounts = (Account(ACCOUNT, "+16505550100", from_config=True, prepaid=True), Account(6, "+16505550200"))
    for later in (units, 9000):
        funds = await Funds.load(store.ledger, store, SetClock(), config(later))
        await funds.open_accounts(accounts, config(later))
        assert (funds.balance(ACCOUNT), funds.balance(6)) == (units, 0)
    assert [(e.amount, e.kind) for e in await funds.entries(ACCOUNT)] == [(units, EntryKind.TOP_UP)]


async def test_without_a_configured_balance_nothing_is_opened() -> None:
    store = MemoryRingOuts()
    funds = await Funds.load(store.ledger, store, SetClock(), config())
    await funds.open_accounts((Account(ACCOUNT, "+16505550100", from_config=True),), config())
    assert store.ledger.book == []
