"""The media port, proven on real sockets against a real worker: sounds, bridge, latching, silence, ends."""

from __future__ import annotations

import asyncio
from array import array

import pytest

from contract.conftest import AnyMedia, OpenAny
from contract.rtp_peer import RtpPeer, until
from ringout.audio import g711
from ringout.audio.goertzel import power, share
from ringout.domain.status import Party
from ringout.media import prompts
from ringout.media.embedded import EmbeddedMedia
from ringout.rtp import rtcp
from ringout.rtp.packet import RtpPacket

CALLER, CALLEE = Party.CALLER, Party.CALLEE


def loud(packet: RtpPacket) -> bool:
    return max(g711.decode(packet.payload, "PCMU")) > 200


def alike(heard: array[int], said: array[int]) -> bool:
    """The same but for rounding: G.711 once, and once more where the engine translates."""
    return len(heard) == len(said) and all(abs(a - b) <= 40 + abs(b) // 12 for a, b in zip(heard, said, strict=True))


@pytest.mark.parametrize(("codec", "payload_type"), [("PCMU", 0), ("PCMA", 8)])
async def test_prompt_is_played_in_the_callers_codec_at_fifty_packets_a_second(
    open_any: OpenAny, codec: str, payload_type: int
) -> None:
    call = await open_any(caller={"codec": codec})
    call.session.connect(CALLER, call.caller.destination())
    call.session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: ("played", CALLER) in call.listener.heard)
    recording = prompts.read(prompts.find("wrong_key", "en") or prompts.SHIPPED)
    await until(lambda: len(call.caller.received) == len(recording) // 160)
    heard = b"".join(packet.payload for packet in call.caller.packets)
    assert alike(g711.decode(heard, codec), recording)
    assert {packet.payload_type for packet in call.caller.packets} == {payload_type}
    took = call.caller.received[-1][0] - call.caller.received[0][0]
    # By the clock and not all at once. Half, since this machine may be late to read the first, and rtpengine fills the
    # phone's buffer at the start.
    assert took > len(call.caller.received) * 0.02 / 2
    steps = {
        (b.timestamp - a.timestamp) & 0xFFFFFFFF
        for a, b in zip(call.caller.packets, call.caller.packets[1:], strict=False)
    }
    assert steps == {160}
    assert call.caller.unbroken()
    assert call.caller.packets[0].marker
    assert call.listener.heard.count(("played", CALLER)) == 1


async def test_sounds_follow_each_other_and_a_new_play_replaces_the_old(open_any: OpenAny) -> None:
    call = await open_any()
    call.session.connect(CALLER, call.caller.destination())
    call.session.play(CALLER, ["goodbye"], "de")
    await until(lambda: len(call.caller.received) > 3)
    call.session.play(CALLER, ["wrong_key", "wrong_key"], "xx")  # no such language: English
    await until(lambda: ("played", CALLER) in call.listener.heard)
    once = g711.encode(prompts.read(prompts.SHIPPED / "en" / "wrong_key.wav"), "PCMU")
    # rtpengine does not tell the end of a sound: it is told when the sound's time is over.
    await until(lambda: b"".join(packet.payload for packet in call.caller.packets).endswith(once + once))
    assert call.caller.unbroken()


async def test_stopped_sound_ends_at_once_and_is_not_told_as_played(open_any: OpenAny) -> None:
    call = await open_any()
    call.session.connect(CALLER, call.caller.destination())
    call.session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: len(call.caller.received) > 5)
    call.session.stop_playing(CALLER)
    await until(RtpPeer.orders_done)
    # Another call hears the same sound from now on: at its end the stopped one would be over too.
    other = await open_any()
    other.session.connect(CALLER, other.caller.destination())
    other.session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: len(other.caller.received) > 5)
    count = len(call.caller.received)
    await until(lambda: ("played", CALLER) in other.listener.heard)
    # A silent packet may follow: the way to a phone that says nothing is kept open.
    assert [packet for _, packet in call.caller.received[count:] if set(packet.payload) != {0xFF}] == []
    assert ("played", CALLER) not in call.listener.heard


