"""What is shown of a user when a request names no caller ID.

Only the choice for RingOut matters to calls made here; the others are kept for the clients that set them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ringout.domain import caller_id, phone
from ringout.domain.account import Account, CallerIdSettings, Extension, home_country
from ringout.domain.caller_id import BLOCKED, CURRENT, MAIN
from ringout.domain.errors import BadNumber, BadParameter, CallerIdNotYours, MissingParameter, NotFound
from ringout.service import phone_numbers

_PARAMETER = "byFeature.callerId"


class CallerIdFeature(StrEnum):
    """What can have a caller ID of its own."""

    RING_OUT = "RingOut"
    RING_ME = "RingMe"
    CALL_FLIP = "CallFlip"
    FAX_NUMBER = "FaxNumber"
    ADDITIONAL_SOFTPHONE = "AdditionalSoftphone"
    ALTERNATE = "Alternate"
    COMMON_PHONE = "CommonPhone"
    MOBILE_APP = "MobileApp"
    DELEGATED = "Delegated"
    BUSINESS_MOBILE = "BusinessMobile"


class CallerIdType(StrEnum):
    """CurrentLocation: the phone that the RingOut rings first. Of RingOut only."""

    PHONE_NUMBER = "PhoneNumber"
    BLOCKED = "Blocked"
    CURRENT_LOCATION = "CurrentLocation"


@dataclass(frozen=True, slots=True)
class WantedCallerId:
    """For one feature. type None and no number: as if nothing had been chosen. number_id: as in the list of the user's
    phone numbers; it counts before number."""

    feature: CallerIdFeature
    type: CallerIdType | None = None
    number_id: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class WantedSettings:
    """What is to change; None stays."""

    features: Sequence[WantedCallerId] = ()
    name_for_outbound: bool | None = None
    number_for_internal: bool | None = None


@dataclass(frozen=True, slots=True)
class ShownCallerId:
    """number: E.164, with the type PhoneNumber only."""

    type: CallerIdType
    number: str | None = None


def shown(account: Account, extension: Extension, feature: CallerIdFeature) -> ShownCallerId | None:
    """The choice as it stands; None = none was made. A number that may be shown no longer counts as no choice."""
    settings = extension.caller_id
    is_ring_out = feature is CallerIdFeature.RING_OUT
    choice = settings.ring_out if is_ring_out else settings.others.get(feature)
    if choice == BLOCKED:
        return ShownCallerId(CallerIdType.BLOCKED)
    if choice == CURRENT:
        return ShownCallerId(CallerIdType.CURRENT_LOCATION)
    if choice is not None and choice != MAIN and caller_id.may_show(account, extension, choice):
        return ShownCallerId(CallerIdType.PHONE_NUMBER, choice)
    if is_ring_out or choice == MAIN:
        return ShownCallerId(CallerIdType.PHONE_NUMBER, account.main_number)
    return None


def change(extension: Extension, account: Account, wanted: WantedSettings) -> Extension:
    """Raises CallerIdNotYours, NotFound for an unknown number's id, MissingParameter or BadParameter."""
    settings = extension.caller_id
    for one in wanted.features:
        settings = _with(settings, one.feature, _choice(one, extension, account))
    if wanted.name_for_outbound is not None:
        settings = replace(settings, name_for_outbound=wanted.name_for_outbound)
    if wanted.number_for_internal is not None:
        settings = replace(settings, number_for_internal=wanted.number_for_internal)
    return replace(extension, caller_id=settings)


def _with(settings: CallerIdSettings, feature: CallerIdFeature, choice: str | None) -> CallerIdSettings:
    if feature is CallerIdFeature.RING_OUT:
        return replace(settings, ring_out=choice or MAIN)
    others = {known: old for known, old in settings.others.items() if known != feature}
    return replace(settings, others=others if choice is None else {**others, str(feature): choice})


def _choice(wanted: WantedCallerId, extension: Extension, account: Account) -> str | None:
    if wanted.type is CallerIdType.BLOCKED:
        return BLOCKED
    if wanted.type is CallerIdType.CURRENT_LOCATION:
        if wanted.feature is not CallerIdFeature.RING_OUT:
            raise BadParameter(f"{_PARAMETER}.type", wanted.type)
        return CURRENT
    number = _number(wanted, extension, account)
    if number is None:
        if wanted.type is not None:
            raise MissingParameter(f"{_PARAMETER}.phoneInfo")
        return None
    return MAIN if number == account.main_number else number


def _number(wanted: WantedCallerId, extension: Extension, account: Account) -> str | None:
    """E.164 of a number that the user may show."""
    if wanted.number_id is not None:
        known = {str(listed.id): listed.number for listed in phone_numbers.of_extension(account, extension)}
        if wanted.number_id not in known:
            raise NotFound(f"{_PARAMETER}.phoneInfo.id")
        number = known[wanted.number_id]
    elif wanted.number is not None:
        try:
            number = phone.parse(wanted.number, home_country(account, extension)).e164
        except ValueError:
            raise BadNumber(f"{_PARAMETER}.phoneInfo.phoneNumber", wanted.number) from None
    else:
        return None
    if not caller_id.may_show(account, extension, number):
        raise CallerIdNotYours(number, f"{_PARAMETER}.phoneInfo.phoneNumber")
    return number
