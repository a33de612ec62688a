"""RTCP reports: as much as a relay owes its peers. Source: RFC 3550 section 6."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from ringout.rtp.errors import MalformedPacket

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
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
    jitter: int = 0  # timestamp units
    fraction_lost: int = 0  # 0 to 255
    last_report: int = 0  # middle 32 bits of the NTP time of its last sender report
    delay_since: int = 0  # 1/65536 seconds


@dataclass(slots=True)
class Heard:
    """What a compound of the peer tells. ssrc: of its sender. sent_at: the middle 32 bits of the NTP time of its sender
    report, None = it holds none. blocks: of all its reports."""

    ssrc: int
    sent_at: int | None
    blocks: list[ReportBlock]


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


def middle_of_ntp(wall_seconds: float) -> int:
    """The middle 32 bits of an NTP time: 1/65536 seconds, modulo 65536 seconds (section 4)."""
    return int((wall_seconds + NTP_EPOCH_SECONDS) * 65536) & 0xFFFFFFFF


def read_reports(data: bytes) -> Heard:
    """Sender and receiver reports of a compound; whatever else is in it is read over. A receiver report may stand alone
    (RFC 5506). Raises MalformedPacket when the compound is broken or holds no report."""
    heard = None
    for packet in parse(data):
        if packet.kind not in (SENDER_REPORT, RECEIVER_REPORT):
            continue
        start = 4 + (_SENDER.size if packet.kind == SENDER_REPORT else 0)
        if len(packet.body) < start + packet.count * _BLOCK.size:
            raise MalformedPacket("report cut off")
        if heard is None:
            heard = Heard(int.from_bytes(packet.body[:4], "big"), None, [])
        if packet.kind == SENDER_REPORT:
            heard.sent_at = int.from_bytes(packet.body[6:10], "big")
        for index in range(packet.count):
            heard.blocks.append(_block(packet.body, start + index * _BLOCK.size))
    if heard is None:
        raise MalformedPacket("no report")
    return heard


def _block(body: bytes, start: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last_report, delay_since = _BLOCK.unpack_from(body, start)
    lost = loss & 0xFFFFFF
    return ReportBlock(
        ssrc,
        lost - 0x1000000 if lost & 0x800000 else lost,
        highest,
        jitter,
        loss >> 24,
        last_report,
        delay_since,
    )


def _source_description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    chunk = bytes((1, len(name))) + name
    chunk += b"\0" * (4 - len(chunk) % 4)  # at least one zero ends the list of items
    return _HEADER.pack(PLAIN_VERSION | 1, SOURCE_DESCRIPTION, 1 + len(chunk) // 4, ssrc) + chunk
