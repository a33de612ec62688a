"""What a user may do, and the caller ID that is shown when a request names none."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from msgspec import Meta, Struct

from ringout.domain import caller_id
from ringout.domain.account import Extension
from ringout.domain.errors import UnusableValue
from ringout.service import field_checks
from ringout.service.administration import checks
from ringout.service.administration.accounts import AdminFeatures, AdminFeaturesChange
from ringout.service.administration.parts import Administration, Where


class AdminCallerId(Struct, rename="camel"):
    """What is shown when a request names no caller ID: main, current (the from number), blocked, or a number."""

    ring_out: str


class AdminCallerIdChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The new choice."""

    ring_out: Annotated[str, Meta(description="main, current (the from number), blocked, or a number of the user's.")]


async def show_user_features(admin: Administration, where: Where) -> AdminFeatures:
    user = admin.user(where)
    return AdminFeatures(user.ring_out, user.international)


async def set_user_features(admin: Administration, where: Where, body: AdminFeaturesChange) -> AdminFeatures:
    changed = await admin.change_user(where, lambda old: checks.changed(old, checks.given(body)))
    return AdminFeatures(changed.ring_out, changed.international)


async def show_caller_id(admin: Administration, where: Where) -> AdminCallerId:
    return AdminCallerId(admin.user(where).caller_id.ring_out)


async def set_caller_id(admin: Administration, where: Where, body: AdminCallerIdChange) -> AdminCallerId:
    def change(user: Extension) -> Extension:
        choice = body.ring_out.strip()
        if choice not in caller_id.CHOICES:
            account = admin.accounts.account(user.account_id)
            choice = field_checks.number(choice, "ringOut", account.country)
            if not caller_id.may_show(account, user, choice):
                raise UnusableValue("ringOut", body.ring_out, "It is no number that this user may show.")
        return replace(user, caller_id=replace(user.caller_id, ring_out=choice))

    changed = await admin.change_user(where, change)
    return AdminCallerId(changed.caller_id.ring_out)
