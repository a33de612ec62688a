"""Where a number lies: what is a call at home, what one abroad. Judged by region, since calling codes are shared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberType

NOWHERE = "001"  # of numbers that belong to no country: satellites, international toll-free. Abroad for everybody.

# Regions of one state with one numbering plan. Their numbers are no calls abroad for each other.
_AT_HOME = (
    frozenset(("US", "CA", "PR", "VI", "GU", "AS", "MP")),
    frozenset(("AU", "CC", "CX")),
    frozenset(("FI", "AX")),
    frozenset(("NO", "SJ")),
)


@dataclass(frozen=True, slots=True)
class Place:
    """region: ISO 3166, upper case, or NOWHERE. toll_free: the callee pays."""

    region: str
    toll_free: bool


@lru_cache(maxsize=8192)
def place_of(e164: str) -> Place:
    """A number that is in no service yet is judged by its area code, and lies in the largest country of its calling
    code when no area code tells. e164: with +."""
    number = phonenumbers.parse(e164)
    region = phonenumbers.region_code_for_number(number)
    if region is None:
        region = COUNTRY_CODE_TO_REGION_CODE.get(number.country_code or 0, (NOWHERE,))[0]
    return Place(region, phonenumbers.number_type(number) == PhoneNumberType.TOLL_FREE)


def is_abroad(region: str, home: str) -> bool:
    """home: the account's country, upper case."""
    return region != home and not any(region in together and home in together for together in _AT_HOME)
