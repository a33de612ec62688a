"""Users: the extensions of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.domain.account import Account, Contact, Extension, UsageType, by_number
from ringout.domain.errors import DuplicateValue
from ringout.service import field_checks
from ringout.service.administration import checks
from ringout.service.administration.parts import Administration, Listing, Where, refuse_from_config
from ringout.service.administration.secrets import SECRET, new_password

MOST_USERS = 10_000

_CONTACT = ("first_name", "last_name", "email", "job_title", "department", "business_phone", "mobile_phone")
_REGIONAL = ("country", "language", "timezone")


class AdminUser(Struct, rename="camel", omit_defaults=True):
    """A user. password: only in the answer that follows its making."""

    id: str
    account: str
    extension: str
    name: str
    email: str
    admin: bool
    enabled: bool
    has_password: bool
    phones: tuple[str, ...]
    numbers: tuple[str, ...]
    ring_out: bool
    international: bool
    from_config: bool
    password: Annotated[str, Meta(description="Shown this once.", extra=SECRET)] | None = None


class AdminUserCreation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A new user."""

    extension: Annotated[str, Meta(description="One to eight digits, e.g. 101.")]
    first_name: Annotated[str, Meta(description="First name.")] = ""
    last_name: Annotated[str, Meta(description="Last name.")] = ""
    email: Annotated[str, Meta(description="May be used to log in as well.")] = ""
    job_title: Annotated[str, Meta(description="What the user does.")] = ""
    department: Annotated[str, Meta(description="Where in the company.")] = ""
    business_phone: Annotated[str, Meta(description="Shown to colleagues; rings nowhere.")] = ""
    mobile_phone: Annotated[str, Meta(description="Shown to colleagues; rings nowhere.")] = ""
    admin: Annotated[bool, Meta(description="Shown as an administrator to applications.")] = False
    password: Annotated[str, Meta(description="For the login page and the password grant.", extra=SECRET)] = ""
    generate_password: Annotated[bool, Meta(description="Makes a password up and shows it once.")] = False


class AdminUserChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes."""

    extension: Annotated[str, Meta(description="One to eight digits, e.g. 101.")] | UnsetType = UNSET
    first_name: Annotated[str, Meta(description="First name.")] | UnsetType = UNSET
    last_name: Annotated[str, Meta(description="Last name.")] | UnsetType = UNSET
    email: Annotated[str, Meta(description="May be used to log in as well.")] | UnsetType = UNSET
    job_title: Annotated[str, Meta(description="What the user does.")] | UnsetType = UNSET
    department: Annotated[str, Meta(description="Where in the company.")] | UnsetType = UNSET
    business_phone: Annotated[str, Meta(description="Shown to colleagues; rings nowhere.")] | UnsetType = UNSET
    mobile_phone: Annotated[str, Meta(description="Shown to colleagues; rings nowhere.")] | UnsetType = UNSET
    country: Annotated[str, Meta(description="ISO 3166; empty = as the account.")] | UnsetType = UNSET
    language: Annotated[str, Meta(description="Of pages and messages; empty = as the account.")] | UnsetType = UNSET
    timezone: Annotated[str, Meta(description="IANA name; empty = as the account.")] | UnsetType = UNSET
    admin: Annotated[bool, Meta(description="Shown as an administrator to applications.")] | UnsetType = UNSET
    enabled: Annotated[bool, Meta(description="Whether the user may log in.")] | UnsetType = UNSET


class AdminPassword(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A new password: either given or made up."""

    password: Annotated[str, Meta(description="The new password.", extra=SECRET)] = ""
    generate: Annotated[bool, Meta(description="Makes a password up and shows it once.")] = False


def shown(admin: Administration, extension: Extension, password: str | None = None) -> AdminUser:
    account = admin.accounts.account(extension.account_id)
    numbers = tuple(owned.number for owned in account.numbers if owned.extension_id == extension.id)
    return _shown(extension, numbers, password)


def _shown(extension: Extension, numbers: tuple[str, ...], password: str | None = None) -> AdminUser:
    return AdminUser(
        id=str(extension.id),
        account=str(extension.account_id),
        extension=extension.number,
        name=extension.name,
        email=extension.contact.email,
        admin=extension.admin,
        enabled=extension.enabled,
        has_password=extension.password_hash is not None,
        phones=tuple(phone.number or phone.address or phone.label for phone in extension.forwarding_numbers),
        numbers=numbers,
        ring_out=extension.ring_out,
        international=extension.international,
        from_config=extension.from_config,
        password=password,
    )


async def list_users(admin: Administration, where: Where) -> Listing:
    account = admin.account(where)
    numbers: dict[int | None, tuple[str, ...]] = {}
    for owned in account.numbers:
        numbers[owned.extension_id] = (*numbers.get(owned.extension_id, ()), owned.number)
    users = sorted(admin.accounts.extensions(account.id), key=by_number)
    return Listing(users, lambda user: _shown(user, numbers.get(user.id, ())))


