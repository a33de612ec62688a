"""What carriers say besides their codes, and want to hear besides the number: causes, redirections with a history or a
signature, session timers, identity headers."""

from __future__ import annotations

import base64
import json

import pytest

from .harness import CONNECTED, ENDED, World
from .server import MAIN_NUMBER
from .steps import answers, hangs_up, refuses, sdp

pytestmark = pytest.mark.sipp

Q850 = 'Reason: Q.850;cause={};text="as the network puts it"'


def passport(attest: str) -> str:
    """An Identity value as a signing service makes it; the signature is none."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    head = part({"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": "https://cert.example.org/a.pem"})
    claims = part({"attest": attest, "orig": {"tn": MAIN_NUMBER.lstrip("+")}, "origid": "x" * 36})
    return f"{head}.{claims}.{'s' * 86};info=<https://cert.example.org/a.pem>;alg=ES256;ppt=shaken"


def test_callee_busy_behind_a_503(world: World) -> None:
    caller, callee = world.sipp("caller").does(answers()), world.sipp("callee")
    callee.does(refuses(503, headers=[Q850.format(17)]))
    call = world.place(caller, callee)
    call.until(("Success", "Busy", "CannotReach"))
    callee.finish()
    caller.finish()
    leg = call.leg("callee")
    assert (leg["sipCode"], leg["cause"], leg["causeText"]) == (503, 17, "user busy")
    assert leg["explanation"] == "The callee's phone is busy (503 Service Unavailable, Q.850 cause 17: user busy)."


def test_callee_hung_up_by_a_fault_of_the_network(world: World) -> None:
    caller, callee = world.sipp("caller").does(answers()), world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    callee.answer(invite)
    call.until(CONNECTED)
    callee.ask(invite, "BYE", 1, headers=[Q850.format(41)])
    callee.expect("200 BYE")
    call.until(ENDED)
    caller.finish()
    leg = call.leg("callee")
    assert leg["cause"] == 41
    assert leg["explanation"].endswith("(Q.850 cause 41: temporary failure).")
    assert "cause" not in call.leg("caller")


def test_a_signing_service_sends_the_call_to_the_carrier(world: World) -> None:
    """302 with Identity: the same INVITE, and the signature with it, to the next gateway."""
    caller, carrier = world.sipp("caller").does(answers()), world.sipp("carrier")
    carrier.does(answers(then=hangs_up()))
    signer = world.sipp("signer", more_gateways=[carrier.gateway])
    signed, date = passport("B"), "Mon, 05 Jan 2026 10:00:00 GMT"
    contact = f"Contact: <sip:{signer.number}@127.0.0.1:{carrier.port}>"
    signer.does(refuses(302, headers=[contact, f"Identity: {signed}", f"Date: {date}"]))
    call = world.place(caller, signer)
    call.until(ENDED)
    signer.finish()
    carrier.finish()
    caller.finish()
    asked, sent_on = signer.received("INVITE")[0], carrier.received("INVITE")[0]
    assert sent_on.headers("Identity") == [signed]
    assert sent_on.header("Date") == date
    assert sent_on.header("To") == asked.header("To")
    assert sent_on.header("From").partition(";")[0] == asked.header("From").partition(";")[0]
    assert asked.header("Identity") == ""
    assert call.leg("callee")["attestation"] == "B"
    assert "attestation" not in call.leg("caller")


def test_a_redirection_tells_who_sent_the_call_on(world: World) -> None:
    caller, callee, other = world.sipp("caller").does(answers()), world.sipp("callee"), world.sipp("other")
    other.does(answers(then=hangs_up()))
    diversion = f"<sip:{callee.number}@127.0.0.1>;reason=user-busy;counter=1"
    history = f"<sip:{callee.number}@127.0.0.1?Reason=SIP%3Bcause%3D486>;index=1"
    contact = f"sip:{callee.number}@127.0.0.1:{other.port}"
    callee.does(refuses(302, headers=[f"Contact: <{contact}>", f"Diversion: {diversion}", f"History-Info: {history}"]))
    call = world.place(caller, callee)
    call.until(ENDED)
    callee.finish()
    other.finish()
    caller.finish()
    invite = other.received("INVITE")[0]
    assert invite.headers("Diversion") == [diversion]
    assert invite.headers("History-Info") == [history, f"<{contact}>;index=2"]
    assert call.leg("callee")["diversions"] == [{"phoneNumber": callee.number, "reason": "user-busy"}]


@pytest.mark.parametrize(
    ("names", "headers"),
    [
        (
            ["Remote-Party-ID"],
            {"Remote-Party-ID": "<sip:{number}@ringout.example>;party=calling;screen=yes;privacy=off"},
        ),
        (
            ["P-Preferred-Identity", "P-Asserted-Identity"],
            {
                "P-Preferred-Identity": "<sip:{number}@ringout.example>",
                "P-Asserted-Identity": "<sip:{number}@ringout.example>",
            },
        ),
        ([], {}),
    ],
    ids=["remote_party_id", "both", "none"],
)
def test_identity_headers_of_the_trunk(world: World, names: list[str], headers: dict[str, str]) -> None:
    phone = world.raw("caller", identity_headers=names, from_domain="ringout.example")
    call = world.place(phone, world.sipp("callee"))
    invite = phone.expect("INVITE")
    phone.reply(invite, 486)
    phone.expect("ACK")
    call.until(("Busy", "InProgress", "CannotReach"))
    for name in ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"):
        assert invite.header(name) == headers.get(name, "").format(number=MAIN_NUMBER)


def test_session_timer_of_a_phone_that_refreshes(world: World) -> None:
    """RFC 4028: our INVITE asks for half an hour; the phone refreshes by UPDATE; too short an interval is 422."""
    caller, callee = world.sipp("caller").does(answers()), world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    assert invite.header("Session-Expires") == "1800"
    assert "timer" in invite.header("Supported")
    callee.reply(invite, 200, body=sdp(), headers=["Session-Expires: 300;refresher=uas", "Require: timer"])
    callee.expect("ACK")
    call.until(CONNECTED)
    callee.ask(invite, "UPDATE", 1, headers=["Supported: timer", "Session-Expires: 300;refresher=uac"])
    answer = callee.expect("200 UPDATE")
    assert (answer.header("Session-Expires"), answer.header("Require")) == ("300;refresher=uac", "timer")
    callee.ask(invite, "UPDATE", 2, headers=["Supported: timer", "Session-Expires: 30;refresher=uac"])
    assert callee.expect("422 UPDATE").header("Min-SE") == "90"
    assert call.look() == CONNECTED
    assert call.cancel() == 204
    callee.take_bye()
    call.until(ENDED)
    caller.finish()


def test_a_phone_that_wants_a_longer_session(world: World) -> None:
    """422 with Min-SE: the INVITE comes again with what it asks for."""
    caller, callee = world.sipp("caller").does(answers()), world.raw("callee")
    call = world.place(caller, callee)
    first = callee.expect("INVITE")
    callee.reply(first, 422, headers=["Min-SE: 3600"], contact=False)
    callee.expect("ACK")
    again = callee.expect("INVITE")
    assert (again.header("Session-Expires"), again.header("Min-SE")) == ("3600", "3600")
    assert again.header("Call-ID") == first.header("Call-ID")
    callee.answer(again)
    call.until(CONNECTED)
    assert call.cancel() == 204
    callee.take_bye()
    call.until(ENDED)
    caller.finish()
