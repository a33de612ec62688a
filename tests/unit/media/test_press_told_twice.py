"""A press that a phone tells by SIP INFO and by telephone-event as well: the other party gets it once, or never."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringout.media import wire
from ringout.rtp.telephone_event import TelephoneEvent, press

from .room import CALLEE, CALLER, Room


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    for party in (CALLER, CALLEE):
        made.connect(party=party)
    yield made
    made.close()


def press_key(room: Room, digit: str, sequence: int, steps: range = range(99)) -> None:
    for step, payload in enumerate(press(digit)):
        if step in steps:
            room.speak(payload, 101, (sequence + step, sequence * 160))


def events_at_the_callee(room: Room) -> list[int]:
    return [TelephoneEvent.parse(packet[12:]).code for packet in room.heard(CALLEE) if packet[1] & 0x7F == 101]


def digits(room: Room) -> str:
    return "".join(report.digit for report in room.reports if isinstance(report, wire.Digit))


def test_a_press_at_the_prompt_whose_event_comes_after_the_bridge_is_not_for_the_callee(room: Room) -> None:
    room.call.digit_seen(CALLER, "1")
    room.call.bridge()
    room.now += 0.1
    press_key(room, "1", 10)
    assert events_at_the_callee(room) == []
    press_key(room, "1", 30)  # another press, of the call
    assert events_at_the_callee(room) == [1] * 7
    assert digits(room) == "11"


def test_the_end_of_a_press_at_the_prompt_is_not_for_the_callee(room: Room) -> None:
    press_key(room, "1", 10, range(3))
    room.call.digit_seen(CALLER, "1")
    room.call.bridge()
    press_key(room, "1", 10, range(3, 99))
    assert events_at_the_callee(room) == []
    assert digits(room) == "1"


def test_a_press_in_the_call_by_info_alone_is_sent_to_the_callee(room: Room) -> None:
    room.call.digit_seen(CALLER, "4")
    room.call.bridge()
    room.call.digit_seen(CALLER, "5")
    room.sounds_pass(20)
    assert digits(room) == "45"
    assert events_at_the_callee(room) == [5] * 7


def test_a_press_in_the_call_whose_info_came_first_is_passed_on_by_that_alone(room: Room) -> None:
    room.call.bridge()
    room.call.digit_seen(CALLER, "5")
    press_key(room, "5", 10)
    room.sounds_pass(20)
    assert digits(room) == "5"
    assert events_at_the_callee(room) == [5] * 7


def test_a_press_in_the_call_whose_event_came_first_is_relayed(room: Room) -> None:
    room.call.bridge()
    press_key(room, "5", 10)
    room.call.digit_seen(CALLER, "5")
    room.sounds_pass(20)
    assert digits(room) == "5"
    assert events_at_the_callee(room) == [5] * 7
