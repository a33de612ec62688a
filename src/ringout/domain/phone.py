"""Phone numbers as people and programs write them, read into E.164."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import ValidationResult

from ringout.domain import plain_digits

_MAX_CHARACTERS = 64
# Everything that people put around the digits. Letters, CR, LF and digits of other scripts never get further.
_WRITTEN = re.compile(r"[ (]*\+?[0-9 ().\-/]*[0-9][0-9 ().\-/]*(?:\*[ ]*[0-9]{1,10})?", re.ASCII)
_NOT_DIGITS = re.compile(r"[^0-9+]")

# What word processors, web pages and address books make of blanks, hyphens, dots and brackets.
_BLANKS = "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_PLAIN = str.maketrans(
    dict.fromkeys(_BLANKS, " ")
    | dict.fromkeys(_HYPHENS, "-")
    | dict.fromkeys(_INVISIBLE, "")
    | {"\uff0b": "+", "\uff08": "(", "\uff09": ")", "\uff0e": ".", "\uff0f": "/", "\u00b7": ".", "\uff0a": "*"}
)
_AROUND = " " + _BLANKS + _INVISIBLE


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """e164: + and at most 15 digits. extension: the digits after the asterisk of `MAIN*EXT`, or None."""

    e164: str
    extension: str | None = None

    def __str__(self) -> str:
        return self.e164 if self.extension is None else f"{self.e164}*{self.extension}"


def parse(text: str, country: str) -> PhoneNumber:
    """Reads a number in E.164 with or without +, in the national form of that country, or `MAIN*EXT`.

    country: ISO 3166, upper case. Blanks at the ends and the usual punctuation are dropped. A number that could be
    its country's is accepted, in service or not: numbering plans change faster than any table.
    Raises ValueError for everything else.
    """
    return _parse(trim(text), country)


def trim(text: str) -> str:
    """Without the blanks around it. Raises ValueError for what is longer than any number then."""
    written = text.strip(_AROUND)
    if len(written) > _MAX_CHARACTERS:
        raise ValueError("not a phone number")
    return written


def plain(written: str) -> str:
    """With the blanks, hyphens, dots and brackets of ASCII in the place of others, and without invisible marks."""
    return written if written.isascii() and "\t" not in written else written.translate(_PLAIN)


@lru_cache(maxsize=8192)  # of short texts only: the blanks that anybody may send around them are cut off before
def _parse(written: str, country: str) -> PhoneNumber:
    written = plain(written)
    if not _WRITTEN.fullmatch(written):
        raise ValueError("not a phone number")
    main, _, extension = written.partition("*")
    digits = _NOT_DIGITS.sub("", main)
    return PhoneNumber(_choose(digits, country), extension.strip() or None)


def digits_of(text: str) -> str:
    """The bare digits of a short number such as an extension; "" when it is anything else."""
    stripped = text.strip(_AROUND)
    return stripped if stripped.isascii() and stripped.isdigit() else ""


def _choose(digits: str, country: str) -> str:
    """The E.164 number meant by digits (with or without a leading +). The first valid reading wins, else the first
    possible one. Raises ValueError when there is none."""
    readings = [r for r in _readings(digits, country) if r is not None]
    if not readings:
        raise ValueError("no country has such a number")
    if len(readings) == 1 or readings[0] == readings[1]:
        return readings[0]
    return next((e164 for e164 in readings if _is_valid(e164)), readings[0])


def _readings(digits: str, country: str) -> list[str | None]:
    if digits.startswith("+"):
        return [_read(digits, "")]
    national, international = _read(digits, country), _read("+" + digits, "")
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    trunk_prefix = metadata.national_prefix if metadata else None
    # Where national numbers are always written with their trunk prefix 0, digits without it are E.164 without the +.
    if trunk_prefix == "0" and not digits.startswith("0"):
        return [international, national]
    return [national, international]


def _read(digits: str, country: str) -> str | None:
    """The possible number that digits are in that country ("" = they begin with +)."""
    return plain_digits.read(digits, country) or _read_slowly(digits, country)


def _read_slowly(digits: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(digits, country or None)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    e164 = _e164(number)
    return e164 if possible and len(e164) <= 16 and _is_itself(e164) else None


def _is_itself(e164: str) -> bool:
    """Read again it is the same number: what libphonenumber strips may leave more to strip, as in China 111..."""
    return (plain_digits.read(e164, "") or _e164(phonenumbers.parse(e164))) == e164


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_valid(e164: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(e164))
