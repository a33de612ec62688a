"""SRTP with keys in the SDP (RFC 4568), on real sockets, against a libsrtp of the phone's own."""

from __future__ import annotations

import asyncio
import socket

import pytest

from contract.rtp_peer import Listener, RtpPeer, until
from contract.secure_peer import SecurePeer
from ringout.domain.errors import Unavailable
from ringout.domain.status import Party
from ringout.media.embedded import EmbeddedMedia
from ringout.rtp import rtcp
from ringout.rtp.packet import RtpPacket
from ringout.sdp.crypto import KEY_BYTES
from ringout.service.ports import MediaKind

CALLER, CALLEE = Party.CALLER, Party.CALLEE


@pytest.mark.parametrize("suite", KEY_BYTES)
@pytest.mark.parametrize("kind", [MediaKind.SRTP, MediaKind.SRTP_OPTIONAL])
async def test_encrypted_leg_and_a_plain_one_hear_each_other(media: EmbeddedMedia, suite: str, kind: MediaKind) -> None:
    session = media.open(listener := Listener(), kind)
    phone, other = SecurePeer(suite), RtpPeer(tone_hz=1000, ssrc=0xB2)
    other.remote = session.local(CALLEE).address
    session.connect(CALLER, phone.answers(session.local(CALLER)))
    session.connect(CALLEE, other.destination())
    session.bridge()
    await phone.talk(10, to=other)
    await other.talk(10, to=phone)
    assert other.hears(600)
    assert phone.hears(1000)
    phone.press("5")
    await until(lambda: listener.digits == "5")
    await until(lambda: len([packet for packet in other.packets if packet.payload_type == 101]) == 7)
    session.close()
    phone.close()
    other.close()


async def test_prompt_and_ringback_are_encrypted_too(media: EmbeddedMedia) -> None:
    session = media.open(listener := Listener(), MediaKind.SRTP)
    phone = SecurePeer("AES_CM_128_HMAC_SHA1_80")
    session.connect(CALLER, phone.answers(session.local(CALLER)))
    session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: ("played", CALLER) in listener.heard)
    session.play_ringback(CALLER, "us")
    await until(lambda: len(phone.received) > 70)
    assert phone.unbroken()
    session.close()
    phone.close()


async def test_what_is_not_authentic_changes_nothing_and_is_counted(media: EmbeddedMedia) -> None:
    session = media.open(listener := Listener(), MediaKind.SRTP)
    phone, other = SecurePeer("AES_CM_128_HMAC_SHA1_80"), RtpPeer(tone_hz=1000, ssrc=0xB2)
    other.remote = session.local(CALLEE).address
    session.connect(CALLER, phone.answers(session.local(CALLER)))
    session.connect(CALLEE, other.destination())
    session.bridge()
    await asyncio.sleep(0.02)
    plain = RtpPacket(0, 1, 160, phone.ssrc, b"\x10" * 160).encode()
    phone.send_unprotected(plain)  # from the right address, and even the right SSRC
    forged = bytearray(phone._out.protect(RtpPacket(0, 2, 320, phone.ssrc, b"\x10" * 160).encode()))
    forged[-1] ^= 1
    phone.send_unprotected(bytes(forged))
    genuine = phone._out.protect(RtpPacket(0, 3, 480, phone.ssrc, phone.frame).encode())
    phone.send_unprotected(genuine)
    phone.send_unprotected(genuine)  # a replay
    await until(lambda: len(other.received) == 1)
    assert other.packets[0].payload == phone.frame
    session.close()
    await until(lambda: media.strangers == 3)
    assert listener.heard.count(("started", CALLER)) == 1
    phone.close()
    other.close()


async def test_authentic_packets_count_wherever_they_come_from(media: EmbeddedMedia) -> None:
    """A NAT may show any address: the key tells whose packets these are."""
    session = media.open(Listener(), MediaKind.SRTP)
    phone = SecurePeer("AES_CM_128_HMAC_SHA1_80")
    session.connect(CALLER, phone.answers(session.local(CALLER)))
    session.play_ringback(CALLER, "us")
    await until(lambda: len(phone.received) > 2)
    await asyncio.sleep(0.02)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.77", 0))
        elsewhere.settimeout(20)
        packet = phone._out.protect(RtpPacket(0, 1, 160, phone.ssrc, phone.frame).encode())
        elsewhere.sendto(packet, session.local(CALLER).address)
        assert await asyncio.to_thread(elsewhere.recv, 2048)
    session.close()
    phone.close()


async def test_reports_are_encrypted(media: EmbeddedMedia) -> None:
    session = media.open(Listener(), MediaKind.SRTP)
    phone = SecurePeer("AES_CM_128_HMAC_SHA1_32")
    control = RtpPeer()
    asyncio.get_running_loop().remove_reader(control.socket.fileno())
    control.socket.setblocking(True)
    control.socket.settimeout(20)
    destination = phone.answers(session.local(CALLER))
    session.connect(CALLER, phone.destination(crypto=destination.crypto, rtcp_port=control.port))
    session.play_ringback(CALLER, "us")
    data = await asyncio.to_thread(control.socket.recv, 2048)
    packets = rtcp.parse(phone.open_report(data))
    assert [packet.kind for packet in packets] == [rtcp.SENDER_REPORT, rtcp.SOURCE_DESCRIPTION]
    control.socket.close()
    session.close()
    phone.close()


async def test_each_leg_has_keys_of_its_own_and_keeps_them(media: EmbeddedMedia) -> None:
    session = media.open(Listener(), MediaKind.SRTP, MediaKind.SRTP_OPTIONAL)
    caller, callee = session.local(CALLER), session.local(CALLEE)
    assert (caller.protocol, callee.protocol) == ("RTP/SAVP", "RTP/AVP")
    keys = {value.split("inline:")[1] for local in (caller, callee) for _, value in local.attributes}
    assert len(keys) == 2 * len(KEY_BYTES)
    assert session.local(CALLER) == caller
    session.close()


async def test_new_sdp_with_the_same_keys_goes_on_and_with_a_new_key_of_the_phone_too(media: EmbeddedMedia) -> None:
    session = media.open(Listener(), MediaKind.SRTP)
    phone, other = SecurePeer("AES_CM_128_HMAC_SHA1_80"), RtpPeer(tone_hz=1000, ssrc=0xB2)
    other.remote = session.local(CALLEE).address
    destination = phone.answers(session.local(CALLER))
    session.connect(CALLER, destination)
    session.connect(CALLEE, other.destination())
    session.bridge()
    await phone.talk(3, to=other)
    await other.talk(3, to=phone)
    session.connect(CALLER, phone.destination(crypto=destination.crypto))  # a hold and its end look so
    await phone.talk(3, to=other)
    await other.talk(3, to=phone)
    assert phone.unbroken()
    successor = SecurePeer("AES_CM_128_HMAC_SHA1_80", key_byte=9, ssrc=0x5ED)
    session.connect(CALLER, successor.answers(session.local(CALLER)))
    await successor.talk(3, to=other)
    await other.talk(3, to=successor)
    assert successor.hears(1000, last=3)
    session.close()
    for peer in (phone, other, successor):
        peer.close()


async def test_browsers_kind_is_refused(media: EmbeddedMedia) -> None:
    with pytest.raises(Unavailable, match="DTLS-SRTP"):
        media.open(Listener(), MediaKind.WEBRTC)
