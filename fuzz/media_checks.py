"""What peers, and rtpengine, send about audio."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from target import Target

from ringout.media.control import Control
from ringout.media.rtpengine import bencode
from ringout.media.rtpengine.descriptions import of_phone
from ringout.media.sdes import keys_for, local_media
from ringout.rtp.e_model import mos
from ringout.rtp.errors import MalformedPacket
from ringout.rtp.rtcp import ReportBlock, SenderInfo, middle_of_ntp, read_reports, report
from ringout.sdp.crypto import KEY_BYTES, Crypto
from ringout.sdp.description import SessionDescription
from ringout.sdp.errors import NotAcceptable
from ringout.sdp.offer_answer import answer_offer, make_offer, read_answer
from ringout.service.ports import MediaKind, RtpDestination


def check_sdp(body: bytes) -> bool:
    """An offer is answered by a description with as many sections, or is not acceptable; nothing is encrypted that
    should be and is not; what is handed to rtpengine has one section and no more lines than it should."""
    read = False
    for kind in (MediaKind.RTP, MediaKind.SRTP, MediaKind.SRTP_OPTIONAL):
        ours = local_media("192.0.2.1", "", 30000, kind)
        offer = make_offer(ours.host, ours.port, 1, protocol=ours.protocol, attributes=ours.attributes)
        assert SessionDescription.parse(offer).encode() == offer
        try:
            answer, found = answer_offer(
                body, ours.host, ours.port, 1, protocol=ours.protocol, attributes=ours.attributes
            )
            theirs = read_answer(body, protocol=ours.protocol, attributes=ours.attributes)
        except NotAcceptable:
            continue
        read = True
        sections = SessionDescription.parse(answer).media
        assert len(sections) == len(SessionDescription.parse(body).media), body
        assert sum(section.port != 0 for section in sections) == 1, body
        for each in (found, theirs):
            assert kind is not MediaKind.SRTP or each.crypto is not None, body
            assert kind is not MediaKind.RTP or each.crypto is None, body
            assert each.crypto is None or keys_for(ours, each.crypto) is not None, body
            assert 0 <= each.port <= 65535, body
        spoken = theirs.codec, theirs.payload_type, theirs.telephone_event
        remote = RtpDestination(theirs.host, theirs.port, *spoken, True, True, body, theirs.crypto)
        given = of_phone(remote, kind, ours).encode("latin-1")
        assert b"\r" not in given.replace(b"\r\n", b""), body
        assert given.count(b"\r\nm=") == 1, body
        assert len(given) < 20_000, body
    return read


def check_crypto(value: bytes) -> bool:
    """A line is not for us, or is a key as long as its suite demands, which is written as it was read."""
    line = Crypto.parse(value.decode("latin-1"))
    if line is None:
        return False
    assert len(line.key) == KEY_BYTES[line.suite], value
    assert Crypto.parse(str(line)) == line, value
    assert line.key.hex() not in repr(line), value
    return True


def check_bencode(data: bytes) -> bool:
    """Bytes are one value, or BadBencoding; a value comes out as it went in."""
    try:
        value = bencode.decode(data)
    except bencode.BadBencoding:
        return False
    again: Any = value  # keys are read as Latin-1 and written as UTF-8
    if data.isascii():
        assert bencode.decode(bencode.encode(again)) == value, data
    return True


def check_rtcp(data: bytes) -> bool:
    """A compound is reports or malformed; whatever they claim, the figures made of them are possible ones."""
    try:
        heard = read_reports(data)
    except MalformedPacket:
        return False
    sender: Any = SimpleNamespace(ssrc=0x01020304, packets=500, rate_hz=8000)
    control = Control()
    for wall in (1.8e9, 1.8e9 + 0.05):
        control.receive(heard, sender, 100.0, wall)
    assert control.far_lost is None or 0 <= control.far_lost <= 500, data
    assert control.round_trip_ms is None or 0 <= control.round_trip_ms <= 10_000, data
    assert control.far_jitter_ms is None or 0 <= control.far_jitter_ms <= 10_000, data
    rating = mos("PCMU", (control.far_lost or 0) / 500, control.far_jitter_ms or 0.0, control.round_trip_ms)
    assert 1.0 <= rating <= 4.41, data
    return True


_KEY = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk"
_SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

MEDIA_TARGETS = {
    "sdp": Target(
        [
            _SDP + b"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
            _SDP + b"m=audio 4000 RTP/SAVP 8 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + _KEY
            + b"|2^20|1:4\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + _KEY + b"\r\n",
            _SDP + b"m=video 5000 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 0\r\na=crypto:9 AES_CM_128_HMAC_SHA1_32 inline:"
            + _KEY + b"\r\na=rtcp:4005 IN IP4 192.0.2.9\r\na=candidate:1 1 UDP 1 192.0.2.9 4000 typ host\r\n",
            _SDP + b"a=sendonly\r\nm=audio 0 RTP/AVP 0\r\n"
            b"m=audio 4000 RTP/SAVPF 111 9 0\r\na=rtpmap:111 opus/48000/2\r\n"
            b"a=fingerprint:sha-256 00:11\r\nc=IN IP6 2001:db8::9\r\n",
        ],
        check_sdp,
    ),
    "crypto": Target(
        [b"1 AES_CM_128_HMAC_SHA1_80 inline:" + _KEY,
         b"12 aes_cm_128_hmac_sha1_32 inline:" + _KEY + b"|2^31 WSH=64 -x"],
        check_crypto,
    ),
    "rtcp": Target(
        [
            report(7, "x@y", SenderInfo(1.8e9, 160, 500, 80_000), ReportBlock(0x01020304, -3, 9, 40, 64, 1, 2)),
            report(7, "x@y", None, ReportBlock(0x01020304, 2**23 - 1, 9, 2**32 - 1, 255, middle_of_ntp(1.8e9), 0)),
            report(7, "", SenderInfo(1.8e9, 160, 500, 80_000), None),
        ],
        check_rtcp,
    ),
    "bencode": Target(
        [b"d6:result2:ok3:sdp5:v=0\r\n6:totalsd3:RTPd7:packetsi42eeee",
         b"l4:spami-3eld1:a0:eee", b"i18446744073709551615e"],
        check_bencode,
    ),
}  # fmt: skip