async def show_user(admin: Administration, where: Where) -> AdminUser:
    return shown(admin, admin.user(where))


async def create_user(admin: Administration, where: Where, body: AdminUserCreation) -> AdminUser:
    extension, generated = await new_user(admin, admin.account(where), body)

    def decide() -> tuple[tuple[Extension], tuple[()]]:
        colleagues = admin.accounts.colleagues(admin.account(where).id)
        checks.refuse_more(len(colleagues), MOST_USERS, "users in this account")
        _refuse_taken(admin, extension, body.extension)
        return (extension,), ()

    await admin.accounts.change(decide)
    return shown(admin, extension, generated)


async def new_user(admin: Administration, account: Account, body: AdminUserCreation) -> tuple[Extension, str | None]:
    """The user, checked but for what depends on others, and the password if one was made up."""
    contact = Contact(**_contact_fields(checks.given(body)))
    number = checks.extension_number(body.extension, "extension", account.country)
    generated = new_password(admin.ids) if body.generate_password and not body.password else None
    password = generated or (field_checks.password(body.password, "password") if body.password else None)
    extension = Extension(
        id=admin.accounts.new_id(admin.ids),
        account_id=account.id,
        number=number,
        contact=contact,
        password_hash=await admin.passwords.hash(password) if password else None,
        admin=body.admin,
    )
    return extension, generated


async def update_user(admin: Administration, where: Where, body: AdminUserChange) -> AdminUser:
    fields = checks.given(body)
    contact, regional = _contact_fields(fields), _regional_fields(fields)
    own = {name: fields[name] for name in ("admin", "enabled") if name in fields}

    def change(old: Extension) -> Extension:
        changed = replace(old, contact=replace(old.contact, **contact), regional=replace(old.regional, **regional))
        changed = replace(changed, **own)
        if isinstance(body.extension, str):
            changed = _renumbered(admin, changed, body.extension)
        _refuse_taken(admin, changed, str(body.extension))
        return changed

    extension = await admin.change_user(where, change)
    if not extension.enabled:
        await admin.tokens.close_sessions(extension.id)
    return shown(admin, extension)


def _renumbered(admin: Administration, extension: Extension, wanted: str) -> Extension:
    account = admin.accounts.account(extension.account_id)
    number = checks.extension_number(wanted, "extension", account.country)
    if number != extension.number:
        refuse_from_config(extension, "this user, by its extension")
    return replace(extension, number=number)


def _refuse_taken(admin: Administration, extension: Extension, wanted: str) -> None:
    holder = admin.accounts.colleagues(extension.account_id).get(extension.number)
    if holder is not None and holder.id != extension.id:
        raise DuplicateValue("extension", wanted)
    field_checks.unique_email(extension.contact.email, "email", admin.accounts, extension.id)


async def set_password(admin: Administration, where: Where, body: AdminPassword) -> AdminUser:
    """The user's sessions end: whoever had the old password is out."""
    admin.user(where)  # before the hash, which takes its time
    generated = new_password(admin.ids) if body.generate and not body.password else None
    hashed = await admin.passwords.hash(generated or field_checks.password(body.password, "password"))
    changed = await admin.change_user(where, lambda old: replace(old, password_hash=hashed))
    await admin.tokens.close_sessions(changed.id)
    return shown(admin, changed, generated)


async def delete_user(admin: Administration, where: Where) -> None:
    """With its sessions and JWTs; its direct numbers become the company's. Its running calls go on to their end."""
    gone: list[Extension] = []

    def decide() -> tuple[list[Account], list[Extension]]:
        extension = admin.user(where)
        refuse_from_config(extension, "this user")
        gone.append(extension)
        account = admin.accounts.account(extension.account_id)
        numbers = tuple(
            replace(owned, extension_id=None, usage=UsageType.COMPANY) if owned.extension_id == extension.id else owned
            for owned in account.numbers
        )
        return [replace(account, numbers=numbers)], gone

    await admin.accounts.change(decide)
    # After the user: a session opened in between would outlive it otherwise.
    await admin.tokens.close_sessions(gone[0].id)
    for credential in admin.tokens.jwts.of_user(gone[0].id):
        await admin.tokens.jwts.remove(credential.jti)


def _contact_fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: field_checks.email(fields[name], "email")
        if name == "email"
        else field_checks.line(fields[name], checks.in_json(name))
        for name in _CONTACT
        if name in fields
    }


def _regional_fields(fields: dict[str, Any]) -> dict[str, Any]:
    check = {"country": checks.country, "language": checks.language, "timezone": field_checks.timezone}
    return {name: check[name](fields[name], name) if fields[name] else None for name in _REGIONAL if name in fields}
