import pytest

from fakes.service import SetClock
from ringout.service.attempts import (
    FORGET_SECONDS,
    FREE_FAILURES_OF_A_NAME,
    FREE_FAILURES_OF_AN_ADDRESS,
    LONGEST_REST_SECONDS,
    Attempts,
)

HERE, THERE, LOCAL = "198.51.100.1", "198.51.100.2", "127.0.0.1"


class Guesser:
    def __init__(self) -> None:
        self.clock = SetClock()
        self.attempts = Attempts(self.clock)

    def fail(self, times: int, name: str = "user", address: str = HERE) -> None:
        for _ in range(times):
            self.attempts.failed(name, address)

    def rest(self, name: str = "user", address: str = HERE) -> float:
        """Seconds until the next attempt is looked at; the clock stands there then."""
        for second in range(int(LONGEST_REST_SECONDS) + 2):
            if not self.attempts.is_locked(name, address):
                return float(second)
            self.clock.pass_seconds(1)
        raise AssertionError("locked for ever")


@pytest.fixture
def guesser() -> Guesser:
    return Guesser()


def test_rests_grow_and_end(guesser: Guesser) -> None:
    guesser.fail(FREE_FAILURES_OF_A_NAME - 1)
    assert guesser.rest() == 0
    rests = []
    for _ in range(12):
        guesser.fail(1)
        rests.append(guesser.rest())
    assert rests[:8] == [5, 10, 20, 40, 80, 160, 320, 640]
    assert set(rests[8:]) == {LONGEST_REST_SECONDS}


def test_how_many_guesses_a_stranger_has_in_a_day(guesser: Guesser) -> None:
    guesses = 0
    start = guesser.clock.monotonic()
    while guesser.clock.monotonic() < start + 86_400:
        guesser.rest()
        guesser.fail(1)
        guesses += 1
    assert guesses < 120


def test_a_stranger_does_not_lock_the_user_out_where_the_user_has_been_before(guesser: Guesser) -> None:
    guesser.attempts.succeeded("user", HERE)
    guesser.fail(1000, address=THERE)
    assert not guesser.attempts.is_locked("user", HERE)
    assert guesser.attempts.is_locked("user", THERE)
    assert guesser.attempts.is_locked("user", "203.0.113.1")
    guesser.fail(FREE_FAILURES_OF_A_NAME, address=HERE)
    assert guesser.attempts.is_locked("user", HERE)


def test_an_address_rests_whatever_names_it_tries(guesser: Guesser) -> None:
    for number in range(FREE_FAILURES_OF_AN_ADDRESS):
        assert not guesser.attempts.is_locked("another", HERE)
        guesser.fail(1, name=f"user{number}")
    assert guesser.attempts.is_locked("another", HERE)
    assert not guesser.attempts.is_locked("another", THERE)


def test_a_subscriber_s_many_addresses_are_one(guesser: Guesser) -> None:
    for n in range(FREE_FAILURES_OF_AN_ADDRESS):
        guesser.fail(1, f"user{n}", f"2001:db8:1:2::{n:x}")
    assert guesser.attempts.is_address_locked("2001:db8:1:2:ffff::1")
    assert not guesser.attempts.is_address_locked("2001:db8:1:3::1")
    guesser.fail(FREE_FAILURES_OF_AN_ADDRESS, "other", "::ffff:198.51.100.2")
    assert guesser.attempts.is_address_locked(THERE)
    guesser.fail(FREE_FAILURES_OF_AN_ADDRESS, "another", "::1")
    assert not guesser.attempts.is_address_locked("::1")


def test_a_flood_of_other_names_does_not_make_a_guessed_one_forgotten(guesser: Guesser) -> None:
    guesser.fail(FREE_FAILURES_OF_A_NAME, "user", LOCAL)
    guesser.clock.pass_seconds(60)
    for n in range(11_000):
        guesser.fail(1, f"other{n}", LOCAL)
    guesser.fail(1, "user", LOCAL)
    assert guesser.rest("user", LOCAL) == 10


def test_a_right_password_does_not_clean_the_address(guesser: Guesser) -> None:
    guesser.fail(FREE_FAILURES_OF_AN_ADDRESS - 1, name="victim")
    guesser.attempts.succeeded("mine", HERE)
    guesser.fail(1, name="other")
    assert guesser.attempts.is_locked("third", HERE)


@pytest.mark.parametrize("address", [LOCAL, "::1", ""])
def test_behind_a_proxy_on_this_machine_only_names_count(guesser: Guesser, address: str) -> None:
    for number in range(200):
        guesser.fail(1, name=f"user{number}", address=address)
        guesser.attempts.address_failed(address)
    assert not guesser.attempts.is_locked("another", address)
    assert not guesser.attempts.is_address_locked(address)


def test_success_and_silence_are_forgiven(guesser: Guesser) -> None:
    guesser.fail(FREE_FAILURES_OF_A_NAME - 1)
    guesser.attempts.succeeded("user", HERE)
    guesser.fail(FREE_FAILURES_OF_A_NAME - 1)
    assert not guesser.attempts.is_locked("user", HERE)
    guesser.clock.pass_seconds(FORGET_SECONDS + 1)
    guesser.fail(FREE_FAILURES_OF_A_NAME - 1)
    assert not guesser.attempts.is_locked("user", HERE)


def test_memory_is_bounded(guesser: Guesser) -> None:
    for number in range(25_000):
        guesser.fail(1, name=f"user{number}", address=f"198.51.{number // 250}.{number % 250}")
        guesser.attempts.succeeded(f"other{number}", HERE)
    assert len(guesser.attempts._failures) <= 10_000
    assert len(guesser.attempts._familiar) <= 10_000
