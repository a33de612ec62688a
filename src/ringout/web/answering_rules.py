"""The answering rules: of RingCentral's, the one that says which phones of the user ring, in order or at once.

No calls come in from outside here, so a rule has nothing else to say: greetings, schedules and voicemail of a request
are read and have no effect.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ringout.domain.account import Extension, PhoneType, RingingMode, RingRule
from ringout.domain.errors import BadParameter, MissingParameter, NotFound
from ringout.domain.ring_list import FEWEST_RINGS, MOST_RINGS, SECONDS_OF_A_RING
from ringout.service.forwarding_numbers import MOST
from ringout.service.ring_lists import USUAL_RINGS, WantedList, WantedRule
from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.paging import Navigation, PageQuery, Paging, list_page, wanted_page
from ringout.web.reading import read_json, read_query

RULE_ID: Literal["business-hours-rule"] = "business-hours-rule"


class RuleType(StrEnum):
    """There is one rule, and it always holds."""

    BUSINESS_HOURS = "BusinessHours"
    AFTER_HOURS = "AfterHours"
    CUSTOM = "Custom"


class HandlingAction(StrEnum):
    """What the rule does."""

    FORWARD = "ForwardCalls"


class AnsweringRuleView(StrEnum):
    """How much a list tells of each rule."""

    SIMPLE = "Simple"
    DETAILED = "Detailed"


class RingingNumber(Struct, rename="camel", omit_defaults=True):
    """One of the user's phones."""

    id: str
    uri: str
    label: str
    type: PhoneType
    phone_number: str | None = None


class ForwardingRule(Struct, rename="camel", omit_defaults=True):
    """Phones that ring together. index: its place, absent of inactive ones; enabled: shown where inactive ones are."""

    ring_count: int
    forwarding_numbers: list[RingingNumber]
    index: int | None = None
    enabled: bool | None = None


class Forwarding(Struct, rename="camel"):
    """Which phones ring for the user: Sequentially one rule after the other, Simultaneously all at once. A registered
    softphone is one of the numbers, so there are no others to be notified. ringOutByDefault: RingOut's own; they ring
    for a RingOut that names no `from` as well."""

    notify_my_soft_phones: bool
    soft_phones_ring_count: int
    soft_phones_always_ring: bool
    ringing_mode: RingingMode
    rules: list[ForwardingRule]
    ring_out_by_default: bool


class RuleSchedule(Struct):
    """Of the business hours, which are always."""

    ref: RuleType


class CallHandlingRuleInfo(Struct, rename="camel", omit_defaults=True):
    """The rule. forwarding is absent in a simple list."""

    uri: str
    id: str
    type: RuleType
    enabled: bool
    schedule: RuleSchedule
    call_handling_action: HandlingAction
    forwarding: Forwarding | None = None


class UserAnsweringRuleList(Struct):
    """The one rule."""

    uri: str
    records: list[CallHandlingRuleInfo]
    navigation: Navigation
    paging: Paging


class AnsweringRuleQuery(Struct, rename="camel"):
    """showInactiveNumbers: phones that do not ring are told, too."""

    show_inactive_numbers: bool = False


class AnsweringRulesQuery(PageQuery, rename="camel"):
    """type and enabledOnly leave rules out."""

    view: AnsweringRuleView = AnsweringRuleView.SIMPLE
    type: tuple[RuleType, ...] = ()
    enabled_only: bool = False


class ForwardingNumberRef(Struct, rename="camel"):
    """A phone of the user, by its id or by its number as the list of forwarding numbers shows it."""

    id: str | None = None
    phone_number: str | None = None


class WantedForwardingRule(Struct, rename="camel"):
    """Phones that ring together. index: lower ones ring first; ringCount: 5 seconds each."""

    forwarding_numbers: Annotated[list[ForwardingNumberRef], Meta(max_length=MOST)] = []
    index: int | None = None
    ring_count: Annotated[int, Meta(ge=FEWEST_RINGS, le=MOST_RINGS)] | None = None
    enabled: bool = True


class WantedForwarding(Struct, rename="camel"):
    """What is to change; rules replace all rules, and what they do not name does not ring."""

    ringing_mode: RingingMode | None = None
    rules: Annotated[list[WantedForwardingRule], Meta(max_length=MOST)] | None = None
    ring_out_by_default: bool | None = None


class UpdateAnsweringRuleRequest(Struct, rename="camel"):
    """What is to change. The rule cannot be switched off, and forwards."""

    forwarding: WantedForwarding | None = None
    enabled: bool | None = None
    type: RuleType | None = None
    call_handling_action: str | None = None
    show_inactive_numbers: bool = False


_decoder = msgspec.json.Decoder(UpdateAnsweringRuleRequest)


async def list_rules(api: Api, request: Request) -> Answer:
    query = read_query(request, AnsweringRulesQuery)
    page = wanted_page(request)
    detailed = query.view is AnsweringRuleView.DETAILED
    rules = [_info(api, request, _user(api, request), detailed=detailed, inactive=False)]
    if query.type and RuleType.BUSINESS_HOURS not in query.type:
        rules = []
    return schemas.answer(list_page(request, _collection(api, request), page.cut(rules), page, len(rules)))


