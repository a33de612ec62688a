"""Plain digits read as libphonenumber reads them, in the common cases without its many regular expressions.

A page of links, or a burst of calls to numbers that were never seen before, is mostly numbers with nothing to strip
from them. Everything else is left to libphonenumber; a test compares the two for every country.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_LONGEST_E164 = 16
_NEVER = re.compile(r"(?!)")


class _Plan(NamedTuple):
    """A country's. lengths: of its whole national numbers; longest: of any of them, 0 = not known. dials: what is
    stripped from national numbers before they are whole; abroad: what begins a number of another country."""

    calling_code: str
    lengths: frozenset[int]
    longest: int
    dials: re.Pattern[str]
    abroad: re.Pattern[str]


def read(digits: str, country: str) -> str | None:
    """E.164 with +; None = libphonenumber has to decide. digits: with a leading + or without; country: ISO 3166, upper
    case, of digits without +."""
    if digits.startswith("+"):
        return _international(digits[1:])
    home = _plan_of_country(country)
    if home is None or home.abroad.match(digits) is not None:
        return None
    code = home.calling_code
    if not digits.startswith(code):
        return _whole(digits, home)
    # With the calling code before it, if it is too long without.
    return _whole(digits[len(code) :], home) if len(digits) > home.longest else None


def _international(digits: str) -> str | None:
    for length in (1, 2, 3):
        plan = _plan_of_code(digits[:length])
        if plan is not None:
            return _whole(digits[length:], plan)
    return None


def _whole(national: str, home: _Plan) -> str | None:
    """Where countries share a calling code, the lengths of the largest count."""
    largest = _plan_of_code(home.calling_code)
    if largest is None or home.dials.match(national) is not None or largest.dials.match(national) is not None:
        return None
    e164 = f"+{home.calling_code}{national}"
    return e164 if len(national) in largest.lengths and len(e164) <= _LONGEST_E164 else None


@cache
def _plan_of_country(country: str) -> _Plan | None:
    return _plan(PhoneMetadata.metadata_for_region(country, None))


@cache
def _plan_of_code(code: str) -> _Plan | None:
    """code: at most three digits, so that the cache stays small."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0))
    if regions is None or code.startswith("0"):
        return None
    return _plan(PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0]))


def _plan(metadata: PhoneMetadata | None) -> _Plan | None:
    whole = None if metadata is None else metadata.general_desc
    if metadata is None or whole is None:
        return None
    lengths = frozenset(whole.possible_length) - frozenset(whole.possible_length_local_only)
    return _Plan(
        str(metadata.country_code),
        lengths,
        max((*whole.possible_length, *whole.possible_length_local_only), default=0),
        _pattern(metadata.national_prefix_for_parsing),
        _pattern(metadata.international_prefix),
    )


def _pattern(text: str | None) -> re.Pattern[str]:
    return re.compile(text) if text else _NEVER
