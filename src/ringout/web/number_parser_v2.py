"""The number parser in its second form: with a context of its own, and several ways to write each number."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.domain import countries, number_parts
from ringout.domain.errors import BadParameter
from ringout.domain.number_parts import Category, Context, Parts
from ringout.domain.regions import NOWHERE
from ringout.web import schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.number_parser import LONGEST_EXTENSION, OriginalStrings, dialable, given_texts, home_country
from ringout.web.reading import read_json

_LONGEST_EXTENSION_BY_DEFAULT = 5  # of the context source `Default`
_HIDES_CALLER_ID = "*67"  # the one service code that is known to all


class CountryContext(Struct, rename="camel", omit_defaults=True):
    """A request names it by isoCode alone."""

    iso_code: str | None = None
    name: str | None = None
    calling_code: str | None = None


class NumberParserContext(Struct, rename="camel", omit_defaults=True):
    """Where a text is dialled. What is absent comes from the context source; null switches it off. Only country,
    defaultAreaCode and maxExtensionNumberLength change anything; the other fields are read for the clients' sake."""

    brand_id: Annotated[str, Meta(max_length=4)] | None = None
    country: CountryContext | UnsetType | None = UNSET
    default_area_code: Annotated[str, Meta(pattern=r"^[0-9]{1,6}$", max_length=6)] | None = None
    vanity_phone_numbers_allowed: bool | None = None
    max_extension_number_length: Annotated[int, Meta(ge=1, le=9)] | UnsetType | None = UNSET
    short_codes_allowed: bool | None = None
    site_code: Annotated[str, Meta(max_length=8)] | None = None
    short_extension_number_length: Annotated[int, Meta(ge=1, le=8)] | None = None
    outbound_call_prefix: Annotated[str, Meta(max_length=1)] | None = None
    masked_phone_numbers_allowed: bool | None = None
    conflict_handling: Literal["Default", "Client"] | None = None


class ResultContent(Struct, rename="camel"):
    """Which parts of a result are wanted."""

    include_dialing_details: bool = True
    include_number_details: bool = True
    include_formats: bool = True


class ParsePhoneNumbersRequest(Struct, rename="camel"):
    """Texts to read, and where they are dialled. Empty texts are left out of the answer."""

    original_strings: OriginalStrings | None = (
        None  # may be missing here, so that its absence gets the documented error
    )
    context_source: Literal["Default", "Account"] = "Default"
    context: NumberParserContext | None = None
    result_content: ResultContent | None = None


class ServiceCode(Struct, omit_defaults=True):
    """Dialled before a number. pattern: absent where it is no code of ours."""

    dialing: str
    pattern: str | None = None


class DialingDetails(Struct, rename="camel", omit_defaults=True):
    """What is dialled besides the number."""

    service_code: ServiceCode | None = None


class SpecialService(Struct):
    """A service that answers to a short number."""

    type: Literal["Emergency", "Unknown"]
    pattern: str


class NumberDetails(Struct, rename="camel", omit_defaults=True):
    """The number in its parts. status: Valid = somebody could have it; Possible = it has the right length."""

    extension_number: str | None = None
    special_service: SpecialService | None = None
    country: CountryContext | None = None
    national_destination_code: str | None = None
    area_code: str | None = None
    subscriber_number: str | None = None
    sub_address: str | None = None
    dtmf_postfix: str | None = None
    sip_postfix: str | None = None
    status: Literal["Valid", "Possible"] | None = None


class NumberFormat(Struct, rename="camel", omit_defaults=True):
    """The ways to write it; Extended: with the sub-address."""

    dialable: str
    dialable_extended: str
    e164: str | None = None
    e164_extended: str | None = None
    national: str | None = None
    national_extended: str | None = None
    international: str | None = None
    international_extended: str | None = None


class ParsedPhoneNumber(Struct, rename="camel", omit_defaults=True):
    """One text."""

    original_string: str
    category: Category
    dialing_details: DialingDetails | None = None
    number_details: NumberDetails | None = None
    formats: list[NumberFormat] | None = None


class ParsePhoneNumberResponseV2(Struct):
    """The context that was used, and the texts in their order."""

    context: NumberParserContext
    results: list[ParsedPhoneNumber]


