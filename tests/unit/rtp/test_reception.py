"""Loss, jitter and reports of one sender: RFC 3550 sections 6.4.1 and appendix A; and what a listener makes of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.rtp.e_model import mos
from ringout.rtp.reception import Reception


def heard(packets: list[tuple[int, float]], rate_hz: int = 8000, timestamp: int = 0) -> Reception:
    """packets: (sequence as counted from the start, when it arrives in seconds); 20 ms apart when sent."""
    reception = Reception()
    reception.start(packets[0][0] & 0xFFFF, rate_hz)
    for sequence, now in packets:
        reception.receive(sequence & 0xFFFF, (timestamp + sequence * rate_hz // 50) & 0xFFFFFFFF, now)
    return reception


def test_nothing_is_lost_over_the_turn_of_the_sequence_numbers() -> None:
    reception = heard([(sequence, sequence * 0.02) for sequence in range(65530, 65530 + 20)])
    assert (reception.received, reception.lost) == (20, 0)
    assert reception.jitter_ms == pytest.approx(0, abs=1e-6)
    assert reception.block(7, 1, 2).highest == 65549


@settings(max_examples=100)
@given(st.sets(st.integers(1, 198), max_size=60), st.integers(0, 0xFFFF), st.randoms(use_true_random=False))
def test_what_does_not_come_is_lost_whatever_the_order(missing: set[int], first: int, chance: random.Random) -> None:
    """The first and the last packet come, each other one in its turn or a few places late."""
    inner = [index for index in range(1, 199) if index not in missing]
    inner.sort(key=lambda index: index + chance.uniform(0, 4))
    order = [0, *inner, 199]
    reception = heard([(first + index, place * 0.02) for place, index in enumerate(order)])
    assert (reception.received, reception.lost) == (200 - len(missing), len(missing))


def test_copies_count_as_received_and_a_report_may_go_below_none() -> None:
    reception = heard([(1, 0.0), (2, 0.02), (2, 0.02), (2, 0.02), (4, 0.06)])
    assert reception.lost == 0
    assert reception.block(7, 0, 0).lost == -1  # 4 expected, 5 came: RFC 3550 has it so


def test_another_sender_and_a_jump_are_new_starts_and_not_loss() -> None:
    reception = heard([(1, 0.0), (3, 0.04)])
    reception.start(50000, 8000)
    reception.receive(50000, 9, 0.06)
    reception.receive(50001 + 5000, 9, 0.08)
    reception.receive_untimed(50001 + 5003)
    assert (reception.received, reception.lost) == (5, 1 + 2)
    assert reception.block(7, 0, 0).lost == 2  # of the present sender only


def test_jitter_is_the_rfcs_estimate_and_key_presses_do_not_count_for_it() -> None:
    reception = heard([(sequence, sequence * 0.02 + (0.01 if sequence % 2 else 0.0)) for sequence in range(400)])
    assert reception.jitter_ms == pytest.approx(10.0, abs=0.01)  # each differs by 10 ms from the one before it
    for sequence in range(400, 410):
        reception.receive_untimed(sequence)
    assert reception.jitter_ms == pytest.approx(10.0, abs=0.01)
    assert reception.block(7, 0, 0).jitter == 79  # units of 1/8000 s, rounded down


def test_opus_timestamps_run_at_48_khz() -> None:
    assert heard([(n, n * 0.02) for n in range(50)], rate_hz=48000).jitter_ms == pytest.approx(0, abs=1e-6)


def test_clock_that_jumps_is_no_jitter() -> None:
    reception = heard([(n, n * 0.02) for n in range(10)])
    reception.receive(10, 5_000_000, 0.2)
    assert reception.jitter_ms == pytest.approx(0, abs=1e-6)


def test_share_of_loss_is_since_the_last_report() -> None:
    reception = heard([(n, n * 0.02) for n in range(100) if n % 4])
    assert reception.block(7, 0, 0).fraction_lost == 62
    for n in range(100, 110):
        reception.receive(n, n * 160, n * 0.02)
    block = reception.block(7, 0x1234, 99)
    assert (block.fraction_lost, block.last_report, block.delay_since) == (0, 0x1234, 99)


@pytest.mark.parametrize(
    ("loss", "jitter_ms", "round_trip_ms", "expected"),
    [
        (0.0, 0, None, 4.4),  # G.107's best for a telephone
        (0.0, 0, 100, 4.37),
        (0.01, 0, None, 4.32),
        (0.05, 0, None, 3.9),
        (0.2, 0, None, 2.61),
        (0.0, 20, 600, 3.33),
        (1.0, 500, 5000, 1.0),
    ],
)
def test_opinion_falls_with_loss_and_delay(
    loss: float, jitter_ms: float, round_trip_ms: float | None, expected: float
) -> None:
    assert mos("PCMU", loss, jitter_ms, round_trip_ms) == pytest.approx(expected, abs=0.01)


def test_opinion_never_rises_with_loss() -> None:
    opinions = [mos("PCMA", share / 200, 5, 40) for share in range(201)]
    assert opinions == sorted(opinions, reverse=True)
    assert 1.0 <= opinions[-1] <= opinions[0] <= 4.5
