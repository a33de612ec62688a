"""The user's phones: which numbers may be in the list, and how it changes.

The rules are those of RingCentral's forwarding-number resource (FPN-102 to FPN-125). What no RingOut could ring may not
stand in the list either.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ringout.domain import emergency, phone, policy
from ringout.domain.account import Account, Device, Extension, ForwardingNumber, PhoneType, home_country
from ringout.domain.emergency import Emergency
from ringout.domain.errors import (
    BadNumber,
    BadParameter,
    DestinationBarred,
    DuplicateValue,
    ForwardingNumberRefused,
    InternationalDisabled,
    NotFound,
    UnusableValue,
)
from ringout.domain.own_phones import is_address
from ringout.service.accounts import Accounts
from ringout.service.ports import IdSource

MOST = 10
MOST_CUSTOM = 7  # of type Other
LONGEST_LABEL = 60  # characters
HIGHEST_FLIP_NUMBER = 99

# Types that only a platform with apps and mobile lines of its own can give.
_NOT_CHOSEN = (PhoneType.BUSINESS_MOBILE_PHONE, PhoneType.EXTENSION_APPS)


@dataclass(frozen=True, slots=True)
class WantedPhone:
    """What a request says of a phone. None = not named. phone_number: a sip: or sips: address as well. device_id: of
    the user's own device."""

    phone_number: str | None = None
    label: str | None = None
    type: PhoneType | None = None
    flip_number: int | None = None
    device_id: str | None = None
    default: bool | None = None


class ForwardingNumbers:
    """Lists, adds, changes and removes. Raises NotFound("forwardingNumberId") for what is not in that user's list, a
    Refused for what the rules forbid, KeyError for an unknown extension, OSError when the disk refuses."""

    def __init__(self, accounts: Accounts, ids: IdSource, hosts: Collection[str] = ()) -> None:
        """hosts: where phones may be that are SIP addresses; in lower case, IPv6 without brackets."""
        self._accounts = accounts
        self._ids = ids
        self._hosts = hosts

    async def add(self, extension_id: int, wanted: WantedPhone) -> ForwardingNumber:
        number_id = str(self._accounts.new_id(self._ids))
        changed = await self._accounts.change_extension(
            extension_id, lambda extension: add(extension, self._account(extension), wanted, number_id, self._hosts)
        )
        return find(changed, number_id)

    async def change(self, extension_id: int, number_id: str, wanted: WantedPhone) -> ForwardingNumber:
        changed = await self._accounts.change_extension(
            extension_id,
            lambda extension: change(extension, self._account(extension), number_id, wanted, self._hosts),
        )
        return find(changed, number_id)

    async def remove(self, extension_id: int, number_ids: Sequence[str]) -> None:
        """All of them or, when one cannot be removed, none."""
        await self._accounts.change_extension(extension_id, lambda extension: remove(extension, number_ids))

    def _account(self, extension: Extension) -> Account:
        return self._accounts.account(extension.account_id)


# --- the rules, from one Extension to the next ---------------------------------------------------------------------


def find(extension: Extension, number_id: str) -> ForwardingNumber:
    """Raises NotFound."""
    for known in extension.forwarding_numbers:
        if known.id == number_id:
            return known
    raise NotFound("forwardingNumberId")


def add(
    extension: Extension, account: Account, wanted: WantedPhone, number_id: str, hosts: Collection[str] = ()
) -> Extension:
    """With one phone more, at the end of the list. hosts: as of ForwardingNumbers. Raises a Refused."""
    type_ = wanted.type or PhoneType.OTHER
    device = _device(extension, wanted, type_)
    if type_ in _NOT_CHOSEN:
        raise BadParameter("type", type_)
    others = extension.forwarding_numbers
    if len(others) >= MOST:
        raise ForwardingNumberRefused(103, "phoneNumber", str(MOST))
    if type_ is PhoneType.OTHER and sum(o.type is PhoneType.OTHER for o in others) >= MOST_CUSTOM:
        raise ForwardingNumberRefused(104, "label", str(MOST_CUSTOM))
    label = device.name or device.username if device else _label(wanted.label, others) if _is_custom(type_) else type_
    made = ForwardingNumber(
        number_id,
        "",
        unused_label(label, others) if device else _unused(label, others),
        type_,
        lowest_free_flip(others) if wanted.flip_number is None else _flip_number(wanted.flip_number, others),
        device.id if device else "",
    )
    if device is None:
        made = _reached_at(made, wanted.phone_number or "", extension, account, others, hosts)
    default = number_id if wanted.default else extension.default_forwarding_id
    return replace(extension, forwarding_numbers=(*others, made), default_forwarding_id=default)


