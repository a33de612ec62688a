"""The quick reading of digits says what libphonenumber says, or nothing."""

from __future__ import annotations

import random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.domain import phone, plain_digits

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=17)


def agree(digits: str, country: str) -> bool:
    """Whether the quick reading decided."""
    quick = plain_digits.read(digits, country)
    assert quick in (None, phone._read_slowly(digits, country)), (digits, country)
    return quick is not None


@pytest.mark.parametrize("country", COUNTRIES)
def test_says_the_same_of_a_countrys_own_numbers(country: str) -> None:
    """Its example numbers, and as many that differ from them in their last digits."""
    dice = random.Random(country)
    for kind in phonenumbers.PhoneNumberType.values():
        example = phonenumbers.example_number_for_type(country, kind)
        if example is None:
            continue
        national = phonenumbers.national_significant_number(example)
        for tail in ("", *(str(dice.randrange(10**n)).zfill(n) for n in (1, 2, 3, 4, 4, 5))):
            changed = national[: len(national) - len(tail)] + tail
            code = str(example.country_code)
            for digits in (changed, code + changed, "0" + changed, changed + "1", changed[1:], "00" + code + changed):
                agree(digits, country)
                agree("+" + digits, "")


@settings(max_examples=1500)
@given(DIGITS, st.sampled_from(COUNTRIES), st.sampled_from(["", "0", "00", "011", "1", "8", *map(str, CODES)]))
def test_says_the_same_of_any_digits(digits: str, country: str, before: str) -> None:
    agree(before + digits, country)
    agree("+" + before + digits, "")


@pytest.mark.parametrize(
    ("digits", "country"),
    [
        ("+16502223366", ""), ("16502223366", "US"), ("6502223366", "US"), ("16502223366", "CA"), ("+442079460958", ""),
        ("+4930123456", ""), ("4930123456", "US"), ("912345678", "ES"), ("0212345678", "IT"), ("+80012345678", ""),
    ],
)  # fmt: skip
def test_decides_what_is_common(digits: str, country: str) -> None:
    assert agree(digits, country)


@pytest.mark.parametrize(
    ("digits", "country"), [("", "US"), ("+", ""), ("+0", ""), ("1", "XX"), ("+999123456789", ""), ("0" * 17, "US")]
)
def test_leaves_the_rest_to_others(digits: str, country: str) -> None:
    assert plain_digits.read(digits, country) is None
