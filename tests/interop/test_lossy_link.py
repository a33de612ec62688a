"""Asterisk at the far end of a bad network: SIP and RTP between it and RingOut are lost, doubled and reordered."""

from __future__ import annotations

import re

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.waiting import eventually

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab
from .lossy_link import Faults, LossyLink
from .pbx import heard, own_hears, own_phone

BAD = Faults(lost=0.1, doubled=0.03, overtaken=0.05)


def far_pbx(lab: Lab, link: LossyLink, transport: str) -> Asterisk:
    """Both phones are its own: they hum, and it records what they hear."""
    asterisk = lab.add(Asterisk(namespace=link.namespace))
    asterisk.transport(transport, link.there)
    asterisk.peer("ringout")
    asterisk.knows_by_address("ringout", link.here)
    for number, hz in ((CALLER, LOW_HZ), (CALLEE, HIGH_HZ)):
        own_phone(asterisk, number, hz)
    return asterisk


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
        eventually(lambda phone=phone, other=other: own_hears(asterisk, phone, other, 0.6), f"{other} Hz at it", 30)
    call.cancel()
    call.until(ENDED, seconds=60)
    asterisk.idle()
    assert link.lost > 0


def until_timed(link: LossyLink) -> None:
    """Asterisk reports twice a second; ours, which it has to answer for a round trip to be known, go every five."""
    eventually(lambda: sorted(link.timed.values())[-2:-1] > [1], "two answers to our reports from both of its legs", 60)


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
    eventually(lambda: len(heard(asterisk, LOW_HZ)) > 7 * 8000, "seven seconds of speech", 60)
    until_timed(link)
    call.cancel()
    call.until(ENDED, seconds=60)
    for party in ("caller", "callee"):
        eventually(lambda party=party: call.look() and "quality" in call.leg(party), "the quality of that leg")
        quality = call.leg(party)["quality"]
        assert 2 < quality["lossPercent"] < 25
        assert quality["farPacketsLost"] > 0
        assert quality["mos"] < 4
        assert quality["roundTripMs"] > 5


def test_both_sides_count_alike(lab: Lab) -> None:
    """Asterisk reports as lost what the link has lost of our packets, and what was lost before us: a relay keeps the
    gaps. Its own list says the same, and the round trip is the link's."""
    link = lab.add(LossyLink(Faults(lost=0.1, delay_ms=40.0)))
    asterisk = far_pbx(lab, link, "udp")
    asterisk.append("rtp.conf", "rtcpinterval = 500\n")
    asterisk.start()
    listen = [f"udp:{link.here}:PORT", f"tcp:{link.here}:PORT"]
    lab.ring_out({"gateways": [asterisk.gateway()]}, sip={"listen": listen}, media={"address": link.here})
    call = lab.place()
    call.until(CONNECTED, seconds=60)
    eventually(lambda: len(heard(asterisk, LOW_HZ)) > 7 * 8000, "seven seconds of speech", 60)
    until_timed(link)
    listed = re.findall(r"(?m)^ +ringout-\d+ .* ulaw +\d+ +(\d+) ", asterisk.cli("pjsip show channelstats"))
    call.cancel()
    call.until(ENDED, seconds=60)
    for party in ("caller", "callee"):
        eventually(lambda party=party: call.look() and "quality" in call.leg(party), "the quality of that leg")
    answers = dict.fromkeys(asterisk.messages("SIP/2.0 200", sent=True, about="INVITE"))  # without repetitions
    ports = list(dict.fromkeys(re.findall(r"m=audio (\d+)", "".join(answers))))
    for n, (party, other) in enumerate((("caller", "callee"), ("callee", "caller"))):
        quality = call.leg(party)["quality"]
        lost, sent = link.sound[int(ports[n])]
        truth = lost + call.leg(other)["quality"]["packetsLost"]
        # Its last report is half a second old, or older when the link has lost that.
        assert quality["farPacketsLost"] == pytest.approx(truth, abs=15)
        assert quality["farPacketsLost"] == pytest.approx(int(listed[n]), abs=15)
        assert quality["packetsSent"] == pytest.approx(sent, abs=10)
        assert 80 <= quality["roundTripMs"] < 500
        assert 1.5 < quality["mos"] < 3.9
        assert quality["farMos"] < quality["mos"]
