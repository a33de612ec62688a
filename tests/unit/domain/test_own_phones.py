"""Phones without a number: devices that register here, and SIP addresses at hosts that the administrator allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringout.domain.account import Account, CallerIdSettings, Device, Extension, ForwardingNumber, PhoneType
from ringout.domain.errors import DestinationBarred, InternationalDisabled
from ringout.domain.own_phones import parts_of, phone_of
from ringout.domain.plan import CallPlan, Phone
from ringout.domain.policy import Asker, CallRequest, Rules, check

MAIN, OUTSIDE = "+16505550100", "+14155550199"
ACCOUNT = Account(1, MAIN, blocked=("+1900",))
DESK = Device("50", "desk", "Desk", ha1_sha256="x")
ON_DESK = ForwardingNumber("51", "", "Desk", PhoneType.PHONE_LINE, device_id="50")
AT_PBX = ForwardingNumber("52", "", "PBX", address="sip:ann@pbx.example")
USER = Extension(2, 1, "101", forwarding_numbers=(ON_DESK, AT_PBX), devices=(DESK,))
COLLEAGUE = Extension(3, 1, "102", forwarding_numbers=(replace(ON_DESK, id="53"),), devices=(replace(DESK, id="50"),))
RULES = Rules(("+",), ("pbx.example", "2001:db8::1"))


def plan(request: CallRequest, user: Extension = USER, rules: Rules = RULES) -> CallPlan:
    return check(request, Asker(ACCOUNT, user, {"101": user, "102": COLLEAGUE}), rules)


def test_the_default_phone_is_a_device() -> None:
    made = plan(CallRequest(OUTSIDE))
    assert made.caller_phones == (Phone(device="desk", label="Desk"),)
    assert (made.caller_number, made.caller_extension, made.caller_id) == ("", "101", MAIN)
    assert made.callee_phone is None


def test_an_address_is_called_straight() -> None:
    made = plan(CallRequest(OUTSIDE, forwarding_number_id="52"))
    assert made.caller_phones == (Phone(address="sip:ann@pbx.example", label="PBX"),)


def test_a_colleague_is_rung_at_the_device() -> None:
    made = plan(CallRequest("102"))
    assert (made.callee_number, made.callee_extension) == ("", "102")
    assert made.callee_phone == Phone(device="desk", label="Desk")


def test_the_caller_id_of_a_phone_without_a_number_is_the_main_number() -> None:
    made = plan(CallRequest(OUTSIDE), replace(USER, caller_id=CallerIdSettings("current")))
    assert made.caller_id == MAIN


@pytest.mark.parametrize("devices", [(), (replace(DESK, enabled=False),)])
def test_a_device_that_was_taken_away_is_refused(devices: tuple[Device, ...]) -> None:
    assert phone_of(ON_DESK, replace(USER, devices=devices)) is None
    with pytest.raises(DestinationBarred) as refused:
        plan(CallRequest(OUTSIDE, forwarding_number_id="51"), replace(USER, devices=devices))
    assert refused.value.parameter == "from.forwardingNumberId"


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("sip:ann@elsewhere.example", DestinationBarred),
        ("sip:ann@PBX.example", None),
        ("sips:ann@pbx.example:5061;transport=tls", None),
        ("sip:ann@[2001:DB8::1]:5070", None),
        ("sip:ann@pbx.example.evil.example", DestinationBarred),
        ("sip:ann@evil.example/pbx.example", DestinationBarred),
        ("sip:ann%40pbx.example@evil.example", DestinationBarred),
        ("sip:ann@pbx.example;maddr=192.0.2.66", DestinationBarred),
        ("sip:ann@pbx.example?Route=%3Csip:evil.example%3E", DestinationBarred),
        ("sip:ann@pbx.example\r\nX: y", DestinationBarred),
        ("sip:pbx.example", DestinationBarred),
        ("sip:911@pbx.example", DestinationBarred),
        ("sip:9%311@pbx.example", DestinationBarred),
        ("sip:" + "%EF%BC%91" * 11 + "@pbx.example", DestinationBarred),
        ("sip:%EF%BC%99%EF%BC%91%EF%BC%91@pbx.example", DestinationBarred),
        ("sip:ann@pbx.example:65535", None),
        ("sip:ann@pbx.example:65536", DestinationBarred),
        ("sip:ann@pbx.example:0", DestinationBarred),
        ("sip:%00@pbx.example", DestinationBarred),
        ("sip:a%0D%0Ab@pbx.example", DestinationBarred),
        ("sip:a%7fb@pbx.example", DestinationBarred),
        ("sip:a%7eb%C3%A9@pbx.example", None),
        ("sip:2001@pbx.example", None),
        ("sip:+14155550123@pbx.example", None),
        ("sip:+19005550123@pbx.example", DestinationBarred),
        ("sip:01144207183875@pbx.example", InternationalDisabled),
        ("sip:00000000000000@pbx.example", DestinationBarred),
    ],
)
def test_an_address_is_held_to_what_the_administrator_allows(address: str, error: type[Exception] | None) -> None:
    user = replace(USER, forwarding_numbers=(replace(AT_PBX, address=address),))
    if error is None:
        assert plan(CallRequest(OUTSIDE), user).caller_phones[0].address == address
        return
    with pytest.raises(error):
        plan(CallRequest(OUTSIDE), user)


@pytest.mark.parametrize(("user", "is_free"), [("ann", True), ("2001", True), ("+14155550123", False)])
def test_a_prepaid_account_calls_no_number_for_nothing(user: str, is_free: bool) -> None:
    owner = replace(USER, forwarding_numbers=(replace(AT_PBX, address=f"sip:{user}@pbx.example"),))
    asker = Asker(replace(ACCOUNT, prepaid=True), owner, {"101": owner})
    if is_free:
        assert check(CallRequest(OUTSIDE), asker, RULES).caller_phones
        return
    with pytest.raises(DestinationBarred):
        check(CallRequest(OUTSIDE), asker, RULES)


def test_no_host_is_allowed_unless_one_is_named() -> None:
    with pytest.raises(DestinationBarred):
        plan(CallRequest(OUTSIDE, forwarding_number_id="52"), rules=Rules())


def test_the_parts_of_an_address() -> None:
    assert parts_of("SIP:a%20b@[2001:DB8::1]:5070;transport=TCP") == ("a b", "2001:db8::1")
    assert parts_of("tel:+1") is None
