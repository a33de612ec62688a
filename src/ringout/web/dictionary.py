"""What clients look up: countries, time zones and languages; and the account's dialling plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from ringout.domain import countries, languages
from ringout.domain.countries import Country
from ringout.domain.errors import NotFound
from ringout.domain.languages import Language
from ringout.service import time_zones
from ringout.web import links, regional, schemas, texts
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.paging import Navigation, PageQuery, Paging, list_page, wanted_page
from ringout.web.reading import read_query
from ringout.web.regional import HomeCountryInfo, RegionalTimezoneInfo


class CountryInfoDictionaryModel(Struct, rename="camel"):
    """A country and what RingCentral's service would offer there; here it is the same for all. loginAllowed: users may
    log in with a number of that country. Nobody sells numbers, and nobody reaches emergency services."""

    id: str
    uri: str
    name: str
    iso_code: str
    calling_code: str
    emergency_calling: bool = False
    number_selling: bool = False
    login_allowed: bool = True
    signup_allowed: bool = False
    free_softphone_line: bool = False
    local_dialing: bool = False


class CountryListDictionaryModel(Struct):
    """Countries by name."""

    uri: str
    records: list[CountryInfoDictionaryModel]
    navigation: Navigation
    paging: Paging


class DialingPlans(Struct):
    """The countries whose national numbers may be dialled, the home country first. Their ids are for `country.id`."""

    uri: str
    records: list[HomeCountryInfo]
    navigation: Navigation
    paging: Paging


class TimezoneList(Struct):
    """Time zones by name."""

    uri: str
    records: list[RegionalTimezoneInfo]
    navigation: Navigation
    paging: Paging


class LanguageInfo(Struct, rename="camel"):
    """A language as spoken in one country. ui: refusals are worded in it."""

    id: str
    uri: str
    name: str
    iso_code: str
    locale_code: str
    ui: bool
    formatting_locale: bool = True


class LanguageList(Struct):
    """Languages."""

    uri: str
    records: list[LanguageInfo]
    navigation: Navigation
    paging: Paging


class CountryQuery(PageQuery, rename="camel"):
    """Filters."""

    login_allowed: bool | None = None
    signup_allowed: bool | None = None
    number_selling: bool | None = None
    free_softphone_line: bool | None = None


async def list_countries(api: Api, request: Request) -> Answer:
    query = read_query(request, CountryQuery)
    root = links.root(api, request)
    infos = [_country(country, root) for country in countries.everyone()]
    wanted = [
        info
        for info in infos
        if query.login_allowed in (None, info.login_allowed)
        and query.signup_allowed in (None, info.signup_allowed)
        and query.number_selling in (None, info.number_selling)
        and query.free_softphone_line in (None, info.free_softphone_line)
    ]
    return _list(request, f"{root}/dictionary/country", wanted)


async def read_country(api: Api, request: Request) -> Answer:
    try:
        country = countries.by_id(request.path_params["countryId"])
    except KeyError:
        raise NotFound("countryId") from None
    return _answer(_country(country, links.root(api, request)))


async def list_dialing_plans(api: Api, request: Request) -> Answer:
    account = api.services.accounts.account(request.principal.account_id)
    home, root = countries.by_code(account.country), links.root(api, request)
    plans = [home, *(country for country in countries.everyone() if country is not home)]
    shown = [regional.home_country(country.iso_code, root) for country in plans]
    return _list(request, f"{links.account_uri(api, request)}/dialing-plan", shown)


async def list_timezones(api: Api, request: Request) -> Answer:
    root = links.root(api, request)
    shown = [regional.timezone(name, root) for name in time_zones.names()]
    return _list(request, f"{root}/dictionary/timezone", shown)


async def read_timezone(api: Api, request: Request) -> Answer:
    name = time_zones.find(request.path_params["timezoneId"])
    if name is None:
        raise NotFound("timezoneId")
    return _answer(regional.timezone(name, links.root(api, request)))


async def list_languages(api: Api, request: Request) -> Answer:
    root = links.root(api, request)
    shown = [_language(language, root) for language in languages.LANGUAGES.values()]
    return _list(request, f"{root}/dictionary/language", shown)


async def read_language(api: Api, request: Request) -> Answer:
    language = languages.BY_ID.get(request.path_params["languageId"])
    if language is None:
        raise NotFound("languageId")
    return _answer(_language(language, links.root(api, request)))


def _country(country: Country, root: str) -> CountryInfoDictionaryModel:
    uri = f"{root}/dictionary/country/{country.id}"
    return CountryInfoDictionaryModel(country.id, uri, country.name, country.iso_code, country.calling_code)


def _list(request: Request, uri: str, shown: Sequence[Struct]) -> Answer:
    page = wanted_page(request)
    return schemas.answer(list_page(request, uri, page.cut(shown), page, len(shown)))


def _answer(shown: Struct) -> Answer:
    return schemas.answer(shown)


def _language(language: Language, root: str) -> LanguageInfo:
    uri = f"{root}/dictionary/language/{language.id}"
    iso_code = language.code.partition("-")[0]
    return LanguageInfo(language.id, uri, language.name, iso_code, language.code, language.code in texts.LANGUAGES)


def _collection(
    name: str,
    handle: Callable[[Api, Request], Awaitable[Answer]],
    summary: str,
    answer: type,
    query: type = PageQuery,
) -> dict[str, Operation]:
    operation = Operation(name, handle, summary, answer=answer, query=query, group=Group.LIGHT)
    return {"GET": operation}


def _member(
    name: str, handle: Callable[[Api, Request], Awaitable[Answer]], summary: str, answer: type
) -> dict[str, Operation]:
    return {"GET": Operation(name, handle, summary, answer=answer, group=Group.LIGHT)}


COUNTRIES = _collection(
    "listCountries",
    list_countries,
    "All countries, with the ids that `country.id` takes.",
    CountryListDictionaryModel,
    CountryQuery,
)
COUNTRY = _member("readCountry", read_country, "One country.", CountryInfoDictionaryModel)
TIMEZONES = _collection("listTimezones", list_timezones, "The time zones that a user may choose.", TimezoneList)
TIMEZONE = _member("readTimezone", read_timezone, "One time zone.", RegionalTimezoneInfo)
LANGUAGES = _collection("listLanguages", list_languages, "The languages that a user may choose.", LanguageList)
LANGUAGE = _member("readLanguage", read_language, "One language.", LanguageInfo)
DIALING_PLANS = _collection(
    "listDialingPlans",
    list_dialing_plans,
    "The countries whose national numbers a RingOut may name, with `country.id`.",
    DialingPlans,
)
