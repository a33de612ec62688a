"""RTCP sent and read, and what is said of a leg's audio when its call is over."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from contract.conftest import MediaCall, OpenCall
from contract.rtp_peer import until
from ringout.audio.g711 import TRANSCODE
from ringout.domain.quality import LegQuality
from ringout.domain.status import Party
from ringout.media.embedded import EmbeddedMedia
from ringout.net.rtp_socket import bind_udp
from ringout.rtp import rtcp

CALLER, CALLEE = Party.CALLER, Party.CALLEE


class ControlPort:
    """A phone's RTCP socket."""

    def __init__(self) -> None:
        self.socket = bind_udp("127.0.0.1", 0)
        self.received: list[rtcp.Heard] = []
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.socket.fileno(), self._receive)

    def _receive(self) -> None:
        self.received.append(rtcp.read_reports(self.socket.recv(2048)))

    @property
    def port(self) -> int:
        port: int = self.socket.getsockname()[1]
        return port

    def send(self, call: MediaCall, data: bytes) -> None:
        host, port = call.session.local(CALLER).address
        self.socket.sendto(data, (host, port + 1))

    def close(self) -> None:
        self._loop.remove_reader(self.socket.fileno())
        self.socket.close()


def quality(call: MediaCall, party: Party) -> LegQuality | None:
    return next((fact[2] for fact in call.listener.heard if fact[:2] == ("quality", party)), None)  # type: ignore[misc]


async def test_loss_and_jitter_of_each_leg_are_told_when_the_call_is_over(open_call: OpenCall) -> None:
    call = open_call(callee={"codec": "PCMA"})
    call.connect_both()
    call.session.bridge()
    await asyncio.gather(call.caller.talk(40, to=call.callee), call.callee.talk(20, to=call.caller))
    call.caller.sequence += 10  # lost on the way to us
    call.caller.timestamp += 1600
    await call.caller.talk(10, to=call.callee)
    call.session.close()
    await until(lambda: quality(call, CALLER) and quality(call, CALLEE))
    caller, callee = quality(call, CALLER), quality(call, CALLEE)
    assert caller is not None
    assert callee is not None
    assert (caller.codec, caller.received, caller.lost, caller.sent) == ("PCMU", 50, 10, 20)
    assert (callee.codec, callee.received, callee.lost, callee.sent) == ("PCMA", 20, 0, 50)
    assert caller.loss_percent == pytest.approx(16.67)
    assert caller.mos < callee.mos <= 4.41
    assert caller.jitter_ms >= 0  # of this machine, which may be busy
    assert (caller.round_trip_ms, caller.far_lost, caller.far_mos, caller.encrypted) == (None, None, None, False)


async def test_nothing_is_told_of_who_was_not_heard(open_call: OpenCall) -> None:
    call = open_call()
    call.connect_both()
    call.session.bridge()
    await call.caller.talk(3, to=call.callee)
    call.session.close()
    await until(lambda: quality(call, CALLER))
    assert quality(call, CALLEE) is None


async def test_reports_say_what_came_and_when_the_phones_own_report_came(open_call: OpenCall) -> None:
    call, control = open_call(), ControlPort()
    call.session.connect(CALLER, call.caller.destination(rtcp_port=control.port))
    call.session.connect(CALLEE, call.callee.destination())
    call.session.bridge()
    await call.caller.talk(8, to=call.callee)
    call.caller.sequence += 2
    await call.caller.talk(2, to=call.callee)
    info = rtcp.SenderInfo(1_700_000_000.0, 1, 10, 1600)
    control.send(call, rtcp.report(call.caller.ssrc, "phone", info, None))
    await until(lambda: control.received)
    (block,) = control.received[0].blocks
    assert block.ssrc == call.caller.ssrc
    assert (block.lost, block.fraction_lost) == (2, 42)  # of 12
    assert block.highest & 0xFFFF == (call.caller.sequence - 1) & 0xFFFF
    assert block.highest >> 16 == 1  # it has wrapped once
    assert block.last_report == rtcp.middle_of_ntp(1_700_000_000.0)
    assert 0 < block.delay_since < 6 * 65536
    control.close()


