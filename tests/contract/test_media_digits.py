"""The media port, proven on real sockets against a real worker: key presses in and out."""

from __future__ import annotations

import asyncio
import re

import pytest

from contract.conftest import AnyMedia, MediaCall, OpenAny
from contract.rtp_peer import RtpPeer, until
from ringout.audio import g711, tones
from ringout.audio.goertzel import DtmfDetector
from ringout.domain.status import Party
from ringout.media.embedded import EmbeddedMedia
from ringout.rtp.packet import RtpPacket
from ringout.rtp.telephone_event import EventReader, TelephoneEvent

CALLER, CALLEE = Party.CALLER, Party.CALLEE


async def connected(call: MediaCall) -> MediaCall:
    call.connect_both()
    await call.caller.talk(1)
    await until(lambda: ("started", CALLER) in call.listener.heard)
    return call


async def settle(call: MediaCall) -> None:
    """Returns when everything sent so far has been worked on: the last press is a marker of our own."""
    call.caller.press("D")
    await until(lambda: call.listener.digits.endswith("D"))


_AT_ITS_END = "rtpengine tells a press at its end"


@pytest.mark.embedded_only(_AT_ITS_END)
async def test_press_is_told_on_its_first_packet_and_once(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    call.caller.press("1", only=[0])
    await until(lambda: call.listener.digits == "1")
    call.caller.sequence -= 7
    call.caller.timestamp -= 160 * 7
    call.caller.press("1", only=range(1, 99))
    await settle(call)
    assert call.listener.digits == "1D"


@pytest.mark.embedded_only(_AT_ITS_END)
@pytest.mark.parametrize("survivor", [0, 3])
async def test_single_surviving_packet_counts(open_any: OpenAny, survivor: int) -> None:
    call = await connected(await open_any())
    call.caller.press("5", only=[survivor])
    await settle(call)
    assert call.listener.digits == "5D"


async def test_single_surviving_end_counts(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    call.caller.press("5", only=[6])
    await settle(call)
    assert call.listener.digits == "5D"


async def test_same_digit_twice_is_two(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    call.caller.press("1")
    call.caller.press("1")
    await settle(call)
    assert call.listener.digits == "11D"


async def test_any_payload_type_and_a_header_extension(open_any: OpenAny) -> None:
    call = await connected(await open_any(caller={"telephone_event": 96}))
    for event in (TelephoneEvent(7, False, 10, 160), TelephoneEvent(7, True, 10, 320)):
        packet = RtpPacket(96, call.caller.sequence, call.caller.timestamp, call.caller.ssrc, event.encode()).encode()
        call.caller.send_bytes(bytes((0x90,)) + packet[1:12] + b"\xbe\xde\x00\x01abcd" + packet[12:])
        call.caller.sequence += 1
    call.caller.timestamp += 320
    await settle(call)
    assert call.listener.digits == "7D"


async def test_event_and_info_of_one_press_are_one_digit(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    call.session.digit_seen(CALLER, "2")
    await until(lambda: call.listener.digits == "2")
    call.session.digit_seen(CALLEE, "2")  # the other party's own
    call.session.digit_seen(CALLER, "2\r\nX: y")  # no digit
    call.session.digit_seen(CALLER, "3")
    await until(lambda: call.listener.digits == "223")
    call.caller.press("3")
    await settle(call)
    assert call.listener.digits == "223D"


def pressed_at(peer: RtpPeer) -> str:
    """The presses that this phone has been sent as telephone-event."""
    reader = EventReader()
    events = [packet for packet in peer.packets if packet.payload_type == 101]
    read = [reader.receive(packet.timestamp, TelephoneEvent.parse(packet.payload)) for packet in events]
    return "".join(digit for digit in read if digit is not None)


async def test_press_by_info_is_sent_to_the_other_party(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    call.session.digit_seen(CALLER, "4")
    call.session.bridge()
    talking = asyncio.gather(call.caller.talk(30), call.callee.talk(30))
    await until(lambda: len(call.callee.received) > 3)
    call.session.digit_seen(CALLER, "5")
    await talking
    await until(lambda: pressed_at(call.callee) == "5")
    assert call.listener.digits == "45"


async def test_the_last_packets_of_a_press_at_the_prompt_are_not_for_the_callee(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    began = asyncio.get_running_loop().time()
    call.caller.press("1", only=range(5))
    await until(lambda: call.listener.digits == "1")
    call.session.bridge()  # the callee has answered in no time
    await call.callee.talk(1, to=call.caller)
    call.caller.sequence -= 2
    call.caller.timestamp -= 160 * 7
    press = call.caller.timestamp
    for _ in range(2):
        end = TelephoneEvent(1, True, 10, 800).encode()
        call.caller.send_bytes(RtpPacket(101, call.caller.sequence, press, call.caller.ssrc, end).encode())
        call.caller.sequence += 1
    if asyncio.get_running_loop().time() - began > 0.25:
        pytest.skip("this machine was too slow for a press")
    call.caller.timestamp += 160 * 7
    await asyncio.gather(call.caller.talk(30), call.callee.talk(30))
    await settle(call)
    await until(lambda: pressed_at(call.callee).endswith("D"))
    assert pressed_at(call.callee) == "D"
    assert call.listener.digits == "1D"


@pytest.mark.parametrize("order", ["INFO first", "INFO last"])
async def test_press_by_event_and_info_is_heard_once(any_media: AnyMedia, open_any: OpenAny, order: str) -> None:
    call = await connected(await open_any())
    call.caller.press("1")  # as at the prompt
    await until(lambda: call.listener.digits == "1")
    call.session.bridge()
    talking = asyncio.gather(call.caller.talk(60), call.callee.talk(60))
    await until(lambda: len(call.callee.received) > 20)  # the first press is over, through rtpengine after 300 ms
    if order == "INFO first":
        call.session.digit_seen(CALLER, "5")
        if not isinstance(any_media, EmbeddedMedia):  # which would take it for two presses if this takes long
            before = len(call.callee.received)
            await until(lambda: len(call.callee.received) > before + 15)
    call.caller.press("5")
    if order == "INFO last":
        call.session.digit_seen(CALLER, "5")
    await talking
    await settle(call)
    assert call.listener.digits == "15D"
    await until(lambda: pressed_at(call.callee).endswith("D"))
    assert pressed_at(call.callee) == "5D"


async def test_keypad_tone_counts_where_no_telephone_event_was_negotiated(open_any: OpenAny) -> None:
    call = await open_any(caller={"telephone_event": None})
    call.session.connect(CALLER, call.caller.destination())
    call.session.play(CALLER, ["press_1"], "en")
    await call.caller.talk(2)
    sound = g711.encode(tones.dtmf("1", 0.1) + tones.silence(0.1), "PCMU")
    for start in range(0, len(sound), 160):
        call.caller.send(sound[start : start + 160])
    await until(lambda: call.listener.digits == "1")


@pytest.mark.embedded_only("rtpengine does not renumber telephone-event; see the next")
async def test_digits_cross_the_bridge_under_the_other_payload_type(open_any: OpenAny) -> None:
    call = await connected(await open_any(callee={"telephone_event": 96}))
    call.session.bridge()
    await call.caller.talk(2, to=call.callee)
    call.caller.press("9")
    await call.caller.talk(2)
    await until(lambda: len(call.callee.received) == 2 + 7 + 2)
    events = [packet for packet in call.callee.packets if packet.payload_type == 96]
    assert len(events) == 7
    assert events[0].marker
    assert {TelephoneEvent.parse(packet.payload).code for packet in events} == {9}
    assert len({packet.timestamp for packet in events}) == 1
    assert call.callee.unbroken()


async def test_digits_cross_the_bridge_where_the_numbers_of_telephone_event_differ(open_any: OpenAny) -> None:
    call = await connected(await open_any(caller={"telephone_event": 96}))
    call.session.bridge()
    await call.caller.talk(2, to=call.callee)
    call.caller.press("9")
    await asyncio.gather(call.caller.talk(25), call.callee.talk(25))
    assert call.listener.digits == "9"
    events, detector = EventReader(), DtmfDetector()
    heard = ""
    for packet in call.callee.packets:
        if packet.payload_type == 101:
            heard += events.receive(packet.timestamp, TelephoneEvent.parse(packet.payload)) or ""
        elif packet.payload_type == 0:
            heard += "".join(detector.receive(g711.decode(packet.payload, "PCMU")))
    assert heard == "9"
    call.callee.press("7")
    await asyncio.gather(call.caller.talk(5), call.callee.talk(5))
    await until(lambda: call.listener.digits == "97")


async def test_digit_sent_into_a_bridge_has_start_continuation_and_three_ends(
    any_media: AnyMedia, open_any: OpenAny
) -> None:
    call = await connected(await open_any())
    call.session.bridge()
    talking = asyncio.gather(call.caller.talk(30), call.callee.talk(30))
    await until(lambda: len(call.callee.received) > 3)
    call.session.send_digit(CALLEE, "4")
    call.session.send_digit(CALLEE, "4")
    await talking
    events = [packet for packet in call.callee.packets if packet.payload_type == 101]
    read = [TelephoneEvent.parse(packet.payload) for packet in events]
    if isinstance(any_media, EmbeddedMedia):  # rtpengine takes one step longer
        assert [event.duration for event in read] == [160, 320, 480, 640, 800, 800, 800] * 2
        assert [packet.marker for packet in events] == [True, *[False] * 6] * 2
    ends = "".join("e" if event.end else "c" for event in read)
    assert re.fullmatch(r"(c{4,5}eee){2}", ends)
    assert sum(packet.marker for packet in events) == 2
    reader = EventReader()
    pairs = zip(events, read, strict=True)
    assert [digit for packet, event in pairs if (digit := reader.receive(packet.timestamp, event))] == ["4", "4"]
    assert call.callee.unbroken() or not isinstance(any_media, EmbeddedMedia)  # its translator has its own stream
    assert call.callee.hears(600)


async def test_digit_reaches_a_party_without_telephone_event_as_a_tone(open_any: OpenAny) -> None:
    call = await connected(await open_any(callee={"telephone_event": None}))
    call.session.bridge()
    await call.caller.talk(2, to=call.callee)
    call.caller.press("8")
    await call.caller.talk(15)

    def heard() -> list[str]:
        detector = DtmfDetector()
        packets = call.callee.packets
        return [digit for each in packets for digit in detector.receive(g711.decode(each.payload, "PCMU"))]

    await until(lambda: heard() == ["8"])


async def test_prompt_goes_on_after_a_digit_sent_into_it(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    call.session.play(CALLER, ["wrong_key"], "en")
    await until(lambda: len(call.caller.received) > 3)
    call.session.send_digit(CALLER, "1", 40)
    await until(lambda: ("played", CALLER) in call.listener.heard)
    await until(lambda: len([packet for packet in call.caller.packets if packet.payload_type == 0]) == 63)
    assert call.caller.unbroken()


async def test_strangers_digits_do_not_count(open_any: OpenAny) -> None:
    call = await connected(await open_any())
    stranger = RtpPeer(ssrc=0xBAD)
    stranger.remote = call.caller.remote
    stranger.press("1")
    await settle(call)
    assert call.listener.digits == "D"
    stranger.close()
