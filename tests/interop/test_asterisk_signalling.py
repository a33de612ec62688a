"""What a carrier asks of RingOut's signalling, with Asterisk as that carrier: passwords, identities, IPv6."""

from __future__ import annotations

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.server import MAIN_NUMBER
from e2e.steps import answers, hangs_up
from e2e.waiting import eventually

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind, pbx

PASSWORD = "Kz4-long-enough"


def test_asterisk_wants_a_password(lab: Lab) -> None:
    """401 on the INVITE of each leg; the password is the trunk's."""
    asterisk = pbx(lab)
    asterisk.login("secret", "ringout", PASSWORD)
    asterisk.change("ringout", "endpoint", auth="secret")
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.sipp(CALLEE).does(answers(then=hangs_up()))
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()], "username": "ringout", "password": PASSWORD})
    call = lab.place()
    call.until(ENDED)
    caller.finish()
    callee.finish()
    assert len(asterisk.await_messages(2, "SIP/2.0 401", sent=True)) == 2


def test_asterisk_refuses_a_wrong_password(lab: Lab) -> None:
    """A result, at once, and never a third try with the same password."""
    asterisk = pbx(lab)
    asterisk.login("secret", "ringout", PASSWORD)
    asterisk.change("ringout", "endpoint", auth="secret")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()], "username": "ringout", "password": "wrong"})
    call = lab.place()
    call.until(("GenericError", "InProgress", "CannotReach"), ("GenericError", "GenericError", "CannotReach"))
    assert call.leg("caller")["sipCode"] == 401
    assert len(asterisk.await_messages(2, "INVITE", sent=False)) == 2


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        ({}, CALLEE),
        ({"number_format": "e164"}, "16505552002"),
        ({"number_format": "national"}, "6505552002"),
        ({"number_format": "national", "number_prefix": "9"}, "96505552002"),
    ],
)
def test_numbers_as_the_dialplan_wants_them(lab: Lab, settings: dict[str, str], number: str) -> None:
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.sipp(CALLEE).does(answers(then=hangs_up()))
    behind(asterisk, caller, number=number.replace("2002", "2001"))
    behind(asterisk, callee, number=number)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()], **settings})
    call = lab.place()
    call.until(ENDED)
    caller.finish()
    callee.finish()


@pytest.mark.parametrize("header", ["P-Asserted-Identity", "Remote-Party-ID"])
@pytest.mark.parametrize("blocked", [False, True])
def test_asterisk_trusts_our_asserted_identity(lab: Lab, blocked: bool, header: str) -> None:
    """trust_id_inbound: its dialplan sees the number of either header, and whether it may be shown."""
    asterisk = pbx(lab, trust_id_inbound="yes")
    caller = lab.sipp(CALLER).does(answers())
    behind(asterisk, caller)
    asterisk.dialplan(
        f"exten => {CALLEE},1,Verbose(0,shown ${{CALLERID(num)}} ${{CALLERID(pres)}})", " same => n,Hangup(17)"
    )
    asterisk.start()
    trunk = {"gateways": [asterisk.gateway()], "identity_headers": [header]}
    lab.ring_out(trunk, extension={"caller_id": "blocked" if blocked else "main"})
    call = lab.place()
    call.until(("Success", "Busy", "CannotReach"))
    caller.finish()
    presentation = "prohib" if blocked else "allowed"
    shown = eventually(
        lambda: next((line for line in asterisk.log().splitlines() if "shown +" in line), None), "the dialplan's words"
    )
    assert f"shown {MAIN_NUMBER} {presentation}" in shown


def test_asterisk_redirects_to_another_phone(lab: Lab) -> None:
    """302 with a Contact that Asterisk's dialplan makes: the phone that it names is rung."""
    asterisk = pbx(lab)
    caller = lab.sipp(CALLER).does(answers())
    callee = lab.sipp("+16505552003").does(answers(then=hangs_up()))
    behind(asterisk, caller)
    asterisk.dialplan(f"exten => {CALLEE},1,Transfer(PJSIP/sip:{callee.number}@127.0.0.1:{callee.port})")
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    call.until(ENDED)
    caller.finish()
    callee.finish()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_signalling_over_ipv6(lab: Lab, transport: str) -> None:
    """Both legs between RingOut and Asterisk over ::1, the media too."""
    asterisk = lab.add(Asterisk())
    asterisk.transport("udp")
    port = asterisk.transport(transport, "::1", name="six")
    asterisk.peer("ringout", transport="transport-six", rtp_ipv6="yes")
    asterisk.knows_by_address("ringout", "::1")
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, caller, callee, transport="transport-udp")
    asterisk.start()
    suffix = ";transport=tcp" if transport == "tcp" else ""
    lab.ring_out({"gateways": [f"sip:[::1]:{port}{suffix}"]}, ipv6=True)
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    caller.hang_up()
    call.until(ENDED)


def test_asterisk_calls_ringout(lab: Lab) -> None:
    """Nobody can be called here: a final answer at once, and no leg is left on either side."""
    asterisk = pbx(lab)
    asterisk.start()
    server = lab.ring_out({"gateways": [asterisk.gateway()]})
    asterisk.cli(f"channel originate PJSIP/ringout/sip:+16505550100@127.0.0.1:{server.sip_port} application Echo")
    answer = eventually(lambda: asterisk.finals("INVITE"), "a final answer")
    assert answer[0] >= 400
    asterisk.idle()


def test_asterisk_asks_whether_ringout_is_there(lab: Lab) -> None:
    """qualify: OPTIONS from Asterisk make RingOut available to it."""
    asterisk = pbx(lab)
    server = lab.ring_out({"gateways": ["sip:127.0.0.1:9"]})
    contact = f"sip:127.0.0.1:{server.sip_port}"
    asterisk.change("ringout", "aor", contact=contact, qualify_frequency=1, qualify_timeout=2)
    asterisk.start()
    asterisk.until_says(" Avail ", "pjsip show contacts")


def test_asterisk_dies_during_a_call(lab: Lab) -> None:
    """kill -9: nobody answers the BYE, and the call ends all the same; after a restart the next one works."""
    asterisk = pbx(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, caller, callee)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]}, sip={"t1_seconds": 0.05, "t2_seconds": 0.4})
    call = lab.place()
    call.until(CONNECTED)
    asterisk.kill()
    call.cancel()
    call.until(ENDED)
    asterisk.start()
    again = lab.place()
    again.until(CONNECTED)
    again.cancel()
    again.until(ENDED)
