"""Hold and resume from either phone, in every way that phones do it, and what the other phone hears meanwhile."""

from __future__ import annotations

import time

import pytest

from .harness import CONNECTED, ENDED, World
from .raw_phone import RawPhone
from .sipp import WireMessage
from .steps import sdp
from .test_in_dialog import direction
from .tones import share
from .waiting import eventually

CALLER_HZ, CALLEE_HZ = 600, 1100


def hears(phone: RawPhone, hz: float) -> None:
    since = time.monotonic()
    eventually(
        lambda: len(heard := phone.rtp.heard(since)) >= 1600 and share(heard[-1600:], hz) > 0.9,
        f"{phone.name}: {hz} Hz",
    )


def old_hold() -> str:
    """As RFC 2543 had it, and phones still have (RFC 3264 section 8.4)."""
    return sdp(version=2).replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")


# What the phone offers -> the direction of our answer, and whether the other one hears the music on hold.
WAYS = {
    "sendonly": (sdp("sendonly", 2), ("recvonly",), True),
    "inactive": (sdp("inactive", 2), ("inactive",), False),
    "old": (old_hold(), ("sendrecv", "recvonly", "inactive"), None),
}


class Talk:
    """Two phones that hear each other."""

    def __init__(self, world: World) -> None:
        self.caller, self.callee = world.raw("caller"), world.raw("callee")
        self.call = world.place(self.caller, self.callee)
        self.invites: dict[str, WireMessage] = {}
        for phone in (self.caller, self.callee):
            self.invites[phone.name] = phone.ring()
            phone.answer(self.invites[phone.name])
        self.call.until(CONNECTED)
        self.caller.hum(CALLER_HZ)
        self.callee.hum(CALLEE_HZ)
        self.both_hear()
        self._cseq = {"caller": 0, "callee": 0}

    def both_hear(self) -> None:
        hears(self.callee, CALLER_HZ)
        hears(self.caller, CALLEE_HZ)

    def offers(self, phone: RawPhone, body: str, method: str = "INVITE") -> str:
        """An offer within the call; our answer."""
        self._cseq[phone.name] += 1
        number, invite = self._cseq[phone.name], self.invites[phone.name]
        phone.ask(invite, method, number, body=body)
        answer = phone.expect(f"200 {method}")
        if method == "INVITE":
            phone.ask(invite, "ACK", number, branch=f"ack-{number}")
        return answer.body

    def end(self) -> None:
        assert self.call.look() == CONNECTED
        assert self.call.cancel() == 204
        for phone in (self.caller, self.callee):
            phone.take_bye()
        self.call.until(ENDED)


def is_silent(phone: RawPhone) -> None:
    """Nothing more is sent to it: for as long as fifteen packets take none comes."""
    eventually(lambda: time.monotonic() - phone.rtp.packets[-1].at > 0.3, f"silence at {phone.name}")


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["caller", "callee"])
def test_hold_and_resume(world: World, who: str, way: str, method: str) -> None:
    talk = Talk(world)
    holder, held = (talk.caller, talk.callee) if who == "caller" else (talk.callee, talk.caller)
    hz = CALLER_HZ if who == "caller" else CALLEE_HZ
    body, directions, music = WAYS[way]
    assert direction(talk.offers(holder, body, method)) in directions
    is_silent(holder)
    if music:
        hears(held, hz)
    assert direction(talk.offers(holder, sdp("sendrecv", 3), method)) == "sendrecv"
    talk.both_hear()
    talk.end()


def test_both_phones_hold_each_other_and_come_back_one_after_the_other(world: World) -> None:
    talk = Talk(world)
    talk.offers(talk.caller, sdp("sendonly", 2))
    talk.offers(talk.callee, sdp("sendonly", 2))
    is_silent(talk.caller)
    is_silent(talk.callee)
    talk.offers(talk.caller, sdp(version=3))
    hears(talk.caller, CALLEE_HZ)
    is_silent(talk.callee)
    talk.offers(talk.callee, sdp(version=3))
    talk.both_hear()
    talk.end()


def test_a_hold_without_sdp_is_resumed_by_the_answer_in_the_ack(world: World) -> None:
    """A re-INVITE without SDP gets our offer of both ways, also while the phone is on hold (RFC 3261 section 14.2)."""
    talk = Talk(world)
    talk.offers(talk.callee, sdp("inactive", 2))
    invite = talk.invites["callee"]
    talk.callee.ask(invite, "INVITE", 2)
    assert direction(talk.callee.expect("200 INVITE").body) == "sendrecv"
    talk.callee.ask(invite, "ACK", 2, body=sdp(version=3), branch="ack-2")
    talk.both_hear()
    talk.end()


def test_the_callee_changes_its_early_description_by_update_before_it_answers(world: World) -> None:
    """RFC 3311 section 5.2: the ringing phone moves its early media; its answer has no SDP of its own any more."""
    caller, callee = world.raw("caller"), world.raw("callee")
    call = world.place(caller, callee)
    invite = caller.ring()
    caller.answer(invite)
    caller.hum(CALLER_HZ)
    asked = callee.expect("INVITE")
    callee.reply(asked, 183, body=sdp())
    other = world.raw("other").rtp
    callee.ask(asked, "UPDATE", 1, body=sdp(version=2).replace("[$rtp_port]", str(other.port)))
    assert "m=audio" in callee.expect("200 UPDATE").body
    callee.reply(asked, 200, body=sdp(version=2).replace("[$rtp_port]", str(other.port)))
    callee.expect("ACK")
    call.until(CONNECTED)
    eventually(lambda: share(other.heard()[-1600:], CALLER_HZ) > 0.9, "the caller's tone at the new address")
    assert not callee.rtp.packets
    assert call.cancel() == 204
    for phone in (caller, callee):
        phone.take_bye()
    call.until(ENDED)
