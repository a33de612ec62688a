"""The heap of deadlines: wakes once, in order, and forgets what was dropped."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.sip.heap import NEVER, Alarm, DeadlineHeap, Waiting


class Sleeper(Waiting):
    def __init__(self) -> None:
        super().__init__()
        self.woken: list[float] = []

    def time_up(self, now: float) -> None:
        self.woken.append(now)


def test_wakes_at_its_time_and_once() -> None:
    heap, sleeper = DeadlineHeap(), Sleeper()
    heap.wake_at(sleeper, 5.0)
    heap.pass_time(4.9)
    assert sleeper.woken == []
    heap.pass_time(5.0)
    heap.pass_time(9.0)
    assert sleeper.woken == [5.0]
    assert heap.next_deadline() is None


def test_a_later_deadline_replaces_an_earlier_one_without_a_second_entry() -> None:
    heap, sleeper = DeadlineHeap(), Sleeper()
    heap.wake_at(sleeper, 5.0)
    heap.wake_at(sleeper, 7.0)
    assert len(heap) == 1
    heap.pass_time(6.0)
    assert sleeper.woken == []
    assert heap.next_deadline() == 7.0
    heap.pass_time(7.0)
    assert sleeper.woken == [7.0]


def test_a_dropped_deadline_leaves_nothing() -> None:
    heap, sleeper = DeadlineHeap(), Sleeper()
    heap.wake_at(sleeper, 5.0)
    sleeper.due = NEVER
    assert heap.next_deadline() is None
    assert len(heap) == 0


def test_an_alarm_can_be_stopped() -> None:
    heap = DeadlineHeap()
    rung: list[float] = []
    alarm = Alarm(heap, 3.0, rung.append)
    Alarm(heap, 4.0, rung.append)
    alarm.stop()
    heap.pass_time(10.0)
    assert rung == [10.0]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.floats(0, 20), st.just(NEVER)), st.floats(0, 3))))
def test_whatever_is_set_the_last_deadline_counts(steps: list[tuple[int, float, float]]) -> None:
    heap, sleepers, now = DeadlineHeap(), [Sleeper() for _ in range(4)], 0.0
    due = [NEVER] * 4
    for which, when, pause in steps:
        heap.wake_at(sleepers[which], when)
        due[which] = when
        deadline = heap.next_deadline()
        assert (deadline is None) == (min(due) == NEVER)
        if deadline is not None:
            assert deadline <= min(due)
        now += pause
        heap.pass_time(now)
        for index, sleeper in enumerate(sleepers):
            assert bool(sleeper.woken) == (due[index] <= now)
            if sleeper.woken:
                assert sleeper.woken == [now]
                sleeper.woken.clear()
                due[index] = NEVER
