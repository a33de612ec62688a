"""Who may call what. Every refusal is a row, on both legs."""

from dataclasses import replace

import pytest

from fakes.callers import (
    ACCOUNT,
    ASKER,
    AT_HOME,
    BAHAMAS,
    COLLEAGUES,
    COLLEAGUES_OWN,
    COLLEAGUES_PHONE,
    COMPANY,
    FOREIGN_TOLL_FREE,
    HOME,
    LONDON,
    MAIN,
    MOBILE,
    OUTSIDE,
    PHONELESS,
    PUERTO_RICO,
    SHOWN,
    TOLL_FREE,
    UNSHOWN,
    USER,
)
from ringout.domain.account import (
    CallerIdSettings,
    ForwardingNumber,
    Regional,
)
from ringout.domain.errors import (
    BadNumber,
    BadParameter,
    CallerIdNotYours,
    DestinationBarred,
    FeatureUnavailable,
    InternationalDisabled,
    MissingParameter,
    NoSuchUser,
    NotFound,
)
from ringout.domain.plan import CallPlan
from ringout.domain.policy import Asker, CallRequest, Rules, check, may_be_sent_on


def plan(to: str = OUTSIDE, asker: Asker = ASKER, rules: Rules = Rules(), **fields: object) -> CallPlan:  # noqa: B008
    return check(CallRequest(to, **fields), asker, rules)  # type: ignore[arg-type]


def with_choice(choice: str) -> Asker:
    return Asker(ACCOUNT, replace(USER, caller_id=CallerIdSettings(choice)), COLLEAGUES)


def in_country(country: str) -> Asker:
    return Asker(replace(ACCOUNT, country=country), USER, COLLEAGUES)


def refused(error: type[Exception], asker: Asker = ASKER, rules: Rules = Rules(), **fields: object) -> Exception:  # noqa: B008
    with pytest.raises(error) as raised:
        plan(asker=asker, rules=rules, **fields)  # type: ignore[arg-type]
    return raised.value


def refused_on_both_legs(error: type[Exception], number: str, asker: Asker = ASKER) -> None:
    for field, parameter in (("to", "to.phoneNumber"), ("from_number", "from.phoneNumber")):
        raised = refused(error, asker, **{field: number})
        assert raised.parameter == parameter  # type: ignore[attr-defined]


def test_the_whole_plan() -> None:
    account = replace(ACCOUNT, country="de", language="fr")
    request = CallRequest("+14155550199 ", "+4930123456", None, SHOWN, True)
    got = check(request, Asker(account, USER, COLLEAGUES), Rules())
    assert got == CallPlan(1, 2, "+4930123456", OUTSIDE, SHOWN, MAIN, True, "fr", "de")


# --- who rings first ---------------------------------------------------------------------------------------------


def test_from_defaults_to_the_first_forwarding_number() -> None:
    assert plan().caller_number == HOME


def test_from_defaults_to_the_one_that_was_made_the_default() -> None:
    asker = Asker(ACCOUNT, replace(USER, default_forwarding_id="8"), COLLEAGUES)
    assert plan(asker=asker).caller_number == MOBILE


def test_from_is_mandatory_without_a_forwarding_number() -> None:
    raised = refused(MissingParameter, Asker(ACCOUNT, PHONELESS, COLLEAGUES))
    assert raised.parameter == "from"  # type: ignore[attr-defined]


def test_from_by_forwarding_number_id() -> None:
    assert plan(forwarding_number_id="8").caller_number == MOBILE


@pytest.mark.parametrize("unknown", ["99", "", "nonsense"])
def test_another_ones_forwarding_number_does_not_exist(unknown: str) -> None:
    raised = refused(NotFound, forwarding_number_id=unknown)
    assert raised.parameter == "from.forwardingNumberId"  # type: ignore[attr-defined]


def test_from_may_be_an_arbitrary_number() -> None:
    assert plan(from_number="442079460958").caller_number == LONDON


