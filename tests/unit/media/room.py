"""A call of a media worker in this process, at the times that the test says."""

from __future__ import annotations

import socket
from pathlib import Path

from ringout.media import wire
from ringout.media.call import Call, Engine
from ringout.media.player import FRAME_SECONDS
from ringout.media.sounds import Sounds
from ringout.media.stream import Stream
from ringout.rtp.packet import HEADER

CALLER, CALLEE = 0, 1


class Room:
    """phones: a socket for each party, who sends and receives when the test says so. reports: what the worker tells."""

    def __init__(self) -> None:
        self.now = 100.0
        self._sockets = [_bound() for _ in range(6)]
        self.phones = self._sockets[4:]
        self.streams = Stream(*self._sockets[0:2]), Stream(*self._sockets[2:4])
        self._engine = engine = Engine(lambda: self.now, lambda: self.now, Sounds(Path("nowhere")), 60.0)
        self.call = Call(engine, 1, self.streams)
        self.reports = engine.reports

    def connect(self, codec: str = "PCMU", may_send: bool = True, party: int = CALLER) -> None:
        host, port = self.phones[party].getsockname()
        number = {"PCMU": 0, "PCMA": 8, "G722": 9}[codec]
        self.call.connect(wire.Connect(1, party, host, port, codec, number, 101, may_send, True))

    def speak(self, payload: bytes = b"\x10" * 160, kind: int = 0, at: tuple[int, int] = (1, 160)) -> None:
        """One packet of the caller's phone. at: sequence number and timestamp."""
        self.phones[CALLER].sendto(HEADER.pack(0x80, kind, *at, 7) + payload, self._sockets[0].getsockname())
        self.streams[CALLER].receive(self.now)

    def heard(self, party: int = CALLER) -> list[bytes]:
        """The RTP that has come to that phone since it was last looked."""
        came = []
        try:
            while True:
                came.append(self.phones[party].recv(2048))
        except BlockingIOError:
            return [packet for packet in came if packet[1] & 0x7F < 72 or packet[1] & 0x7F > 95]

    def seconds_pass(self, seconds: int) -> list[bytes]:
        """What the caller's phone has received meanwhile."""
        for _ in range(seconds):
            self.now += 1.0
            self.call.watch(self.now)
        return self.heard()

    def sounds_pass(self, packets: int) -> None:
        """So many packets of what is being played."""
        for _ in range(packets):
            self.now += FRAME_SECONDS
            self._engine.ticks.run(self.now)

    def close(self) -> None:
        for one in self._sockets:
            one.close()


def _bound() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made