_decoder = msgspec.json.Decoder(ParsePhoneNumbersRequest)


async def parse(api: Api, request: Request) -> Answer:
    body = await read_json(request, _decoder)
    texts = given_texts(body.original_strings)
    wanted = body.context or NumberParserContext()
    home = _country(wanted, home_country(api, request) if body.context_source == "Account" else None)
    longest = wanted.max_extension_number_length
    if longest is UNSET:
        longest = LONGEST_EXTENSION if body.context_source == "Account" else _LONGEST_EXTENSION_BY_DEFAULT
    colleagues = api.services.accounts.colleagues(request.principal.account_id)
    context = Context(home, longest, colleagues.__contains__, wanted.default_area_code or "")
    content = body.result_content or ResultContent()
    results = [_shown(text, number_parts.take_apart(text, context), home, content) for text in texts]
    used = NumberParserContext(
        country=_country_info(home) if home else UNSET,
        default_area_code=wanted.default_area_code,
        vanity_phone_numbers_allowed=False,
        max_extension_number_length=longest if longest is not None else UNSET,
        short_codes_allowed=False,
        masked_phone_numbers_allowed=False,
        conflict_handling="Default",
    )
    return schemas.answer(ParsePhoneNumberResponseV2(used, results))


def _country(wanted: NumberParserContext, by_default: str | None) -> str | None:
    """ISO 3166, upper case; None = no country."""
    if wanted.country is UNSET or (wanted.country is not None and wanted.country.iso_code is None):
        return by_default
    if wanted.country is None:
        return None
    iso_code = wanted.country.iso_code or ""
    try:
        return countries.by_code(iso_code).iso_code
    except KeyError:
        raise BadParameter("context.country.isoCode", iso_code) from None


def _country_info(iso_code: str) -> CountryContext:
    country = countries.by_code(iso_code)
    return CountryContext(country.iso_code, country.name, country.calling_code)


def _shown(text: str, parts: Parts, home: str | None, content: ResultContent) -> ParsedPhoneNumber:
    result = ParsedPhoneNumber(text, parts.category)
    if parts.category is Category.UNKNOWN:
        return result
    if content.include_dialing_details and parts.service_code:
        known = _HIDES_CALLER_ID if parts.service_code == _HIDES_CALLER_ID else None
        result.dialing_details = DialingDetails(ServiceCode(parts.service_code, known))
    if content.include_number_details:
        result.number_details = _details(parts, home)
    if content.include_formats:
        result.formats = [_format(parts, home)]
    return result


def _details(parts: Parts, home: str | None) -> NumberDetails:
    details = NumberDetails(dtmf_postfix=parts.dtmf_postfix or None, sip_postfix=parts.sip_postfix or None)
    if parts.category is Category.EXTENSION:
        details.extension_number = parts.digits
    elif parts.category is Category.SPECIAL:
        details.special_service = SpecialService("Emergency" if parts.is_emergency else "Unknown", parts.digits)
        details.country = _country_info(home) if home else None
    else:
        details.country = _country_info(parts.region) if parts.region != NOWHERE else None
        details.national_destination_code = details.area_code = parts.area_code or None
        details.subscriber_number = parts.subscriber
        details.sub_address = parts.sub_address or None
        if parts.category is Category.REGULAR:
            details.status = "Valid" if parts.is_valid else "Possible"
    return details


def _format(parts: Parts, home: str | None) -> NumberFormat:
    written, sub_address = dialable(parts, home), parts.sub_address
    tight, wide = (f"*{sub_address}", f" * {sub_address}") if sub_address else ("", "")
    shown = NumberFormat(written, written + tight)
    if parts.e164:
        shown.e164, shown.e164_extended = parts.e164, parts.e164 + tight
        shown.national, shown.national_extended = parts.national, parts.national + wide
        shown.international, shown.international_extended = parts.international, parts.international + wide
    return shown


PARSE = Operation(
    "parsePhoneNumberV2",
    parse,
    "What each text means as a number where it is dialled, and how it is written.",
    answer=ParsePhoneNumberResponseV2,
    body=ParsePhoneNumbersRequest,
    group=Group.LIGHT,
)
