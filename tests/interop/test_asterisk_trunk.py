"""Asterisk as the trunk: both phones stand behind it, RingOut reaches them as a carrier's customer does."""

from __future__ import annotations

import re

import pytest

from e2e.harness import CALLER_UP, CONNECTED, ENDED, PLACED
from e2e.sipp import rtp_address
from e2e.steps import answers, refuses, rings_until_cancelled, sdp
from e2e.tones import share
from e2e.waiting import eventually

from .asterisk import MUSIC_HZ, Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind, pbx


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_both_phones_behind_asterisk_hear_each_other(lab: Lab, transport: str) -> None:
    asterisk = pbx(lab, transport)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway(transport)]})
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    callee.hang_up()
    call.until(ENDED)
    asterisk.idle()
    assert asterisk.complaints() == []


@pytest.mark.parametrize("mode", ["rfc4733", "info", "inband"])
def test_the_digit_1_comes_through_asterisk(lab: Lab, mode: str) -> None:
    """The phone presses by telephone-event; Asterisk hands it to RingOut as its endpoint is told to."""
    asterisk = pbx(lab, dtmf_mode=mode)
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.sipp(CALLEE).does(answers())
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place(prompt=True)
    caller.hum(LOW_HZ)
    caller.rtp.await_packets(60)
    assert callee.never_rang
    caller.rtp.press("1")
    call.until(CONNECTED)
    callee.hum(HIGH_HZ)
    hears(caller.rtp, HIGH_HZ, LOW_HZ)
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    assert call.cancel() == 204
    caller.finish()
    callee.finish()
    asterisk.idle()


@pytest.mark.parametrize(
    ("dialplan", "code", "cause", "status"),
    [
        ("Busy()", 486, None, "Busy"),
        ("Hangup(17)", 486, 17, "Busy"),
        ("Congestion()", 503, None, "GenericError"),
        ("Hangup(1)", 404, 1, "NoSuchUser"),
        ("Hangup(21)", 403, 21, "Rejected"),
        ("Hangup(27)", 502, 27, "GenericError"),
        ("Hangup(28)", 484, 28, "NoSuchUser"),
    ],
)
def test_how_asterisk_ends_it_is_told(lab: Lab, dialplan: str, code: int, cause: int | None, status: str) -> None:
    """The callee's leg tells the Q.850 cause and the SIP code that Asterisk made of it. None: it says 0 at times."""
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    behind(asterisk, caller)
    asterisk.dialplan(f"exten => {CALLEE},1,{dialplan}")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    eventually(lambda: call.look()[2] != "InProgress", "the callee's leg to fail")
    leg = call.leg("callee")
    assert (leg["sipCode"], call.statuses[1]) == (code, status), call.last
    assert cause is None or leg["cause"] == cause, call.last
    caller.finish()
    asterisk.idle()


def test_a_number_that_asterisk_does_not_know(lab: Lab) -> None:
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    behind(asterisk, caller)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    call.until(("Success", "NoSuchUser", "CannotReach"))
    assert call.leg("callee")["sipCode"] == 404
    caller.finish()


@pytest.mark.parametrize(("code", "status"), [(486, "Busy"), (603, "Rejected"), (480, "NoAnswer")])
def test_a_phone_behind_asterisk_refuses(lab: Lab, code: int, status: str) -> None:
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.sipp(CALLEE).does(refuses(code, ringing=True))
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    eventually(lambda: call.look()[2] == "CannotReach", "the callee's leg to fail")
    caller.finish()
    callee.finish()
    assert call.statuses[0] == "Success", call.last


