"""What rtpengine is asked, case by case, without one."""

from __future__ import annotations

import pytest

from ringout.domain.status import Party
from ringout.media.rtpengine.commands import Message
from ringout.media.rtpengine.descriptions import answered, local_media, of_phone, placeholder
from ringout.media.rtpengine.gates import Gates
from ringout.media.rtpengine.joining import Joining
from ringout.media.rtpengine.presses import Presses
from ringout.media.rtpengine.quality import quality_of
from ringout.sdp.crypto import Crypto
from ringout.sdp.errors import MalformedDescription
from ringout.service.ports import LocalMedia, MediaKind, RtpDestination

CALLER, CALLEE = Party.CALLER, Party.CALLEE
LOCAL = LocalMedia("192.0.2.1", 30000)


def phone(codec: str = "PCMU", event: int | None = 101, **changes: object) -> RtpDestination:
    fields: dict[str, object] = {"host": "192.0.2.9", "port": 4000, "codec": codec, "telephone_event": event}
    fields["payload_type"] = {"PCMU": 0, "PCMA": 8, "G722": 9}[codec]
    return RtpDestination(**(fields | changes))  # type: ignore[arg-type]


def shown(messages: list[Message]) -> list[str]:
    """offer>CALLEE: an offer to the callee; answer<CALLEE: what the callee answered; then the flags that vary."""
    told = []
    for message in messages:
        arrow = ">" if message["command"] == "offer" else "<"
        flags = [flag for flag in message["flags"] if flag in ("always transcode", "detect-DTMF", "inject DTMF")]  # type: ignore[union-attr]
        told.append(" ".join([f"{message['command']}{arrow}{message['to-tag']}", *map(str, flags)]))
    return told


@pytest.mark.parametrize(
    ("caller", "callee", "first", "second"),
    [
        (phone(), phone(), ["answer<caller"], ["answer<callee"]),
        (
            phone(),
            phone("PCMA"),
            ["answer<caller"],
            ["offer>callee always transcode", "answer<callee always transcode"],
        ),
        (
            phone(event=None),
            phone(),
            ["offer>caller always transcode detect-DTMF", "answer<caller always transcode detect-DTMF"],
            ["offer>caller always transcode", "answer<caller always transcode"],
        ),
        (
            phone(),
            phone(event=None),
            ["answer<caller"],
            ["offer>callee always transcode", "answer<callee always transcode"],
        ),
        (
            phone(event=96),
            phone(),
            ["offer>caller", "answer<caller"],
            [f"{step} inject DTMF" for step in ("offer>caller", "offer>callee", "answer<caller", "answer<callee")],
        ),
        (phone(event=96), phone(event=96), ["offer>caller", "answer<caller"], ["offer>callee", "answer<callee"]),
    ],
)
def test_only_what_differs_is_translated(
    caller: RtpDestination, callee: RtpDestination, first: list[str], second: list[str]
) -> None:
    joining = Joining("call", {CALLER: MediaKind.RTP, CALLEE: MediaKind.RTP}, 4)
    assert shown(joining.connect(CALLER, caller, LOCAL)) == first
    assert shown(joining.connect(CALLEE, callee, LOCAL)) == second


def test_what_was_translated_once_is_put_together_anew() -> None:
    joining = Joining("call", {CALLER: MediaKind.RTP, CALLEE: MediaKind.RTP}, 4)
    joining.connect(CALLER, phone(), LOCAL)
    joining.connect(CALLEE, phone("PCMA"), LOCAL)
    assert shown(joining.connect(CALLEE, phone(), LOCAL))[0] == "offer>callee always transcode"


def test_codec_that_only_passes_through_is_offered_by_the_one_to_the_other() -> None:
    joining = Joining("call", {CALLER: MediaKind.RTP, CALLEE: MediaKind.RTP}, 4)
    joining.connect(CALLER, phone(), LOCAL)
    joining.connect(CALLEE, phone(), LOCAL)
    assert shown(joining.connect(CALLER, phone("G722"), LOCAL))[0] == "offer>callee always transcode"
    offer, _ = joining.connect(CALLEE, phone("G722"), LOCAL)
    assert "RTP/AVP 9 101" in str(offer["sdp"])


def test_digits_are_made_possible_once_and_only_between_two() -> None:
    joining = Joining("call", {CALLER: MediaKind.RTP, CALLEE: MediaKind.RTP}, 4)
    joining.connect(CALLER, phone(), LOCAL)
    assert joining.inject() == []
    joining.connect(CALLEE, phone(), LOCAL)
    assert shown(joining.inject()) == ["offer>callee inject DTMF", "answer<callee inject DTMF"]
    assert joining.inject() == []