async def test_what_comes_to_the_callees_port_before_its_answer_reaches_nobody(open_any: OpenAny) -> None:
    """A stranger's, or a phone's that has answered already and whose SDP is on its way here."""
    call = await open_any()
    call.session.connect(CALLER, call.caller.destination())
    await call.caller.talk(2)
    await call.callee.talk(5)
    call.callee.press("3")
    call.session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: ("played", CALLER) in call.listener.heard)
    heard = [g711.decode(packet.payload, "PCMU") for packet in call.caller.packets if packet.payload_type == 0]
    assert [sound for sound in heard if share(sound, 1000) > 0.9] == []
    assert {packet.payload_type for packet in call.caller.packets} == {0}
    call.session.connect(CALLEE, call.callee.destination())
    call.session.bridge()
    await call.callee.talk(10, to=call.caller)
    assert call.caller.hears(1000)


async def test_ringback_gives_way_to_early_media_one_way_and_then_to_the_bridge(
    any_media: AnyMedia, open_any: OpenAny
) -> None:
    call = await open_any()
    call.session.connect(CALLER, call.caller.destination())
    await call.caller.talk(2)
    call.session.play_ringback(CALLER, "us")
    await until(lambda: len(call.caller.received) > 10)
    samples = g711.decode(call.caller.packets[5].payload + call.caller.packets[6].payload[:40], "PCMU")
    assert min(power(samples, 440), power(samples, 480)) > 1e6
    call.session.connect(CALLEE, call.callee.destination())
    call.session.listen_to_other(CALLER)
    before = len(call.caller.received)
    await until(lambda: len(call.caller.received) > before + 5)  # a 183 without RTP keeps the ringback
    assert not call.caller.hears(1000)
    talking = asyncio.gather(call.callee.talk(40), call.caller.talk(40))
    await until(lambda: call.caller.hears(1000))
    assert call.callee.received == []  # the callee hears nothing of the caller before the answer
    call.session.bridge()
    await talking
    await until(lambda: call.callee.hears(600))
    assert call.caller.hears(1000)
    if isinstance(any_media, EmbeddedMedia):  # with rtpengine each sound is a stream of its own
        # 60 ms as the listener's jitter buffer sees them, and what this machine was late itself.
        assert call.caller.largest_step() <= 480 + 8000 * call.callee.late_seconds
        assert call.caller.unbroken()


async def test_bridge_relays_both_ways_with_order_gaps_and_timing_kept(any_media: AnyMedia, open_any: OpenAny) -> None:
    call = await open_any()
    call.connect_both()
    call.session.bridge()
    await call.caller.talk(5, to=call.callee)
    call.caller.sequence += 2  # two packets lost on the way to us
    call.caller.timestamp += 320
    await call.caller.talk(3, to=call.callee)
    await call.callee.talk(3, to=call.caller)
    steps = [
        ((b.sequence - a.sequence) & 0xFFFF, (b.timestamp - a.timestamp) & 0xFFFFFFFF)
        for a, b in zip(call.callee.packets, call.callee.packets[1:], strict=False)
    ]
    assert steps == [(1, 160)] * 4 + [(3, 480)] + [(1, 160)] * 2
    assert {packet.payload for packet in call.callee.packets} == {call.caller.frame}
    assert {packet.payload for packet in call.caller.packets} == {call.callee.frame}
    if isinstance(any_media, EmbeddedMedia):
        assert call.callee.packets[0].ssrc not in (call.caller.ssrc, call.callee.ssrc, call.caller.packets[0].ssrc)


async def test_codecs_are_translated_and_header_extras_taken_off(open_any: OpenAny) -> None:
    call = await open_any(callee={"codec": "PCMA"})
    call.connect_both()
    call.session.bridge()
    await call.caller.talk(12)  # rtpengine's translator may lose what comes late
    await until(lambda: call.callee.hears(600))
    await call.callee.talk(12)
    await until(lambda: call.caller.hears(1000))
    assert {packet.payload_type for packet in call.callee.packets} == {8}
    assert {packet.payload_type for packet in call.caller.packets} == {0}
    plain = RtpPacket(0, call.caller.sequence, call.caller.timestamp, call.caller.ssrc, call.caller.frame).encode()
    extras = b"\x00\x00\x00\x07" + b"\xbe\xde\x00\x01abcd"
    before = len(call.callee.received)
    call.caller.send_bytes(bytes((0x80 | 0x20 | 0x10 | 1,)) + plain[1:12] + extras + plain[12:] + b"\x00\x00\x00\x04")
    await until(lambda: len(call.callee.received) > before)
    assert call.callee.packets[-1].payload == call.callee.packets[0].payload


