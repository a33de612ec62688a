"""Who the phones are shown: From, P-Asserted-Identity and Privacy (RFC 3323, RFC 3325) in the trunk's number format."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .harness import World
from .raw_phone import RawPhone
from .server import MAIN_NUMBER
from .sipp import SippPhone, WireMessage
from .steps import answers, refuses

pytestmark = pytest.mark.sipp


def shown(world: World, caller: SippPhone | RawPhone, callee: SippPhone, **more: object) -> WireMessage:
    """The INVITE as the callee's phone received it."""
    caller.does(answers())  # type: ignore[union-attr]
    callee.does(refuses(486))
    call = world.place(caller, callee, **more)
    callee.finish()
    caller.finish()  # type: ignore[union-attr]
    call.until(("Success", "Busy", "CannotReach"))
    return callee.received("INVITE")[0]


def user(value: str) -> str:
    """The user part of a name-addr."""
    found = re.search(r"<(?:sips?|tel):([^@;>]*)", value)
    assert found, value
    return found[1]


def test_callee_sees_the_main_number(world: World) -> None:
    invite = shown(world, world.sipp("caller"), callee := world.sipp("callee"))
    assert user(invite.header("From")) == MAIN_NUMBER
    assert user(invite.header("P-Asserted-Identity")) == MAIN_NUMBER
    assert invite.header("Privacy") in ("", "none")
    assert user(invite.header("To")) == callee.number
    assert invite.start_line == f"INVITE sip:{callee.number}@127.0.0.1:{callee.port} SIP/2.0"


def test_caller_sees_the_main_number_too(world: World) -> None:
    caller = world.sipp("caller")
    shown(world, caller, world.sipp("callee"))
    assert user(caller.received("INVITE")[0].header("From")) == MAIN_NUMBER


# The user's own extension and numbers, those of the company, and phones of the user's.
DIRECT, COMPANY, STALE = "+16505550177", "+16505550166", "+16505550199"
ANOTHER_PHONE, TOLL_FREE, ABROAD = "+16505550188", "+18005550123", "+442079460958"


def serve(world: World, caller: SippPhone | RawPhone, choice: str) -> None:
    """choice: the user's setting. The caller's number is the user's default phone."""
    phones = [caller.number, ANOTHER_PHONE, TOLL_FREE, ABROAD]
    world.serve(
        extension={"caller_id": choice, "caller_ids": [DIRECT], "forwarding_numbers": phones},
        account={"numbers": [COMPANY], "international": True},
    )


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("main", MAIN_NUMBER), ("current", "the caller"), (COMPANY, COMPANY), (STALE, MAIN_NUMBER), (ABROAD, MAIN_NUMBER)],
    ids=["main", "current", "number", "stale_number", "phone_abroad"],
)
def test_callee_sees_what_the_settings_choose(world: World, choice: str, expected: str) -> None:
    caller, callee = world.sipp("caller"), world.sipp("callee")
    serve(world, caller, choice)
    _is_shown(shown(world, caller, callee), caller.number if expected == "the caller" else expected)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("101", MAIN_NUMBER), (f"{MAIN_NUMBER}*101", MAIN_NUMBER), (MAIN_NUMBER, MAIN_NUMBER), (DIRECT, DIRECT),
        (COMPANY, COMPANY), ("the caller", "the caller"), (ANOTHER_PHONE, ANOTHER_PHONE), (TOLL_FREE, TOLL_FREE),
    ],
    ids=["extension", "main_and_extension", "main", "direct", "company", "default_phone", "local_phone", "toll_free"],
)  # fmt: skip
def test_callee_sees_the_number_of_the_request(world: World, asked: str, expected: str) -> None:
    """Also when the user's setting is to show nothing."""
    caller, callee = world.sipp("caller"), world.sipp("callee")
    serve(world, caller, "blocked")
    number = caller.number if asked == "the caller" else asked
    invite = shown(world, caller, callee, callerId={"phoneNumber": number})
    _is_shown(invite, caller.number if expected == "the caller" else expected)


