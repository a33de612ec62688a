"""Encrypted and wideband audio with a foreign phone, and what the result says of how it was."""

from __future__ import annotations

import re
import socket
import struct
import time
from typing import Any

import pytest

from . import opus
from .api import PlacedCall
from .baresip import BaresipPhone
from .harness import CONNECTED, ENDED, World
from .sipp import rtp_address
from .steps import answers, sdp
from .tones import RATE_HZ, from_now_on, parts_with, share
from .waiting import eventually

WIDE = ("PCMU", "PCMA", "G722/16000/1", "opus/48000/2")


def hears(phone: BaresipPhone, hz: float) -> None:
    """One second of the phone's own recording from now on, at whatever rate it is."""
    new = from_now_on(lambda: phone.heard()[1])

    def there() -> bool:
        rate = phone.heard()[0]
        last = new()[-rate:][:: rate // RATE_HZ]
        return len(last) == RATE_HZ and parts_with(last, hz) >= 0.7

    eventually(there, f"{hz} Hz in the recording of {phone.name}")


def quality(call: PlacedCall, party: str) -> dict[str, Any]:
    """Of a call that is over; it is told a moment after the end."""
    found: dict[str, Any] = eventually(
        lambda: call.get().body["status"][party].get("quality"), f"the quality of the {party}"
    )
    return found


@pytest.mark.baresip
@pytest.mark.parametrize(
    ("caller", "callee"),
    [
        (("srtp", "srtp-mand"), ("srtp", "srtp-mand")),
        (("srtp", "srtp-mand"), ("rtp", "")),
        (("srtp-optional", "srtp"), ("srtp-optional", "")),
    ],
    ids=["both encrypted", "one encrypted", "one of two that may be"],
)
def test_encrypted_phones(world: World, caller: tuple[str, str], callee: tuple[str, str]) -> None:
    """baresip with srtp-mand takes no plain call."""
    one = world.baresip("caller", 600, encryption=caller[1], media=caller[0]).answers()
    other = world.baresip("callee", 1000, encryption=callee[1], media=callee[0]).answers()
    call = world.place(one, other)
    call.until(CONNECTED)
    hears(one, 1000)
    hears(other, 600)
    one.hang_up()
    call.until(ENDED)
    assert quality(call, "caller")["encrypted"] is True
    assert quality(call, "callee")["encrypted"] is bool(callee[1])


@pytest.mark.baresip
@pytest.mark.parametrize("encryption", ["srtp-mand", ""])
@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_foreign_phone_holds_and_resumes(world: World, who: str, encryption: str) -> None:
    """Where it is encrypted the keys stay, so the packets' index must go on: a phone would drop them else. Of the one
    that holds only the bit rates tell what it is sent: its recording ends with its first hold."""
    media = "srtp" if encryption else "rtp"
    caller = world.baresip("caller", 600, encryption=encryption, media=media).answers()
    callee = world.baresip("callee", 1000, encryption=encryption, media=media).answers()
    call = world.place(caller, callee)
    call.until(CONNECTED)
    hears(callee, 600)
    hears(caller, 1000)
    holder, held = (caller, callee) if who == "caller" else (callee, caller)
    holder.command("hold")
    eventually(lambda: is_silent(held), "silence at the held phone")
    eventually(lambda: rates(holder) == (0, 0), "silence at the phone that holds")
    holder.command("resume")
    hears(held, 600 if who == "caller" else 1000)
    eventually(lambda: min(rates(holder)) > 60000, "audio both ways at the phone that held")
    callee.hang_up()
    call.until(ENDED)
    assert quality(call, who)["lossPercent"] < 5


def is_silent(phone: BaresipPhone) -> bool:
    """Nothing has been added to its recording for half a second."""
    before = len(phone.heard()[1])
    time.sleep(0.5)
    return len(phone.heard()[1]) == before


@pytest.mark.baresip
@pytest.mark.parametrize(
    ("codecs", "spoken"),
    [(("opus", "G722"), "opus"), (("G722",), "G722")],
)
def test_wideband_between_two_phones_that_have_it(world: World, codecs: tuple[str, ...], spoken: str) -> None:
    caller = world.baresip("caller", 600, WIDE).answers()
    callee = world.baresip("callee", 1000, WIDE).answers()
    world.serve(media={"codecs": ["PCMU", "PCMA", *codecs]})
    call = world.place(caller, callee)
    call.until(CONNECTED)
    # Not by ear: baresip's recording does not survive a change of the codec's rate.
    for phone in (caller, callee):
        await_wideband(phone, spoken)
    callee.hang_up()
    call.until(ENDED)
    for party in ("caller", "callee"):
        told = quality(call, party)
        assert told["codec"] == spoken
        assert told["packetsReceived"] > 25
        assert told["lossPercent"] < 5


def rates(phone: BaresipPhone) -> tuple[int, int]:
    """Bits of audio per second as the phone shows them now: what it sends, what it receives."""
    sent, received = re.findall(r"audio=(\d+)/(\d+)", phone.screen())[-1]
    return int(sent), int(received)


def await_wideband(phone: BaresipPhone, codec: str) -> None:
    """Half a second of RTP each way after the phone has gone over to that codec in both directions."""

    def packets() -> tuple[int, int] | None:
        """Sent and received, once the codec is spoken."""
        shown = phone.command("audio_debug")
        if re.findall(r"(?:encode|decode): (\w+)", shown) != [codec, codec]:
            return None
        sent = re.search(r"TX: packets=(\d+)", shown)
        received = re.findall(r"rcvd=(\d+)", shown)  # of each SSRC: one of another clock rate may have spoken before
        return (int(sent[1]), sum(map(int, received))) if sent else None

    before = eventually(packets, f"{codec} both ways at {phone.name}")
    eventually(
        lambda: (now := packets()) and min(now[0] - before[0], now[1] - before[1]) > 25,
        f"half a second of {codec} both ways at {phone.name}",
    )


@pytest.mark.baresip
@pytest.mark.parametrize("ears", ["caller", "callee"])
def test_opus_of_a_foreign_phone_is_heard(world: World, ears: str) -> None:
    """By ear: what baresip has encoded comes out of libopus at the other phone as the tone that it was."""
    if ears == "caller":
        raw, baresip = world.raw("caller"), world.baresip("callee", 1000, WIDE).answers()
    else:
        baresip, raw = world.baresip("caller", 1000, WIDE).answers(), world.raw("callee")
    world.serve(media={"codecs": ["PCMU", "opus"]})
    call = world.place(raw, baresip) if ears == "caller" else world.place(baresip, raw)
    raw.answer(raw.ring())
    call.until(CONNECTED)
    again = raw.expect("INVITE")
    found = re.search(r"(?m)^a=rtpmap:(\d+) opus/48000/2$", again.body)
    assert found
    body = sdp(version=2).replace("RTP/AVP 0", f"RTP/AVP {found[1]}").replace("0 PCMU/8000", f"{found[1]} opus/48000/2")
    raw.reply(again, 200, body=body)
    raw.expect("ACK")
    raw.rtp.remote = rtp_address(again.body)

    def heard() -> bool:
        spoken = [packet.payload for packet in list(raw.rtp.packets) if packet.payload_type == int(found[1])]
        return len(spoken) > 75 and parts_with(opus.decode(spoken)[-RATE_HZ:], 1000) >= 0.9

    eventually(heard, "1000 Hz in Opus")
    assert call.cancel() == 204
    raw.take_bye()
    call.until(ENDED)


@pytest.mark.baresip
def test_phone_without_the_wideband_codec_is_talked_to_as_ever(world: World) -> None:
    caller = world.baresip("caller", 600, WIDE).answers()
    callee = world.baresip("callee", 1000).answers()
    world.serve(media={"codecs": ["PCMU", "PCMA", "G722"]})
    call = world.place(caller, callee)
    call.until(CONNECTED)
    hears(callee, 600)
    caller.hang_up()
    call.until(ENDED)
    assert [quality(call, party)["codec"] for party in ("caller", "callee")] == ["PCMU", "PCMU"]


@pytest.mark.sipp
def test_loss_on_one_leg_is_told_of_that_leg(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    call = world.place(caller, callee)
    call.until(CONNECTED)
    callee.hum(1000)
    caller.rtp.lose_every(4)
    caller.hum(600)
    callee.rtp.await_packets(150)
    assert share(callee.rtp.heard()[-4000:], 600) > 0.5
    assert call.cancel() == 204
    call.until(ENDED)
    assert 15 < quality(call, "caller")["lossPercent"] < 35
    assert quality(call, "callee")["lossPercent"] < 5
    assert quality(call, "caller")["mos"] < 3 < quality(call, "callee")["mos"]


@pytest.mark.sipp
def test_phone_behind_a_nat_is_talked_to_and_a_quicker_stranger_is_not(world: World) -> None:
    """Its SDP names an address of its own network; its SIP and RTP come from the NAT's, 127.0.0.1 here."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    ours = rtp_address(invite.body)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.66", 0))
        stranger.setblocking(False)
        body = sdp().replace("c=IN IP4 127.0.0.1", "c=IN IP4 10.7.7.7")
        assert "10.7.7.7" in body
        callee.reply(invite, 200, body=body)
        callee.expect("ACK")

        def intrude(sequences: range) -> None:
            for sequence in sequences:
                header = struct.pack("!BBHII", 0x80, 0, sequence, 160 * sequence, 0xBAD)
                stranger.sendto(header + b"\x10" * 160, ours)

        intrude(range(20))
        callee.hum(1000)
        caller.hum(600)
        call.until(CONNECTED)
        eventually(lambda: share(callee.rtp.heard()[-4000:], 600) > 0.9, "600 Hz behind the NAT")
        eventually(lambda: share(caller.rtp.heard()[-4000:], 1000) > 0.9, "1000 Hz at the caller")
        intrude(range(20, 25))  # those of before are not counted if the media worker did not know the answer yet
        with pytest.raises(BlockingIOError):
            stranger.recv(2048)
    assert call.cancel() == 204
    callee.take_bye()
    call.until(ENDED)
    eventually(lambda: "RTP packets of strangers were dropped" in world.log(), "word of the stranger in the log")
