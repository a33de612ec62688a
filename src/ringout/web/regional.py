"""The regional settings of an account or a user, as JSON."""

from __future__ import annotations

from msgspec import Struct

from ringout.domain import countries
from ringout.domain.account import TimeFormat
from ringout.domain.languages import Language
from ringout.service import time_zones
from ringout.service.regional import Region


class ShortCountryInfo(Struct):
    """A country, by RingCentral's id."""

    id: str
    uri: str
    name: str


class HomeCountryInfo(Struct, rename="camel"):
    """A country with its codes."""

    id: str
    uri: str
    name: str
    iso_code: str
    calling_code: str


class AssignedCountryInfo(Struct, rename="camel"):
    """A country without its calling code."""

    id: str
    uri: str
    name: str
    iso_code: str


class RegionalTimezoneInfo(Struct):
    """name: IANA; bias: minutes that standard time is ahead of UTC, as text."""

    id: str
    uri: str
    name: str
    description: str
    bias: str


class RegionalLanguageInfo(Struct, rename="camel"):
    """A language as spoken in one country."""

    id: str
    locale_code: str
    name: str


class RegionalSettingsInfo(Struct, rename="camel"):
    """Where somebody lives, and how things are written there."""

    home_country: HomeCountryInfo
    timezone: RegionalTimezoneInfo
    language: RegionalLanguageInfo
    greeting_language: RegionalLanguageInfo
    formatting_locale: RegionalLanguageInfo
    time_format: TimeFormat


def settings(region: Region, root: str) -> RegionalSettingsInfo:
    """root: absolute, up to `/restapi/v1.0`."""
    return RegionalSettingsInfo(
        home_country(region.country, root),
        timezone(region.timezone, root),
        _language(region.language),
        _language(region.greeting_language),
        _language(region.formatting_locale),
        region.time_format,
    )


def home_country(code: str, root: str) -> HomeCountryInfo:
    """code: ISO 3166, any case."""
    country = countries.by_code(code)
    uri = f"{root}/dictionary/country/{country.id}"
    return HomeCountryInfo(country.id, uri, country.name, country.iso_code, country.calling_code)


def assigned_country(code: str, root: str) -> AssignedCountryInfo:
    home = home_country(code, root)
    return AssignedCountryInfo(home.id, home.uri, home.name, home.iso_code)


def short_country(code: str, root: str) -> ShortCountryInfo:
    home = home_country(code, root)
    return ShortCountryInfo(home.id, home.uri, home.name)


def timezone(name: str, root: str) -> RegionalTimezoneInfo:
    """name: IANA."""
    zone_id = time_zones.zone_id(name)
    description = name.rpartition("/")[2].replace("_", " ")
    bias = str(time_zones.bias_minutes(name))
    return RegionalTimezoneInfo(zone_id, f"{root}/dictionary/timezone/{zone_id}", name, description, bias)


def _language(language: Language) -> RegionalLanguageInfo:
    return RegionalLanguageInfo(language.id, language.code, language.name)
