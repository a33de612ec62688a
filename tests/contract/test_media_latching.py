"""From where a leg's RTP counts: what its SDP and its signalling show, never who was merely quicker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from contract.conftest import OpenCall
from contract.rtp_peer import Listener, RtpPeer, free_ports, until
from ringout.config import MediaConfig
from ringout.domain.status import Party
from ringout.media.embedded import EmbeddedMedia
from ringout.service.ports import MediaSession

CALLER, CALLEE = Party.CALLER, Party.CALLEE


class Stage:
    """A call whose caller's SDP names 127.0.0.1; further peers at other addresses send to its port."""

    def __init__(self, media: EmbeddedMedia) -> None:
        self.media = media
        self.listener = Listener()
        self.session: MediaSession = media.open(self.listener)
        self.peers: list[RtpPeer] = []
        self.phone = self.peer("127.0.0.1", 600, 0xA1)
        self.other = self.peer("127.0.0.1", 1000, 0xB2)
        self.other.remote = self.session.local(CALLEE).address

    def peer(self, host: str, tone_hz: int, ssrc: int) -> RtpPeer:
        peer = RtpPeer(tone_hz=tone_hz, ssrc=ssrc, host=host)
        peer.remote = self.session.local(CALLER).address
        self.peers.append(peer)
        return peer

    def connect(self, **changes: object) -> None:
        self.session.connect(CALLER, self.phone.destination(**changes))
        self.session.connect(CALLEE, self.other.destination())
        self.session.bridge()

    def close(self) -> None:
        self.session.close()
        for peer in self.peers:
            peer.close()


@pytest.fixture
async def stage(media: EmbeddedMedia) -> AsyncIterator[Stage]:
    made = Stage(media)
    yield made
    made.close()


async def test_quicker_stranger_neither_speaks_nor_hears_nor_presses_keys(stage: Stage) -> None:
    stage.connect()
    stranger = stage.peer("127.0.0.66", 2000, 0xBAD)
    await stranger.talk(5)
    stranger.press("1")
    await stage.phone.talk(3, to=stage.other)
    await stage.other.talk(3, to=stage.phone)
    assert stage.other.hears(600, last=3)
    assert stranger.received == []
    assert stage.listener.digits == ""
    stage.session.close()
    await until(lambda: stage.media.strangers == 12)


async def test_stranger_who_knows_the_ssrc_gets_nothing(stage: Stage) -> None:
    stage.connect()
    await stage.phone.talk(3, to=stage.other)
    stranger = stage.peer("127.0.0.66", 2000, stage.phone.ssrc)
    await stranger.talk(3)
    await stage.other.talk(3, to=stage.phone)
    assert stranger.received == []
    assert stage.other.hears(600, last=3)


async def test_nothing_counts_before_the_sdp(stage: Stage) -> None:
    stranger = stage.peer("127.0.0.66", 2000, 0xBAD)
    await stranger.talk(2)
    stranger.press("1")
    stage.connect()
    await stage.phone.talk(3, to=stage.other)
    assert stage.listener.heard == [("started", CALLER)]


async def test_phone_behind_a_nat_is_where_its_signalling_comes_from(stage: Stage) -> None:
    stage.connect(host="192.0.2.77", port=4000, signalling="127.0.0.2")  # its own address leads nowhere
    behind_nat = stage.peer("127.0.0.2", 700, 0xA1)
    await stage.peer("127.0.0.66", 2000, 0xBAD).talk(2)
    await behind_nat.talk(3, to=stage.other)
    await stage.other.talk(3, to=behind_nat)
    assert stage.other.hears(700, last=3)
    rebound = stage.peer("127.0.0.2", 700, behind_nat.ssrc)  # the NAT gives it another port
    rebound.sequence, rebound.timestamp = behind_nat.sequence, behind_nat.timestamp
    await rebound.talk(3, to=stage.other)
    await stage.other.talk(3, to=rebound)
    assert stage.other.unbroken()


