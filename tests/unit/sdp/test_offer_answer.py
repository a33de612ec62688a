"""Offer and answer, RFC 3264, for one G.711 stream."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.sdp.description import SessionDescription
from ringout.sdp.errors import NotAcceptable
from ringout.sdp.offer_answer import Negotiated, answer_offer, make_offer, read_answer

HEAD = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"


def answer(media: bytes) -> Negotiated:
    return read_answer(HEAD + media)


def test_offer_and_answer_meet() -> None:
    offer = make_offer("192.0.2.1", 20000, 7)
    body, theirs = answer_offer(offer, "192.0.2.2", 30000, 8)
    ours = read_answer(body)
    assert theirs == Negotiated("192.0.2.1", 20000, "PCMU", 0, 101, True, True, ("PCMU", "PCMA"))
    assert ours == Negotiated("192.0.2.2", 30000, "PCMU", 0, 101, True, True, ("PCMU",))


def test_the_peers_first_codec_of_ours_and_its_payload_types_are_taken() -> None:
    negotiated = answer(
        b"m=audio 4000 RTP/AVP 9 97 8 96\r\n"
        b"a=rtpmap:97 pcma/8000/1\r\na=rtpmap:96 telephone-event/8000\r\na=rtpmap:9 G722/8000\r\n"
    )
    assert (negotiated.codec, negotiated.payload_type, negotiated.telephone_event) == ("PCMA", 97, 96)


def test_telephone_event_of_another_rate_is_none_of_ours() -> None:
    assert answer(b"m=audio 4000 RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/16000\r\n").telephone_event is None


def test_static_number_that_is_mapped_otherwise_is_not_pcmu() -> None:
    with pytest.raises(NotAcceptable):
        answer(b"m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 L16/8000\r\n")


@pytest.mark.parametrize(
    ("direction", "ours", "may_send", "may_receive"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
@pytest.mark.parametrize("level", ["session", "media"])
def test_hold_is_answered_in_kind(direction: str, ours: str, may_send: bool, may_receive: bool, level: str) -> None:
    line = f"a={direction}\r\n".encode()
    media = b"m=audio 4000 RTP/AVP 0\r\n"
    body, negotiated = answer_offer(HEAD + (line + media if level == "session" else media + line), "192.0.2.2", 6, 1)
    assert SessionDescription.parse(body).media[0].attribute(ours) == ""
    assert (negotiated.may_send, negotiated.may_receive) == (may_send, may_receive)


def test_old_hold_with_no_address() -> None:
    negotiated = answer(b"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n")
    assert negotiated.port == 0
    assert not negotiated.may_send


def test_extra_media_are_refused_in_place() -> None:
    offer = (
        HEAD
        + b"m=video 5000 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 7000 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 8 0\r\n"
        b"m=audio 4002 RTP/AVP 0\r\n"
    )
    body, negotiated = answer_offer(offer, "192.0.2.2", 30000, 1)
    answered = SessionDescription.parse(body).media
    assert [(media.kind, media.port) for media in answered] == [
        ("video", 0),
        ("audio", 0),
        ("audio", 0),
        ("audio", 30000),
        ("audio", 0),
    ]
    assert (negotiated.codec, negotiated.port) == ("PCMA", 4000)
    assert negotiated.telephone_event is None
    assert answered[3].formats == ["8"]


@pytest.mark.parametrize(
    "media",
    [
        b"",
        b"m=audio 0 RTP/AVP 0\r\n",
        b"m=video 4000 RTP/AVP 0\r\n",
        b"m=audio 4000 RTP/AVP 9\r\n",
        b"m=audio 4000 RTP/SAVP 0\r\n",
        b"rubbish",
        b"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 239.1.2.3/127\r\n",
        b"m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ff02::1\r\n",
        b"m=audio 4000 RTP/AVP 0\r\na=candidate:1\rm=audio 5060 RTP/AVP 0\r\n",
        b"m=audio 4000 RTP/AVP 0\r\na=x:\0y\r\n",
    ],
)
def test_what_cannot_be_audio_is_not_acceptable(media: bytes) -> None:
    with pytest.raises(NotAcceptable):
        read_answer(HEAD + media)
    with pytest.raises(NotAcceptable):
        answer_offer(HEAD + media, "192.0.2.2", 30000, 1)


def test_no_address_is_not_acceptable() -> None:
    with pytest.raises(NotAcceptable):
        read_answer(HEAD.replace(b"c=IN IP4 192.0.2.9\r\n", b"") + b"m=audio 4000 RTP/AVP 0\r\n")


@settings(max_examples=150)
@given(st.lists(st.sampled_from(["0", "8", "9", "97", "101", "200", "x", "-1"]), min_size=1, max_size=6), st.data())
def test_every_offer_is_answered_or_not_acceptable(formats: list[str], data: st.DataObject) -> None:
    """An answer has as many media as the offer, names only formats of the offer, and reads back."""
    maps = data.draw(st.lists(st.sampled_from(["97 PCMU/8000", "101 telephone-event/8000", "9 G722", "x", "8 "])))
    text = f"m=audio 4000 RTP/AVP {' '.join(formats)}\r\n" + "".join(f"a=rtpmap:{line}\r\n" for line in maps)
    try:
        body, negotiated = answer_offer(HEAD + text.encode(), "192.0.2.2", 30000, 1)
    except NotAcceptable:
        return
    (media,) = SessionDescription.parse(body).media
    assert set(media.formats) <= set(formats)
    assert read_answer(body).payload_type == negotiated.payload_type


WIDE = ("PCMU", "PCMA", "G722", "OPUS")


def test_wideband_codecs_are_offered_as_the_rfcs_name_them() -> None:
    """RFC 3551 section 4.5.2 for the clock of G.722, RFC 7587 section 7 for Opus."""
    (media,) = SessionDescription.parse(make_offer("192.0.2.1", 20000, 7, codecs=WIDE)).media
    assert media.formats == ["0", "8", "9", "111", "101"]
    assert {"9 G722/8000", "111 opus/48000/2"} <= set(media.all("rtpmap"))
    assert "111 useinbandfec=1" in media.all("fmtp")


def test_codec_that_is_preferred_is_spoken_and_all_common_ones_are_known() -> None:
    body = HEAD + b"m=audio 4000 RTP/AVP 107 9 8 0\r\na=rtpmap:107 OPUS/48000/2\r\n"
    assert read_answer(body, WIDE).codec == "OPUS"
    negotiated = read_answer(body, WIDE, preferred=("PCMU", "PCMA"))
    assert (negotiated.codec, negotiated.payload_type) == ("PCMA", 8)
    assert negotiated.codecs == ("OPUS", "G722", "PCMA", "PCMU")
    assert read_answer(body, WIDE, preferred=("OPUS",)).payload_type == 107


def test_opus_of_another_shape_is_none_of_ours() -> None:
    with pytest.raises(NotAcceptable):
        read_answer(HEAD + b"m=audio 4000 RTP/AVP 107\r\na=rtpmap:107 opus/48000\r\n", WIDE)


@pytest.mark.parametrize(
    ("line", "port"), [("5999", 5999), ("5999 IN IP4 192.0.2.3", 5999), ("x", None), ("0", None), ("70000", None)]
)
def test_port_of_rtcp(line: str, port: int | None) -> None:
    assert answer(f"m=audio 4000 RTP/AVP 0\r\na=rtcp:{line}\r\n".encode()).rtcp_port == port