async def read(api: Api, request: Request) -> Answer:
    _check_id(request)
    inactive = read_query(request, AnsweringRuleQuery).show_inactive_numbers
    return schemas.answer(_info(api, request, _user(api, request), detailed=True, inactive=inactive))


async def update(api: Api, request: Request) -> Answer:
    _check_id(request)
    body = await read_json(request, _decoder)
    if body.enabled is False:
        raise BadParameter("enabled", "false")
    if body.type not in (None, RuleType.BUSINESS_HOURS):
        raise BadParameter("type", body.type)
    if body.call_handling_action not in (None, HandlingAction.FORWARD):
        raise BadParameter("callHandlingAction", body.call_handling_action)
    user = _user(api, request)
    if body.forwarding is not None:
        user = await api.services.ring_lists.change(user.id, _wanted(body.forwarding, user))
    return schemas.answer(_info(api, request, user, detailed=True, inactive=body.show_inactive_numbers))


def _check_id(request: Request) -> None:
    if request.path_params["ruleId"] != RULE_ID:
        raise NotFound("ruleId")


def _user(api: Api, request: Request) -> Extension:
    return api.services.accounts.extension(request.principal.extension_id)


def _collection(api: Api, request: Request) -> str:
    return f"{links.extension_uri(api, request)}/answering-rule"


# --- to the service ------------------------------------------------------------------------------------------------


def _wanted(forwarding: WantedForwarding, user: Extension) -> WantedList:
    rules = forwarding.rules
    wanted = None if rules is None else tuple(_wanted_rule(rule, user) for rule in rules)
    return WantedList(forwarding.ringing_mode, wanted, forwarding.ring_out_by_default)


def _wanted_rule(rule: WantedForwardingRule, user: Extension) -> WantedRule:
    phones = tuple(_id_of(reference, user) for reference in rule.forwarding_numbers)
    return WantedRule(phones, rule.ring_count, rule.enabled, rule.index)


def _id_of(reference: ForwardingNumberRef, user: Extension) -> str:
    if reference.id is not None:
        return reference.id
    if reference.phone_number is None:
        raise MissingParameter("forwarding.rules.forwardingNumbers.id")
    for phone in user.forwarding_numbers:
        if reference.phone_number in (phone.number, phone.number.removeprefix("+"), phone.address):
            return phone.id
    raise NotFound("forwarding.rules.forwardingNumbers.phoneNumber")


# --- to the client -------------------------------------------------------------------------------------------------


def _info(api: Api, request: Request, user: Extension, *, detailed: bool, inactive: bool) -> CallHandlingRuleInfo:
    return CallHandlingRuleInfo(
        uri=f"{_collection(api, request)}/{RULE_ID}",
        id=RULE_ID,
        type=RuleType.BUSINESS_HOURS,
        enabled=True,
        schedule=RuleSchedule(RuleType.BUSINESS_HOURS),
        call_handling_action=HandlingAction.FORWARD,
        forwarding=_forwarding(api, request, user, inactive=inactive) if detailed else None,
    )


def _forwarding(api: Api, request: Request, user: Extension, *, inactive: bool) -> Forwarding:
    rules = api.services.ring_lists.rules(user)
    active = [rule for rule in rules if rule.enabled]
    shown = [_rule(api, request, user, rule, index, marked=inactive) for index, rule in enumerate(active, 1)]
    if inactive:
        named = {phone_id for rule in rules for phone_id in rule.phones}
        rest = [RingRule((p.id,), USUAL_RINGS, enabled=False) for p in user.forwarding_numbers if p.id not in named]
        for rule in (*(rule for rule in rules if not rule.enabled), *rest):
            shown.append(_rule(api, request, user, rule, None, marked=True))
    settings = user.ring_list
    return Forwarding(False, 1, False, settings.mode, shown, settings.by_default)


def _rule(
    api: Api, request: Request, user: Extension, rule: RingRule, index: int | None, *, marked: bool
) -> ForwardingRule:
    numbers = [
        RingingNumber(
            phone.id,
            f"{links.extension_uri(api, request)}/forwarding-number/{phone.id}",
            phone.label or phone.number or phone.address,
            phone.type,
            phone.number or phone.address or None,
        )
        for phone_id in rule.phones
        for phone in user.forwarding_numbers
        if phone.id == phone_id
    ]
    return ForwardingRule(rule.rings, numbers, index, rule.enabled if marked else None)


COLLECTION = {
    "GET": Operation(
        "listAnsweringRules",
        list_rules,
        "The rules for calls to the user: one, which always holds.",
        answer=UserAnsweringRuleList,
        query=AnsweringRulesQuery,
        permission="ReadAccounts",
        group=Group.MEDIUM,
    )
}
MEMBER = {
    "GET": Operation(
        "readAnsweringRule",
        read,
        f"Which phones of the user ring, in order or at once, and how long: {SECONDS_OF_A_RING:g} seconds a ring. The "
        f"rule is {RULE_ID}.",
        answer=CallHandlingRuleInfo,
        query=AnsweringRuleQuery,
        permission="ReadAccounts",
        group=Group.LIGHT,
    ),
    "PUT": Operation(
        "updateAnsweringRule",
        update,
        "Changes which phones of the user ring. What the body does not name stays.",
        answer=CallHandlingRuleInfo,
        body=UpdateAnsweringRuleRequest,
        permission="EditExtensions",
        group=Group.MEDIUM,
    ),
}
