"""Who may call what, showing whom. check() is the only way to get a CallPlan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringout.domain import caller_id, countries, emergency, phone, regions
from ringout.domain.account import Account, Extension
from ringout.domain.emergency import Emergency
from ringout.domain.errors import (
    BadNumber,
    BadParameter,
    DestinationBarred,
    FeatureUnavailable,
    InternationalDisabled,
    MissingParameter,
    NoSuchUser,
    NotFound,
)
from ringout.domain.plan import CallPlan

EMERGENCY = "Emergency numbers cannot be called with RingOut: use a phone that knows where you are."
BLOCKED = "The account does not allow calls to this number."

_LONGEST_SHORT_NUMBER = 6


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What the user asked for, as sent. None = not named."""

    to_number: str
    from_number: str | None = None
    forwarding_number_id: str | None = None
    caller_id: str | None = None
    play_prompt: bool = False
    country_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every call of this server. prefixes: E.164 prefixes (with +) that some trunk serves."""

    prefixes: tuple[str, ...] = ("+",)


@dataclass(frozen=True, slots=True)
class Asker:
    """The user who asks, and the colleagues that `MAIN*EXT` and bare extension numbers can mean (by number)."""

    account: Account
    extension: Extension
    colleagues: Mapping[str, Extension]


def check(request: CallRequest, asker: Asker, rules: Rules) -> CallPlan:
    """Raises a Refused, or NotFound for an unknown forwardingNumberId. Where a refusal has a parameter, its first word
    tells the leg."""
    account, extension = asker.account, asker.extension
    if not (account.ring_out and extension.ring_out):
        raise FeatureUnavailable("RingOut")
    country = _country(request, account)
    callee = _target(request.to_number, "to.phoneNumber", asker, country)
    caller, parameter = _caller(request, asker, country)
    _check_callable(caller, parameter, asker, rules)
    _check_callable(callee, "to.phoneNumber", asker, rules)
    if request.caller_id is None:
        shown = caller_id.by_settings(account, extension, caller)
    else:
        shown = caller_id.as_asked(account, extension, request.caller_id, country)
    return CallPlan(
        account_id=account.id,
        extension_id=extension.id,
        caller_number=caller,
        callee_number=callee,
        caller_id=shown,
        main_number=account.main_number,
        play_prompt=request.play_prompt,
        language=account.language,
        country=account.country,
    )


def _country(request: CallRequest, account: Account) -> str:
    """Upper-case ISO 3166 of the dialling plan. An id we do not know is refused rather than dialled as the wrong
    country's number."""
    if request.country_id is None:
        return account.country.upper()
    try:
        return countries.by_id(request.country_id.strip()).iso_code
    except KeyError:
        raise BadParameter("country.id", request.country_id) from None


def _caller(request: CallRequest, asker: Asker, country: str) -> tuple[str, str]:
    """E.164 of the caller's phone, and the field that named it."""
    if request.from_number is not None:
        return _target(request.from_number, "from.phoneNumber", asker, country), "from.phoneNumber"
    if request.forwarding_number_id is not None:
        for forwarding in asker.extension.forwarding_numbers:
            if forwarding.id == request.forwarding_number_id:
                return forwarding.number, "from.forwardingNumberId"
        raise NotFound("from.forwardingNumberId")
    default = asker.extension.default_phone
    if default is None:
        raise MissingParameter("from")
    return default, "from"


def _target(text: str, parameter: str, asker: Asker, country: str) -> str:
    """E.164 of the phone to ring for a number, `MAIN*EXT`, or a colleague's extension number."""
    digits = phone.digits_of(text)
    colleague = asker.colleagues.get(digits) if digits else None
    dialled = emergency.meaning(text, asker.account.country.upper(), country)
    # Emergency first: an extension that happens to be 911 must not swallow the call silently.
    if dialled is Emergency.YES or (dialled is Emergency.UNLESS_EXTENSION and colleague is None):
        raise DestinationBarred(parameter, text, EMERGENCY)
    if colleague is not None:
        return _phone_of(colleague, parameter, text)
    try:
        number = phone.parse(text, country)
    except ValueError:
        if 0 < len(digits) <= _LONGEST_SHORT_NUMBER:
            raise NoSuchUser(parameter, text) from None
        raise BadNumber(parameter, text) from None
    if number.extension is None:
        return number.e164
    if number.e164 != asker.account.main_number:
        # Not handled: dialling the extension at somebody else's main number after the answer; ringing the bare main
        # number instead would reach the wrong person.
        raise BadNumber(parameter, text)
    if number.extension not in asker.colleagues:
        raise NoSuchUser(parameter, text)
    return _phone_of(asker.colleagues[number.extension], parameter, text)


def _phone_of(extension: Extension, parameter: str, text: str) -> str:
    if not extension.enabled:
        raise NoSuchUser(parameter, text)
    if extension.default_phone is None:
        raise DestinationBarred(parameter, text, "This extension has no phone that RingOut could ring.")
    return extension.default_phone


def _check_callable(number: str, parameter: str, asker: Asker, rules: Rules) -> None:
    """number: E.164. Raises DestinationBarred or InternationalDisabled."""
    account = asker.account
    if emergency.is_number_of_help(number):
        raise DestinationBarred(parameter, number, EMERGENCY)
    if number.startswith(account.blocked):
        raise DestinationBarred(parameter, number, BLOCKED)
    if not (account.international and asker.extension.international) and regions.is_abroad(
        regions.place_of(number).region, account.country.upper()
    ):
        raise InternationalDisabled(parameter, number)
    if not number.startswith(rules.prefixes):
        raise DestinationBarred(parameter, number, "No trunk serves this number.")
