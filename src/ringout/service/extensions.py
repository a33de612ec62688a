"""A user's own settings: what may be changed, within which limits.

What only the administration may change (the extension number, the status, the type) is refused when a request would
change it; fields of features that this server lacks are not read at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ringout.domain import countries, languages
from ringout.domain.account import Address, Contact, Extension, Principal, Regional, TimeFormat, home_country
from ringout.domain.errors import BadParameter, InsufficientScope, PermissionRequired
from ringout.service import field_checks
from ringout.service.accounts import Accounts
from ringout.service.passwords import Passwords
from ringout.service.tokens import Tokens

LONGEST_NAME = 64
LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class ContactChange:
    """As sent. None = as it is, "" = nothing."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    company: str | None = None
    job_title: str | None = None
    department: str | None = None
    business_phone: str | None = None
    mobile_phone: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class RegionalChange:
    """Ids as sent. None = as it is."""

    country_id: str | None = None
    timezone_id: str | None = None
    language_id: str | None = None
    greeting_language_id: str | None = None
    formatting_locale_id: str | None = None
    time_format: TimeFormat | None = None


@dataclass(frozen=True, slots=True)
class ExtensionChange:
    """One PUT. number and enabled are compared only."""

    contact: ContactChange = ContactChange()
    regional: RegionalChange = RegionalChange()
    password: str | None = None
    number: str | None = None
    enabled: bool | None = None


class Extensions:
    """The use cases of a user's own settings."""

    def __init__(self, accounts: Accounts, passwords: Passwords, tokens: Tokens) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._tokens = tokens

    async def change(self, principal: Principal, wanted: ExtensionChange) -> Extension:
        """The user's record afterwards; durable. A new password ends all logins of the user, this one too. Raises
        UnusableValue, BadParameter, BadNumber, DuplicateValue, PermissionRequired or InsufficientScope; nothing has
        changed then."""
        old = self._accounts.extension(principal.extension_id)
        account = self._accounts.account(principal.account_id)
        _check_administered(old, wanted)
        password_hash = await self._new_hash(principal, wanted.password)
        changed = old

        def decide() -> tuple[list[Extension], list[Extension]]:
            nonlocal changed
            now = self._accounts.extension(principal.extension_id)
            contact = _contact(now.contact, wanted.contact, home_country(account, now))
            if contact.email != now.contact.email:
                field_checks.unique_email(contact.email, "contact.email", self._accounts, now.id)
            regional = _regional(now.regional, wanted.regional)
            changed = replace(now, contact=contact, regional=regional)
            if password_hash is not None:
                changed = replace(changed, password_hash=password_hash)
            return [changed], []

        await self._accounts.change(decide)
        if password_hash is not None:
            await self._tokens.close_sessions(principal.extension_id)
        return changed

    async def _new_hash(self, principal: Principal, password: str | None) -> str | None:
        if password is None:
            return None
        if "EditUserCredentials" not in principal.scopes:
            raise InsufficientScope("EditUserCredentials")
        return await self._passwords.hash(field_checks.password(password, "password"))


def _check_administered(extension: Extension, wanted: ExtensionChange) -> None:
    differs = wanted.number not in (None, extension.number) or wanted.enabled not in (None, extension.enabled)
    if differs:
        raise PermissionRequired("EditExtensionInfo")


def _contact(old: Contact, wanted: ContactChange, country: str) -> Contact:
    return Contact(
        first_name=line(wanted.first_name, old.first_name, "contact.firstName", LONGEST_NAME),
        last_name=line(wanted.last_name, old.last_name, "contact.lastName", LONGEST_NAME),
        email=email(wanted.email, old.email, "contact.email"),
        company=line(wanted.company, old.company, "contact.company"),
        job_title=line(wanted.job_title, old.job_title, "contact.jobTitle"),
        department=line(wanted.department, old.department, "contact.department"),
        business_phone=_phone(wanted.business_phone, old.business_phone, "contact.businessPhone", country),
        mobile_phone=_phone(wanted.mobile_phone, old.mobile_phone, "contact.mobilePhone", country),
        address=old.address if wanted.address is None else address(wanted.address, "contact.businessAddress"),
    )


def _regional(old: Regional, wanted: RegionalChange) -> Regional:
    return Regional(
        country=_country(wanted.country_id, old.country),
        language=_language(wanted.language_id, old.language, "regionalSettings.language.id"),
        greeting_language=_language(
            wanted.greeting_language_id, old.greeting_language, "regionalSettings.greetingLanguage.id"
        ),
        formatting_locale=_language(
            wanted.formatting_locale_id, old.formatting_locale, "regionalSettings.formattingLocale.id"
        ),
        timezone=_timezone(wanted.timezone_id, old.timezone),
        time_format=wanted.time_format or old.time_format,
    )


def line(wanted: str | None, old: str, parameter: str, longest: int = LONGEST_TEXT) -> str:
    """One line of text without blanks around it. Raises UnusableValue."""
    return old if wanted is None else field_checks.line(wanted, parameter, longest)


def email(wanted: str | None, old: str, parameter: str) -> str:
    """Something that could be an address, or "". Raises UnusableValue."""
    return old if wanted is None else field_checks.email(wanted, parameter)


def address(wanted: Address, parameter: str) -> Address:
    """Raises UnusableValue naming the field below that parameter."""
    return Address(
        **{
            name: field_checks.line(getattr(wanted, name), f"{parameter}.{name}", LONGEST_TEXT)
            for name in ("country", "state", "city", "street", "zip")
        }
    )


def _phone(wanted: str | None, old: str, parameter: str, country: str) -> str:
    """E.164, or "" for none."""
    if wanted is None:
        return old
    return field_checks.number(wanted, parameter, country) if wanted.strip() else ""


def _country(wanted: str | None, old: str | None) -> str | None:
    if wanted is None:
        return old
    try:
        return countries.by_id(wanted.strip()).iso_code.lower()
    except KeyError:
        raise BadParameter("regionalSettings.homeCountry.id", wanted) from None


def _language(wanted: str | None, old: str | None, parameter: str) -> str | None:
    if wanted is None:
        return old
    known = languages.BY_ID.get(wanted.strip())
    if known is None:
        raise BadParameter(parameter, wanted)
    return known.code


def _timezone(wanted: str | None, old: str | None) -> str | None:
    return old if wanted is None else field_checks.timezone(wanted.strip(), "regionalSettings.timezone.id")
