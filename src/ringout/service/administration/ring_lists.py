"""Which phones of a user ring when the user is called, by the same rules as when the user changes them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.domain.account import Extension, RingingMode, RingList
from ringout.domain.ring_list import FEWEST_RINGS, MOST_RINGS, known_rules
from ringout.service import ring_lists as rules
from ringout.service.administration import phones
from ringout.service.administration.parts import Administration, Where
from ringout.service.ring_lists import WantedList, WantedRule


class RingMode(StrEnum):
    """How the phones ring."""

    FIRST = "First"  # the default phone alone
    SEQUENTIALLY = "Sequentially"
    SIMULTANEOUSLY = "Simultaneously"


class AdminRingList(Struct, rename="camel"):
    """phones: in their order, as in the list of forwarding numbers, none = the default phone; rings: of each, 5 seconds
    long."""

    mode: RingMode
    phones: list[str]
    rings: list[int]
    by_default: bool


class AdminRingListChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes. A new order without phones: all of the user's phones."""

    mode: Annotated[RingMode, Meta(description="First (phone alone), Sequentially or Simultaneously.")] | UnsetType = (
        UNSET
    )
    phones: (
        Annotated[
            tuple[str, ...], Meta(description="The phones that ring, in their order: as lists show them, or ids.")
        ]
        | UnsetType
    ) = UNSET
    rings: (
        Annotated[int, Meta(description="Rings of 5 seconds, 1 to 15, for each phone.", ge=FEWEST_RINGS, le=MOST_RINGS)]
        | UnsetType
    ) = UNSET
    by_default: Annotated[bool, Meta(description="They ring for a request that names no phone, too.")] | UnsetType = (
        UNSET
    )


def shown(user: Extension) -> AdminRingList:
    known = [rule for rule in known_rules(user) if rule.enabled]
    names = {phone.id: phones.shown(user, phone).phone_number for phone in user.forwarding_numbers}
    listed = [(names[phone_id], rule.rings) for rule in known for phone_id in rule.phones]
    mode = RingMode(user.ring_list.mode) if listed else RingMode.FIRST
    return AdminRingList(mode, [name for name, _ in listed], [rings for _, rings in listed], user.ring_list.by_default)


async def show_ring_list(admin: Administration, where: Where) -> AdminRingList:
    return shown(admin.user(where))


async def set_ring_list(admin: Administration, where: Where, body: AdminRingListChange) -> AdminRingList:
    return shown(await admin.change_user(where, lambda user: _changed(user, body)))


def _changed(user: Extension, body: AdminRingListChange) -> Extension:
    """Raises NotFound for a phone that is not the user's, DuplicateValue for one that is named twice."""
    by_default = body.by_default if isinstance(body.by_default, bool) else None
    if body.mode is RingMode.FIRST:
        return rules.change(_cleared(user), WantedList(by_default=by_default))
    mode = RingingMode(body.mode) if isinstance(body.mode, RingMode) else None
    rings = body.rings if isinstance(body.rings, int) else None
    return rules.change(user, WantedList(mode, _wanted(user, body, rings), by_default))


def _cleared(user: Extension) -> Extension:
    return replace(user, ring_list=RingList(by_default=user.ring_list.by_default))


def _wanted(user: Extension, body: AdminRingListChange, rings: int | None) -> tuple[WantedRule, ...] | None:
    """The rules for what is named; None = as they are."""
    if isinstance(body.phones, tuple):
        return tuple(WantedRule((phones.find(user, named).id,), rings) for named in body.phones)
    known = known_rules(user)
    if not known and isinstance(body.mode, RingMode):
        return tuple(WantedRule((phone.id,), rings) for phone in user.forwarding_numbers)
    if rings is None:
        return None
    return tuple(WantedRule(rule.phones, rings, rule.enabled) for rule in known)
