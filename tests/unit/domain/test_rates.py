"""What a call costs, and how long what was reserved lasts."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringout.domain.ledger import charge_of
from ringout.domain.rates import Prices, RateTable, price
from ringout.domain.ring_out import LegRecord, RingOut

TABLE = RateTable([("+", 90), ("+1", 10), ("+1900", 500), ("+44", 20), ("+447", 60), ("+800", 0)])


@pytest.mark.parametrize(
    ("number", "rate"),
    [
        ("+16505550100", 10),
        ("+19005550100", 500),
        ("+18005550100", 10),
        ("+442079460000", 20),
        ("+447700900123", 60),
        ("+491711234567", 90),
        ("+80012345678", 0),
        ("+1", 10),
        ("+", 90),
    ],
)
def test_the_longest_prefix_decides(number: str, rate: int) -> None:
    assert TABLE.find(number) == rate


@pytest.mark.parametrize(("rates", "number"), [([], "+16505550100"), ([("+44", 1)], "+16505550100"), ([("+1", 1)], "")])
def test_no_rate_is_known(rates: list[tuple[str, int]], number: str) -> None:
    assert RateTable(rates).find(number) is None


@pytest.mark.parametrize(
    ("rate", "seconds", "units"),
    [
        (60, 0.0, 0),
        (60, 0.0004, 0),  # no clock is that exact
        (60, 0.2, 1),
        (60, 1.0, 1),
        (60, 1.0004, 1),
        (60, 1.2, 2),
        (60, 60.0, 60),
        (1, 0.2, 1),
        (1, 60.0, 1),
        (1, 61.0, 2),
        (7, 10.0, 2),  # 1.17
        (0, 3600.0, 0),
        (60, -5.0, 0),  # a clock was set back
        (10**9, 3600.0, 60 * 10**9),
    ],
)
def test_every_begun_second_is_charged_and_units_are_rounded_up(rate: int, seconds: float, units: int) -> None:
    assert price(rate, seconds) == units


@pytest.mark.parametrize(
    ("prices", "caller", "callee", "lasts"),
    [
        (Prices(1, 1, 2), 0.0, None, 60.0),
        (Prices(60, 60, 120), 0.0, None, 60.0),  # the callee's minute stays aside
        (Prices(60, 60, 120), 20.0, 0.0, 50.0),  # 70 of the caller, 50 of the callee
        (Prices(60, 60, 120), 60.0, None, 0.0),
        (Prices(60, 60, 120), 20.5, 0.0, 49.5),  # at 50 the caller would begin its 71st second
        (Prices(60, 0, 60), 0.0, None, 60.0),
        (Prices(0, 60, 60), 30.0, 0.0, 60.0),
        (Prices(0, 0, 0), 30.0, None, math.inf),
        (Prices(0, 60, 60), 30.0, None, math.inf),  # while the callee rings nothing is used up
        (Prices(60, 60, 10), 20.0, 0.0, 0.0),
        (Prices(60, 60, 120), 59.9999, None, 0.0),  # a timer for that would only fire again and again
    ],
)
def test_how_long_the_reserved_units_last(prices: Prices, caller: float, callee: float | None, lasts: float) -> None:
    assert prices.lasting(caller, callee) == pytest.approx(lasts)


seconds = st.floats(0, 20_000)
rates = st.integers(0, 5000)


@given(rates, rates, st.integers(0, 10**6), seconds, st.none() | seconds)
def test_all_of_it_is_paid_and_a_moment_later_is_not(
    caller: int, callee: int, reserved: int, caller_seconds: float, callee_seconds: float | None
) -> None:
    prices = Prices(caller, callee, reserved)
    lasts = prices.lasting(caller_seconds, callee_seconds)

    def cost(more: float) -> int:
        return prices.cost(caller_seconds + more, None if callee_seconds is None else callee_seconds + more)

    if lasts == math.inf:
        assert cost(2**20) <= reserved
    else:
        assert cost(lasts) <= reserved or lasts == 0.0
        assert cost(lasts + 1.002) > reserved


def ended(caller: tuple[float | None, float | None], callee: tuple[float | None, float | None]) -> RingOut:
    legs = [LegRecord("+1", answered_at=answered, ended_at=over) for answered, over in (caller, callee)]
    made = RingOut(1, 1, 2, "here", *legs, None, True, 1.5)
    return replace(made, ended_at=1000.0, prices=Prices(60, 120, 300))


@pytest.mark.parametrize(
    ("caller", "callee", "units"),
    [
        ((None, None), (None, None), 0),
        ((None, 900.0), (None, 900.0), 0),
        ((900.0, 930.0), (None, 930.0), 30),
        ((900.0, 930.0), (910.0, 930.0), 70),
        ((900.0, None), (None, None), 100),  # it broke before its legs had an end
        ((900.0, 930.0), (910.0, 9999.0), 300),  # never more than what was reserved
        ((900.0, 800.0), (None, None), 0),
    ],
)
def test_the_charge_of_a_ring_out(
    caller: tuple[float | None, float | None], callee: tuple[float | None, float | None], units: int
) -> None:
    assert charge_of(ended(caller, callee)) == units
    assert charge_of(replace(ended(caller, callee), prices=None)) == 0
