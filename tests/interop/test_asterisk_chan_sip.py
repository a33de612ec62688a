"""Asterisk's older SIP stack, chan_sip: it refreshes sessions itself, and refuses too short ones with 422."""

from __future__ import annotations

import re
import time

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.sipp import SippPhone
from e2e.steps import answers
from e2e.waiting import eventually

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears


def old_pbx(lab: Lab, *general: str) -> Asterisk:
    """Not started yet; RingOut may call whom it likes. general: lines for all who call."""
    asterisk = lab.add(Asterisk())
    port = asterisk.claim("udp")
    lines = [
        "[general]", f"udpbindaddr=127.0.0.1:{port}", "context=all", "sipdebug=yes", "directmedia=no", "disallow=all",
        "allow=ulaw", *general, "[ringout]", "type=peer", "host=127.0.0.1", "insecure=port,invite",
    ]  # fmt: skip
    asterisk.append("sip.conf", "\n".join(lines))
    return asterisk


def two_phones(lab: Lab, asterisk: Asterisk) -> list[SippPhone]:
    """They take the call until it is ended."""
    phones = []
    for number in (CALLER, CALLEE):
        phone = lab.sipp(number).does(answers())
        asterisk.append(
            "sip.conf",
            f"[p{phone.port}]\ntype=peer\nhost=127.0.0.1\nport={phone.port}\nsession-timers=refuse\n",
        )
        asterisk.dialplan(f"exten => {number},1,Dial(SIP/p{phone.port}/{phone.number})")
        phones.append(phone)
    return phones


def messages(asterisk: Asterisk, start: str, sent: bool) -> list[str]:
    """SIP messages that begin like that, oldest first, without copies. sent: by Asterisk."""
    kind = r"[^\n]*ransmitting[^\n]*" if sent else r"[^\n]*<--- SIP read from [^\n]*"
    found = re.findall(rf"(?m)^{kind}\n((?:{start}).*?)\n(?:---|<-{{10,}}>)", asterisk.log().replace("\r", ""), re.S)
    return list(dict.fromkeys(map(str, found)))


def header(message: str, name: str) -> str:
    found = re.search(rf"(?mi)^{name}: *(.*)$", message)
    return found[1] if found else ""


@pytest.mark.timeout(150)
def test_asterisk_refreshes_the_sessions(lab: Lab) -> None:
    """RFC 4028 section 9: chan_sip names itself the refresher of sessions of 90 seconds; without its re-INVITEs RingOut
    would end them after 60."""
    asterisk = old_pbx(
        lab, "session-timers=originate", "session-expires=90", "session-minse=90", "session-refresher=uas"
    )
    caller, callee = two_phones(lab, asterisk)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    call.until(CONNECTED)
    since = time.monotonic()
    caller.hum(LOW_HZ)  # who is silent for so long is taken for dead
    callee.hum(HIGH_HZ)

    def agreed() -> list[str]:
        found = [header(one, "Session-Expires") for one in messages(asterisk, "SIP/2.0 200", sent=True)]
        return [one for one in found if one]

    eventually(lambda: agreed() == ["90;refresher=uas"] * 2, "both sessions to be agreed on in its log")

    def refreshed() -> list[str]:
        return [one for one in messages(asterisk, "SIP/2.0 200", sent=False) if "90;refresher=uac" in one]

    eventually(lambda: len(refreshed()) >= 2, "Asterisk to refresh both sessions", 60)
    assert {header(one, "Require") for one in refreshed()} == {"timer"}
    # Nothing happens at the moment at which the call would have ended; so this one is waited for.
    time.sleep(max(0.0, 63 - (time.monotonic() - since)))
    assert call.look() == CONNECTED
    hears(caller.rtp, HIGH_HZ, LOW_HZ)
    assert call.cancel() == 204
    call.until(ENDED)
    asterisk.idle()


def test_asterisk_wants_longer_sessions(lab: Lab) -> None:
    """RFC 4028 section 6: 422 with Min-SE on each leg's INVITE, then the interval that it asks for."""
    asterisk = old_pbx(lab, "session-timers=originate", "session-minse=400", "session-expires=600")
    two_phones(lab, asterisk)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]}, sip={"session_expires_seconds": 300})
    call = lab.place()
    call.until(CONNECTED)
    call.cancel()
    call.until(ENDED)

    def asked() -> list[str]:
        return [header(one, "Session-Expires") for one in messages(asterisk, "INVITE", sent=False)]

    eventually(lambda: asked() == ["300", "400", "300", "400"], "both calls to be asked for twice in its log")
    refusals = messages(asterisk, "SIP/2.0 422", sent=True)
    assert {header(one, "Min-SE") for one in refusals} == {"400"}