def said(messages: object) -> list[str]:
    return [f"{each['command']} {each.get('from-tag', 'both')}" for each in messages]  # type: ignore[attr-defined]


def test_gates_are_closed_until_the_bridge_and_on_hold() -> None:
    gates = Gates("call")
    assert said(gates.to_close()) == []
    gates.connected(CALLER, phone())
    assert said(gates.to_close()) == ["block media callee", "block DTMF both"]
    gates.connected(CALLEE, phone())
    assert said(gates.to_close()) == ["block media caller"]
    assert said(gates.to_open()) == []
    gates.let_hear(CALLER)  # early media
    assert said(gates.to_open()) == ["unblock media callee"]
    gates.bridge()
    assert said(gates.to_open()) == ["unblock media caller"]
    gates.let_digits()
    assert said(gates.to_open()) == ["unblock DTMF both"]
    gates.connected(CALLER, phone(may_send=False))
    assert said(gates.to_close()) == ["block media callee"]
    assert said(gates.to_open()) == []
    gates.connected(CALLER, phone())
    assert said(gates.to_close()) == []
    assert said(gates.to_open()) == ["unblock media callee"]


def test_gates_that_were_never_closed_are_not_opened() -> None:
    gates = Gates("call")
    gates.connected(CALLER, phone())
    gates.connected(CALLEE, phone())
    gates.bridge()
    gates.let_digits()
    assert said(gates.to_close()) == []
    assert said(gates.to_open()) == []


@pytest.mark.parametrize(
    ("told", "new"),
    [
        ("event1@10", "y"),
        ("event1@10 event1@10.1", "yy"),
        ("info1@10 event1@10.15", "yn"),  # INFO at the press, rtpengine at its end
        ("event1@10 info1@10.1", "yn"),
        ("event1@10 info1@10.3", "yn"),  # a phone that has telephone-events tells each press by one
        ("event1@10 info2@20 event2@20.1", "yny"),
        ("info1@10 event1@10.15 info2@20 event2@20.1", "ynny"),
        ("tone1@10 info1@10.1", "yn"),
        ("tone1@10 info1@10.3 info2@20", "yyy"),  # speech may be taken for a tone
        ("made1@10 echo1@13 info2@20", "-yy"),
        ("info1@10 info1@10.1", "yy"),
        ("info1@10 event2@10.1", "yy"),
        ("info1@10 event1@10.1 event1@10.2", "yny"),
        ("info1@10 event1@11", "yy"),
        ("made1@10 echo1@10.2", "-n"),
        ("made1@10 event1@10.2", "-y"),  # the phone's own has a volume of its own
        ("made1@10 echo1@13", "-y"),
    ],
)
def test_one_press_is_one_digit(told: str, new: str) -> None:
    """A press lasts 0.1 s."""
    presses = Presses()
    result = ""
    for word in told.split():
        what, _, at = word.partition("@")
        way, digit, now = what[:-1], what[-1], float(at)
        if way == "made":
            presses.made(digit, now)
            result += "-"
            continue
        is_new = (
            presses.info(digit, now)
            if way == "info"
            else presses.event(digit, 0.1, 63 if way == "echo" else 10, now, way == "tone")
        )
        result += "y" if is_new else "n"
    assert result == new


def test_presses_are_not_kept_for_ever() -> None:
    presses = Presses()
    for index in range(10000):
        presses.info(str(index % 10), float(index))
    assert len(presses._infos) < 100


BROWSER = b"""v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=fingerprint:sha-256 AA:BB
a=sendonly
a=msid-semantic: WMS x
m=video 0 UDP/TLS/RTP/SAVPF 120
c=IN IP4 0.0.0.0
m=audio 9 UDP/TLS/RTP/SAVPF 0 101
c=IN IP4 192.0.2.7
a=rtcp-mux
a=setup:passive
a=ice-ufrag:u
a=candidate:1 1 udp 1 192.0.2.7 5000 typ host
a=ssrc:1 cname:secret
a=sendrecv
a=rtpmap:0 PCMU/8000
"""


def test_only_what_carries_audio_goes_to_rtpengine() -> None:
    text = of_phone(phone(description=BROWSER), MediaKind.WEBRTC, LOCAL)
    lines = text.split("\r\n")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 0 101" in lines
    assert "c=IN IP4 192.0.2.7" in lines
    for line in ("a=fingerprint:sha-256 AA:BB", "a=setup:passive", "a=rtcp-mux", "a=ice-ufrag:u", "a=sendrecv"):
        assert line in lines
    for word in ("video", "ssrc", "msid", "sendonly"):
        assert word not in text


