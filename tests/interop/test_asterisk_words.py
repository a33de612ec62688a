"""What Asterisk says besides its codes, and RingOut understands: session timers and Q.850 causes."""

from __future__ import annotations

import re

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.steps import answers
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, Lab
from .pbx import behind, pbx


def expires(message: str) -> str:
    """The Session-Expires of a message."""
    found = re.search(r"^Session-Expires: *([^\r\n]*)", message, re.M | re.I)
    return found[1].replace(" ", "").lower() if found else ""


@pytest.mark.timeout(120)
def test_sessions_are_refreshed_by_whom_asterisk_names(lab: Lab) -> None:
    """The timer that Asterisk chooses, at the length of RFC 4028's shortest session, outlasts its half time."""
    asterisk = pbx(lab, timers="always", timers_min_se=90, timers_sess_expires=90)
    caller, callee = (lab.sipp(number).does(answers()) for number in (CALLER, CALLEE))
    behind(asterisk, caller, callee, timers="no")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]}, sip={"session_expires_seconds": 90})
    call = lab.place()
    call.until(CONNECTED)
    answered = eventually(
        lambda: found if len(found := asterisk.messages("SIP/2.0 200", sent=True, about="INVITE")) >= 2 else None,
        "both answers in Asterisk's log",
    )
    agreed = [expires(one) for one in answered if expires(one)]
    assert len(agreed) == 2
    ours = agreed[0].endswith("refresher=uac")

    def refreshed() -> bool:
        refreshes = [
            *asterisk.messages("UPDATE", sent=not ours),
            *[one for one in asterisk.messages("INVITE", sent=not ours) if re.search(r"^To:.*;tag=", one, re.M)],
        ]
        return len([one for one in refreshes if expires(one)]) >= 2

    eventually(refreshed, f"both sessions ({agreed}) to be refreshed", 60)
    assert call.look() == CONNECTED
    assert call.cancel() == 204
    call.until(ENDED)
    caller.finish()
    callee.finish()


@pytest.mark.parametrize(
    ("cause", "status", "by"),
    [(1, "NoSuchUser", "network"), (17, "Busy", "callee"), (20, "NoAnswer", "callee"), (34, "GenericError", "network")],
)
def test_the_cause_of_asterisks_dialplan_is_shown(lab: Lab, cause: int, status: str, by: str) -> None:
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    behind(asterisk, caller)
    asterisk.dialplan(f"exten => {CALLEE},1,Hangup({cause})")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    call.until(("Success", status, "CannotReach"))
    caller.finish()
    leg = call.leg("callee")
    assert (leg["cause"], leg["endedBy"]) == (cause, by)
    assert f"Q.850 cause {cause}: {leg['causeText']}" in leg["explanation"]
