"""Several phones of the user behind an Asterisk: what the losers are told passes through it to their screens."""

from __future__ import annotations

from e2e.harness import CONNECTED, ENDED
from e2e.server import EXTENSION, PASSWORD
from e2e.steps import answers, rings_until_cancelled
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind, pbx

OTHER = "+16505552003"
ELSEWHERE = 'Reason: SIP;cause=200;text="Call completed elsewhere"'


def extension(*numbers: str) -> dict[str, object]:
    return {
        "extension": EXTENSION,
        "password": PASSWORD,
        "forwarding_numbers": list(numbers),
        "ring": "at-once",
        "ring_count": 6,
    }


def test_the_phone_that_rings_too_is_cancelled(lab: Lab) -> None:
    """Our CANCEL says why (RFC 3326); Asterisk 16 cancels its phone as well, and does not pass the reason on."""
    asterisk = pbx(lab)
    loser = lab.sipp(OTHER).does(rings_until_cancelled())
    winner = lab.raw(CALLER)
    callee = lab.sipp(CALLEE).does(answers())
    behind(asterisk, loser, winner, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]}, account={"extensions": [extension(OTHER, CALLER)]})
    call = lab.place(EXTENSION)
    loser.await_sent("180 INVITE")
    winner.answer(winner.ring())
    call.until(CONNECTED)
    loser.finish()
    (cancel,) = asterisk.await_messages(1, "CANCEL", sent=False)
    assert ELSEWHERE in cancel
    winner.hum(LOW_HZ)
    callee.hum(HIGH_HZ)
    hears(winner.rtp, HIGH_HZ, LOW_HZ)
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    call.cancel()
    winner.take_bye()
    callee.finish()
    call.until(ENDED)
    asterisk.idle()


def test_a_voicemail_of_asterisk_does_not_win(lab: Lab) -> None:
    """It answers at once and talks; the phone that presses 1 is joined, and Asterisk is told why the other is not."""
    asterisk = pbx(lab)
    mobile = lab.sipp(CALLER).does(answers())
    callee = lab.sipp(CALLEE).does(answers())
    behind(asterisk, mobile, callee)
    asterisk.dialplan(f"exten => {OTHER},1,Answer()", " same => n,Playtones(1700)", " same => n,Wait(60)")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]}, account={"extensions": [extension(OTHER, CALLER)]})
    call = lab.place(EXTENSION, prompt=True)
    eventually(lambda: f"[{OTHER}@all:3]" in asterisk.log(), "the announcement to play")
    mobile.hum(LOW_HZ)
    mobile.rtp.await_packets(60)
    assert callee.never_rang
    mobile.rtp.press("1")
    call.until(CONNECTED)
    callee.hum(HIGH_HZ)
    hears(mobile.rtp, HIGH_HZ, LOW_HZ)
    (bye,) = asterisk.await_messages(1, "BYE", sent=False)
    assert ELSEWHERE in bye
    call.cancel()
    mobile.finish()
    callee.finish()
    call.until(ENDED)
    asterisk.idle()