@pytest.mark.parametrize("target", [f"{MAIN}*102", "16505550100*102", "650-555-0100 * 102", "102", " 102 "])
def test_a_colleague_is_reached_at_the_default_phone(target: str) -> None:
    assert plan(to=target).callee_number == COLLEAGUES_PHONE
    assert plan(from_number=target).caller_number == COLLEAGUES_PHONE


def test_country_id_reads_national_numbers() -> None:
    assert plan(to="020 7946 0958", country_id="224").callee_number == LONDON
    assert plan(to="020 7946 0958", country_id=" 224 ").callee_number == LONDON
    assert plan(to="020 7946 0958", asker=in_country("gb")).callee_number == LONDON
    assert plan(to="650 555 0122", asker=in_country("gb"), country_id="1").callee_number == MOBILE


def test_a_users_own_home_country_goes_before_the_accounts() -> None:
    """And the country of the request before both. Abroad is what is abroad for the account."""
    abroad = replace(USER, regional=Regional(country="gb"))
    in_london = Asker(ACCOUNT, abroad, COLLEAGUES)
    assert plan(to="020 7946 0958", asker=in_london).callee_number == LONDON
    assert plan(from_number="020 7946 0958", asker=in_london).caller_number == LONDON
    assert plan(to="650 555 0122", asker=in_london, country_id="1").callee_number == MOBILE
    refused(InternationalDisabled, replace(AT_HOME, extension=abroad), to="020 7946 0958")
    in_berlin = Asker(ACCOUNT, replace(USER, regional=Regional(country="de")), COLLEAGUES)
    assert refused(DestinationBarred, in_berlin, to="110").why.startswith("Emergency")  # type: ignore[attr-defined]


@pytest.mark.parametrize("unknown", ["44", "0", "", "-1", "999999999999", "US", "²", "01"])
def test_an_unknown_country_is_not_dialled_as_another_one(unknown: str) -> None:
    assert refused(BadParameter, country_id=unknown).parameter == "country.id"  # type: ignore[attr-defined]


# --- targets that are refused ------------------------------------------------------------------------------------

REFUSED = [
    (NoSuchUser, f"{MAIN}*109"),
    (NoSuchUser, f"{MAIN}*108"),  # an extension that is switched off
    (NoSuchUser, "108"),
    (NoSuchUser, "109"),
    (NoSuchUser, "12345"),
    (NoSuchUser, "123456"),
    (DestinationBarred, "103"),  # has no phone
    (DestinationBarred, f"{MAIN}*103"),
    (BadNumber, "1234567"),
    (BadNumber, ""),
    (BadNumber, " "),
    (BadNumber, "x"),
    (BadNumber, "1-09"),
]


@pytest.mark.parametrize(("error", "target"), REFUSED)
def test_a_target_that_no_phone_stands_behind(error: type[Exception], target: str) -> None:
    refused_on_both_legs(error, target)


def test_an_extension_of_somebody_elses_number_is_dialled_there() -> None:
    called = plan(to=f"{OUTSIDE} * 304", post_dial="9#")
    assert (called.callee_number, called.callee_extension, called.post_dial) == (OUTSIDE, None, ",304,9#")
    assert plan(to=f"{OUTSIDE}*304").post_dial == ",304"
    assert plan(to=f"{OUTSIDE}*304", post_dial=";9").post_dial == ",304,9"
    # The caller's own phone is not behind a voice menu.
    raised = refused(BadNumber, from_number=f"{OUTSIDE}*304")
    assert raised.parameter == "from.phoneNumber"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [(None, ""), ("", ""), ("12#", "12#"), ("abcD", "ABCD"), ("p1w2;3", ",1,2,3"), ("1" * 64, "1" * 64)],
)
def test_digits_for_after_the_answer(asked: str | None, sent: str) -> None:
    allowed = plan(post_dial=asked)
    assert allowed.post_dial == sent
    assert not sent or sent not in repr(allowed)


