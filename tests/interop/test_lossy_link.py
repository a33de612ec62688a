"""Asterisk at the far end of a bad network: SIP and RTP between it and RingOut are lost, doubled and reordered."""

from __future__ import annotations

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.tones import level, read_wav, share
from e2e.waiting import eventually

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab
from .lossy_link import Faults, LossyLink

BAD = Faults(lost=0.1, doubled=0.03, overtaken=0.05)


def far_pbx(lab: Lab, link: LossyLink, transport: str) -> Asterisk:
    """Both phones are its own: they hum, and it records what they hear."""
    asterisk = lab.add(Asterisk(namespace=link.namespace))
    asterisk.transport(transport, link.there)
    asterisk.peer("ringout")
    asterisk.knows_by_address("ringout", link.here)
    for number, hz in ((CALLER, LOW_HZ), (CALLEE, HIGH_HZ)):
        asterisk.dialplan(
            f"exten => {number},1,Answer()",
            f" same => n,MixMonitor({asterisk.directory}/all{hz}.wav,r({asterisk.directory}/{hz}.wav))",
            f" same => n,Playtones({hz})",
            " same => n,Wait(120)",
        )
    return asterisk


def heard(asterisk: Asterisk, hz: float) -> list[int]:
    """What the phone that hums at hz has heard so far, at 8 kHz."""
    path = asterisk.directory / f"{hz}.wav"
    return read_wav(path)[1] if path.exists() and path.stat().st_size > 100 else []


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_over_a_bad_network(lab: Lab, transport: str) -> None:
    """One packet of ten is lost: the call comes up all the same, both hear each other, and it ends on both sides."""
    link = lab.add(LossyLink(BAD))
    asterisk = far_pbx(lab, link, transport)
    asterisk.start()
    listen = [f"udp:{link.here}:PORT", f"tcp:{link.here}:PORT"]
    lab.ring_out({"gateways": [asterisk.gateway(transport)]}, sip={"listen": listen}, media={"address": link.here})
    call = lab.place()
    call.until(CONNECTED, seconds=60)
    for phone, other in ((LOW_HZ, HIGH_HZ), (HIGH_HZ, LOW_HZ)):
        eventually(lambda phone=phone, other=other: hears(asterisk, phone, other), f"{other} Hz at the phone", 30)
    call.cancel()
    call.until(ENDED, seconds=60)
    asterisk.idle()
    assert link.lost > 0


def hears(asterisk: Asterisk, phone: float, other: float) -> bool:
    """The last second of that phone's recording is mostly the other's tone."""
    last = heard(asterisk, phone)[-8000:]
    return len(last) == 8000 and share(last, other) > 0.6 and share(last, phone) < 0.05 and level(last) > 500


def test_the_result_tells_of_the_loss(lab: Lab) -> None:
    """Loss, jitter and MOS of each leg: what RingOut has counted, and what the far side reported by RTCP."""
    link = lab.add(LossyLink(BAD))
    asterisk = far_pbx(lab, link, "udp")
    asterisk.append("rtp.conf", "rtcpinterval = 500\n")
    asterisk.start()
    listen = [f"udp:{link.here}:PORT", f"tcp:{link.here}:PORT"]
    lab.ring_out({"gateways": [asterisk.gateway()]}, sip={"listen": listen}, media={"address": link.here})
    call = lab.place()
    call.until(CONNECTED, seconds=60)
    # Asterisk reports twice a second: one of its many reports will come through.
    eventually(lambda: len(heard(asterisk, LOW_HZ)) > 7 * 8000, "seven seconds of speech", 60)
    call.cancel()
    call.until(ENDED, seconds=60)
    for party in ("caller", "callee"):
        eventually(lambda party=party: call.look() and "quality" in call.leg(party), "the quality of that leg")
        quality = call.leg(party)["quality"]
        assert 2 < quality["lossPercent"] < 25
        assert quality["farPacketsLost"] > 0
        assert quality["mos"] < 4
        assert quality["roundTripMs"] > 5
