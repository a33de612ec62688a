"""Codecs and OPTIONS with Asterisk at the other end."""

from __future__ import annotations

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind, pbx


def test_a_gateway_that_is_down_is_not_asked(lab: Lab) -> None:
    """OPTIONS find out that the first Asterisk is gone and that it is back; calls follow without a pause."""
    first, second = pbx(lab), pbx(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for asterisk in (first, second):
        behind(asterisk, caller, callee)
        asterisk.start()
    gateways = [first.gateway(), second.gateway()]
    lab.ring_out({"gateways": gateways, "options_seconds": 0.5, "options_misses": 1})
    lab.one_call()
    assert len(first.await_messages(2, "INVITE", sent=False)) == 2
    first.kill()
    lab.until_logged("a gateway is down")
    lab.one_call()
    assert len(second.await_messages(2, "INVITE", sent=False)) == 2
    first.start()
    lab.until_logged("a gateway is up again")
    lab.one_call()
    assert len(second.messages("INVITE", sent=False)) == 2


@pytest.mark.parametrize(
    ("allowed", "answers_first", "codecs"),
    [("alaw", False, {"PCMA"}), ("g722,ulaw", True, {"G722"}), ("g722,ulaw", False, {"G722", "PCMU"})],
)
def test_what_asterisk_speaks(lab: Lab, allowed: str, answers_first: bool, codecs: set[str]) -> None:
    """A PBX with one codec only, and one with wideband, which is passed through: Asterisk does the transcoding. It
    stays with the codec that it was sent last, whatever it answers: with a word of its phones before wideband was
    agreed on both legs may stay with the other one."""
    asterisk = pbx(lab)
    asterisk.change("ringout", "endpoint", allow=allowed)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, caller, callee, answers_first=answers_first)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]}, media={"codecs": ["G722", "PCMU", "PCMA"]})
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    call.cancel()
    call.until(ENDED)
    eventually(lambda: call.look() and "quality" in call.leg("caller"), "the quality of the leg")
    assert call.leg("caller")["quality"]["codec"] in codecs
