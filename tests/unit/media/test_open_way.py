"""The way to a phone that says nothing is opened: when both sides are behind NATs, somebody must send first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringout.media import wire
from ringout.rtp.packet import HEADER

from .room import CALLEE, CALLER, Room


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.close()


@pytest.mark.parametrize(("codec", "silence"), [("PCMU", 0xFF), ("PCMA", 0xD5)])
def test_silence_once_a_second_until_the_phone_is_heard(room: Room, codec: str, silence: int) -> None:
    room.connect(codec)
    packets = room.seconds_pass(3)
    assert [packet[12:] for packet in packets] == [bytes([silence]) * 160] * 3
    heads = [HEADER.unpack_from(packet) for packet in packets]
    assert [head[2] - heads[0][2] for head in heads] == [0, 1, 2]
    assert [head[3] - heads[0][3] for head in heads] == [0, 8000, 16000]
    assert len({head[4] for head in heads}) == 1
    room.speak()
    assert room.seconds_pass(5) == []


def test_each_new_description_opens_the_way_anew(room: Room) -> None:
    room.connect()
    room.speak()
    assert room.seconds_pass(2) == []
    room.connect()
    assert len(room.seconds_pass(2)) == 2


@pytest.mark.parametrize(
    "order",
    [{"may_send": False}, {"codec": "G722"}],  # on hold; what we cannot speak
)
def test_nothing_where_we_may_not_or_cannot_speak(room: Room, order: dict[str, object]) -> None:
    room.connect(**order)  # type: ignore[arg-type]
    assert room.seconds_pass(3) == []


def test_the_callee_is_sent_nothing_before_the_bridge(room: Room) -> None:
    room.connect(party=CALLEE)
    room.seconds_pass(3)
    assert room.heard(CALLEE) == []
    room.call.bridge()
    room.seconds_pass(3)
    assert len(room.heard(CALLEE)) == 3


def test_nothing_besides_a_sound(room: Room) -> None:
    room.connect()
    room.call.play_ringback(wire.Ringback(1, CALLER, "us"))
    played = room.seconds_pass(0)
    assert len(played) == 1
    assert room.seconds_pass(1) == []  # the ringback is due, and nobody else
