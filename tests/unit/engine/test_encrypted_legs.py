"""Legs by trunks whose media is to be encrypted: what is offered, what will do, what the media engine is told."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from fakes.engine_world import Stage
from ringout.config import TrunkConfig
from ringout.domain.quality import LegQuality
from ringout.domain.status import Party
from ringout.sdp.crypto import Crypto
from ringout.sdp.offer_answer import answer_offer, make_offer
from ringout.service.ports import MediaKind

SUITE = "AES_CM_128_HMAC_SHA1_80"
PHONES_KEY = Crypto(1, SUITE, bytes(range(30)))
KEYS = [("crypto", str(PHONES_KEY))]
PLAIN_ANSWER = make_offer("192.0.2.9", 4000, 7, codecs=("PCMU",))


def stage(media: str) -> Stage:
    made = Stage(TrunkConfig("carrier", ("sip:10.0.0.1:5060",), media=media))
    made.place()
    return made


def secure_answer(offer: bytes) -> bytes:
    protocol = "RTP/SAVP" if b"RTP/SAVP" in offer else "RTP/AVP"
    return answer_offer(offer, "192.0.2.9", 4000, 7, protocol=protocol, attributes=KEYS)[0]


@pytest.mark.parametrize(
    ("setting", "kind", "line"),
    [
        ("rtp", MediaKind.RTP, b"m=audio 20000 RTP/AVP 0 8 101"),
        ("srtp", MediaKind.SRTP, b"m=audio 20000 RTP/SAVP 0 8 101"),
        ("srtp-optional", MediaKind.SRTP_OPTIONAL, b"m=audio 20000 RTP/AVP 0 8 101"),
    ],
)
def test_trunk_says_what_is_offered(setting: str, kind: MediaKind, line: bytes) -> None:
    made = stage(setting)
    assert made.media.kinds == (kind, kind)
    assert line in made.caller.body
    assert (b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" in made.caller.body) == (setting != "rtp")


@pytest.mark.parametrize("setting", ["srtp", "srtp-optional"])
def test_key_of_the_answer_reaches_the_media_engine(setting: str) -> None:
    made = stage(setting)
    made.caller.answers(secure_answer(made.caller.body))
    party, remote = made.media.connected[-1]
    assert (party, remote.crypto, remote.signalling) == (Party.CALLER, PHONES_KEY, "10.0.0.1")


def test_plain_answer_will_do_where_encryption_is_optional_and_is_refused_where_it_is_not() -> None:
    made = stage("srtp-optional")
    made.caller.answers(PLAIN_ANSWER)
    assert made.media.connected[-1][1].crypto is None
    made = stage("srtp")
    made.caller.answers(PLAIN_ANSWER)
    assert made.media.connected == []
    assert made.row.caller.explanation == "The caller's phone cannot talk in the audio formats that we offer."
    assert made.caller.log == ["BYE"]


def test_encrypted_call_does_not_become_plain_by_a_new_offer() -> None:
    made = stage("srtp")
    made.caller.answers(secure_answer(made.caller.body))
    made.callee.answers(secure_answer(made.callee.body))
    made.callee.offers(PLAIN_ANSWER)
    assert made.callee.log == ["refused 488"]
    assert made.media.connected[-1][1].crypto == PHONES_KEY


def test_hold_is_answered_under_the_offers_tag_with_our_key_of_before() -> None:
    made = stage("srtp")
    made.caller.answers(secure_answer(made.caller.body))
    ours = made.caller.body.split(b"a=crypto:1 ")[1].split(b"\r\n")[0]
    hold = [("crypto", str(Crypto(5, SUITE, PHONES_KEY.key)))]
    made.caller.offers(make_offer("192.0.2.9", 4000, 7, 2, direction="sendonly", protocol="RTP/SAVP", attributes=hold))
    assert b"a=crypto:5 " + ours in made.caller.body
    assert b"a=recvonly" in made.caller.body
    assert made.caller.body.count(b"a=crypto") == 1


@pytest.mark.parametrize(
    ("media", "gateway", "warned"),
    [
        ("srtp", "sip:10.0.0.1:5060", True),
        ("srtp-optional", "sip:10.0.0.1:5060;transport=tcp", True),
        ("srtp", "sip:10.0.0.1:5061;transport=tls", False),
        ("srtp", "sips:10.0.0.1", False),
        ("rtp", "sip:10.0.0.1:5060", False),
    ],
)
def test_keys_in_readable_signalling_are_warned_of(media: str, gateway: str, warned: bool) -> None:
    with capture_logs() as logs:
        Stage(TrunkConfig("carrier", (gateway,), media=media))
    assert [entry["trunk"] for entry in logs if "keys of the audio" in entry["event"]] == ["carrier"] * warned


def test_quality_is_stored_also_when_it_comes_after_the_end() -> None:
    made = Stage()
    made.place()
    made.caller.answers()
    made.callee.answers()
    listener = made.media.tell
    listener.media_started(Party.CALLER)
    made.callee.hangs_up()
    early = LegQuality("PCMU", 100, 1, 2.5, 4.3)
    listener.media_quality(Party.CALLEE, early)
    made.caller.confirms()
    assert made.row.callee.quality == early
    assert made.row.ended_at is not None
    late = LegQuality("PCMU", 90, 0, 1.5, 4.4, 80, round_trip_ms=12.0)
    listener.media_quality(Party.CALLER, late)
    assert made.row.caller.quality == late
    assert made.is_quiet()
