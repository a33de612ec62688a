"""The regional settings that hold for an account or a user: their own, else what follows from the account."""

from __future__ import annotations

from dataclasses import dataclass

from ringout.domain import languages
from ringout.domain.account import Account, Extension, TimeFormat
from ringout.domain.languages import Language
from ringout.service import time_zones


@dataclass(frozen=True, slots=True)
class Region:
    """country: ISO 3166, lower case; timezone: IANA name."""

    country: str
    timezone: str
    language: Language
    greeting_language: Language
    formatting_locale: Language
    time_format: TimeFormat


def of_account(account: Account) -> Region:
    language = languages.closest(account.language, account.country)
    zone = time_zones.of_number(account.main_number, account.country)
    time_format: TimeFormat = "12h" if account.country in ("us", "ca", "au") else "24h"
    return Region(account.country, zone, language, language, language, time_format)


def of_extension(account: Account, extension: Extension) -> Region:
    own, shared = extension.regional, of_account(account)
    language = languages.closest(own.language, account.country) if own.language else shared.language
    return Region(
        own.country or shared.country,
        own.timezone or shared.timezone,
        language,
        languages.LANGUAGES.get(own.greeting_language or "", language),
        languages.LANGUAGES.get(own.formatting_locale or "", language),
        own.time_format,
    )