async def test_stranger_changes_nothing(any_media: AnyMedia, open_any: OpenAny) -> None:
    call = await open_any()
    call.connect_both()
    call.session.bridge()
    await call.caller.talk(2, to=call.callee)
    await call.callee.talk(2, to=call.caller)
    stranger = RtpPeer(tone_hz=2000, ssrc=0xBAD)
    stranger.remote = call.caller.remote
    await stranger.talk(5)
    await call.caller.talk(5, to=call.callee)
    await call.callee.talk(3, to=call.caller)
    assert stranger.received == []
    assert not any(packet.payload == stranger.frame for packet in call.callee.packets)
    call.session.close()
    if isinstance(any_media, EmbeddedMedia):
        await until(lambda: any_media.strangers == 5)
    stranger.close()


@pytest.mark.embedded_only("rtpengine knows a phone by its address alone")
async def test_rebinding_nat_with_the_known_ssrc_recovers(open_any: OpenAny) -> None:
    call = await open_any()
    call.connect_both()
    call.session.bridge()
    await call.caller.talk(2, to=call.callee)
    moved = RtpPeer(tone_hz=600, ssrc=call.caller.ssrc)
    moved.remote = call.caller.remote
    moved.sequence, moved.timestamp = call.caller.sequence, call.caller.timestamp
    await moved.talk(3, to=call.callee)
    await call.callee.talk(3, to=moved)
    assert moved.hears(1000, last=3)
    assert call.callee.unbroken()
    moved.close()


async def test_first_packet_wins_over_the_sdp_and_a_new_sdp_listens_anew(open_any: OpenAny) -> None:
    call = await open_any()
    behind_nat = call.caller
    call.session.connect(CALLER, behind_nat.destination(port=9))  # the SDP's address leads nowhere
    call.session.connect(CALLEE, call.callee.destination())
    call.session.bridge()
    await behind_nat.talk(1)
    await call.callee.talk(2, to=behind_nat)
    successor = RtpPeer(tone_hz=700, ssrc=0xC3)
    successor.remote = behind_nat.remote
    call.session.connect(CALLER, successor.destination())
    await call.callee.talk(2, to=successor)  # at once to the new address
    await successor.talk(5, to=call.callee)
    assert call.callee.hears(700)
    successor.close()


async def test_hold_stops_sending_is_no_silence_and_ends_without_a_break_in_the_stream(
    any_media: AnyMedia, open_any: OpenAny
) -> None:
    call = await open_any()
    call.connect_both()
    call.session.bridge()
    await asyncio.gather(call.caller.talk(3), call.callee.talk(3, to=call.caller))
    call.session.connect(CALLER, call.caller.destination(may_send=False))
    before = len(call.caller.received)
    await call.callee.talk(120)  # 2.4 s, more than twice the silence that counts
    assert len(call.caller.received) == before
    assert ("silent", CALLER) not in [fact[:2] for fact in call.listener.heard]
    call.session.connect(CALLER, call.caller.destination())
    await call.caller.talk(1)
    await call.callee.talk(3, to=call.caller)
    assert call.caller.unbroken() or not isinstance(any_media, EmbeddedMedia)
    assert (call.caller.packets[before].timestamp - call.caller.packets[before - 1].timestamp) & 0xFFFFFFFF > 8000


