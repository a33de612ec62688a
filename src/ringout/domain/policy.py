"""Who may call what, showing whom. check() is the only way to get a CallPlan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringout.domain import phone
from ringout.domain.account import Account, Extension
from ringout.domain.errors import (
    BadNumber,
    BadParameter,
    CallerIdNotYours,
    DestinationBarred,
    MissingParameter,
    NotFound,
)
from ringout.domain.plan import CallPlan


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
    """Raises a Refused, or NotFound for an unknown forwardingNumberId or country."""
    country = _country(request, asker)
    callee = _target(request.to_number, "to.phoneNumber", asker, country)
    caller = _caller(request, asker, country)
    _check_served(caller, "from.phoneNumber", rules)
    _check_served(callee, "to.phoneNumber", rules)
    return CallPlan(
        account_id=asker.account.id,
        extension_id=asker.extension.id,
        caller_number=caller,
        callee_number=callee,
        caller_id=_caller_id(request, asker, caller, country),
        main_number=asker.account.main_number,
        play_prompt=request.play_prompt,
        language=asker.account.language,
        country=asker.account.country,
    )


def _country(request: CallRequest, asker: Asker) -> str:
    """Upper-case ISO 3166 of the dialling plan. An id we do not know is refused rather than dialled as the wrong
    country's number."""
    if request.country_id is None:
        return asker.account.country.upper()
    country = phone.COUNTRY_IDS.get(request.country_id.strip())
    if country is None:
        raise BadParameter("country.id", request.country_id)
    return country


def _caller(request: CallRequest, asker: Asker, country: str) -> str:
    if request.from_number is not None:
        return _target(request.from_number, "from.phoneNumber", asker, country)
    if request.forwarding_number_id is not None:
        for forwarding in asker.extension.forwarding_numbers:
            if forwarding.id == request.forwarding_number_id:
                return forwarding.number
        raise NotFound("from.forwardingNumberId")
    if asker.extension.default_phone is None:
        raise MissingParameter("from")
    return asker.extension.default_phone


def _target(text: str, parameter: str, asker: Asker, country: str) -> str:
    """E.164 of the phone to ring for a number, `MAIN*EXT`, or a colleague's extension number."""
    digits = phone.digits_of(text)
    if digits and len(digits) <= 6:
        # Emergency first: an extension that happens to be 911 must not swallow the call silently.
        if phone.is_emergency(digits, country):
            raise DestinationBarred(parameter, digits, "Emergency numbers cannot be called with RingOut.")
        if digits in asker.colleagues:
            return _phone_of(asker.colleagues[digits], parameter, text)
    try:
        number = phone.parse(text, country)
    except ValueError:
        raise BadNumber(parameter, text) from None
    if number.extension is None:
        return number.e164
    colleague = asker.colleagues.get(number.extension)
    if number.e164 != asker.account.main_number or colleague is None:
        # Not handled: dialling the extension at somebody else's main number after the answer; ringing the bare main
        # number instead would reach the wrong person.
        raise BadNumber(parameter, text)
    return _phone_of(colleague, parameter, text)


def _phone_of(extension: Extension, parameter: str, text: str) -> str:
    if extension.default_phone is None:
        raise BadNumber(parameter, text)
    return extension.default_phone


def _check_served(number: str, parameter: str, rules: Rules) -> None:
    if not number.startswith(rules.prefixes):
        raise DestinationBarred(parameter, number, "No trunk serves this number.")


def _caller_id(request: CallRequest, asker: Asker, caller: str, country: str) -> str | None:
    """E.164 to show, None = blocked. What may be shown: the user's own extension number (the outside world sees the
    main number then), the main number, the numbers given to the extension, the user's own phones."""
    account, extension = asker.account, asker.extension
    if request.caller_id is None:
        choice = extension.caller_id.ring_out
        named = {"main": account.main_number, "current": caller, "blocked": None}
        return named.get(choice, choice)
    if phone.digits_of(request.caller_id) == extension.number:
        return account.main_number
    try:
        number = phone.parse(request.caller_id, country)
    except ValueError:
        raise CallerIdNotYours(request.caller_id) from None
    mine = (
        account.main_number,
        *(o.number for o in account.numbers if o.extension_id in (None, extension.id)),
        *(f.number for f in extension.forwarding_numbers),
    )
    if number.e164 not in mine or number.extension not in (None, extension.number):
        raise CallerIdNotYours(request.caller_id)
    return number.e164
