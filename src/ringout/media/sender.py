"""What one leg is sent: one RTP stream that never breaks, whoever speaks in it.

A leg keeps its SSRC for the whole call. Prompt, ringback, keypad digits and the other party's packets follow each other
in it; at every change of who speaks sequence numbers go on by one and timestamps by the time that passed (RFC 3550
section 5.1).
"""

from __future__ import annotations

import socket
from typing import Protocol

from ringout.rtp.packet import HEADER, HEADER_BYTES, MARKER, PLAIN

BUFFER = bytearray(2048)  # every packet is received here, rewritten here, and sent from here
VIEW = memoryview(BUFFER)
OUT = bytearray(HEADER_BYTES + 320)  # packets of our own making, so that a relayed one may still lie in BUFFER
OUT_VIEW = memoryview(OUT)
_LATE_LIMIT = 8  # that many late packets in a row mean that the source has started anew
_pack = HEADER.pack_into


class Source(Protocol):
    """Who speaks to the leg in place of the other party."""

    yields: bool  # to the other party's first packet


class Sender:
    """The outgoing half of a leg."""

    __slots__ = (
        "_floor",
        "_late",
        "_relayed_ssrc",
        "_sequence_offset",
        "_timestamp_offset",
        "codec",
        "destination",
        "event_type",
        "octets",
        "packets",
        "payload_type",
        "sendto",
        "sent_at",
        "sequence",
        "source",
        "ssrc",
        "timestamp",
    )

    def __init__(self, rtp: socket.socket) -> None:
        self.sendto = rtp.sendto
        self.start_over(0, 0, 0)

    def start_over(self, ssrc: int, sequence: int, timestamp: int) -> None:
        """Before a new call: nowhere to send, nobody speaking."""
        self.ssrc = ssrc
        self.sequence = sequence
        self.timestamp = timestamp
        self.sent_at = 0.0  # when the packet of that timestamp left; 0.0 = none did
        self.packets = self.octets = 0
        self.destination: tuple[str, int] | None = None
        self.codec = "PCMU"
        self.payload_type = 0
        self.event_type: int | None = None
        self.source: Source | None = None
        self._relayed_ssrc: int | None = None
        self._sequence_offset = self._timestamp_offset = self._floor = self._late = 0

    def relay(self, length: int, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """Sends on the packet in BUFFER[:length], whose payload is already in this leg's codec. second: marker and this
        leg's payload type. The others: as the packet came. Order, gaps and timing of the source are kept."""
        if self.destination is None:
            self._relayed_ssrc = None  # on hold: no number is used up
            return
        if self.source is not None:
            if not self.source.yields:
                self._relayed_ssrc = None  # what comes after goes on where our own packets ended
                return
            self.source = None
            self._relayed_ssrc = None
        if ssrc != self._relayed_ssrc:
            second |= MARKER
            self._rebase(sequence, timestamp, ssrc, now)
        sequence = (sequence + self._sequence_offset) & 0xFFFF
        if 0 < (sequence - self.sequence) & 0xFFFF < 0x8000:
            self.sequence = sequence
            self._late = 0
            if not sequence & 0x0FFF:
                self._floor = (sequence - 0x100) & 0xFFFF
        elif not self._late_fits(sequence):
            return
        timestamp = (timestamp + self._timestamp_offset) & 0xFFFFFFFF
        if 0 < (timestamp - self.timestamp) & 0xFFFFFFFF < 0x80000000:
            self.timestamp = timestamp
            self.sent_at = now
        _pack(BUFFER, 0, PLAIN, second, sequence, timestamp, self.ssrc)
        self.packets += 1
        self.octets += length - HEADER_BYTES
        try:
            self.sendto(VIEW[:length], self.destination)
        except OSError:
            pass  # a full buffer or an unreachable address: RTP is not sent again

    def _rebase(self, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        self._relayed_ssrc = ssrc
        self._floor = self.sequence
        self._late = 0
        self._sequence_offset = self.sequence + 1 - sequence
        self._timestamp_offset = self.next_timestamp(now) - timestamp

    def _late_fits(self, sequence: int) -> bool:
        """A packet behind the newest: wanted, unless it would fall among what spoke before its source."""
        self._late += 1
        if self._late >= _LATE_LIMIT:
            self._relayed_ssrc = None
        return 0 < (sequence - self._floor) & 0xFFFF < 0x8000

    def next_timestamp(self, now: float) -> int:
        """For audio that begins now: as much later as time has passed, at least one frame."""
        if not self.sent_at:
            return self.timestamp
        return (self.timestamp + max(160, round((now - self.sent_at) * 8000))) & 0xFFFFFFFF

    def send(self, payload: bytes, second: int, timestamp: int, now: float) -> None:
        """Sends a packet of our own. payload: at most 320 bytes."""
        if self.destination is None:
            return
        self.sequence = (self.sequence + 1) & 0xFFFF
        if timestamp != self.timestamp or not self.sent_at:
            self.timestamp = timestamp
            self.sent_at = now
        length = HEADER_BYTES + len(payload)
        _pack(OUT, 0, PLAIN, second, self.sequence, timestamp, self.ssrc)
        OUT[HEADER_BYTES:length] = payload
        self.packets += 1
        self.octets += len(payload)
        try:
            self.sendto(OUT_VIEW[:length], self.destination)
        except OSError:
            pass