@pytest.mark.parametrize(
    ("to", "asked"), [(OUTSIDE, "1" * 65), (OUTSIDE, "x"), (OUTSIDE, "1\n"), (f"{OUTSIDE}*304", "1" * 61)]
)
def test_digits_that_cannot_be_sent(to: str, asked: str) -> None:
    raised = refused(BadParameter, to=to, post_dial=asked)
    assert (raised.parameter, raised.value) == ("postDial", None)  # type: ignore[attr-defined]


EMERGENCY = [
    "911", " 911 ", "112", "999", "000", "9-1-1", "9 1 1", "(911)", "+911", "+112", "911*101", "911#", "*911", "9911#",
    "1911", "0112", "9112", "00112", "9999", "011911", "+1 911", "1-911", "+44 999", "44999", "00 44 999", "011 44 999",
    "+49110", "119", "08", "104", "+19115550100", "911 555 0100", "1 (911) 555-0100", "9\u202f1\u202f1",
    "\u202a911\u202c", "+1 112 555 0100", "+49 (0)112", "0049 0 110", "9 011 44 999", "0 00 44 999", "9 011 1 911",
]  # fmt: skip


@pytest.mark.parametrize("number", EMERGENCY)
def test_emergency_numbers_are_barred_even_as_extensions(number: str) -> None:
    refused_on_both_legs(DestinationBarred, number)
    assert refused(DestinationBarred, to=number).why.startswith("Emergency")  # type: ignore[attr-defined]


def test_a_country_of_the_request_brings_its_emergency_numbers() -> None:
    assert plan(to="110").callee_number == "+16505550156"
    with pytest.raises(DestinationBarred):
        plan(to="110", country_id="83")


@pytest.mark.parametrize(("number", "phone"), [("101", HOME), ("110", "+16505550156"), ("9911", "+16505550157")])
def test_extensions_that_look_like_emergency_numbers_of_others_are_called(number: str, phone: str) -> None:
    assert plan(to=number).callee_number == phone
    assert plan(from_number=number).caller_number == phone


def test_a_phone_of_the_users_that_is_an_emergency_number_is_barred_too() -> None:
    user = replace(USER, forwarding_numbers=(ForwardingNumber("7", "+19115550100"),))
    raised = refused(DestinationBarred, Asker(ACCOUNT, user, COLLEAGUES))
    assert (raised.parameter, raised.why[:9]) == ("from", "Emergency")  # type: ignore[attr-defined]


def test_a_number_that_no_trunk_serves_is_barred() -> None:
    assert plan(rules=Rules(("+1",))).callee_number == OUTSIDE
    for field in ("to", "from_number"):
        raised = refused(DestinationBarred, rules=Rules(("+1", "+49")), **{field: LONDON})
        assert raised.parameter.partition(".")[0] == field.partition("_")[0]  # type: ignore[attr-defined]
        assert raised.why == "No trunk serves this number."  # type: ignore[attr-defined]


@pytest.mark.parametrize(("prefix", "is_barred"), [("+1415", True), ("+14155550199", True), ("+1416", False)])
def test_prefixes_that_the_account_blocks(prefix: str, is_barred: bool) -> None:
    asker = Asker(replace(ACCOUNT, blocked=("+900", prefix)), USER, COLLEAGUES)
    if is_barred:
        refused_on_both_legs(DestinationBarred, OUTSIDE, asker)
        assert "does not allow" in refused(DestinationBarred, asker, to="415 555 0199").why  # type: ignore[attr-defined]
    else:
        assert plan(asker=asker).callee_number == OUTSIDE


def test_whose_ring_out_is_switched_off_calls_nobody() -> None:
    for asker in (
        Asker(replace(ACCOUNT, ring_out=False), USER, COLLEAGUES),
        Asker(ACCOUNT, replace(USER, ring_out=False), COLLEAGUES),
    ):
        assert refused(FeatureUnavailable, asker).feature == "RingOut"  # type: ignore[attr-defined]


# --- at home and abroad ------------------------------------------------------------------------------------------

