"""Key presses, RFC 4733, and the merging of their ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.rtp.digits import DigitCount, Way
from ringout.rtp.errors import MalformedPacket
from ringout.rtp.telephone_event import DIGITS, EventReader, TelephoneEvent, press


def test_payload_reads_back() -> None:
    event = TelephoneEvent(11, True, 10, 800)
    assert event.encode() == b"\x0b\x8a\x03\x20"
    assert TelephoneEvent.parse(event.encode()) == event


@pytest.mark.parametrize("payload", [b"", b"\x01\x02\x03", b"\x01\x02\x03\x04\x05"])
def test_any_other_length_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedPacket):
        TelephoneEvent.parse(payload)


def test_press_grows_and_ends_three_times() -> None:
    events = [TelephoneEvent.parse(payload) for payload in press("#", 100)]
    assert [(event.duration, event.end) for event in events] == [
        (160, False),
        (320, False),
        (480, False),
        (640, False),
        (800, True),
        (800, True),
        (800, True),
    ]
    assert {event.code for event in events} == {11}
    with pytest.raises(ValueError, match="substring"):
        press("x")


@settings(max_examples=100)
@given(st.text(DIGITS, min_size=1, max_size=6), st.data())
def test_each_press_of_which_a_packet_survives_is_one_digit(digits: str, data: st.DataObject) -> None:
    """Loss, duplication and reordering inside a press, and old packets of the press before, change nothing."""
    reader = EventReader()
    told, late = "", []
    for number, digit in enumerate(digits):
        timestamp = (0xFFFFFF00 + 1600 * number) & 0xFFFFFFFF
        payloads = data.draw(st.lists(st.sampled_from(press(digit)), min_size=1, max_size=12))
        packets = [(timestamp, TelephoneEvent.parse(payload)) for payload in payloads]
        for packet in [packets[0], *late, *packets[1:]]:
            told += reader.receive(*packet) or ""
        late = packets[-2:]
    assert told == digits


def test_long_press_goes_on_under_a_new_timestamp() -> None:
    reader = EventReader()
    assert reader.receive(0, TelephoneEvent(1, False, 10, 160)) == "1"
    assert reader.receive(0, TelephoneEvent(1, False, 10, 0xFFFF)) is None
    assert reader.receive(0xFFFF, TelephoneEvent(1, False, 10, 160)) is None
    assert reader.receive(0xFFFF, TelephoneEvent(1, True, 10, 320)) is None
    assert reader.receive(0x1FFFF, TelephoneEvent(1, False, 10, 160)) == "1"


def test_flash_is_no_digit_and_a_new_sender_starts_anew() -> None:
    reader = EventReader()
    assert reader.receive(900, TelephoneEvent(16, False, 10, 160)) is None
    reader.reset()
    assert reader.receive(100, TelephoneEvent(0, False, 10, 160)) == "0"


def test_ways_of_one_press_are_one_digit() -> None:
    count = DigitCount()
    assert count.tell("1", Way.INFO, 0.0)
    assert not count.tell("1", Way.TONE, 0.1)
    assert not count.tell("1", Way.EVENT, 0.15)
    assert count.tell("1", Way.EVENT, 0.2)  # the second press
    assert not count.tell("1", Way.TONE, 0.3)
    assert count.tell("2", Way.TONE, 0.3)
    assert count.tell("1", Way.EVENT, 0.6)


def test_presses_by_info_alone_are_one_each() -> None:
    count = DigitCount()
    assert [count.tell(digit, Way.INFO, at * 0.05) for at, digit in enumerate("1123")] == [True] * 4


def test_info_of_a_phone_that_tells_by_event_is_never_new() -> None:
    count = DigitCount()
    assert count.tell("1", Way.EVENT, 0.0)
    assert not count.tell("1", Way.INFO, 3.0)
    assert not count.tell("2", Way.INFO, 10.0)
    assert count.tell("2", Way.EVENT, 10.1)


def test_a_tone_at_the_end_of_a_long_press_joins_it() -> None:
    count = DigitCount()
    assert count.tell("1", Way.EVENT, 0.0)
    for step in range(1, 50):
        count.still_heard(step * 0.02)
    assert not count.tell("1", Way.TONE, 1.1)