async def test_the_phones_report_gives_round_trip_and_what_it_has_heard(open_call: OpenCall) -> None:
    call, control = open_call(), ControlPort()
    call.session.connect(CALLER, call.caller.destination(rtcp_port=control.port))
    call.session.connect(CALLEE, call.callee.destination())
    call.session.bridge()
    await asyncio.gather(call.caller.talk(2, to=call.callee), call.callee.talk(20, to=call.caller))
    await until(lambda: control.received and control.received[0].sent_at is not None)
    came = control.received[0]
    ours = call.caller.packets[0].ssrc
    assert came.ssrc == ours
    assert came.sent_at is not None
    await asyncio.sleep(0.1)
    delay = (rtcp.middle_of_ntp(time.time()) - came.sent_at) & 0xFFFFFFFF
    held = max(0, delay - round(0.05 * 65536))  # as if 50 ms of it were spent on the way
    rubbish = rtcp.ReportBlock(0xDEAD, 1000, 1, 99999999)
    report = rtcp.ReportBlock(ours, 5, 1, 80, 0, came.sent_at, held)
    for block in (report, rubbish):
        control.send(call, rtcp.report(call.caller.ssrc, "phone", None, block))
    control.send(call, b"\x81\xc9\x00\x07rubbish")
    await call.caller.talk(1, to=call.callee)  # it came after the reports
    call.session.close()
    await until(lambda: quality(call, CALLER))
    told = quality(call, CALLER)
    assert told is not None
    assert told.round_trip_ms is not None
    assert told.round_trip_ms >= 49
    assert (told.far_lost, told.far_jitter_ms) == (5, 10.0)
    assert told.far_mos is not None
    assert told.far_mos < told.mos
    control.close()


async def test_reports_of_strangers_change_nothing(media: EmbeddedMedia, open_call: OpenCall) -> None:
    call = open_call()
    call.connect_both()
    call.session.bridge()
    await asyncio.gather(call.caller.talk(2, to=call.callee), call.callee.talk(2, to=call.caller))
    stranger = bind_udp("127.0.0.66", 0)
    host, port = call.session.local(CALLER).address
    block = rtcp.ReportBlock(call.caller.packets[0].ssrc, 2, 1)
    stranger.sendto(rtcp.report(call.caller.ssrc, "x", None, block), (host, port + 1))
    await call.caller.talk(2, to=call.callee)
    call.session.close()
    await until(lambda: quality(call, CALLER))
    told = quality(call, CALLER)
    assert told is not None
    assert told.far_lost is None
    stranger.close()


async def test_phone_that_sends_rtcp_on_the_rtp_port_is_answered_there(open_call: OpenCall) -> None:
    """RFC 5761 without its negotiation: some do it."""
    call = open_call()
    call.connect_both()
    call.session.bridge()
    await asyncio.gather(call.caller.talk(2, to=call.callee), call.callee.talk(2, to=call.caller))
    reports: list[rtcp.Heard] = []
    take = call.caller.take
    call.caller.take = lambda data: reports.append(rtcp.read_reports(data)) if data[1] in (200, 201) else take(data)  # type: ignore[method-assign]
    block = rtcp.ReportBlock(call.caller.packets[0].ssrc, 1, 1)
    call.caller.send_bytes(rtcp.report(call.caller.ssrc, "phone", None, block))
    await until(lambda: reports)
    assert reports[0].blocks[0].ssrc == call.caller.ssrc
    call.session.close()
    await until(lambda: quality(call, CALLER))
    told = quality(call, CALLER)
    assert told is not None
    assert (told.received, told.far_lost) == (2, 1)


async def test_wideband_codecs_pass_through_with_their_own_clock(open_call: OpenCall) -> None:
    """Opus has timestamps at 48 kHz; a leg that changes to it begins a new stream (RFC 7160)."""
    call = open_call()
    call.connect_both()
    call.session.bridge()
    await asyncio.gather(call.caller.talk(3, to=call.callee), call.callee.talk(3, to=call.caller))
    opus = {"codec": "OPUS", "payload_type": 111}
    call.session.connect(CALLER, call.caller.destination(**opus))
    call.session.connect(CALLEE, call.callee.destination(**(opus | {"payload_type": 107})))
    await asyncio.sleep(0.02)
    before = len(call.callee.received)
    for index in range(5):
        call.caller.send(b"opus" + bytes((index,)), payload_type=111)
        call.caller.timestamp += 960 - 160
    await until(lambda: len(call.callee.received) == before + 5)
    came = call.callee.packets[before:]
    assert [packet.payload for packet in came] == [b"opus" + bytes((index,)) for index in range(5)]
    assert {packet.payload_type for packet in came} == {107}
    assert len({packet.ssrc for packet in came}) == 1
    assert came[0].ssrc != call.callee.packets[0].ssrc
    assert {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(came)} == {960}
    call.session.close()
    await until(lambda: quality(call, CALLER))
    told = quality(call, CALLER)
    assert told is not None
    assert told.codec == "opus"