async def test_the_address_of_the_sdp_wins_over_a_neighbour_behind_the_same_nat(stage: Stage) -> None:
    stage.connect()
    neighbour = stage.peer("127.0.0.1", 2000, 0xBAD)
    await neighbour.talk(3, to=stage.other)  # the same IP, and the first
    await stage.phone.talk(3, to=stage.other)
    await stage.other.talk(3, to=stage.phone)
    assert stage.other.hears(600, last=3)
    before = len(stage.other.received)
    await neighbour.talk(3)
    await stage.phone.talk(1, to=stage.other)
    assert len(stage.other.received) == before + 1


async def test_sdp_without_an_ip_takes_the_first(stage: Stage) -> None:
    stage.connect(host="phone.example.com")
    await stage.phone.talk(3, to=stage.other)
    await stage.other.talk(3, to=stage.phone)


async def test_networks_of_the_configuration_count_as_well() -> None:
    ports = free_ports(5)
    engine = EmbeddedMedia(
        MediaConfig(first_port=ports["first_port"], last_port=ports["last_port"], rtp_sources=("127.0.0.64/26",))
    )
    await engine.start()
    stage = Stage(engine)
    stage.connect(host="192.0.2.77", port=4000)
    gateway = stage.peer("127.0.0.66", 700, 0xA1)
    await stage.peer("127.0.0.2", 2000, 0xBAD).talk(2)
    await gateway.talk(3, to=stage.other)
    await stage.other.talk(3, to=gateway)
    stage.close()
    await engine.close()


async def test_media_over_ipv6() -> None:
    ports = free_ports(5)
    engine = EmbeddedMedia(MediaConfig(address="::1", first_port=ports["first_port"], last_port=ports["last_port"]))
    await engine.start()
    session = engine.open(Listener())
    caller, callee = (RtpPeer(tone_hz=tone_hz, ssrc=tone_hz, host="::1") for tone_hz in (600, 1000))
    caller.remote, callee.remote = session.local(CALLER).address, session.local(CALLEE).address
    session.connect(CALLER, caller.destination(host="0:0:0:0:0:0:0:1"))  # an SDP may write it in any way
    session.connect(CALLEE, callee.destination())
    session.bridge()
    await asyncio.gather(caller.talk(5, to=callee), callee.talk(5, to=caller))
    assert caller.hears(1000)
    assert callee.hears(600)
    session.close()
    await engine.close()
    caller.close()
    callee.close()


async def test_one_leg_over_ipv4_and_one_over_ipv6() -> None:
    """Both families at the same ports; reports and a change of the family by a new SDP too."""
    ports = free_ports(5)
    engine = EmbeddedMedia(MediaConfig(address6="::1", first_port=ports["first_port"], last_port=ports["last_port"]))
    await engine.start()
    session = engine.open(listener := Listener())
    local = session.local(CALLEE)
    caller, callee = RtpPeer(tone_hz=600, ssrc=0xA1), RtpPeer(tone_hz=1000, ssrc=0xB2, host="::1")
    control = RtpPeer(host="::1")
    caller.remote, callee.remote = session.local(CALLER).address, (local.host6, local.port)
    session.connect(CALLER, caller.destination())
    session.connect(CALLEE, callee.destination(rtcp_port=control.port))
    session.bridge()
    await asyncio.gather(caller.talk(5, to=callee), callee.talk(5, to=caller))
    assert caller.hears(1000)
    assert callee.hears(600)
    reports: list[bytes] = []
    control.take = reports.append  # type: ignore[method-assign]
    await until(lambda: reports)
    moved = RtpPeer(tone_hz=1000, ssrc=0xB3)
    moved.remote = local.address
    session.connect(CALLEE, moved.destination())
    await caller.talk(3, to=moved)
    await moved.talk(3, to=caller)
    assert listener.heard.count(("started", CALLEE)) == 1
    session.close()
    await engine.close()
    for peer in (caller, callee, control, moved):
        peer.close()


async def test_comfort_noise_leaves_no_gap_that_looks_like_loss(open_call: OpenCall) -> None:
    call = open_call()
    call.connect_both()
    call.session.bridge()
    await call.caller.talk(3, to=call.callee)
    for _ in range(4):
        call.caller.send(b"\x40", payload_type=13)
    await call.caller.talk(3, to=call.callee)
    assert call.callee.unbroken()
    assert len(call.callee.received) == 6
