"""Keys in a description, RFC 4568, and which ways of carrying a stream agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.sdp.carriage import PLAIN, SECURE, WEBRTC
from ringout.sdp.crypto import KEY_BYTES, Crypto
from ringout.sdp.description import SessionDescription
from ringout.sdp.errors import NotAcceptable
from ringout.sdp.offer_answer import answer_offer, make_offer, read_answer

KEY = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0"  # 30 bytes
ONE, TWO = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
OURS = [("crypto", str(Crypto(tag, suite, bytes((tag,)) * KEY_BYTES[suite]))) for tag, suite in enumerate(KEY_BYTES, 1)]
FINGERPRINT = [("fingerprint", "sha-256 AA:BB"), ("setup", "actpass")]


@pytest.mark.parametrize("suite", KEY_BYTES)
def test_line_reads_back(suite: str) -> None:
    line = Crypto(17, suite, bytes(range(KEY_BYTES[suite])))
    assert Crypto.parse(str(line)) == line
    assert "\\x01" not in repr(line)  # keys stay out of logs


@pytest.mark.parametrize(
    "value",
    [
        f"1 {ONE} inline:{KEY}",
        f"1  aes_cm_128_hmac_sha1_80 INLINE:{KEY}",
        f"1 {ONE} inline:{KEY}|2^31",
        f"1 {ONE} inline:{KEY}|1048576 WSH=64",
        f"1 {ONE} inline:{KEY} -EXTRA=1",
    ],
)
def test_lines_that_will_do(value: str) -> None:
    line = Crypto.parse(value)
    assert line is not None
    assert (line.tag, line.suite, len(line.key)) == (1, ONE, 30)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"1 {ONE}",
        f"x {ONE} inline:{KEY}",
        f"1234567890 {ONE} inline:{KEY}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 {ONE} inline:{KEY[:-4]}",
        f"1 {ONE} inline:{KEY}AAAA",
        f"1 {ONE} inline:****{KEY[4:]}",
        f"1 {ONE} base64:{KEY}",
        f"1 {ONE} inline:{KEY}|2^31|1:4",  # a master key identifier stands in every packet
        f"1 {ONE} inline:{KEY}|2^31|1:4;inline:{KEY}|2^31|2:4",
        f"1 {ONE} inline:{KEY} UNENCRYPTED_SRTP",
        f"1 {ONE} inline:{KEY} UNAUTHENTICATED_SRTP",
        f"1 {ONE} inline:{KEY} KDR=1",
        f"1 {ONE} inline:{KEY} {'-X ' * 300}",
    ],
)
def test_lines_that_will_not(value: str) -> None:
    assert Crypto.parse(value) is None


@settings(max_examples=200)
@given(st.text(max_size=80) | st.text(max_size=60).map(lambda text: f"1 {ONE} inline:{text}"))
def test_any_text_is_a_line_or_none(value: str) -> None:
    line = Crypto.parse(value)
    assert line is None or len(line.key) == KEY_BYTES[line.suite]


def test_answer_takes_the_offers_first_common_suite_under_its_tag() -> None:
    theirs = [("crypto", f"3 F8_128_HMAC_SHA1_80 inline:{KEY}"), ("crypto", f"9 {TWO} inline:{KEY}"), OURS[0]]
    offer = make_offer("192.0.2.1", 20000, 7, protocol=SECURE, attributes=theirs)
    body, negotiated = answer_offer(offer, "192.0.2.2", 30000, 8, protocol=SECURE, attributes=OURS)
    assert negotiated.crypto == Crypto.parse(f"9 {TWO} inline:{KEY}")
    (media,) = SessionDescription.parse(body).media
    assert media.protocol == SECURE
    (answered,) = media.all("crypto")
    assert answered.split()[:2] == ["9", TWO]
    assert answered.split()[2] == OURS[1][1].split()[2]
    told = read_answer(body, protocol=SECURE, attributes=theirs)
    assert told.crypto is not None
    assert told.crypto.key == bytes((2,)) * 30


CARRIED = {  # (ours, does the peer's section fit, and is it encrypted then)
    "plain": (PLAIN, [], {"avp": False, "avpf": False, "avp+key": False, "savp+key": None, "savp": None, "dtls": None}),
    "secure": (SECURE, OURS, {"avp": None, "avp+key": True, "savp+key": True, "savpf+key": True, "savp": None}),
    "optional": (PLAIN, OURS, {"avp": False, "avp+key": True, "savp+key": True, "savp": None, "dtls": None}),
    "webrtc": (WEBRTC, FINGERPRINT, {"avp": None, "savp+key": None, "dtls": False, "dtls-naked": None}),
}
SECTIONS = {
    "avp": ("RTP/AVP", []),
    "avpf": ("RTP/AVPF", []),
    "avp+key": ("RTP/AVP", [("crypto", f"1 {ONE} inline:{KEY}")]),
    "savp": ("RTP/SAVP", []),
    "savp+key": ("RTP/SAVP", [("crypto", f"1 {ONE} inline:{KEY}")]),
    "savpf+key": ("RTP/SAVPF", [("crypto", f"1 {ONE} inline:{KEY}")]),
    "dtls": (WEBRTC, FINGERPRINT),
    "dtls-naked": (WEBRTC, []),
}


@pytest.mark.parametrize("ours", CARRIED)
def test_what_fits_and_nothing_encrypted_becomes_plain(ours: str) -> None:
    protocol, attributes, expected = CARRIED[ours]
    for section, encrypted in expected.items():
        theirs, lines = SECTIONS[section]
        body = make_offer("192.0.2.1", 20000, 7, protocol=theirs, attributes=lines)
        if encrypted is None:
            with pytest.raises(NotAcceptable):
                read_answer(body, protocol=protocol, attributes=attributes)
            with pytest.raises(NotAcceptable):
                answer_offer(body, "192.0.2.2", 30000, 8, protocol=protocol, attributes=attributes)
            continue
        assert (read_answer(body, protocol=protocol, attributes=attributes).crypto is not None) is encrypted
        answer, _ = answer_offer(body, "192.0.2.2", 30000, 8, protocol=protocol, attributes=attributes)
        (media,) = SessionDescription.parse(answer).media
        assert media.protocol == theirs
        assert bool(media.all("crypto")) is encrypted


def test_second_of_two_sections_is_taken_when_only_it_is_encrypted() -> None:
    """Some phones offer the same audio twice, plain and encrypted."""
    offer = (
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
        b"m=audio 4002 RTP/SAVP 0\r\na=crypto:1 " + f"{ONE} inline:{KEY}\r\n".encode()
    )
    body, negotiated = answer_offer(offer, "192.0.2.2", 30000, 8, protocol=SECURE, attributes=OURS)
    assert [media.port for media in SessionDescription.parse(body).media] == [0, 30000]
    assert negotiated.port == 4002
