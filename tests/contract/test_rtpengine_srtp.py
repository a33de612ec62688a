"""SRTP with keys in the SDP (RFC 4568) through a real rtpengine, against a libsrtp of the phone's own."""

from __future__ import annotations

import pytest

from contract.rtp_peer import Listener, RtpPeer, until
from contract.secure_peer import SecurePeer
from ringout.domain.status import Party
from ringout.media.rtpengine.engine import RtpengineMedia
from ringout.sdp.crypto import KEY_BYTES
from ringout.service.ports import MediaKind

CALLER, CALLEE = Party.CALLER, Party.CALLEE
COMMON = "AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("suite", KEY_BYTES)
@pytest.mark.parametrize("kind", [MediaKind.SRTP, MediaKind.SRTP_OPTIONAL])
async def test_encrypted_leg_and_a_plain_one_hear_each_other(
    rtpengine_media: RtpengineMedia, suite: str, kind: MediaKind, codec: str
) -> None:
    """codec: of the plain one; with another than the encrypted leg's rtpengine translates."""
    session = rtpengine_media.open(listener := Listener(), kind)
    await session.ready()
    phone, other = SecurePeer(suite), RtpPeer(codec, tone_hz=1000, ssrc=0xB2)
    other.remote = session.local(CALLEE).address
    session.connect(CALLER, phone.answers(session.local(CALLER)))
    session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: len(phone.received) > 20)
    session.connect(CALLEE, other.destination())
    session.bridge()
    await phone.talk(10, to=other)
    await other.talk(10, to=phone)
    assert other.hears(600)
    assert phone.hears(1000)
    phone.press("5")
    await until(lambda: listener.digits == "5")
    await until(lambda: len([packet for packet in other.packets if packet.payload_type == 101]) >= 7)
    session.close()
    phone.close()
    other.close()


async def test_two_encrypted_legs_with_keys_of_their_own(rtpengine_media: RtpengineMedia) -> None:
    session = rtpengine_media.open(Listener(), MediaKind.SRTP, MediaKind.SRTP)
    await session.ready()
    one, two = SecurePeer(COMMON), SecurePeer("AEAD_AES_256_GCM", key_byte=9, tone_hz=1000, ssrc=0x5ED)
    session.connect(CALLER, one.answers(session.local(CALLER)))
    session.connect(CALLEE, two.answers(session.local(CALLEE)))
    session.bridge()
    await one.talk(10, to=two)
    await two.talk(10, to=one)
    assert two.hears(600)
    assert one.hears(1000)
    session.close()
    one.close()
    two.close()


async def test_phone_without_keys_is_spoken_to_plainly_where_that_is_allowed(rtpengine_media: RtpengineMedia) -> None:
    session = rtpengine_media.open(Listener(), MediaKind.SRTP_OPTIONAL)
    await session.ready()
    local = session.local(CALLER)
    assert local.protocol == "RTP/AVP"
    assert any(name == "crypto" for name, _ in local.attributes)
    phone = RtpPeer()
    phone.remote = local.address
    session.connect(CALLER, phone.destination())
    session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: len(phone.received) > 20)
    session.close()
    phone.close()


async def test_weak_suites_are_not_offered(rtpengine_media: RtpengineMedia) -> None:
    session = rtpengine_media.open(Listener(), MediaKind.SRTP)
    await session.ready()
    local = session.local(CALLER)
    assert local.protocol == "RTP/SAVP"
    assert {value.split()[1] for name, value in local.attributes if name == "crypto"} == set(KEY_BYTES)
    session.close()


async def test_new_sdp_with_a_new_key_of_the_phone_goes_on(rtpengine_media: RtpengineMedia) -> None:
    session = rtpengine_media.open(Listener(), MediaKind.SRTP)
    await session.ready()
    phone, other = SecurePeer(COMMON), RtpPeer(tone_hz=1000, ssrc=0xB2)
    other.remote = session.local(CALLEE).address
    destination = phone.answers(session.local(CALLER))
    session.connect(CALLER, destination)
    session.connect(CALLEE, other.destination())
    session.bridge()
    await phone.talk(3, to=other)
    session.connect(CALLER, phone.destination(crypto=destination.crypto))  # a hold and its end look so
    await phone.talk(3, to=other)
    await other.talk(3, to=phone)
    successor = SecurePeer(COMMON, key_byte=9, ssrc=0x5EE)
    session.connect(CALLER, successor.answers(session.local(CALLER)))
    await successor.talk(3, to=other)
    await other.talk(3, to=successor)
    assert successor.hears(1000, last=3)
    session.close()
    for peer in (phone, other, successor):
        peer.close()
