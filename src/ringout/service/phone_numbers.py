"""The numbers of an account and of a user, and what each is good for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ringout.domain.account import Account, Extension, OwnedNumber, UsageType
from ringout.domain.caller_id import may_show
from ringout.domain.regions import NOWHERE, place_of


class PaymentType(StrEnum):
    """Whose number it is, and who pays for calls to it."""

    LOCAL = "Local"
    TOLL_FREE = "TollFree"
    EXTERNAL = "External"  # of a phone that is not the company's


@dataclass(frozen=True, slots=True)
class ListedNumber:
    """number: E.164 with +. owner: whose number it is, None = the company's. caller_id: is offered as one
    to show to callees."""

    id: int
    number: str
    usage: UsageType
    payment: PaymentType
    label: str = ""
    owner: Extension | None = None
    caller_id: bool = True

    @property
    def primary(self) -> bool:
        return self.usage is UsageType.MAIN

    @property
    def country(self) -> str | None:
        """ISO 3166, upper case; None for numbers of no country."""
        region = place_of(self.number).region
        return None if region == NOWHERE else region


def of_account(account: Account, extensions: Mapping[int, Extension]) -> list[ListedNumber]:
    """What the company owns, the main number first. extensions: by id."""
    owners = {o.id: extensions.get(o.extension_id) if o.extension_id else None for o in account.numbers}
    return [_main(account), *(_owned(owned, owners[owned.id]) for owned in account.numbers)]


def of_extension(account: Account, extension: Extension) -> list[ListedNumber]:
    """The company's numbers, the user's own, and the user's phones.

    Not everything that may be shown is marked as caller ID: RingCentral's widgets offer a number either as a phone to
    ring or as one to show, and what is marked cannot be rung any more. Toll-free phones are marked."""
    shared = [_owned(o, None) for o in account.numbers if o.extension_id is None]
    own = [_owned(o, extension) for o in account.numbers if o.extension_id == extension.id]
    owned = [_main(account), *shared, *own]
    known = {record.number for record in owned}
    phones = [
        ListedNumber(
            *(int(p.id), p.number, UsageType.FORWARDED, PaymentType.EXTERNAL, p.label, extension),
            caller_id=place_of(p.number).toll_free,
        )
        for p in extension.forwarding_numbers
        if p.number and p.number not in known
    ]
    return [replace(r, caller_id=r.caller_id and may_show(account, extension, r.number)) for r in (*owned, *phones)]


def _main(account: Account) -> ListedNumber:
    return ListedNumber(account.id, account.main_number, UsageType.MAIN, _payment(account.main_number))


def _owned(owned: OwnedNumber, owner: Extension | None) -> ListedNumber:
    payment = _payment(owned.number)
    return ListedNumber(owned.id, owned.number, owned.usage, payment, owned.label, owner, owned.caller_id)


def _payment(e164: str) -> PaymentType:
    return PaymentType.TOLL_FREE if place_of(e164).toll_free else PaymentType.LOCAL
