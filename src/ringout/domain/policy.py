"""Who may call what, showing whom. check() is the only way to get a CallPlan."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ringout.domain import caller_id, countries, emergency, links, phone, regions
from ringout.domain.account import Account, Extension, ForwardingNumber, home_country
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
from ringout.domain.own_phones import parts_of, phone_of
from ringout.domain.plan import CallPlan, Phone
from ringout.domain.ring_list import phones_that_ring

EMERGENCY = "Emergency numbers cannot be called with RingOut: use a phone that knows where you are."
PREPAID = "The account pays for calls by their numbers, and nobody would count those that the system there dials."
BLOCKED = "The account does not allow calls to this number."

_LONGEST_SHORT_NUMBER = 6
_LETTER = re.compile(r"[A-Za-z]")


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What the user asked for, as sent. None = not named."""

    to_number: str
    from_number: str | None = None
    forwarding_number_id: str | None = None
    caller_id: str | None = None
    play_prompt: bool = False
    country_id: str | None = None
    post_dial: str | None = field(default=None, repr=False)

    @property
    def caller_field(self) -> str:
        """Which field names the caller's phone; `from` when none does."""
        if self.from_number is not None:
            return "from.phoneNumber"
        return "from" if self.forwarding_number_id is None else "from.forwardingNumberId"

    def sent(self, parameter: str, number: str) -> str:
        """What a refusal repeats for a leg: what was sent, so that an extension number does not tell the number of the
        colleague's phone. parameter: its first word tells the leg; number: when nothing was sent, E.164."""
        return self.to_number if parameter.startswith("to") else self.from_number or number


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every call of this server. prefixes: E.164 prefixes (with +) that some trunk serves. hosts: where
    phones may be that are SIP addresses; in lower case, IPv6 without brackets."""

    prefixes: tuple[str, ...] = ("+",)
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """The user who asks, and the colleagues that `MAIN*EXT` and bare extension numbers can mean (by number)."""

    account: Account
    extension: Extension
    colleagues: Mapping[str, Extension]


class _Phone(NamedTuple):
    """A phone to ring. number: E.164, "" = it has none, and direct says how it is reached; extension: of the colleague,
    when the request named the phone by it, and of the user of one without a number; inner: the extension to be dialled
    there once it answers, at a number that is not the account's. listed: the phones of the user's list, of which this
    is the first; named: the number that the request named them by, E.164, when it is the user's own."""

    number: str
    extension: str | None = None
    inner: str | None = None
    direct: Phone | None = None
    listed: tuple[Phone, ...] = ()
    named: str | None = None


def check(request: CallRequest, asker: Asker, rules: Rules) -> CallPlan:
    """Raises a Refused, or NotFound for an unknown forwardingNumberId. Where a refusal has a parameter, its first word
    tells the leg."""
    account, extension = asker.account, asker.extension
    if not (account.ring_out and extension.ring_out):
        raise FeatureUnavailable("RingOut")
    country = _country(request, asker)
    callee = _target(request.to_number, "to.phoneNumber", asker, country)
    post_dial = _post_dial(callee.inner, request.post_dial)
    caller, parameter = _caller(request, asker, country), request.caller_field
    if caller.listed:
        caller = _callable_ones(caller, request, asker, rules)
    else:
        _check_callable(caller, parameter, request.sent(parameter, caller.number), asker, rules)
    _check_callable(callee, "to.phoneNumber", request.to_number, asker, rules)
    if request.caller_id is None:
        # A colleague's phone that was named by its extension is at the main number, seen from outside.
        location = caller.named or (caller.number if caller.extension is None else account.main_number)
        shown = caller_id.by_settings(account, extension, location)
    else:
        shown = caller_id.as_asked(account, extension, request.caller_id, country)
    return CallPlan(
        account_id=account.id,
        extension_id=extension.id,
        caller_number=caller.number,
        callee_number=callee.number,
        caller_id=shown,
        main_number=account.main_number,
        play_prompt=request.play_prompt,
        language=account.language,
        country=account.country,
        caller_extension=caller.extension,
        callee_extension=callee.extension,
        blocked=account.blocked,
        international=account.international and extension.international,
        prepaid=account.prepaid,
        post_dial=post_dial,
        caller_phones=caller.listed or (() if caller.direct is None else (caller.direct,)),
        callee_phone=callee.direct,
    )