def test_the_caller_hangs_up_while_the_callee_rings(lab: Lab) -> None:
    """BYE from Asterisk on one leg becomes CANCEL to it on the other."""
    asterisk = pbx(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.sipp(CALLEE).does(rings_until_cancelled())
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    callee.await_sent("180 INVITE")
    caller.hang_up()
    callee.finish()
    eventually(lambda: call.look()[2] != "InProgress", "the call to end")
    asterisk.idle()


def test_early_sound_from_asterisk_reaches_the_caller(lab: Lab) -> None:
    """183 with RTP: the caller hears the network's announcement instead of our ringback, and the refusal after it."""
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    behind(asterisk, caller)
    asterisk.dialplan(
        f"exten => {CALLEE},1,Progress()",
        " same => n,Playtones(1700)",
        " same => n,Wait(3)",
        " same => n,Hangup(34)",
    )
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    caller.hum(LOW_HZ)
    heard = caller.rtp.heard

    def announced() -> bool:
        """Half a second of it at any time: it ends by itself."""
        samples = heard()
        return any(share(samples[at : at + 4000], 1700) > 0.9 for at in range(0, len(samples) - 3999, 800))

    eventually(announced, "Asterisk's tone at the caller")
    eventually(lambda: call.look()[2] == "CannotReach", "the callee's leg to fail")
    call.lived(PLACED, CALLER_UP, call.statuses)
    assert call.leg("callee")["sipCode"] == 503
    caller.finish()


def test_a_phone_behind_asterisk_holds_and_resumes(lab: Lab) -> None:
    """Asterisk passes the hold on as a re-INVITE; while it lasts the other phone's voice goes nowhere."""
    asterisk = pbx(lab, moh_passthrough="yes")
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.raw(CALLEE)
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    callee.answer(invite := callee.ring())
    call.until(CONNECTED)
    caller.hum(LOW_HZ)
    callee.hum(HIGH_HZ)
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    callee.ask(invite, "INVITE", 1, body=sdp("sendonly", version=2))
    assert "recvonly" in callee.expect("200 INVITE").body
    callee.ask(invite, "ACK", 1)
    held = eventually(lambda: re_invites(asterisk, "sendonly"), "Asterisk's re-INVITE with the hold")
    assert len(held) == 1
    callee.ask(invite, "INVITE", 2, body=sdp("sendrecv", version=3))
    callee.expect("200 INVITE")
    callee.ask(invite, "ACK", 2)
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    hears(caller.rtp, HIGH_HZ, LOW_HZ)
    assert call.look() == CONNECTED
    call.cancel()
    callee.take_bye()
    caller.finish()
    asterisk.idle()


def re_invites(asterisk: Asterisk, direction: str) -> list[str]:
    """INVITEs within a dialog that Asterisk received or sent towards RingOut with that direction."""
    found = asterisk.messages("INVITE", sent=True)
    return [one for one in found if re.search(r"(?m)^To:.*;tag=", one) and f"a={direction}" in one]


def test_asterisk_plays_its_music_on_hold(lab: Lab) -> None:
    """Without the hold passed on: the caller hears Asterisk's music through RingOut, then the callee again."""
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.raw(CALLEE)
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    callee.answer(invite := callee.ring())
    call.until(CONNECTED)
    caller.hum(LOW_HZ)
    callee.hum(HIGH_HZ)
    hears(caller.rtp, HIGH_HZ, LOW_HZ)
    callee.ask(invite, "INVITE", 1, body=sdp("sendonly", version=2))
    callee.expect("200 INVITE")
    callee.ask(invite, "ACK", 1)
    hears(caller.rtp, MUSIC_HZ, HIGH_HZ)
    callee.ask(invite, "INVITE", 2, body=sdp("sendrecv", version=3))
    callee.expect("200 INVITE")
    callee.ask(invite, "ACK", 2)
    hears(caller.rtp, HIGH_HZ, MUSIC_HZ)
    assert call.look() == CONNECTED
    call.cancel()
    callee.take_bye()
    caller.finish()


def test_asterisk_takes_itself_out_of_the_media(lab: Lab) -> None:
    """direct_media: after the answer re-INVITEs move both legs' RTP to the phones themselves, and both still hear."""
    asterisk = pbx(lab, direct_media="yes")
    caller, callee = lab.raw(CALLER), lab.raw(CALLEE)
    behind(asterisk, caller, callee, direct_media="yes")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    caller.answer(caller.ring())
    callee.answer(callee.ring())
    call.until(CONNECTED)
    for phone, hz in ((caller, LOW_HZ), (callee, HIGH_HZ)):
        again = phone.expect("INVITE")
        phone.reply(again, 200, body=sdp(version=2))
        phone.expect("ACK")
        host, port = rtp_address(again.body)
        assert lab.has_rtp_port(port), "the phone should send to RingOut itself"
        phone.rtp.remote = host, port
        phone.rtp.hum(hz)
    hears(caller.rtp, HIGH_HZ, LOW_HZ)
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    assert all(lab.has_rtp_port(packet.source[1]) for packet in callee.rtp.packets[-50:])
    call.cancel()
    for phone in (caller, callee):
        # Asterisk fetches the media back before it hangs up.
        phone.reply(phone.expect("INVITE"), 200, body=sdp(version=3))
        phone.expect("ACK")
        phone.take_bye()
    call.until(ENDED)
