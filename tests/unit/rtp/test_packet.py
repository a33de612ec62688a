"""RTP and RTCP packets, RFC 3550."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.rtp import rtcp
from ringout.rtp.errors import MalformedPacket
from ringout.rtp.packet import RtpPacket

PACKETS = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=60),
    marker=st.booleans(),
)


@settings(max_examples=100)
@given(PACKETS, st.lists(st.binary(min_size=4, max_size=4), max_size=15), st.binary(max_size=12), st.integers(0, 9))
def test_extras_are_read_over(packet: RtpPacket, sources: list[bytes], extension: bytes, padding: int) -> None:
    plain = packet.encode()
    assert RtpPacket.parse(plain) == packet
    extension = extension[: len(extension) // 4 * 4]
    first = 0x80 | len(sources) | (0x10 if extension else 0) | (0x20 if padding else 0)
    body = b"".join(sources)
    if extension:
        body += b"\xbe\xde" + (len(extension) // 4).to_bytes(2, "big") + extension
    body += packet.payload
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    assert RtpPacket.parse(bytes((first,)) + plain[1:12] + body) == packet


@settings(max_examples=150)
@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda data: b"\xbf" + data))
def test_any_bytes_give_a_packet_or_the_one_error(data: bytes) -> None:
    for parse in (RtpPacket.parse, rtcp.parse):
        try:
            parse(data)
        except MalformedPacket:
            pass


def test_numbers_wrap() -> None:
    packet = RtpPacket.parse(RtpPacket(0, 65536 + 3, (1 << 32) + 5, 1, b"").encode())
    assert (packet.sequence, packet.timestamp) == (3, 5)


def test_sender_report_reads_back() -> None:
    sent = rtcp.SenderInfo(wall_seconds=0.5, timestamp=160, packets=2, octets=320)
    packets = rtcp.parse(rtcp.report(0xAABBCCDD, "me@here", sent, rtcp.ReportBlock(5, -1, 9)))
    assert [packet.kind for packet in packets] == [rtcp.SENDER_REPORT, rtcp.SOURCE_DESCRIPTION]
    assert packets[0].count == 1
    assert packets[0].body[:4] == b"\xaa\xbb\xcc\xdd"
    assert packets[0].body[4:12] == (2208988800 << 32 | 1 << 31).to_bytes(8, "big")  # NTP time of half a second
    assert b"\x01\x07me@here" in packets[1].body
    assert packets[0].body[28:32] == b"\x00\xff\xff\xff"  # cumulative loss of -1


def test_who_sent_nothing_reports_as_receiver() -> None:
    packets = rtcp.parse(rtcp.report(1, "x", None, None))
    assert [packet.kind for packet in packets] == [rtcp.RECEIVER_REPORT, rtcp.SOURCE_DESCRIPTION]


BLOCKS = st.builds(
    rtcp.ReportBlock,
    ssrc=st.integers(0, 0xFFFFFFFF),
    lost=st.integers(-0x800000, 0x7FFFFF),
    highest=st.integers(0, 0xFFFFFFFF),
    jitter=st.integers(0, 0xFFFFFFFF),
    fraction_lost=st.integers(0, 255),
    last_report=st.integers(0, 0xFFFFFFFF),
    delay_since=st.integers(0, 0xFFFFFFFF),
)


@given(BLOCKS, st.booleans())
def test_reports_read_back(block: rtcp.ReportBlock, with_sender: bool) -> None:
    sent = rtcp.SenderInfo(1_700_000_000.25, 77, 5, 800) if with_sender else None
    heard = rtcp.read_reports(rtcp.report(0x42, "x@ringout", sent, block))
    assert heard.ssrc == 0x42
    assert heard.blocks == [block]
    assert heard.sent_at == (rtcp.middle_of_ntp(1_700_000_000.25) if with_sender else None)


@settings(max_examples=150)
@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda data: b"\x81\xc8\x00\x06" + data))
def test_any_rtcp_reads_as_reports_or_is_malformed(data: bytes) -> None:
    try:
        rtcp.read_reports(data)
    except MalformedPacket:
        pass
