"""Several phones of the user ring while rtpengine carries the audio: each has a call there, until one wins."""

from __future__ import annotations

import pytest

from contract.rtpengine_process import RtpengineProcess

from .harness import CONNECTED, ENDED, World
from .steps import answers
from .test_audio import hears
from .test_hunt import ELSEWHERE, place, ring
from .test_rtpengine import media, rtpengine

__all__ = ["rtpengine"]  # the fixture

pytestmark = pytest.mark.sipp


def test_the_phone_at_which_1_is_pressed_and_the_callee_hear_each_other(
    world: World,
    rtpengine: RtpengineProcess,
) -> None:
    voicemail = world.sipp("voicemail").does(answers(ringing=False))
    mobile = world.sipp("mobile").does(answers())
    callee = world.sipp("callee").does(answers())
    long = {"prompt_attempts": 10, "prompt_wait_seconds": 5}
    ring(world, "at-once", voicemail, mobile, media=media(rtpengine), call=long)
    call = place(world, callee, prompt=True)
    for phone, hz in ((voicemail, 500), (mobile, 600)):
        phone.hum(hz)
        phone.rtp.await_packets(60)  # the prompt
    assert callee.never_rang
    mobile.rtp.press("1")
    call.until(CONNECTED)
    assert voicemail.await_received("BYE").header("Reason") == ELSEWHERE
    voicemail.finish()
    callee.hum(1000)
    hears(callee.rtp, 600, 1000)
    hears(mobile.rtp, 1000, 600)
    call.cancel()
    call.until(ENDED)
    mobile.finish()
    callee.finish()