async def test_silent_leg_is_named_once(open_any: OpenAny) -> None:
    call = await open_any()
    call.connect_both()
    call.session.bridge()
    talking = asyncio.ensure_future(call.callee.talk(150))
    await call.caller.talk(3)
    await until(lambda: any(fact[0] == "silent" for fact in call.listener.heard))
    await talking
    silences = [fact for fact in call.listener.heard if fact[0] == "silent"]
    assert [fact[1] for fact in silences] == [CALLER]
    assert isinstance(silences[0][2], float)
    assert silences[0][2] >= 1.0


async def test_callee_owes_nothing_before_the_bridge(open_any: OpenAny) -> None:
    """A 183 without RTP is common."""
    call = await open_any()
    call.connect_both()
    await call.caller.talk(100)  # twice the silence that counts
    assert [fact for fact in call.listener.heard if fact[0] == "silent"] == []
    call.session.bridge()
    talking = asyncio.ensure_future(call.caller.talk(200))
    await until(lambda: ("silent", CALLEE) in [fact[:2] for fact in call.listener.heard])
    talking.cancel()


async def test_comfort_noise_alone_is_no_silence(any_media: AnyMedia, open_any: OpenAny) -> None:
    call = await open_any()
    call.connect_both()
    call.session.bridge()
    for _ in range(12):
        call.caller.send(b"\x40", payload_type=13)
        call.callee.send(b"\x40", payload_type=13)
        await asyncio.sleep(0.2)
    assert [fact for fact in call.listener.heard if fact[0] == "silent"] == []
    if isinstance(any_media, EmbeddedMedia):  # rtpengine passes it on
        assert call.callee.received == []


async def test_nothing_flows_after_the_end(open_any: OpenAny) -> None:
    call = await open_any()
    call.connect_both()
    call.session.play_ringback(CALLER, "de")
    await until(lambda: len(call.caller.received) > 3)
    call.session.bridge()
    await call.callee.talk(2, to=call.caller)
    call.session.close()
    call.session.close()
    call.session.bridge()  # too late, and harmless
    await asyncio.sleep(0.05)
    counts = len(call.caller.received), len(call.callee.received)
    await asyncio.gather(call.caller.talk(10), call.callee.talk(10))
    assert (len(call.caller.received), len(call.callee.received)) == counts


async def test_two_calls_hear_nothing_of_each_other(open_any: OpenAny) -> None:
    one, two = await open_any(), await open_any(caller={"tone_hz": 1500}, callee={"tone_hz": 1800})
    for call in (one, two):
        call.connect_both()
        call.session.bridge()
    await asyncio.gather(one.caller.talk(10), one.callee.talk(10), two.caller.talk(10), two.callee.talk(10))
    await until(lambda: all(len(call.caller.received) == len(call.callee.received) == 10 for call in (one, two)))
    assert one.caller.hears(1000, last=10)
    assert one.callee.hears(600, last=10)
    assert two.caller.hears(1800, last=10)
    assert two.callee.hears(1500, last=10)
    assert one.listener.heard.count(("started", CALLER)) == 1


async def test_rubbish_is_read_over(open_any: OpenAny) -> None:
    call = await open_any()
    call.connect_both()
    call.session.bridge()
    for rubbish in (b"", b"\x80", bytes(12), b"\xff" * 2000, b"\x80\xc8" + bytes(26), b"\x9f\x00" + bytes(10)):
        call.caller.send_bytes(rubbish)
    call.caller.send(b"\x00", payload_type=101)
    await call.caller.talk(3)
    await until(lambda: call.callee.hears(600, last=3))


async def test_sender_reports_go_to_the_rtcp_port(open_any: OpenAny) -> None:
    call = await open_any()
    control = RtpPeer()
    call.session.connect(CALLER, call.caller.destination(port=control.port - 1))
    call.session.connect(CALLEE, call.callee.destination())
    call.session.play_ringback(CALLER, "us")
    received: list[bytes] = []
    loop = asyncio.get_running_loop()
    loop.remove_reader(control.socket.fileno())
    loop.add_reader(control.socket.fileno(), lambda: received.append(control.socket.recv(2048)))
    await until(lambda: received)
    packets = rtcp.parse(received[0])
    assert [packet.kind for packet in packets] == [rtcp.SENDER_REPORT, rtcp.SOURCE_DESCRIPTION]
    control.close()