INTERNATIONAL = [
    ("us", "+12425550123"), ("us", "+18765550123"), ("us", "1 345 344 3434"), ("us", "+18095550123"), ("us", LONDON),
    ("us", "011 44 20 7946 0958"), ("us", "+80012345678"), ("us", "+88213300655"), ("us", "+870773111632"),
    ("us", f"{MAIN}*105"), ("us", "105"), ("gb", "+16505550100"), ("gb", "+18005550123"), ("gb", "+441534456789"),
    ("ru", "+77015550123"), ("de", "+80012345678"), ("ca", "+1 242 555 0123"), ("fr", "+590590123456"),
]  # fmt: skip
DOMESTIC = [
    ("us", "+16505550199"), ("us", "13443334444"), ("us", "+14165550123"), ("us", "+17875550123"), ("us", "8005550123"),
    ("us", "+16715550123"), ("us", "+16845550123"), ("us", "+13405550123"), ("us", "+16705550123"), ("us", "102"),
    ("ca", "+16505550199"), ("pr", "+16505550199"), ("gb", LONDON), ("de", "030 123456"), ("ru", "+79161234567"),
    ("no", "+4779123456"), ("fi", "+358181234567"), ("au", "+61891641234"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "number"), INTERNATIONAL)
def test_calls_abroad_need_both_permissions(country: str, number: str) -> None:
    allowed = at_home(country, account=True, user=True)
    near = allowed.extension.forwarding_numbers[0].number
    assert plan(number, allowed)
    for asker in (at_home(country, account=False, user=True), at_home(country, account=True, user=False)):
        raised = refused(InternationalDisabled, asker, to=number)
        assert raised.parameter == "to.phoneNumber"  # type: ignore[attr-defined]
        raised = refused(InternationalDisabled, asker, to=near, from_number=number)
        assert raised.parameter == "from.phoneNumber"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("country", "number"), DOMESTIC)
def test_calls_at_home_do_not(country: str, number: str) -> None:
    asker = at_home(country, account=False, user=False)
    assert plan(number, asker)
    assert plan(asker.extension.forwarding_numbers[0].number, asker, from_number=number)


def at_home(country: str, *, account: bool, user: bool) -> Asker:
    """An account of that country, whose user's phone is there; account and user: who may call abroad."""
    numbers = {
        "us": HOME, "ca": "+14165550123", "pr": "+17875550123", "gb": LONDON, "de": "+4930123456", "fr": "+33123456789",
        "ru": "+79161234567", "no": "+4722123456", "fi": "+358912345678", "au": "+61212345678",
    }  # fmt: skip
    phones = (ForwardingNumber("7", numbers[country]),)
    user_at_home = replace(USER, forwarding_numbers=phones, international=user)
    return Asker(replace(ACCOUNT, country=country, international=account), user_at_home, COLLEAGUES)


def test_a_phone_abroad_that_the_request_does_not_name() -> None:
    for fields, parameter in (({"forwarding_number_id": "11"}, "from.forwardingNumberId"), ({}, "from")):
        asker = AT_HOME if fields else replace(AT_HOME, extension=replace(USER, default_forwarding_id="11"))
        assert refused(InternationalDisabled, asker, **fields).parameter == parameter  # type: ignore[attr-defined]


# --- caller ID ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ("main", MAIN), ("current", HOME), ("blocked", None), (SHOWN, SHOWN), (COMPANY, COMPANY), (MOBILE, MOBILE),
        (MAIN, MAIN),
        # what may not be shown any more
        (UNSHOWN, MAIN), (COLLEAGUES_OWN, MAIN), (OUTSIDE, MAIN), (LONDON, MAIN),
    ],
)  # fmt: skip
def test_the_settings_choose_when_the_request_does_not(choice: str, shown: str | None) -> None:
    assert plan(asker=with_choice(choice)).caller_id == shown


