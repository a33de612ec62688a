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

ANOTHER_OWN_NUMBER = "+16505550177"


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


def test_callee_sees_the_number_of_the_request(world: World) -> None:
    caller, callee = world.sipp("caller"), world.sipp("callee")
    world.serve(extension={"caller_ids": [ANOTHER_OWN_NUMBER]})
    invite = shown(world, caller, callee, callerId={"phoneNumber": ANOTHER_OWN_NUMBER})
    assert user(invite.header("From")) == ANOTHER_OWN_NUMBER
    assert user(invite.header("P-Asserted-Identity")) == ANOTHER_OWN_NUMBER


def test_a_number_of_others_is_refused_and_no_phone_rings(world: World) -> None:
    caller, callee = world.raw("caller"), world.raw("callee")
    world.serve()
    answer = world.api.post(caller.number, callee.number, callerId={"phoneNumber": "+12125550000"})
    assert answer.code == 403
    assert not caller.messages
    assert not callee.messages


def test_callee_sees_the_number_that_the_user_is_at(world: World) -> None:
    caller, callee = world.sipp("caller"), world.sipp("callee")
    world.serve(extension={"caller_id": "current", "forwarding_numbers": [caller.number]})
    assert user(shown(world, caller, callee).header("From")) == caller.number


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
    caller, callee = world.sipp("caller"), world.sipp("callee", asserted_identity=False)
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
