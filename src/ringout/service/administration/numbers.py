"""The numbers that an account owns besides its main number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.domain import caller_id
from ringout.domain.account import Account, Extension, OwnedNumber, UsageType
from ringout.domain.errors import NotFound, UnusableValue
from ringout.service import field_checks
from ringout.service.administration import checks
from ringout.service.administration.parts import Administration, Listing, Where

MOST_NUMBERS = 10_000


class AdminNumber(Struct, rename="camel", omit_defaults=True):
    """A number that the account owns. user: extension number of the one whose direct number it is."""

    id: str
    number: str
    usage: UsageType
    label: str
    caller_id: bool
    user: str | None = None


class AdminNumberCreation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A number to add."""

    number: Annotated[str, Meta(description="E.164, or as it is written in the account's country.")]
    user: Annotated[str, Meta(description="Whose direct number it is (id or extension); none = the company's.")] = ""
    label: Annotated[str, Meta(description="A note on it.")] = ""
    caller_id: Annotated[bool, Meta(description="May be shown as caller ID.")] = True


class AdminNumberChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes."""

    user: Annotated[str, Meta(description="Whose direct number it is (id or extension); empty = the company's.")] | (
        UnsetType
    ) = UNSET
    label: Annotated[str, Meta(description="A note on it.")] | UnsetType = UNSET
    caller_id: Annotated[bool, Meta(description="May be shown as caller ID.")] | UnsetType = UNSET


def shown(admin: Administration, owned: OwnedNumber) -> AdminNumber:
    user = None if owned.extension_id is None else admin.accounts.extension(owned.extension_id).number
    return AdminNumber(str(owned.id), owned.number, owned.usage, owned.label, owned.caller_id, user)


async def list_numbers(admin: Administration, where: Where) -> Listing:
    return Listing(admin.account(where).numbers, lambda owned: shown(admin, owned))


async def add_number(admin: Administration, where: Where, body: AdminNumberCreation) -> AdminNumber:
    number_id = admin.accounts.new_id(admin.ids)
    label = field_checks.line(body.label, "label")

    def change(account: Account) -> Account:
        checks.refuse_more(len(account.numbers), MOST_NUMBERS, "numbers in this account")
        e164 = field_checks.number(body.number, "number", account.country)
        checks.unique_number(e164, "number", admin.accounts.accounts())
        owner = _owner(admin, account, body.user)
        usage = UsageType.DIRECT if owner else UsageType.COMPANY
        made = OwnedNumber(number_id, e164, usage, owner.id if owner else None, label, body.caller_id)
        return replace(account, numbers=(*account.numbers, made))

    changed = await admin.change_account(where, change)
    return shown(admin, changed.numbers[-1])


async def update_number(admin: Administration, where: Where, body: AdminNumberChange) -> AdminNumber:
    def change(account: Account, owned: OwnedNumber) -> OwnedNumber:
        if isinstance(body.user, str):
            owner = _owner(admin, account, body.user)
            usage = UsageType.DIRECT if owner else UsageType.COMPANY
            owned = replace(owned, extension_id=owner.id if owner else None, usage=usage)
        label = field_checks.line(body.label, "label") if isinstance(body.label, str) else owned.label
        may_be_shown = body.caller_id if isinstance(body.caller_id, bool) else owned.caller_id
        return replace(owned, label=label, caller_id=may_be_shown)

    await _change_number(admin, where, change)
    return shown(admin, _find(admin.account(where), where["number"]))


async def remove_number(admin: Administration, where: Where) -> None:
    """Who showed it by default shows the main number from now on."""
    await _change_number(admin, where, lambda account, owned: None)


async def _change_number(
    admin: Administration,
    where: Where,
    change: Callable[[Account, OwnedNumber], OwnedNumber | None],
) -> None:
    """change: None = the number goes. Users who may not show it any longer get the main number as their choice."""

    def decide() -> tuple[tuple[Account | Extension, ...], tuple[()]]:
        account = admin.account(where)
        old = _find(account, where["number"])
        new = change(account, old)
        after = tuple(new if owned is old else owned for owned in account.numbers)
        changed = replace(account, numbers=tuple(owned for owned in after if owned is not None))
        others = [
            replace(user, caller_id=replace(user.caller_id, ring_out=caller_id.MAIN))
            for user in admin.accounts.extensions(account.id)
            if user.caller_id.ring_out == old.number and not caller_id.may_show(changed, user, old.number)
        ]
        return (changed, *others), ()

    await admin.accounts.change(decide)


def _find(account: Account, named: str) -> OwnedNumber:
    """By id, or by the number itself in E.164."""
    for owned in account.numbers:
        if named in (str(owned.id), owned.number):
            return owned
    raise NotFound("number")


def _owner(admin: Administration, account: Account, named: str) -> Extension | None:
    if not named.strip():
        return None
    try:
        return admin.user({"account": str(account.id), "user": named.strip()})
    except NotFound:
        raise UnusableValue("user", named, "There is no such user in this account.") from None
