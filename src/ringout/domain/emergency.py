"""Emergency numbers, in the forms that people dial them. RingOut never calls them: see the decision record.

A number counts when it reaches help in the account's country or in the request's, when it is known all over the world,
or when it does so in any other country and is nobody's extension.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from ringout.domain import phone

# Dialled for help by people from everywhere, and understood by many networks far from home.
EVERYWHERE = frozenset(("000", "112", "911", "999"))

# Of any country, two and three digits: those of libphonenumber's metadata, and 08, which 3GPP TS 22.101 section 10.1.1
# adds for phones without a SIM card.
_ELSEWHERE = """
01 02 03 08 13 14 15 16 17 18 19 90 91 92 93 94 001 002 003 011 019 022 033 050 060 065 066 068 080 085 088 100
101 102 103 104 105 106 107 108 110 111 113 114 115 116 117 118 119 120 122 123 124 125 127 128 129 130 131 132
133 140 144 150 151 152 153 154 155 156 157 158 159 160 166 170 171 172 175 177 180 188 190 191 192 193 194 195
197 198 199 211 311 333 355 511 555 666 819 888 901 902 903 912 913 917 919 922 933 939 955 977 990 991 992 993
994 995 996 997 998
"""
ELSEWHERE = frozenset(_ELSEWHERE.split())

_DIALLED = re.compile(r"[0-9+*#().,;/ \-]*", re.ASCII)
_NOT_DIGITS = re.compile(r"[^0-9]")
_MOST_DIGITS_ALONE = 6  # of an emergency number in libphonenumber's metadata
_MOST_DIGITS = 13  # of an outside line, an international prefix, a calling code and an emergency number
_OUTSIDE_LINE = ("0", "1", "8", "9", "00", "99")  # what offices dial first; 1 is the long-distance prefix of +1
_INTERNATIONAL_PREFIXES = ("00", "011")


class Emergency(Enum):
    """Whether a dialled text calls for help."""

    NO = 0
    UNLESS_EXTENSION = 1  # yes, when no extension of the account has that number
    YES = 2


def meaning(text: str, home: str, country: str) -> Emergency:
    """What dialling this text means. home: the account's country; country: the one whose dialling plan was asked for;
    both ISO 3166, upper case."""
    try:
        return _meaning(phone.trim(text), home, country)
    except ValueError:
        return Emergency.NO


@lru_cache(maxsize=8192)
def _meaning(written: str, home: str, country: str) -> Emergency:
    written = phone.plain(written)
    if not _DIALLED.fullmatch(written):
        return Emergency.NO
    main = _NOT_DIGITS.sub("", written.partition("*")[0])
    dialled = main or _NOT_DIGITS.sub("", written)  # *911
    if not 2 <= len(dialled) <= _MOST_DIGITS:
        return Emergency.NO
    if is_emergency(dialled, home) or is_emergency(dialled, country):
        return Emergency.YES
    if not main:
        return Emergency.NO
    if main in ELSEWHERE:
        return Emergency.UNLESS_EXTENSION
    if not (_has_outside_line(main, home, country) or _is_called_abroad(main)):
        return Emergency.NO
    # Few countries have ordinary numbers so short, but some do.
    ordinary = any(_is_ordinary(main, region) for region in (home, country))
    return Emergency.NO if ordinary else Emergency.UNLESS_EXTENSION


@lru_cache(maxsize=1024)
def is_emergency(digits: str, country: str) -> bool:
    """Whether these digits, dialled as they are, call for help in that country (ISO 3166, upper case)."""
    if len(digits) > _MOST_DIGITS_ALONE:
        return False  # spares every ordinary number the search
    return digits in EVERYWHERE or phonenumbers.is_emergency_number(digits, country)


@lru_cache(maxsize=8192)
def is_number_of_help(e164: str) -> bool:
    """Whether a whole number (with +) is an emergency number with a calling code before it, or would be taken for one:
    nobody has a number that begins with the police's, but a switch given the national number stops reading there."""
    return _has_calling_code(e164[1:]) or (_begins_with_help(e164[1:]) and not _is_valid(e164))


def _is_called_abroad(digits: str) -> bool:
    """With the calling code of a country, with or without an international prefix, and an outside line before that."""
    return _has_calling_code(digits) or any(
        digits.startswith(line + prefix) and _has_calling_code(digits.removeprefix(line + prefix))
        for line in ("", *_OUTSIDE_LINE)
        for prefix in _INTERNATIONAL_PREFIXES
    )


def _has_calling_code(digits: str) -> bool:
    for length in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0), ())
        rest = digits[length:]
        if not 0 < len(rest) <= _MOST_DIGITS_ALONE + 1:  # asking every region of +1 takes its time
            continue
        # +49 (0)112: written with the trunk prefix that nobody dials from abroad.
        written = {rest, rest.removeprefix("0")} - {""}
        if any(is_emergency(each, region) for each in written for region in regions):
            return True
    return False


def _begins_with_help(digits: str) -> bool:
    """A calling code, and then an emergency number of its largest country."""
    for length in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0), ())
        rest = digits[length:]
        if any(_is_help_there(rest[:short], region) for region in regions[:1] for short in (2, 3)):
            return True
    return False


@lru_cache(maxsize=8192)
def _is_help_there(digits: str, region: str) -> bool:
    """In that country itself: what is known all over the world is no more than any other prefix elsewhere."""
    return phonenumbers.is_emergency_number(digits, region)


def _is_valid(e164: str) -> bool:
    """In service, as far as is known."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return False


def _has_outside_line(digits: str, home: str, country: str) -> bool:
    """With the digits before it that reach an outside line, or an international prefix."""
    return any(
        digits.startswith(prefix) and _is_known(digits.removeprefix(prefix), home, country)
        for prefix in (*_OUTSIDE_LINE, *_INTERNATIONAL_PREFIXES)
    )


def _is_known(digits: str, home: str, country: str) -> bool:
    return bool(digits) and (is_emergency(digits, home) or is_emergency(digits, country))


def _is_ordinary(digits: str, country: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, country))
    except phonenumbers.NumberParseException:
        return False
