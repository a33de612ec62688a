"""RingOut with rtpengine as its media engine, Asterisk as the trunk: two foreign media stacks face each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.rtpengine_process import RtpengineProcess
from e2e.harness import CONNECTED, ENDED
from e2e.steps import answers
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind, pbx
from .programs import need
from .wire import Capture


@pytest.fixture
def rtpengine(tmp_path: Path) -> Iterator[RtpengineProcess]:
    need("rtpengine")
    process = RtpengineProcess(tmp_path, 20).start()
    yield process
    process.kill()


def media(rtpengine: RtpengineProcess) -> dict[str, Any]:
    instance = {"name": rtpengine.name, "control": rtpengine.control}
    return {"engine": "rtpengine", "digits_listen": rtpengine.digits, "ping_seconds": 0.2, "rtpengine": [instance]}


@pytest.mark.parametrize("kind", ["rtp", "srtp"])
def test_prompt_digit_and_bridge(lab: Lab, rtpengine: RtpengineProcess, kind: str) -> None:
    """The digit goes from the phone through Asterisk to rtpengine, which tells RingOut; the quality of each leg is what
    rtpengine has made of Asterisk's RTCP."""
    asterisk = pbx(lab, media_encryption="no" if kind == "rtp" else "sdes")
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.sipp(CALLEE).does(answers())
    behind(asterisk, caller, callee)
    asterisk.append("rtp.conf", "rtcpinterval = 500\n")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()], "media": kind}, media=media(rtpengine))
    capture = lab.add(Capture(lab.directory, [rtpengine.address], what="host")).start()
    call = lab.place(prompt=True)
    caller.hum(LOW_HZ)
    caller.rtp.await_packets(60)
    assert callee.never_rang
    caller.rtp.press("1")
    call.until(CONNECTED)
    callee.hum(HIGH_HZ)
    hears(caller.rtp, HIGH_HZ, LOW_HZ)
    # rtpengine reports every five seconds, and judges by the answers to that.
    hears(callee.rtp, LOW_HZ, HIGH_HZ, seconds=11)
    assert call.cancel() == 204
    call.until(ENDED)
    caller.finish()
    callee.finish()
    asterisk.idle()
    for party in ("caller", "callee"):
        eventually(lambda party=party: call.look() and "quality" in call.leg(party), "the quality of that leg")
        quality = call.leg(party)["quality"]
        assert quality["codec"] == "PCMU"
        assert quality["packetsReceived"] > 100
        assert 3 < quality["mos"] <= 4.5
    used, unused = (180, 190) if kind == "rtp" else (190, 180)
    capture.until(f"udp.length == {used}", 100)
    assert not capture.fields(f"udp.length == {unused}", "frame.number")