async def test_g722_goes_on_in_the_same_stream_and_never_to_a_g711_phone(open_call: OpenCall) -> None:
    call = open_call()
    call.connect_both()
    call.session.bridge()
    await call.caller.talk(3, to=call.callee)
    call.session.connect(CALLER, call.caller.destination(codec="G722", payload_type=9))
    await asyncio.sleep(0.02)
    call.caller.send(b"\x01" * 160, payload_type=9)  # the other phone cannot decode it
    call.session.connect(CALLEE, call.callee.destination(codec="G722", payload_type=9))
    await asyncio.sleep(0.02)
    for _ in range(3):
        call.caller.send(b"\x02" * 160, payload_type=9)
    await until(lambda: len(call.callee.received) == 6)
    assert [packet.payload_type for packet in call.callee.packets] == [0, 0, 0, 9, 9, 9]
    assert call.callee.packets[-1].payload == b"\x02" * 160
    assert call.callee.unbroken()


@pytest.mark.parametrize(("codec", "number"), [("G722", 9), ("OPUS", 107)])
@pytest.mark.parametrize(
    ("theirs", "sent"), [(("PCMU", "PCMA"), b"\x10"), (("PCMA",), TRANSCODE[("PCMU", "PCMA")][16:17])]
)
async def test_a_phone_that_goes_on_in_g711_without_a_word_is_heard(
    open_call: OpenCall, codec: str, number: int, theirs: tuple[str, ...], sent: bytes
) -> None:
    """Or both would wait for ever, where both are a PBX that speaks what it is sent."""
    call = open_call()
    for party, peer, others in ((CALLER, call.caller, ("PCMU",)), (CALLEE, call.callee, theirs)):
        call.session.connect(party, peer.destination(codec=codec, payload_type=number, codecs=(codec, *others)))
    call.session.bridge()
    g711 = {"PCMU": 0, "PCMA": 8}[theirs[0]]
    await sends_until_heard(call, 0)
    assert {(packet.payload_type, packet.payload) for packet in call.callee.packets} == {(g711, sent * 160)}
    await sends_until_heard(call, number)
    assert call.callee.packets[-1].payload_type == number
    # RFC 7160: one stream as long as the clock is the same
    assert len({packet.ssrc for packet in call.callee.packets}) == (1 if codec == "G722" else 2)


async def test_a_phone_that_takes_no_g711_is_sent_none(open_call: OpenCall) -> None:
    call = open_call()
    call.session.connect(CALLER, call.caller.destination(codec="G722", payload_type=9, codecs=("G722", "PCMU")))
    call.session.connect(CALLEE, call.callee.destination(codec="G722", payload_type=9, codecs=("G722",)))
    call.session.bridge()
    await sends_until_heard(call, 9)
    for number in (0, 0, 9):
        call.caller.send(b"\x10" * 160, payload_type=number)
    told = len(call.callee.received)
    await until(lambda: len(call.callee.received) > told)
    assert {packet.payload_type for packet in call.callee.packets} == {9}


async def sends_until_heard(call: MediaCall, payload_type: int) -> None:
    """The caller's phone sends until three more packets have come to the callee's."""
    before = len(call.callee.received)
    async with asyncio.timeout(30):
        while len(call.callee.received) < before + 3:
            call.caller.send(b"\x10" * 160, payload_type=payload_type)
            await asyncio.sleep(0.02)


async def test_sounds_for_a_wideband_leg_end_instead_of_hanging(open_call: OpenCall) -> None:
    call = open_call()
    call.session.connect(CALLER, call.caller.destination(codec="G722", payload_type=9, telephone_event=None))
    call.session.play(CALLER, ["wrong_key"], "en")
    call.session.send_digit(CALLER, "1")
    await until(lambda: ("played", CALLER) in call.listener.heard)
    assert call.caller.received == []