def may_be_sent_on(plan: CallPlan, dialled: str, user: str, prefix: str = "") -> bool:
    """Whether a trunk may be given that user part of a URI, because the phone that was called under dialled (E.164)
    says that it is there now. Phones are set up by anybody: a number that the account may not call must not be reached
    by way of one, nor one that costs more than what was reserved. prefix: of all numbers that the trunk dials."""
    home = plan.country.upper()
    whole = user.partition(";")[0]  # without parameters such as phone-context
    text = whole.removeprefix(prefix)
    if any(emergency.meaning(written, home, home) is not Emergency.NO for written in (whole, text)):
        return False
    try:
        number = phone.parse(text, home).e164
    except ValueError:
        return _is_name(text)
    if number == dialled:
        return True
    if plan.prepaid or emergency.is_number_of_help(number) or number.startswith(plan.blocked):
        return False
    return plan.international or not regions.is_abroad(regions.place_of(number).region, home)


def _country(request: CallRequest, asker: Asker) -> str:
    """Upper-case ISO 3166 of the dialling plan. An id we do not know is refused rather than dialled as the wrong
    country's number."""
    if request.country_id is None:
        return home_country(asker.account, asker.extension)
    try:
        return countries.by_id(request.country_id.strip()).iso_code
    except KeyError:
        raise BadParameter("country.id", request.country_id) from None


def _caller(request: CallRequest, asker: Asker, country: str) -> _Phone:
    if request.from_number is not None:
        return _target(request.from_number, "from.phoneNumber", asker, country)
    if request.forwarding_number_id is not None:
        for forwarding in asker.extension.forwarding_numbers:
            if forwarding.id == request.forwarding_number_id:
                return _own_phone(forwarding, asker.extension, request.caller_field)
        raise NotFound("from.forwardingNumberId")
    if asker.extension.ring_list.by_default and (listed := _listed(asker.extension)) is not None:
        return listed
    default = asker.extension.default_forwarding
    if default is None:
        raise MissingParameter("from")
    return _own_phone(default, asker.extension, request.caller_field)


def _own_phone(forwarding: ForwardingNumber, extension: Extension, parameter: str) -> _Phone:
    """One of the extension's phones; without a number it is known by the extension's."""
    phone = phone_of(forwarding, extension)
    if phone is None:
        raise DestinationBarred(parameter, forwarding.label, "This phone has been taken from its user.")
    return _Phone(phone.number) if phone.number else _Phone("", extension.number, None, phone)


def _listed(extension: Extension, named: str | None = None) -> _Phone | None:
    """The phones of the user's list; None: there is none, or nothing of it can ring."""
    phones = phones_that_ring(extension)
    return _first_of(phones, extension, named) if phones else None


def _first_of(phones: tuple[Phone, ...], extension: Extension, named: str | None) -> _Phone:
    first = phones[0]
    if first.number:
        return _Phone(first.number, listed=phones, named=named)
    return _Phone("", extension.number, direct=first, listed=phones, named=named)


def _callable_ones(caller: _Phone, request: CallRequest, asker: Asker, rules: Rules) -> _Phone:
    """Those of the list that may be called; a phone that may not be does not keep the others silent. Raises what the
    last one was refused with when none is left."""
    parameter = request.caller_field
    left = []
    refusal: Exception | None = None
    for listed in caller.listed:
        try:
            found = _Phone(listed.number, direct=None if listed.number else listed)
            _check_callable(found, parameter, request.sent(parameter, listed.number), asker, rules)
            left.append(listed)
        except (DestinationBarred, InternationalDisabled) as error:
            refusal = error
    if not left and refusal is not None:
        raise refusal
    return _first_of(tuple(left), asker.extension, caller.named)


def _target(text: str, parameter: str, asker: Asker, country: str) -> _Phone:
    """The phone to ring for a number, `MAIN*EXT`, or a colleague's extension number."""
    digits = phone.digits_of(text)
    colleague = asker.colleagues.get(digits) if digits else None
    dialled = emergency.meaning(text, asker.account.country.upper(), country)
    # Emergency first: an extension that happens to be 911 must not swallow the call silently.
    if dialled is Emergency.YES or (dialled is Emergency.UNLESS_EXTENSION and colleague is None):
        raise DestinationBarred(parameter, text, EMERGENCY)
    if colleague is not None:
        return _phone_of(colleague, parameter, text, asker)
    try:
        number = phone.parse(text, country)
    except ValueError:
        if 0 < len(digits) <= _LONGEST_SHORT_NUMBER:
            raise NoSuchUser(parameter, text) from None
        raise BadNumber(parameter, text) from None
    if number.extension is None:
        return _own_number(number.e164, parameter, text, asker) or _Phone(number.e164)
    if number.e164 != asker.account.main_number:
        if not parameter.startswith("to"):
            raise BadNumber(parameter, text)  # whoever answers there would not be the caller
        return _Phone(number.e164, inner=number.extension)
    if number.extension not in asker.colleagues:
        raise NoSuchUser(parameter, text)
    return _phone_of(asker.colleagues[number.extension], parameter, text, asker)


