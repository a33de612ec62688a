"""What one leg is sent: one RTP stream that never breaks, whoever speaks in it.

A leg keeps its SSRC for the whole call. Prompt, ringback, keypad digits and the other party's packets follow each other
in it; at every change of who speaks sequence numbers go on by one and timestamps by the time that passed (RFC 3550
section 5.1).
"""

from __future__ import annotations

import socket
from random import SystemRandom
from typing import TYPE_CHECKING, Protocol

from ringout.rtp.packet import HEADER, HEADER_BYTES, MARKER, MAX_PACKET_BYTES, PLAIN
from ringout.sdp.codecs import CODECS

if TYPE_CHECKING:
    from ringout.media.srtp import Srtp

BUFFER = bytearray(2048)  # every packet is received here, rewritten here, and sent from here
VIEW = memoryview(BUFFER)
_VIEWS = [VIEW[:length] for length in range(MAX_PACKET_BYTES + 1)]  # made once: a slice costs what a look-up saves
OUT = bytearray(HEADER_BYTES + 320)  # packets of our own making, so that a relayed one may still lie in BUFFER
OUT_VIEW = memoryview(OUT)
_LATE_LIMIT = 8  # that many late packets in a row mean that the source has started anew
_pack = HEADER.pack_into
_random = SystemRandom()


class Source(Protocol):
    """Who speaks to the leg in place of the other party."""

    yields: bool  # to the other party's first packet


class Sender:
    """The outgoing half of a leg."""

    __slots__ = (
        "_floor",
        "_late",
        "_relayed_ssrc",
        "_sendto4",
        "_sendto6",
        "_sequence_offset",
        "_timestamp_offset",
        "codec",
        "destination",
        "event_type",
        "octets",
        "packets",
        "payload_type",
        "rate_hz",
        "sendto",
        "sent_at",
        "sequence",
        "source",
        "srtp",
        "ssrc",
        "takes",
        "timestamp",
    )

    def __init__(self, rtp: socket.socket, rtp6: socket.socket | None = None) -> None:
        """rtp6: for IPv6 destinations, None = rtp is for all."""
        self.sendto = self._sendto4 = rtp.sendto
        self._sendto6 = (rtp6 or rtp).sendto
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
        self.rate_hz = 8000  # of the timestamps
        self.event_type: int | None = None
        self.takes: dict[str, int] = {}  # every codec that the phone takes, with its payload type
        self.srtp: Srtp | None = None
        self.source: Source | None = None
        self._relayed_ssrc: int | None = None
        self._sequence_offset = self._timestamp_offset = self._floor = self._late = 0

    def aim(self, destination: tuple[str, int] | None) -> None:
        """Where packets go from now on. None = nowhere."""
        self.destination = destination
        if destination is not None:
            self.sendto = self._sendto6 if ":" in destination[0] else self._sendto4

    def speak(self, codec: str, payload_type: int, event_type: int | None) -> None:
        """As the offer/answer has it. A codec whose timestamps run at another rate is another stream (RFC 7160 section
        4.1)."""
        rate_hz = CODECS[codec].rate_hz
        if rate_hz != self.rate_hz:
            self.rate_hz = rate_hz
            if self.sent_at:
                self.ssrc = _random.getrandbits(32)
                self.packets = self.octets = 0
                self._relayed_ssrc = None
        self.codec, self.payload_type, self.event_type = codec, payload_type, event_type

    def leave_out(self, ssrc: int) -> None:
        """A packet of the source that is relayed is not for this leg: its number is not to look like a loss."""
        if ssrc == self._relayed_ssrc:
            self._sequence_offset -= 1

    def relay(self, length: int, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """Sends on the packet in BUFFER[:length], whose payload is already in this leg's codec. second: marker and this
        leg's payload type. The others: as the packet came. Order, gaps and timing of the source are kept."""
        destination = self.destination
        if destination is None:
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
            if self.srtp is None:
                self.sendto(_VIEWS[length], destination)
            elif data := self.srtp.protect(bytes(VIEW[:length])):
                self.sendto(data, destination)
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
        passed = round((now - self.sent_at) * self.rate_hz)
        return (self.timestamp + max(self.rate_hz // 50, passed)) & 0xFFFFFFFF

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
            if self.srtp is None:
                self.sendto(OUT_VIEW[:length], self.destination)
            elif data := self.srtp.protect(bytes(OUT_VIEW[:length])):
                self.sendto(data, self.destination)
        except OSError:
            pass
