"""The sliding minute, as an application sees it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.service import SetClock
from ringout.config import LimitsConfig
from ringout.domain.errors import RateExceeded
from ringout.web.api import Group
from ringout.web.rate_limits import RateLimit, rate_limits


def remaining(limit: RateLimit, who: str = "user") -> int | None:
    """None = refused."""
    try:
        headers = dict(limit.take(who))
    except RateExceeded:
        return None
    assert headers[b"x-rate-limit-window"] == b"60"
    return int(headers[b"x-rate-limit-remaining"])


def test_a_script_of_one_user() -> None:
    clock = SetClock()
    limit = RateLimit(Group.HEAVY, 3, clock)
    script = [  # seconds that pass, what remains then
        (0, 2),
        (30, 1),
        (0, 0),
        (31, 0),  # the first request has left the minute: one more fits
        (0, None),
        (59, None),  # the penalty starts anew
        (59, None),
        (60, 2),  # a whole minute of silence
        (0, 1),
    ]
    for seconds, left in script:
        clock.pass_seconds(seconds)
        assert remaining(limit) == left


def test_headers_and_the_error() -> None:
    limit = RateLimit(Group.LIGHT, 1, SetClock())
    assert limit.take("x") == (
        (b"x-rate-limit-group", b"light"),
        (b"x-rate-limit-limit", b"1"),
        (b"x-rate-limit-remaining", b"0"),
        (b"x-rate-limit-window", b"60"),
    )
    with pytest.raises(RateExceeded) as refused:
        limit.take("x")
    error = refused.value
    assert (error.group, error.limit, error.retry_after_seconds) == ("Light", 1, 60)


def test_users_do_not_disturb_each_other() -> None:
    limit = RateLimit(Group.LIGHT, 1, SetClock())
    assert [remaining(limit, who) for who in ("a", "b", "a", "b", "c")] == [0, 0, None, None, 0]


def test_the_figure_0_means_no_limit() -> None:
    assert rate_limits(LimitsConfig(0, 0, 0, 0), SetClock()) == {}
    assert set(rate_limits(LimitsConfig(0, 1, 0, 2), SetClock())) == {Group.MEDIUM, Group.AUTH}
    assert set(rate_limits(LimitsConfig(), SetClock())) == set(Group)


def test_strangers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringout.web.rate_limits._MOST_ASKERS", 100)
    limit = RateLimit(Group.AUTH, 1, SetClock())
    limit.take("regular")
    for number in range(5000):
        limit.take(str(number))
        if number % 50 == 0:
            assert remaining(limit, "regular") is None  # who keeps asking is not forgotten
    assert len(limit._askers) == 100


def test_a_large_figure_needs_no_large_memory() -> None:
    clock = SetClock()
    limit = RateLimit(Group.LIGHT, 1_000_000, clock)
    for _ in range(20_000):
        limit.take("x")
        clock.pass_seconds(0.01)
    assert len(limit._askers["x"].seconds) <= 62


@given(st.lists(st.floats(0, 40), max_size=60), st.integers(1, 5))
def test_never_more_than_the_limit_in_any_60_seconds(gaps: list[float], figure: int) -> None:
    clock = SetClock()
    limit = RateLimit(Group.HEAVY, figure, clock)
    taken: list[float] = []
    last_asked = -1e9
    refused = False
    for gap in gaps:
        clock.pass_seconds(gap)
        now = clock.monotonic()
        left = remaining(limit)
        if left is not None:
            assert not refused or now - last_asked >= 60
            taken.append(now)
            inside = [t for t in taken if t > now - 60]
            assert len(inside) <= figure
            assert left <= figure - len(inside)
        elif not refused:  # refused for a reason: the minute, to the second, was full
            assert len([t for t in taken if t > now - 61.01]) == figure
        refused, last_asked = left is None, now
    assert all(b >= a for a, b in itertools.pairwise(taken))