def _post_dial(inner: str | None, digits: str | None) -> str:
    """An extension that is to be dialled there, then the digits that were asked for."""
    try:
        asked = links.clean_post_dial(digits or "")
        if inner is None:
            return asked
        pause = links.PAUSE if asked and not asked.startswith(links.PAUSE) else ""
        return links.clean_post_dial(f"{links.PAUSE}{inner}{pause}{asked}")
    except links.NotDialable:
        raise BadParameter("postDial") from None  # and repeats nothing: such digits are often secrets


def _own_number(e164: str, parameter: str, text: str, asker: Asker) -> _Phone | None:
    """The user's phones for the user's own direct number, where the caller is meant: a call to that number itself would
    come back to the account. None: it is not theirs, or they have no phone."""
    user = asker.extension
    own = any(owned.number == e164 and owned.extension_id == user.id for owned in asker.account.numbers)
    if not own or parameter.startswith("to"):
        return None
    listed = _listed(user, e164)
    if listed is not None or user.default_forwarding is None:
        return listed
    return _phone_of(user, parameter, text, asker)._replace(named=e164)


def _phone_of(extension: Extension, parameter: str, text: str, asker: Asker) -> _Phone:
    if not extension.enabled:
        raise NoSuchUser(parameter, text)
    if extension.id == asker.extension.id and not parameter.startswith("to"):
        listed = _listed(extension)
        if listed is not None:
            return listed
    default = extension.default_forwarding
    if default is None:
        raise DestinationBarred(parameter, text, "This extension has no phone that RingOut could ring.")
    found = _own_phone(default, extension, parameter)
    own = extension.id == asker.extension.id and found.direct is None
    return found if own else found._replace(extension=extension.number)


def _check_callable(phone: _Phone, parameter: str, sent: str, asker: Asker, rules: Rules) -> None:
    """Raises DestinationBarred or InternationalDisabled."""
    if phone.direct is not None:
        if phone.direct.address:
            check_address(phone.direct.address, parameter, sent, asker.account, asker.extension, rules.hosts)
        return
    number = phone.number
    check_allowed(number, parameter, sent, asker.account, asker.extension)
    if not number.startswith(rules.prefixes):
        raise DestinationBarred(parameter, sent, "No trunk serves this number.")


def check_address(
    address: str, parameter: str, sent: str, account: Account, extension: Extension, hosts: Collection[str]
) -> None:
    """Whether a user's phone may be at that SIP address. hosts: what the administrator allows, in lower case. What
    stands before the host may be a number of the telephone network, which the system there would dial: it is held to
    the same rules. Raises DestinationBarred or InternationalDisabled."""
    parts = parts_of(address)
    if parts is None:
        raise DestinationBarred(parameter, sent, "This is no SIP address of a phone.")
    user, host = parts
    if host not in hosts:
        raise DestinationBarred(parameter, sent, "This server may not call phones at that host.")
    home = home_country(account, extension)
    if emergency.meaning(user, account.country.upper(), home) is not Emergency.NO:
        raise DestinationBarred(parameter, sent, EMERGENCY)
    if _is_name(user):
        return
    try:
        number = phone.parse(user, home).e164
    except ValueError:
        raise DestinationBarred(parameter, sent, "This is no SIP address of a phone.") from None
    if account.prepaid:
        raise DestinationBarred(parameter, sent, PREPAID)
    check_allowed(number, parameter, sent, account, extension)


def _is_name(user: str) -> bool:
    """A name, or a short number of the system there. Digits of other scripts are neither: whoever knows them would dial
    them."""
    digits = "".join(character for character in user if character.isdigit())
    return _LETTER.search(user) is not None or (len(digits) <= _LONGEST_SHORT_NUMBER and digits.isascii())


def check_allowed(number: str, parameter: str, sent: str, account: Account, extension: Extension) -> None:
    """Whether that user may have this number called at all. number: E.164; sent: how the request named it. Raises
    DestinationBarred or InternationalDisabled."""
    if emergency.is_number_of_help(number):
        raise DestinationBarred(parameter, sent, EMERGENCY)
    if number.startswith(account.blocked):
        raise DestinationBarred(parameter, sent, BLOCKED)
    if not (account.international and extension.international) and regions.is_abroad(
        regions.place_of(number).region, account.country.upper()
    ):
        raise InternationalDisabled(parameter, sent)
