"""Which texts call for help, and that no ordinary number does."""

import re
from collections.abc import Iterator
from itertools import product

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType
from phonenumbers.shortdata import _AVAILABLE_REGION_CODES as SHORT_REGIONS

from ringout.domain import emergency
from ringout.domain.emergency import ELSEWHERE, EVERYWHERE, Emergency, is_number_of_help, meaning

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def emergency_numbers(region: str) -> Iterator[str]:
    """Of two and three digits, from the metadata's pattern: it has no list of them."""
    short = PhoneMetadata.short_metadata_for_region(region)
    if short is None or short.emergency is None or not short.emergency.national_number_pattern:
        return
    pattern = re.compile(short.emergency.national_number_pattern)
    for length in (2, 3):
        for digits in product("0123456789", repeat=length):
            if pattern.fullmatch("".join(digits)):
                yield "".join(digits)


def test_the_list_holds_the_numbers_of_every_country() -> None:
    known = {digits for region in SHORT_REGIONS for digits in emergency_numbers(region)}
    assert known - EVERYWHERE <= ELSEWHERE
    assert ELSEWHERE - known == {"08"}


@pytest.mark.parametrize("region", REGIONS)
def test_every_country_knows_its_own(region: str) -> None:
    for digits in {*emergency_numbers(region), *EVERYWHERE}:
        assert meaning(digits, region, region) is Emergency.YES, digits
        assert meaning(digits, region, "US") is Emergency.YES, digits
        assert meaning(digits, "US", region) is Emergency.YES, digits
        assert meaning(f"+{phonenumbers.country_code_for_region(region)}{digits}", "US", "US") is not Emergency.NO
        assert is_number_of_help(f"+{phonenumbers.country_code_for_region(region)}{digits}"), digits


@pytest.mark.parametrize("region", REGIONS)
def test_no_ordinary_number_of_any_country_is_one(region: str) -> None:
    for kind in PhoneNumberType.values():
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        assert not is_number_of_help(e164), e164
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        # Numbers of six digits and fewer, which a few countries have, may be emergency numbers of other countries.
        homes = [region, "US", "DE"] if len(e164) > 9 else [region]
        for home in homes:
            for text in (e164, e164[1:], national):
                assert meaning(text, home, region) is Emergency.NO, (text, home)


@pytest.mark.parametrize(
    ("text", "home", "means"),
    [
        ("911", "US", Emergency.YES), ("+911", "DE", Emergency.YES), ("110", "DE", Emergency.YES),
        ("110", "US", Emergency.UNLESS_EXTENSION), ("9911", "US", Emergency.UNLESS_EXTENSION),
        ("0110", "DE", Emergency.UNLESS_EXTENSION), ("0110", "US", Emergency.NO),
        ("101", "US", Emergency.UNLESS_EXTENSION), ("101", "BE", Emergency.YES),
        ("08", "MX", Emergency.UNLESS_EXTENSION), ("109", "US", Emergency.NO),
        # ordinary numbers of these countries, where 8999 would be an outside line and 999 elsewhere
        ("8999", "LU", Emergency.NO), ("1112", "AT", Emergency.NO), ("8999", "GB", Emergency.UNLESS_EXTENSION),
        ("911abc", "US", Emergency.NO), ("9", "US", Emergency.NO), ("", "US", Emergency.NO),
        ("\u0669\u0661\u0661", "US", Emergency.NO), ("911" + " " * 100, "US", Emergency.YES),
        ("9" + " " * 100 + "11", "US", Emergency.NO), ("+91 11 2345 6789", "US", Emergency.NO),
        ("911123456789", "US", Emergency.NO), ("988", "US", Emergency.NO),
        ("+49 (0)112", "US", Emergency.UNLESS_EXTENSION), ("9 011 44 999", "US", Emergency.UNLESS_EXTENSION),
        ("80044911", "DK", Emergency.NO),  # an ordinary number, which looks like 8, 00, 44, 911
    ],
)  # fmt: skip
def test_what_a_text_means(text: str, home: str, means: Emergency) -> None:
    assert meaning(text, home, home) is means


def test_numbers_that_a_switch_would_take_for_one() -> None:
    assert is_number_of_help("+19115550100")
    assert is_number_of_help("+11125550100")
    assert is_number_of_help("+490112")
    assert not is_number_of_help("+19125550100")
    for number in ("+34112345678", "+4511234567", "+351112345678", "+4711234567", "+6599912345", "+8611012345678"):
        assert is_number_of_help(number), number
    for number in (
        "+34612345678",
        "+4520123456",
        "+6591234567",
        "+819012345678",
        "+442079460958",
        "+861112345678",
        "+19995550100",
    ):
        assert not is_number_of_help(number), number
    assert not is_number_of_help("+911123456789")


def test_long_texts_are_not_kept_in_memory() -> None:
    emergency._meaning.cache_clear()
    for blanks in range(50):
        assert meaning(" " * blanks * 1000 + "911", "US", "US") is Emergency.YES
    assert emergency._meaning.cache_info().currsize == 1