def change(
    extension: Extension, account: Account, number_id: str, wanted: WantedPhone, hosts: Collection[str] = ()
) -> Extension:
    """With that phone as wanted; what is not named stays. hosts: as of ForwardingNumbers. Raises NotFound or a
    Refused."""
    old = find(extension, number_id)
    others = tuple(known for known in extension.forwarding_numbers if known.id != number_id)
    if wanted.type not in (None, old.type):
        raise ForwardingNumberRefused(122, "type")
    new = replace(
        _moved(old, wanted, extension, account, others, hosts),
        label=_changed_label(old, wanted, others),
        flip_number=old.flip_number if wanted.flip_number is None else _flip_number(wanted.flip_number, others),
    )
    numbers = tuple(new if known.id == number_id else known for known in extension.forwarding_numbers)
    default = extension.default_forwarding_id
    if wanted.default:
        default = number_id
    elif wanted.default is False and default == number_id:
        default = None
    return replace(extension, forwarding_numbers=numbers, default_forwarding_id=default)


def remove(extension: Extension, number_ids: Sequence[str]) -> Extension:
    """Without those phones. When the default goes the first of those left is the default. Raises NotFound or a
    Refused."""
    gone = {find(extension, number_id).id for number_id in number_ids}
    left = tuple(known for known in extension.forwarding_numbers if known.id not in gone)
    if any(known.id in gone and known.type is PhoneType.PHONE_LINE for known in extension.forwarding_numbers):
        raise ForwardingNumberRefused(107, "forwardingNumberId")
    default = None if extension.default_forwarding_id in gone else extension.default_forwarding_id
    return replace(extension, forwarding_numbers=left, default_forwarding_id=default)


def _is_custom(type_: PhoneType) -> bool:
    return type_ is PhoneType.OTHER


def _device(extension: Extension, wanted: WantedPhone, type_: PhoneType) -> Device | None:
    """The device that is to be in the list; None: a number or an address is."""
    if wanted.device_id is not None:
        if wanted.phone_number is not None:
            raise ForwardingNumberRefused(109, "device")
        if type_ is not PhoneType.PHONE_LINE:
            raise ForwardingNumberRefused(111, "device")
        device = extension.device(wanted.device_id)
        if device is None:
            raise ForwardingNumberRefused(113, "device.id")
        if any(known.device_id == device.id for known in extension.forwarding_numbers):
            raise DuplicateValue("device.id", device.id)
        return device
    if type_ is PhoneType.PHONE_LINE:
        raise ForwardingNumberRefused(110, "device")
    if wanted.phone_number is None:
        raise ForwardingNumberRefused(112, "phoneNumber")
    return None


def _reached_at(
    phone: ForwardingNumber,
    text: str,
    extension: Extension,
    account: Account,
    others: Sequence[ForwardingNumber],
    hosts: Collection[str],
) -> ForwardingNumber:
    """The phone, at that number or SIP address."""
    if not is_address(text):
        return replace(phone, number=_number(text, extension, account, others), address="")
    address = text.strip()
    try:
        policy.check_address(address, "phoneNumber", address, account, extension, hosts)
    except DestinationBarred as barred:
        raise UnusableValue("phoneNumber", address, barred.why) from None
    except InternationalDisabled:
        raise ForwardingNumberRefused(108, "phoneNumber") from None
    if any(known.address == address for known in others):
        raise DuplicateValue("phoneNumber", address)
    return replace(phone, number="", address=address)


