"""Digits for after the answer: the callee's phone gets them once the two are joined, and only it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from .harness import CONNECTED, ENDED, World
from .rtp_phone import RtpPacket, RtpPhone
from .steps import answers, recv, recv_invite, refuses, reply, reply_last, sdp
from .tones import share
from .waiting import eventually

EVENT = 101
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYPAD = ("123A", "456B", "789C", "*0#D")


def pressed(phone: RtpPhone) -> str:
    """The telephone-events so far, one character for each RTP timestamp that has ended."""
    ends = {p.timestamp: p.payload[0] for p in list(phone.packets) if p.payload_type == EVENT and p.payload[1] & 0x80}
    return "".join("0123456789*#ABCD"[event] for event in ends.values())


def first_of_each_press(phone: RtpPhone) -> list[RtpPacket]:
    return [packet for packet in list(phone.packets) if packet.payload_type == EVENT and packet.marker]


def tones(samples: list[int]) -> str:
    """The keypad tones in a recording, each once."""
    found: list[str] = []
    for start in range(0, len(samples) - 319, 320):
        block = samples[start : start + 320]
        low = [row for row, hz in enumerate(LOW) if share(block, hz) > 0.3]
        high = [column for column, hz in enumerate(HIGH) if share(block, hz) > 0.3]
        found.append(KEYPAD[low[0]][high[0]] if low and high else "")
    return "".join(key for key, before in zip(found, ["", *found], strict=False) if key != before)


@pytest.mark.sipp
def test_the_callee_gets_the_digits_after_the_answer(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    call = world.place(caller, callee, postDial="12,#A*0")
    call.until(CONNECTED)
    caller.hum(600)
    callee.hum(1000)
    eventually(lambda: pressed(callee.rtp) == "12#A*0", f"the digits, got {pressed(callee.rtp)}")
    starts = first_of_each_press(callee.rtp)
    gaps = [((two.timestamp - one.timestamp) & 0xFFFFFFFF) / 8000 for one, two in pairwise(starts)]
    assert max(gaps) == gaps[1] > 1.0  # the comma
    assert not [packet for packet in caller.rtp.packets if packet.payload_type == EVENT]
    # They go on hearing each other.
    eventually(lambda: share(callee.rtp.heard(since=starts[-1].at + 0.2)[-2400:], 600) > 0.9, "the caller's hum")
    eventually(lambda: share(caller.rtp.heard()[-2400:], 1000) > 0.9, "the callee's hum")
    call.cancel()
    call.until(ENDED)


@pytest.mark.sipp
def test_a_callee_without_telephone_event_hears_tones(world: World) -> None:
    plain = [recv_invite(), reply(200, body=sdp(formats=(0,)), retransmit=True), recv("ACK"), recv("BYE"), reply_last()]
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(plain)
    call = world.place(caller, callee, postDial="15#")
    call.until(CONNECTED)
    eventually(lambda: tones(callee.rtp.heard()) == "15#", f"the tones, heard {tones(callee.rtp.heard())}")
    call.cancel()
    call.until(ENDED)


@pytest.mark.sipp
def test_an_extension_of_another_company_is_dialled_there(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    answer = world.api.post(caller.number, f"{callee.number}*304", postDial="90817263544#")
    assert answer.code == 200, answer
    eventually(lambda: pressed(callee.rtp) == "30490817263544#", f"the digits, got {pressed(callee.rtp)}")
    assert world.api.request("DELETE", f"/restapi/v1.0/account/~/extension/~/ringout/{answer.body['id']}").code == 204
    callee.finish()
    assert "90817263544" not in world.log()  # such digits are often a PIN


@pytest.mark.sipp
def test_nobody_gets_digits_when_the_callee_refuses(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(refuses(486))
    call = world.place(caller, callee, postDial="12")
    call.until(("Success", "Busy", "CannotReach"))
    callee.finish()
    caller.finish()
    assert not pressed(callee.rtp)
    assert not pressed(caller.rtp)


@pytest.mark.baresip
def test_baresip_tells_its_user_the_digits(world: World) -> None:
    caller = world.baresip("caller", 600).answers()
    callee = world.baresip("callee", 1000).answers()
    call = world.place(caller, callee, postDial="4711#")
    call.until(CONNECTED)
    eventually(lambda: callee.digits() == "4711#", f"the digits at the callee, told {callee.report()}")
    assert caller.digits() == ""
    assert call.cancel() == 204
    call.until(ENDED)
