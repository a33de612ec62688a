"""RTP packets. Source: RFC 3550 section 5.1."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from ringout.rtp.errors import MalformedPacket

HEADER = Struct("!BBHII")  # version/padding/extension/CSRC count, marker/payload type, sequence, timestamp, SSRC
HEADER_BYTES = 12
PLAIN = 0x80  # first byte: version 2, no padding, no extension, no CSRC
MARKER = 0x80  # in the second byte
MAX_PACKET_BYTES = 1500


@dataclass(slots=True)
class RtpPacket:
    """One packet without CSRC, extension and padding. timestamp in sampling units (8000 a second for G.711)."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        """Sequence and timestamp wrap by themselves."""
        second = self.payload_type | (MARKER if self.marker else 0)
        head = HEADER.pack(PLAIN, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return head + self.payload

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket:
        """Reads over CSRC list and header extension, takes the padding off. Raises MalformedPacket."""
        start, end = payload_span(data, len(data))
        _, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        return cls(second & 0x7F, sequence, timestamp, ssrc, bytes(data[start:end]), bool(second & MARKER))


def payload_span(data: bytes | bytearray, length: int) -> tuple[int, int]:
    """Where the payload of the packet in data[:length] begins and ends. Raises MalformedPacket when it is no RTP."""
    if length < HEADER_BYTES or data[0] & 0xC0 != 0x80:
        raise MalformedPacket("not RTP version 2")
    start = HEADER_BYTES + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        if start + 4 > length:
            raise MalformedPacket("header extension cut off")
        start += 4 + 4 * (data[start + 2] << 8 | data[start + 3])
    end = length
    if data[0] & 0x20:
        end -= data[length - 1]
        if data[length - 1] == 0:
            raise MalformedPacket("padding of no length")
    if start > end:
        raise MalformedPacket("header longer than the packet")
    return start, end
