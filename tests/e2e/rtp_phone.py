"""The audio of a phone: hums a tone, presses keys, records every packet. Signalling is SIPp's or another's business."""

from __future__ import annotations

import itertools
import random
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

from .tones import decode, encode, sine
from .waiting import eventually

_FRAME = 160
_EVENTS = {**{str(n): n for n in range(10)}, "*": 10, "#": 11}


@dataclass(frozen=True)
class RtpPacket:
    """One RTP packet as received. at: monotonic seconds."""

    at: float
    source: tuple[str, int]
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


class RtpPhone:
    """A bound RTP socket with a recorder. Sends to where packets come from, or to `remote` once that is set."""

    def __init__(self, payload_type: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.remote: tuple[str, int] | None = None
        self.packets: list[RtpPacket] = []
        self._payload_type = payload_type
        self._ssrc = random.getrandbits(32)
        self._sequence, self._timestamp = random.getrandbits(15), random.getrandbits(30)
        self._frames: itertools.cycle[bytes] | None = None
        self._lose_every = 0
        self._pressing: list[bytes] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._listen()

    def hum(self, hz: float) -> None:
        """A tone from now on, 50 packets a second, as soon as it is known where to."""
        data = encode(sine(hz, 1.0), self._payload_type)
        frames = [data[n : n + _FRAME] for n in range(0, len(data), _FRAME)]
        with self._lock:
            self._frames = itertools.cycle(frames)

    def lose_every(self, number: int) -> None:
        """From now on the network loses each packet of that number. 0 = none."""
        self._lose_every = number

    def press(self, digit: str, payload_type: int = 101, milliseconds: int = 100) -> None:
        """One key as telephone-event (RFC 4733): updates every 20 ms, the end three times."""
        steps = milliseconds // 20
        event = _EVENTS[digit]
        payloads = [struct.pack("!BBH", event, 10, 160 * n) for n in range(1, steps)]
        payloads += [struct.pack("!BBH", event, 0x80 | 10, 160 * steps)] * 3
        with self._lock:
            start = self._timestamp
            for n, payload in enumerate(payloads):
                marked = payload_type | (0x80 if n == 0 else 0)
                self._pressing.append(struct.pack("!BBHII", 0x80, marked, 0, start, self._ssrc) + payload)

    def heard(self, since: float = 0.0, payload_types: tuple[int, ...] = (0, 8)) -> list[int]:
        """Linear samples of all audio packets received after `since`, in order of arrival."""
        samples: list[int] = []
        for packet in list(self.packets):
            if packet.at >= since and packet.payload_type in payload_types:
                samples += decode(packet.payload, packet.payload_type)
        return samples

    def await_packets(self, count: int, since: float = 0.0, seconds: float = 20.0) -> list[RtpPacket]:
        """At least `count` packets after `since`."""

        def enough() -> list[RtpPacket] | None:
            found = [packet for packet in list(self.packets) if packet.at >= since]
            return found if len(found) >= count else None

        return eventually(enough, f"{count} RTP packets at port {self.port}", seconds)

    def close(self) -> None:
        self._closed.set()
        if self._thread is not None:
            self._thread.join(5)
        self._socket.close()

    # --- the thread ----------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"rtp-{self.port}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._closed.is_set():
            wait = min(max(0.0, due - time.monotonic()), 0.02)
            if select.select([self._socket], [], [], wait)[0]:
                self._receive()
            if time.monotonic() >= due:
                due += 0.02
                self._send_frame()

    def _receive(self) -> None:
        try:
            data, source = self._socket.recvfrom(2048)
        except OSError:
            return  # an ICMP error for something sent earlier
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        kind, sequence, timestamp, ssrc = struct.unpack("!BHII", data[1:12])
        self.packets.append(
            RtpPacket(time.monotonic(), source, kind & 0x7F, kind >= 0x80, sequence, timestamp, ssrc, data[12:])
        )

    def _send_frame(self) -> None:
        remote = self.remote or (self.packets[0].source if self.packets else None)
        with self._lock:
            self._timestamp = self._timestamp + _FRAME & 0xFFFFFFFF
            if remote is None:
                return
            if self._pressing:
                packet = self._pressing.pop(0)
                data = packet[:2] + struct.pack("!H", self._next_sequence()) + packet[4:]
            elif self._frames is not None:
                head = struct.pack(
                    "!BBHII", 0x80, self._payload_type, self._next_sequence(), self._timestamp, self._ssrc
                )
                data = head + next(self._frames)
            else:
                return
        if self._lose_every and self._sequence % self._lose_every == 0:
            return
        try:
            self._socket.sendto(data, remote)
        except OSError:
            pass  # the far side has closed its port

    def _next_sequence(self) -> int:
        self._sequence = self._sequence + 1 & 0xFFFF
        return self._sequence
