"""What only administrators set, and how the fields of their requests become those of records. Each check gives back the
value as it is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from msgspec import UNSET, Struct

from ringout.config_rules import EXTENSION, LANGUAGE, PREFIX, RUN_IN_BROWSERS
from ringout.domain import countries, emergency
from ringout.domain.account import Account
from ringout.domain.errors import Conflict, DuplicateValue, UnusableValue
from ringout.service.field_checks import line

Record = TypeVar("Record")

_LONGEST_URI = 2000
_MOST_REDIRECT_URIS = 32
_MOST_PREFIXES = 1000

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*")


def given(body: Struct, **stored_as: str) -> dict[str, Any]:
    """The fields of a change that were sent, by the names of the record they go into."""
    return {
        stored_as.get(name, name): value
        for name in body.__struct_fields__
        if (value := getattr(body, name)) is not UNSET
    }


def in_json(name: str) -> str:
    """A field's name as requests spell it: `business_phone` as `businessPhone`."""
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


def changed(record: Record, values: dict[str, Any]) -> Record:
    """The record with those fields of its own; what it has no field for is left out."""
    fields = record.__dataclass_fields__  # type: ignore[attr-defined]
    return replace(record, **{name: value for name, value in values.items() if name in fields})  # type: ignore[type-var]


def country(text: str, parameter: str) -> str:
    """ISO 3166, lower case."""
    try:
        return countries.by_code(text.strip()).iso_code.lower()
    except KeyError:
        raise UnusableValue(parameter, text, "It is no country of ISO 3166, for example us.") from None


def language(text: str, parameter: str) -> str:
    if not LANGUAGE.fullmatch(text.strip()):
        raise UnusableValue(parameter, text, "It is no language, for example en or en-US.")
    return text.strip()


def extension_number(text: str, parameter: str, account_country: str) -> str:
    text = text.strip()
    if not EXTENSION.fullmatch(text):
        raise UnusableValue(parameter, text, "An extension has one to eight digits.")
    if emergency.is_emergency(text, account_country.upper()):
        raise UnusableValue(parameter, text, "It is an emergency number.")
    return text


def redirect_uris(texts: Iterable[str], parameter: str) -> tuple[str, ...]:
    """Absolute, without fragment (RFC 6749 section 3.1.2); any scheme that does not run as a script, since native
    applications have schemes of their own (RFC 8252 section 7.1)."""
    uris = tuple(dict.fromkeys(line(text, parameter, _LONGEST_URI) for text in texts))
    if len(uris) > _MOST_REDIRECT_URIS:
        raise Conflict(f"A client has {_MOST_REDIRECT_URIS} redirect URIs at most.")
    for uri in uris:
        try:
            parts = urlsplit(uri)
            absolute = bool(_SCHEME.fullmatch(parts.scheme)) and (parts.netloc or parts.path.strip("/"))
        except ValueError:
            absolute = False
        if not absolute or any(character.isspace() for character in uri):
            raise UnusableValue(parameter, uri, "A redirect URI is absolute, for example https://app.example/login.")
        if "#" in uri:
            raise UnusableValue(parameter, uri, "A redirect URI has no fragment.")
        if parts.scheme in RUN_IN_BROWSERS or (parts.scheme in ("http", "https") and not parts.hostname):
            raise UnusableValue(parameter, uri, "No login can be sent there.")
    return uris


def prefixes(texts: Iterable[str], parameter: str) -> tuple[str, ...]:
    """E.164 prefixes in the order given, each once."""
    found = tuple(dict.fromkeys(text.strip().replace(" ", "") for text in texts))
    if len(found) > _MOST_PREFIXES:
        raise Conflict(f"An account blocks {_MOST_PREFIXES} prefixes at most.")
    for prefix in found:
        if not PREFIX.fullmatch(prefix):
            raise UnusableValue(parameter, prefix, "A prefix is a + and one to fifteen digits, for example +1900.")
    return found


def refuse_more(count: int, most: int, what: str) -> None:
    """count: how many there are. Raises Conflict when there is no room for another."""
    if count >= most:
        raise Conflict(f"There are {most} {what}, which is the limit.")


def unique_number(e164: str, parameter: str, accounts: Sequence[Account]) -> None:
    """A number belongs to one account, once."""
    for account in accounts:
        if e164 == account.main_number or any(owned.number == e164 for owned in account.numbers):
            raise DuplicateValue(parameter, e164)
