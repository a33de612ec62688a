"""A server whose media are rtpengines: the whole main job by ear, and what clients see when one dies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.rtpengine_process import RtpengineProcess

from .harness import CALLER_UP, CONNECTED, ENDED, World, need
from .steps import answers
from .test_audio import hears, is_ringback
from .test_baresip import hears as phone_hears
from .test_media_ways import is_silent, rates
from .waiting import eventually

pytestmark = pytest.mark.sipp


@pytest.fixture
def rtpengine(tmp_path: Path) -> Iterator[RtpengineProcess]:
    need("rtpengine")
    process = RtpengineProcess(tmp_path, 20).start()
    yield process
    process.kill()


def media(rtpengine: RtpengineProcess) -> dict[str, Any]:
    """The settings of [media]."""
    instance = {"name": rtpengine.name, "control": rtpengine.control}
    return {
        "engine": "rtpengine",
        "digits_listen": rtpengine.digits,
        "ping_seconds": 0.2,
        "rtpengine": [instance],
    }


def test_both_hear_each_other_after_prompt_digit_and_ringback(world: World, rtpengine: RtpengineProcess) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    world.serve(media=media(rtpengine))
    call = world.place(caller, callee, prompt=True)
    caller.hum(600)
    caller.rtp.await_packets(60)
    assert max(map(abs, caller.rtp.heard())) > 1000
    assert caller.rtp.packets[0].source[0] == rtpengine.address
    caller.rtp.press("1")
    invite = callee.expect("INVITE")
    callee.reply(invite, 180)
    eventually(lambda: is_ringback(caller.rtp.heard()[-4000:]), "ringback at the caller")
    assert call.look() == CALLER_UP
    assert not callee.rtp.packets
    callee.hum(1000)
    callee.answer(invite)
    call.until(CONNECTED)
    hears(callee.rtp, 600, 1000)
    hears(caller.rtp, 1000, 600)
    call.cancel()
    callee.take_bye()
    caller.finish()
    call.until(ENDED)


@pytest.mark.baresip
def test_baresip_callee_and_the_caller_hear_each_other(world: World, rtpengine: RtpengineProcess) -> None:
    """As the callee only: baresip 1.0 drops what comes under a new SSRC with a lower sequence number, and the caller's
    phone is sent ringback before the callee's audio."""
    caller = world.sipp("caller").does(answers())
    callee = world.baresip("callee", 1000).answers()
    world.serve(media=media(rtpengine))
    call = world.place(caller, callee)
    caller.hum(600)
    call.until(CONNECTED)
    hears(caller.rtp, 1000, 600)
    phone_hears(callee, 600, 1000)
    call.cancel()
    caller.finish()
    call.until(ENDED)


@pytest.mark.baresip
def test_encrypted_phone_holds_and_resumes(world: World, rtpengine: RtpengineProcess) -> None:
    """A hold is an offer of the phone's own, with its keys under its numbers."""
    caller = world.sipp("caller").does(answers())
    callee = world.baresip("callee", 1000, encryption="srtp-mand", media="srtp").answers()
    world.serve(media=media(rtpengine))
    call = world.place(caller, callee)
    caller.hum(600)
    call.until(CONNECTED)
    phone_hears(callee, 600, 1000)
    callee.command("hold")
    eventually(lambda: is_silent(callee), "silence at the phone that holds")
    eventually(lambda: rates(callee) == (0, 0), "nothing to be sent to it")
    callee.command("resume")
    eventually(lambda: min(rates(callee)) > 60000, "audio both ways at the phone that held")
    hears(caller.rtp, 1000, 600)
    call.cancel()
    caller.finish()
    call.until(ENDED)


def test_death_of_the_only_one_ends_its_call_refuses_new_ones_and_passes(
    world: World, rtpengine: RtpengineProcess
) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    server = world.serve(media=media(rtpengine))
    call = world.place(caller, callee)
    call.until(CONNECTED)
    rtpengine.kill()
    caller.finish()
    callee.finish()
    eventually(lambda: "not running" in str(call.get().body), "the reason of the end")
    refused = world.api.post(caller.number, callee.number)
    assert refused.code == 503
    assert world.api.request("GET", "/healthz").body == {"status": "no-media", "liveCalls": 0}
    assert server.is_running
    rtpengine.start()
    eventually(lambda: server.log().count("an rtpengine is up") == 2, "the server to see it again")
