"""Which of a user's phones ring: the rules of the list, and who may mean it by `from`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringout.domain.account import (
    Account,
    CallerIdSettings,
    Extension,
    ForwardingNumber,
    OwnedNumber,
    RingingMode,
    RingList,
    RingRule,
    UsageType,
)
from ringout.domain.errors import DestinationBarred, InternationalDisabled, MissingParameter
from ringout.domain.plan import CallPlan, Phone
from ringout.domain.policy import Asker, CallRequest, Rules, check
from ringout.domain.ring_list import phones_that_ring

MAIN, DIRECT, OUTSIDE = "+16505550100", "+16505550133", "+14155550199"
DESK, MOBILE, HOME, LONDON = "+16505550111", "+16505550122", "+16505550123", "+442079460958"
COLLEAGUES_OWN = "+16505550168"
ACCOUNT = Account(
    1,
    MAIN,
    numbers=(OwnedNumber(20, DIRECT, UsageType.DIRECT, 2), OwnedNumber(23, COLLEAGUES_OWN, UsageType.DIRECT, 3)),
)
RULES = (RingRule(("9",), 2), RingRule(("8", "7"), 3), RingRule(("6",), enabled=False))
USER = Extension(
    2,
    1,
    "101",
    forwarding_numbers=(
        ForwardingNumber("7", DESK, "Desk"),
        ForwardingNumber("8", MOBILE, "Mobile"),
        ForwardingNumber("9", HOME, "Home"),
        ForwardingNumber("6", LONDON, "London"),
    ),
    ring_list=RingList(rules=RULES),
)
AT_ONCE = replace(USER, ring_list=RingList(RingingMode.SIMULTANEOUSLY, RULES))
COLLEAGUE = Extension(3, 1, "102", forwarding_numbers=(ForwardingNumber("99", "+16505550144"),))
LISTED = (HOME, MOBILE, DESK)


def plan(user: Extension = USER, account: Account = ACCOUNT, rules: Rules = Rules(), **fields: object) -> CallPlan:  # noqa: B008
    asker = Asker(account, user, {e.number: e for e in (user, COLLEAGUE)})
    return check(CallRequest(OUTSIDE, **fields), asker, rules)  # type: ignore[arg-type]


def numbers(found: CallPlan) -> tuple[str, ...]:
    return tuple(phone.number for phone in found.caller_phones)


def test_one_rule_after_another() -> None:
    assert phones_that_ring(USER) == (
        Phone(HOME, label="Home", ring_seconds=10.0, turn=0),
        Phone(MOBILE, label="Mobile", ring_seconds=15.0, turn=1),
        Phone(DESK, label="Desk", ring_seconds=15.0, turn=1),
    )


def test_all_at_once_each_for_its_own_time() -> None:
    assert [(p.turn, p.ring_seconds) for p in phones_that_ring(AT_ONCE)] == [(0, 10.0), (0, 15.0), (0, 15.0)]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ((), ()),
        ((RingRule(("7",), enabled=False),), ()),
        ((RingRule(("404",)), RingRule(("7", "7")), RingRule(("7",))), (DESK,)),
    ],
    ids=["no list", "all off", "gone and doubled"],
)
def test_what_does_not_ring(rules: tuple[RingRule, ...], found: tuple[str, ...]) -> None:
    user = replace(USER, ring_list=RingList(rules=rules))
    assert tuple(p.number for p in phones_that_ring(user)) == found


def test_no_call_rings_more_than_ten_phones() -> None:
    phones = tuple(ForwardingNumber(str(n), f"+1650555{2000 + n}") for n in range(12))
    user = replace(USER, forwarding_numbers=phones, ring_list=RingList(rules=(RingRule(tuple(p.id for p in phones)),)))
    assert [p.number for p in phones_that_ring(user)] == [p.number for p in phones[:10]]


# --- who may mean it ---


@pytest.mark.parametrize("named", ["101", "+16505550100*101", "6505550100*101", DIRECT, "(650) 555-0133"])
def test_the_users_own_name_rings_the_list(named: str) -> None:
    found = plan(from_number=named)
    assert numbers(found) == LISTED
    assert (found.caller_number, found.caller_extension) == (HOME, None)


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"from_number": DESK}, DESK),
        ({"forwarding_number_id": "8"}, MOBILE),
        ({}, DESK),
        ({"from_number": "102"}, "+16505550144"),
        ({"from_number": COLLEAGUES_OWN}, COLLEAGUES_OWN),
    ],
    ids=["its own phone", "by its id", "the default", "a colleague", "a colleague's number"],
)
def test_one_phone_that_is_named_rings_alone(fields: dict[str, str], number: str) -> None:
    found = plan(**fields)
    assert (found.caller_phones, found.caller_number) == ((), number)


def test_the_list_by_default_when_the_user_wants_it() -> None:
    user = replace(USER, ring_list=replace(USER.ring_list, by_default=True))
    assert numbers(plan(user)) == LISTED
    assert plan(user, forwarding_number_id="7").caller_phones == ()


def test_without_a_list_the_default_phone_stands_for_the_user() -> None:
    user = replace(USER, ring_list=RingList(by_default=True))
    for named in ("101", DIRECT, None):
        found = plan(user, from_number=named)
        assert (found.caller_number, found.caller_phones) == (DESK, ())


def test_a_direct_number_of_somebody_without_phones_is_dialled_as_it_is() -> None:
    user = replace(USER, forwarding_numbers=())
    assert plan(user, from_number=DIRECT).caller_number == DIRECT
    with pytest.raises(MissingParameter):
        plan(user)


def test_the_callee_is_one_phone() -> None:
    asker = Asker(ACCOUNT, USER, {"101": USER, "102": COLLEAGUE})
    found = check(CallRequest("101", from_number="102"), asker, Rules())
    assert (found.callee_number, found.callee_phone) == (DESK, None)


# --- what may be called ---


def test_a_phone_that_may_not_be_called_is_left_out() -> None:
    user = replace(USER, ring_list=RingList(rules=(RingRule(("6",)), RingRule(("7",)))))
    assert numbers(plan(user, from_number="101")) == (DESK,)
    abroad = replace(ACCOUNT, international=True)
    assert numbers(plan(user, abroad, from_number="101")) == (LONDON, DESK)


def test_when_none_may_be_called_the_refusal_says_why() -> None:
    user = replace(USER, ring_list=RingList(rules=(RingRule(("6",)),)))
    with pytest.raises(InternationalDisabled) as refused:
        plan(user, from_number="101")
    assert (refused.value.parameter, refused.value.value) == ("from.phoneNumber", "101")
    with pytest.raises(DestinationBarred):
        plan(rules=Rules(("+49",)), from_number="101")


def test_the_direct_number_that_was_named_is_what_current_shows() -> None:
    user = replace(USER, caller_id=CallerIdSettings("current"))
    assert plan(user, from_number=DIRECT).caller_id == DIRECT
    assert plan(user, from_number="101").caller_id == HOME
