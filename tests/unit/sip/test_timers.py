from __future__ import annotations

import pytest

from ringout.sip.timers import TimerValues


def test_the_defaults_are_table_4s() -> None:
    timers = TimerValues()
    assert (timers.timer_a, timers.timer_e, timers.timer_g) == (0.5, 0.5, 0.5)
    assert {
        timers.timer_b,
        timers.timer_d,
        timers.timer_f,
        timers.timer_h,
        timers.timer_j,
        timers.timer_l,
        timers.timer_m,
    } == {32.0}
    assert (timers.timer_i, timers.timer_k, timers.timer_c) == (5.0, 5.0, 180.0)


def test_they_follow_t1() -> None:
    timers = TimerValues(t1=0.01, t2=0.08, t4=0.1)
    assert (timers.timer_a, timers.timer_b, timers.timer_i) == (0.01, 0.64, 0.1)


@pytest.mark.parametrize(("t1", "t2", "t4"), [(0, 4, 5), (5, 4, 5), (0.5, 4, 0)])
def test_impossible_values(t1: float, t2: float, t4: float) -> None:
    with pytest.raises(ValueError, match="T1"):
        TimerValues(t1, t2, t4)
