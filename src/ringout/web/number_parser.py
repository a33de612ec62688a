"""The number parser in its first form: what each text means, and how it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ringout.domain import account as account_rules
from ringout.domain import countries, number_parts
from ringout.domain.errors import BadParameter, MissingParameter
from ringout.domain.number_parts import Category, Context, Parts
from ringout.domain.regions import NOWHERE
from ringout.web import links, regional, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.reading import read_json, read_query
from ringout.web.regional import HomeCountryInfo

MOST_NUMBERS, LONGEST_NUMBER = 64, 64
LONGEST_EXTENSION = 6  # what is longer may be a local number

OriginalString = Annotated[str, Meta(max_length=LONGEST_NUMBER)]
OriginalStrings = Annotated[list[OriginalString | None], Meta(max_length=MOST_NUMBERS)]


class ParsePhoneNumberRequest(Struct, rename="camel"):
    """Texts to read. Empty ones are left out of the answer."""

    original_strings: OriginalStrings | None = (
        None  # may be missing here, so that its absence gets the documented error
    )


class ParsePhoneNumberQuery(Struct, rename="camel"):
    """homeCountry: ISO 3166, by default the user's. nationalAsPriority: of two readings the national one."""

    home_country: str | None = None
    national_as_priority: bool = False


class PhoneNumberInfoNumberParser(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """One number. A text that is none has originalString alone. normalized: E.164 without +."""

    original_string: str
    country: HomeCountryInfo | None = None
    area_code: str | None = None
    dialable: str | None = None
    e164: str | None = None
    formatted_international: str | None = None
    formatted_national: str | None = None
    special: bool | None = None
    normalized: str | None = None
    toll_free: bool | None = None
    sub_address: str | None = None
    subscriber_number: str | None = None
    dtmf_postfix: str | None = None


class ParsePhoneNumberResponse(Struct, rename="camel"):
    """The texts in their order."""

    uri: str
    home_country: HomeCountryInfo
    phone_numbers: list[PhoneNumberInfoNumberParser]


_decoder = msgspec.json.Decoder(ParsePhoneNumberRequest)


async def parse(api: Api, request: Request) -> Answer:
    query = read_query(request, ParsePhoneNumberQuery)
    body = await read_json(request, _decoder)
    texts = given_texts(body.original_strings)
    home = home_country(api, request) if query.home_country is None else _country(query.home_country)
    root = links.root(api, request)
    colleagues = api.services.accounts.colleagues(request.principal.account_id)
    context = Context(home, LONGEST_EXTENSION, colleagues.__contains__, national_first=bool(query.national_as_priority))
    numbers = [_shown(text, number_parts.take_apart(text, context), home, root) for text in texts]
    shown = ParsePhoneNumberResponse(f"{root}/number-parser/parse", regional.home_country(home, root), numbers)
    return schemas.answer(shown)


def given_texts(texts: Sequence[str | None] | None) -> list[str]:
    """Those that are not empty. Raises MissingParameter when none is left."""
    given = [text for text in texts or () if text]
    if not given:
        raise MissingParameter("originalStrings")
    return given


def home_country(api: Api, request: Request) -> str:
    """Of the user; ISO 3166, upper case."""
    accounts, principal = api.services.accounts, request.principal
    account, extension = accounts.account(principal.account_id), accounts.extension(principal.extension_id)
    return account_rules.home_country(account, extension)


def dialable(parts: Parts, home: str | None) -> str:
    """What a phone in that country dials, the service code first: national numbers with their trunk prefix, others in
    E.164. +1 needs no prefix."""
    if not parts.e164:
        return parts.service_code + parts.digits
    code = countries.by_code(home).calling_code if home else ""
    if not code or not parts.e164.startswith(f"+{code}"):
        return parts.service_code + parts.e164
    national = "".join(filter(str.isdigit, parts.national))
    return parts.service_code + national


def _country(iso_code: str) -> str:
    try:
        return countries.by_code(iso_code).iso_code
    except KeyError:
        raise BadParameter("homeCountry", iso_code) from None


def _shown(text: str, parts: Parts, home: str, root: str) -> PhoneNumberInfoNumberParser:
    if parts.category is Category.UNKNOWN:
        return PhoneNumberInfoNumberParser(original_string=text)
    if not parts.e164:
        return PhoneNumberInfoNumberParser(
            original_string=text,
            dialable=dialable(parts, home),
            formatted_international=parts.digits,
            formatted_national=parts.digits,
            special=parts.category is Category.SPECIAL,
            normalized=parts.digits,
            toll_free=False,
            dtmf_postfix=parts.dtmf_postfix or None,
        )
    return PhoneNumberInfoNumberParser(
        original_string=text,
        country=regional.home_country(parts.region, root) if parts.region != NOWHERE else None,
        area_code=parts.area_code or None,
        dialable=dialable(parts, home),
        e164=parts.e164,
        formatted_international=parts.international,
        formatted_national=parts.national,
        special=False,
        normalized=parts.e164[1:],
        toll_free=parts.category is Category.TOLL_FREE,
        sub_address=parts.sub_address or None,
        subscriber_number=parts.subscriber,
        dtmf_postfix=parts.dtmf_postfix or None,
    )


PARSE = Operation(
    "parsePhoneNumber",
    parse,
    "What each text means as a number, and how it is written. Tells nothing of whether it may be called.",
    answer=ParsePhoneNumberResponse,
    body=ParsePhoneNumberRequest,
    query=ParsePhoneNumberQuery,
    group=Group.LIGHT,
)
