"""A far side for the media engine: one UDP socket that sends what it is told and remembers what it receives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import ClassVar

from fakes.ports import free_port
from ringout.audio import g711
from ringout.audio.goertzel import share
from ringout.audio.tones import hum
from ringout.domain.quality import LegQuality
from ringout.domain.status import Party
from ringout.net.rtp_socket import bind_udp
from ringout.rtp.packet import RtpPacket
from ringout.rtp.telephone_event import press
from ringout.service.ports import RtpDestination

FRAME = 160
PAYLOAD_TYPES = {"PCMU": 0, "PCMA": 8}


async def until(fact: Callable[[], object], seconds: float = 30.0) -> None:
    """Returns once `fact` is true; fails after that many seconds."""
    async with asyncio.timeout(seconds):
        while not fact():  # noqa: ASYNC110 - any fact will do, events are not at hand for all
            await asyncio.sleep(0.002)


def free_ports(pairs: int) -> dict[str, int]:
    """first_port and last_port of a MediaConfig that nobody else uses."""
    first = free_port(2 * pairs)
    return {"first_port": first, "last_port": first + 2 * pairs - 1}


class Listener:
    """service.ports.MediaListener that writes everything down."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def media_started(self, party: Party) -> None:
        self.heard.append(("started", party))

    def digit_pressed(self, party: Party, digit: str) -> None:
        self.heard.append(("digit", party, digit))

    def sounds_played(self, party: Party) -> None:
        self.heard.append(("played", party))

    def media_silent(self, party: Party, seconds: float) -> None:
        self.heard.append(("silent", party, seconds))

    def media_quality(self, party: Party, quality: LegQuality) -> None:
        self.heard.append(("quality", party, quality))

    def media_failed(self, why: str) -> None:
        self.heard.append(("failed", why))

    @property
    def digits(self) -> str:
        return "".join(str(fact[2]) for fact in self.heard if fact[0] == "digit")


class RtpPeer:
    """One phone's media. tone_hz: what its talk sounds like. orders_done: whether every order of the calls so far is in
    force; what is said before that may be lost."""

    orders_done: ClassVar[Callable[[], bool]] = staticmethod(lambda: True)

    def __init__(
        self,
        codec: str = "PCMU",
        tone_hz: int = 600,
        telephone_event: int | None = 101,
        ssrc: int = 0x1234,
        host: str = "127.0.0.1",
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.host = host
        self.socket = bind_udp(host, 0)
        self.codec = codec
        self.telephone_event = telephone_event
        self.ssrc = ssrc
        self.sequence = 65530  # wraps soon
        self.timestamp = 0xFFFFFC00
        self.frame = g711.encode(hum((tone_hz,), 0.02), codec)
        self.remote = ("127.0.0.1", 9)
        self.received: list[tuple[float, RtpPacket]] = []
        self.late_seconds = 0.0  # by how much a packet of its talk was late, at most
        self._loop.add_reader(self.socket.fileno(), self._receive)

    @property
    def port(self) -> int:
        port: int = self.socket.getsockname()[1]
        return port

    def destination(self, **changes: object) -> RtpDestination:
        """What its SDP says of it."""
        fields: dict[str, object] = {
            "host": self.host,
            "port": self.port,
            "codec": self.codec,
            "payload_type": PAYLOAD_TYPES[self.codec],
            "telephone_event": self.telephone_event,
        }
        return RtpDestination(**(fields | changes))  # type: ignore[arg-type]

    def _receive(self) -> None:
        try:
            while True:
                self.take(self.socket.recv(2048))
        except BlockingIOError:
            return

    def take(self, data: bytes) -> None:
        """What arrived."""
        self.received.append((self._loop.time(), RtpPacket.parse(data)))

    @property
    def packets(self) -> list[RtpPacket]:
        return [packet for _, packet in self.received]

    def send(self, payload: bytes | None = None, payload_type: int | None = None, marker: bool = False) -> None:
        """One packet, 20 ms of its tone by default."""
        kind = PAYLOAD_TYPES[self.codec] if payload_type is None else payload_type
        packet = RtpPacket(kind, self.sequence, self.timestamp, self.ssrc, payload or self.frame, marker)
        self.send_bytes(packet.encode())
        self.sequence += 1
        self.timestamp += FRAME

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendto(data, self.remote)

    async def talk(self, packets: int, to: RtpPeer | None = None) -> None:
        """That many packets at 50 a second; then, with `to`, until the last has arrived there."""
        await asyncio.sleep(
            0.01
        )  # orders given so far are held back for 4 ms at most: they leave before the first packet
        await until(RtpPeer.orders_done)
        due = self._loop.time()
        before = len(to.received) if to is not None else 0
        for _ in range(packets):
            self.send()
            due += 0.02
            await asyncio.sleep(due - self._loop.time())
            self.late_seconds = max(self.late_seconds, self._loop.time() - due)
        if to is not None:
            await until(lambda: len(to.received) >= before + packets)

    def press(self, digit: str, only: Iterable[int] | None = None, duration_ms: int = 100) -> None:
        """All packets of one press at once. only: the indexes of those that the network lets through."""
        assert self.telephone_event is not None
        payloads = press(digit, duration_ms)
        for index, payload in enumerate(payloads):
            if only is None or index in only:
                packet = RtpPacket(self.telephone_event, self.sequence, self.timestamp, self.ssrc, payload, index == 0)
                self.send_bytes(packet.encode())
            self.sequence += 1
        self.timestamp += FRAME * len(payloads)

    def hears(self, tone_hz: int, last: int = 5) -> bool:
        """Whether each of the last packets holds that tone."""
        names = {number: codec for codec, number in PAYLOAD_TYPES.items()}
        audio = [packet for packet in self.packets if packet.payload_type in names][-last:]
        return bool(audio) and all(
            share(g711.decode(packet.payload, names[packet.payload_type]), tone_hz) > 0.9 for packet in audio
        )

    def largest_step(self) -> int:
        """Timestamp units between two packets in a row, at most."""
        packets = self.packets
        return max((b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(packets))

    def unbroken(self) -> bool:
        """One SSRC, sequence numbers without gap or repeat, timestamps that never step back."""
        packets = self.packets
        pairs = list(pairwise(packets))
        return (
            len({packet.ssrc for packet in packets}) == 1
            and all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairs)
            and all((b.timestamp - a.timestamp) & 0xFFFFFFFF < 0x80000000 for a, b in pairs)
        )

    def close(self) -> None:
        self._loop.remove_reader(self.socket.fileno())
        self.socket.close()
