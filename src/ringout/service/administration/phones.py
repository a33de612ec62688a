"""The forwarding numbers of a user, by the same rules as when the user changes them."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.domain.account import Account, Extension, ForwardingNumber, PhoneType
from ringout.domain.errors import NotFound
from ringout.service import forwarding_numbers as rules
from ringout.service.administration.parts import Administration, Listing, Where
from ringout.service.forwarding_numbers import WantedPhone


class AdminPhone(Struct, rename="camel"):
    """A phone of the user that RingOut may ring. phoneNumber: E.164, a SIP address, or the user name of a device.
    default: the one that rings when a request names none."""

    id: str
    phone_number: str
    label: str
    type: PhoneType
    default: bool


class AdminPhoneCreation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A phone to add."""

    phone_number: Annotated[str, Meta(description="As it is written in the user's country, or a SIP address.")]
    label: Annotated[str, Meta(description="What it is called, where the type is Other.")] = ""
    type: (
        Annotated[PhoneType, Meta(description="Home, Mobile, Work or Other; with a label Other, else Work.")]
        | UnsetType
    ) = UNSET
    default: Annotated[bool, Meta(description="Rings when a request names no phone.")] = False


class AdminPhoneChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes."""

    phone_number: Annotated[str, Meta(description="E.164, or as it is written in the user's country.")] | UnsetType = (
        UNSET
    )
    label: Annotated[str, Meta(description="What it is called, where the type is Other.")] | UnsetType = UNSET
    default: Annotated[bool, Meta(description="Rings when a request names no phone.")] | UnsetType = UNSET


def shown(user: Extension, phone: ForwardingNumber) -> AdminPhone:
    return AdminPhone(phone.id, _reached_at(user, phone), phone.label, phone.type, phone == user.default_forwarding)


def _reached_at(user: Extension, phone: ForwardingNumber) -> str:
    device = user.device(phone.device_id)
    return phone.number or phone.address or (device.username if device else "")


async def list_phones(admin: Administration, where: Where) -> Listing:
    user = admin.user(where)
    return Listing(user.forwarding_numbers, lambda phone: shown(user, phone))


async def add_phone(admin: Administration, where: Where, body: AdminPhoneCreation) -> AdminPhone:
    usual = PhoneType.OTHER if body.label else PhoneType.WORK
    phone_type = body.type if isinstance(body.type, PhoneType) else usual
    wanted = WantedPhone(body.phone_number, body.label or None, phone_type, default=body.default or None)
    number_id = str(admin.accounts.new_id(admin.ids))
    user = await admin.change_user(
        where, lambda old: rules.add(old, _account(admin, old), wanted, number_id, admin.hosts)
    )
    return shown(user, find(user, number_id))


async def update_phone(admin: Administration, where: Where, body: AdminPhoneChange) -> AdminPhone:
    wanted = WantedPhone(
        body.phone_number if isinstance(body.phone_number, str) else None,
        body.label if isinstance(body.label, str) else None,
        default=body.default if isinstance(body.default, bool) else None,
    )
    number_id = find(admin.user(where), where["phone"]).id
    user = await admin.change_user(
        where, lambda old: rules.change(old, _account(admin, old), number_id, wanted, admin.hosts)
    )
    return shown(user, find(user, number_id))


async def remove_phone(admin: Administration, where: Where) -> None:
    await admin.change_user(where, lambda old: rules.remove(old, [find(old, where["phone"]).id]))


def _account(admin: Administration, user: Extension) -> Account:
    return admin.accounts.account(user.account_id)


def find(user: Extension, named: str) -> ForwardingNumber:
    """By id, or as lists show it: the number in E.164, the SIP address, or the user name of a device."""
    for phone in user.forwarding_numbers:
        if named and named in (phone.id, _reached_at(user, phone)):
            return phone
    raise NotFound("forwardingNumber")