def _is_shown(invite: WireMessage, number: str) -> None:
    assert user(invite.header("From")) == number
    assert user(invite.header("P-Asserted-Identity")) == number
    assert invite.header("Privacy") in ("", "none")


def test_a_number_of_others_is_refused_and_no_phone_rings(world: World) -> None:
    caller, callee = world.raw("caller"), world.raw("callee")
    serve(world, caller, "main")
    for number in ("+12125550000", callee.number, ABROAD, "102", f"{MAIN_NUMBER}*102", "", "nonsense"):
        answer = world.api.post(caller.number, callee.number, callerId={"phoneNumber": number})
        assert (answer.code, answer.body["parameterName"]) == (403, "callerId.phoneNumber"), number
    assert not caller.messages
    assert not callee.messages


def test_what_may_not_be_called_rings_no_phone(world: World) -> None:
    caller, callee = world.raw("caller"), world.raw("callee")
    world.serve(extension={"forwarding_numbers": [caller.number]})
    for number, code in (
        ("911", 403),
        ("+911", 403),
        ("9112", 403),
        (ABROAD, 403),
        ("+12425550123", 403),
        ("109", 404),
    ):
        for leg in ({"to": {"phoneNumber": number}}, {"from": {"phoneNumber": number}}):
            answer = world.api.post(caller.number, callee.number, **leg)
            assert answer.code == code, (number, leg)
    assert not caller.messages
    assert not callee.messages


def test_callee_sees_the_number_that_the_user_is_at(world: World) -> None:
    """Named by the request, and not in the user's list."""
    caller, callee = world.sipp("caller"), world.sipp("callee")
    world.serve(extension={"caller_id": "current"})
    _is_shown(shown(world, caller, callee), caller.number)


def test_blocked_caller_id(world: World) -> None:
    """Anonymous From, Privacy: id, the asserted identity kept towards the trusted trunk; the number nowhere else."""
    caller, callee = world.sipp("caller"), world.sipp("callee")
    world.serve(extension={"caller_id": "blocked"})
    invite = shown(world, caller, callee)
    assert "sip:anonymous@anonymous.invalid" in invite.header("From")
    assert invite.header("Privacy") == "id"
    assert user(invite.header("P-Asserted-Identity")) == MAIN_NUMBER
    rest = "\n".join(line for line in invite.text.splitlines() if not line.startswith("P-Asserted-Identity"))
    assert MAIN_NUMBER.lstrip("+") not in rest
    assert caller.number.lstrip("+") not in rest


def test_blocked_towards_a_trunk_that_is_not_trusted(world: World) -> None:
    caller, callee = world.sipp("caller"), world.sipp("callee", identity_headers=[])
    world.serve(extension={"caller_id": "blocked"})
    invite = shown(world, caller, callee)
    assert "anonymous" in invite.header("From")
    assert invite.header("P-Asserted-Identity") == ""
    assert MAIN_NUMBER.lstrip("+") not in invite.text


@pytest.mark.parametrize(
    ("settings", "dialled", "own"),
    [
        ({"number_format": "e164"}, "1650555{last}", "16505550100"),
        ({"number_format": "national"}, "650555{last}", "6505550100"),
        ({"number_format": "+e164", "number_prefix": "9"}, "9+1650555{last}", "+16505550100"),
        ({"number_format": "national", "number_prefix": "0"}, "0650555{last}", "6505550100"),
    ],
    ids=["e164", "national", "prefix", "national_prefix"],
)
def test_numbers_in_the_trunks_format(world: World, settings: dict[str, Any], dialled: str, own: str) -> None:
    callee = world.sipp("callee", from_domain="ringout.example", **settings)
    invite = shown(world, world.sipp("caller"), callee)
    number = dialled.format(last=callee.number[-4:])
    assert invite.start_line == f"INVITE sip:{number}@127.0.0.1:{callee.port} SIP/2.0"
    assert f"<sip:{own}@ringout.example>" in invite.header("From")
    assert f"<sip:{own}@ringout.example>" in invite.header("P-Asserted-Identity")
