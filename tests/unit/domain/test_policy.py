from dataclasses import replace

import pytest

from ringout.domain.account import Account, CallerIdSettings, Extension, ForwardingNumber, OwnedNumber, UsageType
from ringout.domain.errors import (
    BadNumber,
    BadParameter,
    CallerIdNotYours,
    DestinationBarred,
    MissingParameter,
    NotFound,
)
from ringout.domain.plan import CallPlan
from ringout.domain.policy import Asker, CallRequest, Rules, check

MAIN, HOME, MOBILE, SHOWN = "+16505550100", "+16505550111", "+16505550122", "+16505550133"
COLLEAGUES_PHONE, OUTSIDE = "+16505550144", "+14155550199"
ACCOUNT = Account(1, MAIN, numbers=(OwnedNumber(6, SHOWN, UsageType.DIRECT, 2),))
USER = Extension(2, 1, "101", forwarding_numbers=(ForwardingNumber("7", HOME), ForwardingNumber("8", MOBILE)))
COLLEAGUE = Extension(3, 1, "102", forwarding_numbers=(ForwardingNumber("9", COLLEAGUES_PHONE),))
PHONELESS = Extension(4, 1, "103")
ON_911 = Extension(5, 1, "911", forwarding_numbers=(ForwardingNumber("10", "+16505550155"),))
COLLEAGUES = {e.number: e for e in (USER, COLLEAGUE, PHONELESS, ON_911)}
ASKER = Asker(ACCOUNT, USER, COLLEAGUES)


def plan(to: str = OUTSIDE, asker: Asker = ASKER, rules: Rules = Rules(), **fields: object) -> CallPlan:  # noqa: B008
    return check(CallRequest(to, **fields), asker, rules)  # type: ignore[arg-type]


def with_choice(choice: str) -> Asker:
    return Asker(ACCOUNT, replace(USER, caller_id=CallerIdSettings(choice)), COLLEAGUES)


def test_the_whole_plan() -> None:
    account = replace(ACCOUNT, country="de", language="fr")
    got = check(
        CallRequest("+14155550199 ", "+4930123456", None, SHOWN, True), Asker(account, USER, COLLEAGUES), Rules()
    )
    assert got == CallPlan(1, 2, "+4930123456", OUTSIDE, SHOWN, MAIN, True, "fr", "de")


def test_from_defaults_to_the_first_forwarding_number() -> None:
    assert plan().caller_number == HOME


def test_from_is_mandatory_without_a_forwarding_number() -> None:
    with pytest.raises(MissingParameter) as refused:
        plan(asker=Asker(ACCOUNT, PHONELESS, COLLEAGUES))
    assert refused.value.parameter == "from"


def test_from_by_forwarding_number_id() -> None:
    assert plan(forwarding_number_id="8").caller_number == MOBILE


@pytest.mark.parametrize("unknown", ["9", "", "nonsense"])
def test_another_ones_forwarding_number_does_not_exist(unknown: str) -> None:
    with pytest.raises(NotFound) as refused:
        plan(forwarding_number_id=unknown)
    assert refused.value.parameter == "from.forwardingNumberId"


def test_from_may_be_an_arbitrary_number() -> None:
    assert plan(from_number="442079460958").caller_number == "+442079460958"


@pytest.mark.parametrize("target", [f"{MAIN}*102", "16505550100*102", "102", " 102 "])
def test_a_colleague_is_reached_at_the_default_phone(target: str) -> None:
    assert plan(to=target).callee_number == COLLEAGUES_PHONE
    assert plan(from_number=target).caller_number == COLLEAGUES_PHONE


@pytest.mark.parametrize("target", [f"{MAIN}*109", f"{OUTSIDE}*102", "103", f"{MAIN}*103", "109", "", "x"])
def test_a_target_that_no_phone_stands_behind(target: str) -> None:
    with pytest.raises(BadNumber) as refused:
        plan(to=target)
    assert refused.value.parameter == "to.phoneNumber"
    with pytest.raises(BadNumber) as refused:
        plan(from_number=target)
    assert refused.value.parameter == "from.phoneNumber"


@pytest.mark.parametrize("number", ["911", "112", " 911 "])
def test_emergency_numbers_are_barred_even_as_extensions(number: str) -> None:
    with pytest.raises(DestinationBarred):
        plan(to=number)


def test_a_number_that_no_trunk_serves_is_barred() -> None:
    assert plan(rules=Rules(("+1",))).callee_number == OUTSIDE
    with pytest.raises(DestinationBarred) as refused:
        plan(to="+442079460958", rules=Rules(("+1", "+49")))
    assert refused.value.parameter == "to.phoneNumber"


def test_country_id_reads_national_numbers() -> None:
    assert plan(to="020 7946 0958", country_id="224").callee_number == "+442079460958"
    with pytest.raises(BadParameter) as refused:
        plan(country_id="44")
    assert refused.value.parameter == "country.id"


@pytest.mark.parametrize(("choice", "shown"), [("main", MAIN), ("current", HOME), ("blocked", None), (SHOWN, SHOWN)])
def test_the_default_caller_id(choice: str, shown: str | None) -> None:
    assert plan(asker=with_choice(choice)).caller_id == shown


@pytest.mark.parametrize(
    ("asked", "shown"),
    [(MAIN, MAIN), ("101", MAIN), (f"{MAIN}*101", MAIN), (SHOWN, SHOWN), (HOME, HOME), ("16505550122 ", MOBILE)],
)
def test_caller_ids_that_are_the_users(asked: str, shown: str) -> None:
    assert plan(caller_id=asked, asker=with_choice("blocked")).caller_id == shown


@pytest.mark.parametrize("asked", ["", "102", OUTSIDE, COLLEAGUES_PHONE, f"{MAIN}*102", "anonymous", "+1"])
def test_caller_ids_that_are_not(asked: str) -> None:
    with pytest.raises(CallerIdNotYours):
        plan(caller_id=asked)
