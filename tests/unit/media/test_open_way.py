"""The way to a phone that says nothing is opened: when both sides are behind NATs, somebody must send first."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringout.media import wire
from ringout.media.call import Call, Engine
from ringout.media.sounds import Sounds
from ringout.media.stream import Stream
from ringout.rtp.packet import HEADER

CALLER, CALLEE = 0, 1


class Room:
    """A call whose caller's phone is a socket of the test's, at the times that the test says."""

    def __init__(self) -> None:
        self.now = 100.0
        self._sockets = [_bound() for _ in range(5)]
        self.phone = self._sockets[4]
        self.streams = Stream(*self._sockets[0:2]), Stream(*self._sockets[2:4])
        engine = Engine(lambda: self.now, lambda: self.now, Sounds(Path("nowhere")), 60.0)
        self.call = Call(engine, 1, self.streams)

    def connect(self, codec: str = "PCMU", may_send: bool = True, party: int = CALLER) -> None:
        host, port = self.phone.getsockname()
        number = {"PCMU": 0, "PCMA": 8, "G722": 9}[codec]
        self.call.connect(wire.Connect(1, party, host, port, codec, number, 101, may_send, True))

    def speak(self) -> None:
        """One packet of the phone's."""
        self.phone.sendto(HEADER.pack(0x80, 0, 1, 160, 7) + b"\x10" * 160, self._sockets[0].getsockname())
        self.streams[CALLER].receive(self.now)

    def seconds_pass(self, seconds: int) -> list[bytes]:
        """What the phone has received meanwhile."""
        for _ in range(seconds):
            self.now += 1.0
            self.call.watch(self.now)
        came = []
        try:
            while True:
                came.append(self.phone.recv(2048))
        except BlockingIOError:
            return [packet for packet in came if packet[1] & 0x7F < 72]  # without RTCP

    def close(self) -> None:
        for one in self._sockets:
            one.close()


def _bound() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


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
    assert room.seconds_pass(3) == []
    room.call.bridge()
    assert len(room.seconds_pass(3)) == 3


def test_nothing_besides_a_sound(room: Room) -> None:
    room.connect()
    room.call.play_ringback(wire.Ringback(1, CALLER, "us"))
    played = room.seconds_pass(0)
    assert len(played) == 1
    assert room.seconds_pass(1) == []  # the ringback is due, and nobody else
