"""Takes apart what people write for a number, to show it: the number parser's view, which judges nothing callable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberFormat

from ringout.domain import emergency, phone, regions

_LONGEST_SPECIAL = 3
_SERVICE_CODE = re.compile(r"(\*[0-9]{2})(?=[+(0-9 ])", re.ASCII)
_SIP_POSTFIX = re.compile(r"@[^@]*$")
_DTMF_POSTFIX = re.compile(r"[,;][0-9*#,;]*$", re.ASCII)
_PUNCTUATION = re.compile(r"[ ().\-/]")
_NANP_WITHOUT_AREA_CODE = 7
_NO_COUNTRY = "ZZ"


class Category(StrEnum):
    """What a text stands for."""

    UNKNOWN = "Unknown"
    EXTENSION = "Extension"
    SPECIAL = "SpecialService"
    REGULAR = "Regular"
    TOLL_FREE = "TollFree"


@dataclass(frozen=True, slots=True)
class Context:
    """Where it is dialled. country: ISO 3166, upper case; None = nowhere, and only numbers of E.164 are known.
    longest_extension: more digits are no extension, None = nothing is. has_extension: of the account, by its number."""

    country: str | None
    longest_extension: int | None
    has_extension: Callable[[str], bool]
    area_code: str = ""  # for numbers written without theirs
    national_first: bool = False  # of two readings the national one, when somebody could have that number


@dataclass(frozen=True, slots=True)
class Parts:
    """e164, region and the fields after them only for REGULAR and TOLL_FREE. digits: of EXTENSION and SPECIAL, as they
    are dialled. is_valid: somebody could have the number, as far as is known."""

    category: Category
    digits: str = ""
    is_emergency: bool = False
    service_code: str = ""  # *67 and the like, dialled before the number
    sub_address: str = ""
    dtmf_postfix: str = ""
    sip_postfix: str = ""
    e164: str = ""
    region: str = ""  # ISO 3166, or regions.NOWHERE
    area_code: str = ""
    subscriber: str = ""  # the national number without its area code
    national: str = ""
    international: str = ""
    is_valid: bool = False


def take_apart(text: str, context: Context) -> Parts:
    """Never fails: what is no number at all is UNKNOWN."""
    try:
        rest = phone.plain(phone.trim(text))
    except ValueError:
        return Parts(Category.UNKNOWN)
    rest, sip_postfix = _cut_end(rest, _SIP_POSTFIX)
    rest, dtmf_postfix = _cut_end(rest, _DTMF_POSTFIX)
    code = _SERVICE_CODE.match(rest)
    service_code = code[1] if code else ""
    rest = rest[len(service_code) :]
    digits = phone.digits_of(rest)
    short = _short(digits, context)
    if short is not None:
        is_emergency = short is Category.SPECIAL and _is_emergency(digits, context.country)
        return Parts(short, digits, is_emergency, service_code, "", dtmf_postfix, sip_postfix)
    number = _number(rest, context)
    if number is None:
        return Parts(Category.UNKNOWN)
    return _of_number(number, service_code, dtmf_postfix, sip_postfix)


def _cut_end(text: str, pattern: re.Pattern[str]) -> tuple[str, str]:
    found = pattern.search(text)
    return (text[: found.start()].rstrip(), found[0]) if found else (text, "")


def _short(digits: str, context: Context) -> Category | None:
    """Of what is too short for a number."""
    if not digits:
        return None
    if _is_emergency(digits, context.country):
        return Category.SPECIAL
    if context.longest_extension is not None and context.has_extension(digits):
        return Category.EXTENSION
    if len(digits) <= _LONGEST_SPECIAL and _is_short_number(digits, context.country):
        return Category.SPECIAL
    if context.longest_extension is not None and len(digits) <= context.longest_extension:
        return Category.EXTENSION
    return None


def _is_emergency(digits: str, country: str | None) -> bool:
    return emergency.is_emergency(digits, country) if country else digits in emergency.EVERYWHERE


def _is_short_number(digits: str, country: str | None) -> bool:
    """Known there, such as 411."""
    if country is None or digits.startswith("0"):  # which a number as an integer would lose
        return False
    code = phonenumbers.country_code_for_region(country)
    number = phonenumbers.PhoneNumber(country_code=code, national_number=int(digits))
    return phonenumbers.is_valid_short_number_for_region(number, country)


def _number(text: str, context: Context) -> phone.PhoneNumber | None:
    country = context.country or _NO_COUNTRY
    try:
        read = phone.parse(text, country)
    except ValueError:
        return _local_number(text, context.area_code, country)
    return _national_reading(text, country) or read if context.national_first else read


def _local_number(text: str, area_code: str, country: str) -> phone.PhoneNumber | None:
    """Written without its area code, as +1 allows."""
    digits = _PUNCTUATION.sub("", text)
    is_local = area_code and len(digits) == _NANP_WITHOUT_AREA_CODE and digits.isascii() and digits.isdigit()
    if not is_local or phonenumbers.country_code_for_region(country) != 1:
        return None
    try:
        return phone.parse(area_code + digits, country)
    except ValueError:
        return None


def _national_reading(text: str, country: str) -> phone.PhoneNumber | None:
    """Of a text that is a number: what it is in that country, when somebody there could have it."""
    main, _, extension = text.partition("*")
    try:
        number = phonenumbers.parse(main, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phone.PhoneNumber(phonenumbers.format_number(number, PhoneNumberFormat.E164), extension.strip() or None)


def _of_number(written: phone.PhoneNumber, service_code: str, dtmf_postfix: str, sip_postfix: str) -> Parts:
    number = phonenumbers.parse(written.e164)
    place = regions.place_of(written.e164)
    significant = phonenumbers.national_significant_number(number)
    is_nanp = number.country_code == 1
    area_length = 3 if is_nanp else phonenumbers.length_of_geographical_area_code(number)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    # +1 (650) 555-0100 is how RingCentral writes it; libphonenumber's own form has no brackets.
    abroad = f"+1 {national}" if is_nanp else phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return Parts(
        Category.TOLL_FREE if place.toll_free else Category.REGULAR,
        service_code=service_code,
        sub_address=written.extension or "",
        dtmf_postfix=dtmf_postfix,
        sip_postfix=sip_postfix,
        e164=written.e164,
        region=place.region,
        area_code=significant[:area_length],
        subscriber=significant[area_length:],
        national=national,
        international=abroad,
        is_valid=phonenumbers.is_valid_number(number),
    )
