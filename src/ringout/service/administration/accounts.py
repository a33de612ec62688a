"""Accounts, their service features, and the destinations that they may not call."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.config import USUALLY_BLOCKED
from ringout.domain.account import Account
from ringout.domain.errors import NotFound
from ringout.service import field_checks
from ringout.service.administration import checks
from ringout.service.administration.parts import Administration, Listing, Where

MOST_ACCOUNTS = 10_000


class AdminAccount(Struct, rename="camel"):
    """An account."""

    id: str
    main_number: str
    company: str
    email: str
    country: str
    language: str
    international: bool
    ring_out: bool
    prepaid: bool
    enabled: bool
    users: int
    numbers: int
    blocked: int
    from_config: bool


class AdminAccountCreation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A new account."""

    main_number: Annotated[str, Meta(description="The company's number: default caller ID, user name of its logins.")]
    country: Annotated[str, Meta(description="ISO 3166; home of national numbers, ringback tone.")] = "us"
    language: Annotated[str, Meta(description="Of the prompts.")] = "en"
    company: Annotated[str, Meta(description="Its name.")] = ""
    email: Annotated[str, Meta(description="Of the company.")] = ""
    international: Annotated[bool, Meta(description="May call regions other than its own.")] = False
    prepaid: Annotated[bool, Meta(description="Every call needs balance.")] = False


class AdminAccountChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes."""

    main_number: (
        Annotated[str, Meta(description="E.164, or as it is written in the account's country.")] | UnsetType
    ) = UNSET
    country: Annotated[str, Meta(description="ISO 3166; home of national numbers.")] | UnsetType = UNSET
    language: Annotated[str, Meta(description="Of the prompts.")] | UnsetType = UNSET
    company: Annotated[str, Meta(description="Its name.")] | UnsetType = UNSET
    email: Annotated[str, Meta(description="Of the company.")] | UnsetType = UNSET
    prepaid: Annotated[bool, Meta(description="Every call needs balance.")] | UnsetType = UNSET
    enabled: Annotated[bool, Meta(description="Whether its users may log in.")] | UnsetType = UNSET


class AdminFeatures(Struct, rename="camel"):
    """Service features. A user has what the account has, unless it was taken away from the user."""

    ring_out: bool
    international: bool


class AdminFeaturesChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes."""

    ring_out: Annotated[bool, Meta(description="May place RingOuts.")] | UnsetType = UNSET
    international: Annotated[bool, Meta(description="May call regions other than its own.")] | UnsetType = UNSET


class AdminBlocked(Struct, rename="camel"):
    """Prefixes that may not be called, E.164."""

    prefixes: tuple[str, ...]


class AdminPrefixes(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Prefixes to block."""

    prefixes: Annotated[tuple[str, ...], Meta(description="E.164 prefixes, e.g. +1900.")]


def shown(admin: Administration, account: Account) -> AdminAccount:
    return AdminAccount(
        id=str(account.id),
        main_number=account.main_number,
        company=account.company,
        email=account.email,
        country=account.country,
        language=account.language,
        international=account.international,
        ring_out=account.ring_out,
        prepaid=account.prepaid,
        enabled=account.enabled,
        users=len(admin.accounts.extensions(account.id)),
        numbers=len(account.numbers),
        blocked=len(account.blocked),
        from_config=account.from_config,
    )


async def list_accounts(admin: Administration, where: Where) -> Listing:
    return Listing(admin.accounts.accounts(), lambda account: shown(admin, account))


async def show_account(admin: Administration, where: Where) -> AdminAccount:
    return shown(admin, admin.account(where))


async def create_account(admin: Administration, where: Where, body: AdminAccountCreation) -> AdminAccount:
    account = new_account(admin, body)

    def decide() -> tuple[tuple[Account], tuple[()]]:
        everybody = admin.accounts.accounts()
        checks.refuse_more(len(everybody), MOST_ACCOUNTS, "accounts")
        checks.unique_number(account.main_number, "mainNumber", everybody)
        return (account,), ()

    await admin.accounts.change(decide)
    return shown(admin, account)


def new_account(
    admin: Administration, body: AdminAccountCreation, blocked: tuple[str, ...] = USUALLY_BLOCKED
) -> Account:
    """Checked, but for what depends on others."""
    country = checks.country(body.country, "country")
    return Account(
        id=admin.accounts.new_id(admin.ids),
        main_number=field_checks.number(body.main_number, "mainNumber", country),
        country=country,
        language=checks.language(body.language, "language"),
        company=field_checks.line(body.company, "company"),
        email=field_checks.email(body.email, "email"),
        international=body.international,
        blocked=blocked,
        prepaid=body.prepaid,
    )


async def update_account(admin: Administration, where: Where, body: AdminAccountChange) -> AdminAccount:
    values = _checked(body)

    def change(old: Account) -> Account:
        account = checks.changed(old, values)
        if not isinstance(body.main_number, str):
            return account
        e164 = field_checks.number(body.main_number, "mainNumber", account.country)
        if e164 != old.main_number:
            checks.unique_number(e164, "mainNumber", admin.accounts.accounts())
        return replace(account, main_number=e164)

    account = await admin.change_account(where, change)
    if not account.enabled:
        for extension in admin.accounts.extensions(account.id):
            await admin.tokens.close_sessions(extension.id)
    return shown(admin, account)


def _checked(body: AdminAccountChange) -> dict[str, Any]:
    check = {
        "country": checks.country,
        "language": checks.language,
        "company": field_checks.line,
        "email": field_checks.email,
    }
    return {
        name: check[name](value, name) if name in check else value
        for name, value in checks.given(body).items()
        if name != "main_number"
    }


# --- service features ----------------------------------------------------------------------------------------------


async def show_features(admin: Administration, where: Where) -> AdminFeatures:
    account = admin.account(where)
    return AdminFeatures(account.ring_out, account.international)


async def set_features(admin: Administration, where: Where, body: AdminFeaturesChange) -> AdminFeatures:
    account = await admin.change_account(where, lambda old: checks.changed(old, checks.given(body)))
    return AdminFeatures(account.ring_out, account.international)


# --- blocked destinations ------------------------------------------------------------------------------------------


async def show_blocked(admin: Administration, where: Where) -> AdminBlocked:
    return AdminBlocked(admin.account(where).blocked)


async def add_blocked(admin: Administration, where: Where, body: AdminPrefixes) -> AdminBlocked:
    added = checks.prefixes(body.prefixes, "prefixes")
    changed = await admin.change_account(
        where, lambda old: replace(old, blocked=checks.prefixes((*old.blocked, *added), "prefixes"))
    )
    return AdminBlocked(changed.blocked)


async def remove_blocked(admin: Administration, where: Where) -> None:
    def change(account: Account) -> Account:
        if where["prefix"] not in account.blocked:
            raise NotFound("prefix")
        return replace(account, blocked=tuple(prefix for prefix in account.blocked if prefix != where["prefix"]))

    await admin.change_account(where, change)