def test_current_is_the_number_that_the_user_is_at() -> None:
    assert plan(asker=with_choice("current"), from_number=LONDON).caller_id == LONDON
    assert plan(asker=with_choice("current"), from_number="101").caller_id == HOME
    for named in ("102", f"{MAIN}*102"):  # whose phone that is, nobody is told
        assert plan(asker=with_choice("current"), from_number=named).caller_id == MAIN


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("101", MAIN), (" 101 ", MAIN), (f"{MAIN}*101", MAIN),  # the user's extension number
        (MAIN, MAIN), (COMPANY, COMPANY), (SHOWN, SHOWN), ("650 555 0133", SHOWN),  # numbers of the mailbox
        (HOME, HOME), ("16505550122 ", MOBILE),  # the default phone, another local one
        (PUERTO_RICO, PUERTO_RICO), (TOLL_FREE, TOLL_FREE), (FOREIGN_TOLL_FREE, FOREIGN_TOLL_FREE),
    ],
)  # fmt: skip
def test_caller_ids_that_are_the_users(asked: str, shown: str) -> None:
    assert plan(caller_id=asked, asker=with_choice("blocked")).caller_id == shown


def test_the_default_phone_may_be_shown_wherever_it_is() -> None:
    abroad = Asker(ACCOUNT, replace(USER, default_forwarding_id="11"), COLLEAGUES)
    assert plan(caller_id=LONDON, asker=abroad).caller_id == LONDON


@pytest.mark.parametrize(
    "asked",
    [
        "", " ", "102", OUTSIDE, COLLEAGUES_PHONE, COLLEAGUES_OWN, UNSHOWN, f"{MAIN}*102", f"{MAIN}*109", "anonymous",
        "+1", "911", "13443334444", LONDON, BAHAMAS,  # phones of the user's that are neither local nor toll-free
        f"{SHOWN}*101", f"{HOME}*101", "x" * 1000,
    ],
)  # fmt: skip
def test_caller_ids_that_are_not(asked: str) -> None:
    assert refused(CallerIdNotYours, caller_id=asked).value == asked  # type: ignore[attr-defined]


# --- where the phone that is called says that it is now ------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "prefix", "allowed"),
    [
        (OUTSIDE, "", True), ("4155550123", "", True), ("+1-415-555-0123", "", True), ("14155550123;npdi", "", True),
        ("94155550123", "9", True), ("alice", "", True), ("1001", "", True), ("", "", True),
        ("+19005550123", "", False), ("1.900.555.0123", "", False), ("9005550123", "", False),
        ("99005550123", "9", False), ("19005550123;phone-context=x", "", False), ("*6719005550123", "", False),
        ("1~900~555~0123", "", False), ("#31#19005550123", "", False),
        (LONDON, "", False), ("011442079460958", "", False), ("9011442079460958", "9", False), (BAHAMAS, "", False),
        ("911", "", False), ("+911", "", False), ("911", "9", False), ("9911", "9", False), ("112", "", False),
        ("19115550100", "", False), ("999", "", False), ("９１１", "", False), ("１９００５５５０１２３", "", False),
    ],
)  # fmt: skip
def test_a_call_is_not_sent_on_to_what_may_not_be_called(user: str, prefix: str, allowed: bool) -> None:
    at_home = plan(asker=Asker(replace(ACCOUNT, international=False, blocked=("+1900",)), USER, COLLEAGUES))
    assert may_be_sent_on(at_home, OUTSIDE, user, prefix) is allowed


def test_a_paid_call_is_not_sent_on_to_another_number() -> None:
    prepaid = plan(asker=Asker(replace(ACCOUNT, prepaid=True), USER, COLLEAGUES))
    assert may_be_sent_on(prepaid, OUTSIDE, OUTSIDE.removeprefix("+"))
    assert not may_be_sent_on(prepaid, OUTSIDE, "+14155550123")
    assert may_be_sent_on(plan(), OUTSIDE, LONDON)  # abroad is allowed to this one
    assert not may_be_sent_on(plan(asker=Asker(ACCOUNT, replace(USER, international=False), {})), OUTSIDE, LONDON)