@pytest.mark.parametrize("description", [b"", b"junk", b"v=0\r\no=- 1 1 IN IP4 x\r\nm=audio 0 RTP/AVP 0\r\n"])
def test_what_cannot_be_read_is_made_up(description: bytes) -> None:
    text = of_phone(phone("PCMA", 96, may_receive=False, description=description), MediaKind.RTP, LOCAL)
    for line in ("c=IN IP4 192.0.2.9", "m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000", "a=recvonly"):
        assert line in text.split("\r\n")


def test_phones_key_goes_under_the_number_of_our_line() -> None:
    """A re-INVITE of the phone's numbers its lines as it likes; to rtpengine it is an answer."""
    suite = "AES_CM_128_HMAC_SHA1_80"
    local = LocalMedia("192.0.2.1", 30000, "RTP/SAVP", (("crypto", str(Crypto(4, suite, bytes(30)))),))
    body = (
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 X inline:Y\r\n"
    )
    text = of_phone(phone(description=body, crypto=Crypto(1, suite, b"k" * 30)), MediaKind.SRTP, local)
    assert f"a=crypto:4 {suite} inline:" in text
    assert "a=crypto:1 " not in text
    assert "m=audio 4000 RTP/SAVP 0" in text
    optional = of_phone(phone(description=body, crypto=Crypto(1, suite, b"k" * 30)), MediaKind.SRTP_OPTIONAL, local)
    assert "m=audio 4000 RTP/AVP 0" in optional


def test_local_media_is_what_our_offer_does_not_say_by_itself() -> None:
    body = (
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/SAVP 0\r\n"
        b"a=rtpmap:0 PCMU/8000\r\na=sendonly\r\na=rtcp:30001\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
    )
    assert local_media(body) == LocalMedia(
        "192.0.2.1", 30000, "RTP/SAVP", (("crypto", "1 AES_CM_128_HMAC_SHA1_80 inline:x"),)
    )
    assert ("rtcp", "30009") in local_media(body.replace(b"rtcp:30001", b"rtcp:30009")).attributes


@pytest.mark.parametrize(
    "body", [b"", b"v=0\r\no=- 1 1 IN IP4 x\r\n", b"v=0\r\no=- 1 1 IN IP4 x\r\nm=audio 0 RTP/AVP 0"]
)
def test_answer_without_audio_is_named(body: bytes) -> None:
    with pytest.raises(MalformedDescription):
        local_media(body)


@pytest.mark.parametrize(("theirs", "ours"), [(b"passive", "active"), (b"active", "passive"), (b"actpass", "passive")])
def test_our_role_in_dtls_follows_the_phones(theirs: bytes, ours: str) -> None:
    local = LocalMedia("192.0.2.1", 30000, "UDP/TLS/RTP/SAVPF", (("setup", "actpass"), ("rtcp-mux", "")))
    changed = answered(local, BROWSER.replace(b"setup:passive", b"setup:" + theirs))
    assert changed.attributes == (("setup", ours), ("rtcp-mux", ""))
    assert answered(LOCAL, BROWSER) == LOCAL
    assert answered(local, b"junk") == local


def test_placeholder_is_of_the_family_of_our_address() -> None:
    assert "c=IN IP4 0.0.0.0" in placeholder(4)
    assert "c=IN IP6 ::" in placeholder(6)
    assert "telephone-event" not in placeholder(4, None)


def test_quality_is_what_the_other_phone_reported() -> None:
    def tag(ssrc: int, packets: int) -> object:
        stream = {"SSRC": ssrc, "stats": {"packets": packets}, "crypto suite": b"X"}
        return {"medias": [{"streams": [stream]}]}

    heard = {"average MOS": {"MOS": 42, "jitter": 3, "round-trip time leg": 20500}, "cumulative loss": 5}
    answer = {"tags": {"caller": tag(1, 100), "callee": tag(2, 90)}, "SSRC": {"2": heard}}
    quality = quality_of(answer, CALLER, "PCMU")  # type: ignore[arg-type]
    assert quality is not None
    assert (quality.received, quality.sent, quality.lost, quality.mos, quality.jitter_ms) == (100, 90, 5, 4.2, 3.0)
    assert (quality.far_mos, quality.round_trip_ms, quality.encrypted) == (None, None, True)
    assert quality_of(answer, CALLEE, "PCMU") is None  # type: ignore[arg-type]  # nobody said how it was heard


@pytest.mark.parametrize("answer", [{}, {"tags": {}}, {"tags": {"caller": {"medias": []}}}, {"tags": b"x", "SSRC": 1}])
def test_answer_of_another_shape_is_no_quality(answer: dict[str, object]) -> None:
    assert quality_of(answer, CALLER, "PCMU") is None  # type: ignore[arg-type]