def _number(text: str, extension: Extension, account: Account, others: Sequence[ForwardingNumber]) -> str:
    """E.164 of a number that may be in the list."""
    country = home_country(account, extension)
    if emergency.meaning(text, account.country.upper(), country) is not Emergency.NO:
        raise UnusableValue("phoneNumber", text, policy.EMERGENCY)
    try:
        number = phone.parse(text, country)
    except ValueError:
        raise BadNumber("phoneNumber", text) from None
    if number.e164 == account.main_number or any(number.e164 == owned.number for owned in account.numbers):
        raise ForwardingNumberRefused(105, "phoneNumber", number.e164)
    if number.extension is not None:
        raise BadNumber("phoneNumber", text)
    if any(known.number == number.e164 for known in others):
        raise DuplicateValue("phoneNumber", number.e164)
    _check_callable(number.e164, extension, account)
    return number.e164


def _check_callable(e164: str, extension: Extension, account: Account) -> None:
    """Raises for what no RingOut could ring anyway."""
    try:
        policy.check_allowed(e164, "phoneNumber", e164, account, extension)
    except DestinationBarred as barred:
        raise UnusableValue("phoneNumber", e164, barred.why) from None
    except InternationalDisabled:
        raise ForwardingNumberRefused(108, "phoneNumber") from None


def _moved(
    old: ForwardingNumber,
    wanted: WantedPhone,
    extension: Extension,
    account: Account,
    others: Sequence[ForwardingNumber],
    hosts: Collection[str],
) -> ForwardingNumber:
    """At the number or address that is wanted."""
    if wanted.phone_number is None or wanted.phone_number == (old.number or old.address):
        return old
    if old.type is PhoneType.PHONE_LINE:
        raise ForwardingNumberRefused(124, "phoneNumber")
    return _reached_at(old, wanted.phone_number, extension, account, others, hosts)


def _label(text: str | None, others: Sequence[ForwardingNumber]) -> str:
    label = (text or "").strip()
    if not label:
        raise ForwardingNumberRefused(116, "label")
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise BadParameter("label", label)
    return _unused(label, others)


def _changed_label(old: ForwardingNumber, wanted: WantedPhone, others: Sequence[ForwardingNumber]) -> str:
    if wanted.label is None or wanted.label == old.label:
        return old.label
    if old.type is PhoneType.OTHER:
        return _label(wanted.label, others)
    if wanted.type is None:
        raise ForwardingNumberRefused(125, "label", old.type)
    return old.label  # the type says what it is called


def _unused(label: str, others: Sequence[ForwardingNumber]) -> str:
    """The label, unless another phone is called the same."""
    if any(known.label.casefold() == label.casefold() for known in others):
        raise ForwardingNumberRefused(102, "label", label)
    return str(label)


def unused_label(label: str, others: Sequence[ForwardingNumber]) -> str:
    """The label, with a number behind it when another phone is called the same."""
    label = label[: LONGEST_LABEL - 5]
    taken = {known.label.casefold() for known in others}
    names = (label, *(f"{label} {count}" for count in range(2, len(others) + 3)))
    return next(name for name in names if name.casefold() not in taken)


def _flip_number(wanted: int, others: Sequence[ForwardingNumber]) -> int:
    if not 1 <= wanted <= HIGHEST_FLIP_NUMBER:
        raise BadParameter("flipNumber", str(wanted))
    if any(known.flip_number == wanted for known in others):
        raise ForwardingNumberRefused(106, "flipNumber", str(wanted))
    return wanted


def lowest_free_flip(others: Sequence[ForwardingNumber]) -> int:
    """The first flip number that no phone has."""
    taken = {known.flip_number for known in others}
    return next(number for number in range(1, HIGHEST_FLIP_NUMBER + 1) if number not in taken)
