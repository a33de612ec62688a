"""RTCP reports: as much as a relay owes its peers. Source: RFC 3550 section 6."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from ringout.rtp.errors import MalformedPacket

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203
PLAIN_VERSION = 0x80  # first byte: version 2, no padding
NTP_EPOCH_SECONDS = 2208988800  # from 1900 to 1970
_HEADER = Struct("!BBHI")
_SENDER = Struct("!IIIII")
_BLOCK = Struct("!IIIIII")


@dataclass(slots=True)
class SenderInfo:
    """What we sent. wall_seconds: seconds since 1970; timestamp: the RTP timestamp of that instant."""

    wall_seconds: float
    timestamp: int
    packets: int
    octets: int  # payload only


@dataclass(slots=True)
class ReportBlock:
    """What we received of one source. lost: cumulative, may be negative. highest: extended sequence number."""

    ssrc: int
    lost: int
    highest: int
    jitter: int = 0
    fraction_lost: int = 0  # 0 to 255
    last_report: int = 0  # middle 32 bits of the NTP time of its last sender report
    delay_since: int = 0  # 1/65536 seconds


@dataclass(slots=True)
class RtcpPacket:
    """One packet of a compound: kind is its packet type, body what follows the four header bytes."""

    kind: int
    count: int
    body: bytes


def report(ssrc: int, cname: str, sent: SenderInfo | None, received: ReportBlock | None) -> bytes:
    """A compound packet: sender report (receiver report when nothing was sent) and the CNAME, section 6.1."""
    info = b""
    if sent is not None:
        ntp = int((sent.wall_seconds + NTP_EPOCH_SECONDS) * 4294967296)
        ntp_high, ntp_low = (ntp >> 32) & 0xFFFFFFFF, ntp & 0xFFFFFFFF
        packets, octets = sent.packets & 0xFFFFFFFF, sent.octets & 0xFFFFFFFF
        info = _SENDER.pack(ntp_high, ntp_low, sent.timestamp & 0xFFFFFFFF, packets, octets)
    block = b""
    if received is not None:
        lost = max(-0x800000, min(received.lost, 0x7FFFFF)) & 0xFFFFFF
        block = _BLOCK.pack(
            received.ssrc,
            received.fraction_lost << 24 | lost,
            received.highest & 0xFFFFFFFF,
            received.jitter,
            received.last_report,
            received.delay_since,
        )
    kind = SENDER_REPORT if sent is not None else RECEIVER_REPORT
    body = info + block
    head = _HEADER.pack(PLAIN_VERSION | (1 if block else 0), kind, 1 + len(body) // 4, ssrc)
    return head + body + _source_description(ssrc, cname)


def parse(data: bytes) -> list[RtcpPacket]:
    """The packets of a compound. Raises MalformedPacket when a length or version does not fit."""
    packets = []
    offset = 0
    while offset < len(data):
        if len(data) - offset < 4 or data[offset] & 0xC0 != PLAIN_VERSION:
            raise MalformedPacket("not RTCP version 2")
        end = offset + 4 + 4 * (data[offset + 2] << 8 | data[offset + 3])
        if end > len(data):
            raise MalformedPacket("RTCP packet cut off")
        packets.append(RtcpPacket(data[offset + 1], data[offset] & 0x1F, data[offset + 4 : end]))
        offset = end
    if not packets:
        raise MalformedPacket("empty RTCP")
    return packets


def _source_description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    chunk = bytes((1, len(name))) + name
    chunk += b"\0" * (4 - len(chunk) % 4)  # at least one zero ends the list of items
    return _HEADER.pack(PLAIN_VERSION | 1, SOURCE_DESCRIPTION, 1 + len(chunk) // 4, ssrc) + chunk
