"""What a field may hold, whoever changes it. Each check gives back the value as it is stored."""

from __future__ import annotations

from ringout.config_rules import EMAIL, LONGEST_EMAIL
from ringout.domain import phone
from ringout.domain.errors import DuplicateValue, MissingParameter, UnusableValue
from ringout.service import time_zones
from ringout.service.accounts import Accounts

_LONGEST_TEXT = 128
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128


def line(text: str, parameter: str, longest: int = _LONGEST_TEXT) -> str:
    """One line of text without blanks around it; may be empty."""
    text = text.strip()
    if len(text) > longest:
        raise UnusableValue(parameter, text, f"It is longer than {longest} characters.")
    if not text.isprintable():
        raise UnusableValue(parameter, text, "It holds a control character.")
    return text


def number(text: str, parameter: str, country: str) -> str:
    """E.164 of a number in any written form. country: ISO 3166, upper or lower case."""
    try:
        parsed = phone.parse(text, country.upper())
    except ValueError:
        parsed = None
    if parsed is None or parsed.extension is not None:
        raise UnusableValue(parameter, text, "It is no phone number, for example +16505550100.")
    return parsed.e164


def timezone(text: str, parameter: str) -> str:
    """An IANA name."""
    found = time_zones.find(text)
    if found is None:
        raise UnusableValue(parameter, text, "It is no time zone of the IANA list, for example America/New_York.")
    return found


def email(text: str, parameter: str) -> str:
    """May be empty."""
    text = line(text, parameter, LONGEST_EMAIL)
    if text and not EMAIL.fullmatch(text):
        raise UnusableValue(parameter, text, "It is no e-mail address.")
    return text


def password(text: str, parameter: str) -> str:
    """As it is: blanks count."""
    if not text:
        raise MissingParameter(parameter)
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        # Without the value: an error's text is shown and logged.
        why = f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        raise UnusableValue(parameter, "", why)
    return text


def unique_email(text: str, parameter: str, accounts: Accounts, own_id: int) -> None:
    """Users may log in by their e-mail address, so nobody else of any account may have it."""
    if any(user.id != own_id for user in accounts.users_with_email(text)):
        raise DuplicateValue(parameter, text)
