"""The parameters that several grants share, read from the form of the token endpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ringout.domain import scopes as permissions
from ringout.domain.account import Client
from ringout.domain.errors import GrantRefused
from ringout.service.tokens import MAX_ACCESS_SECONDS, MAX_REFRESH_SECONDS, MIN_ACCESS_SECONDS, Lifetimes

Form = Mapping[str, str]
_MOST_CHARACTERS = 255  # of an endpoint_id; its characters are checked too because it is stored and echoed
_LONGEST_ECHO = 200
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,12}", re.ASCII)


def required(form: Form, name: str) -> str:
    """RFC 6749 section 3.1: an empty value is none."""
    value = form.get(name, "")
    if not value:
        raise GrantRefused("invalid_request", "CMN-100", "Parameter [{parameter}] is mandatory", name)
    return value


def asked_scopes(form: Form) -> tuple[str, ...]:
    """Each once; () = none named."""
    return tuple(dict.fromkeys(form.get("scope", "").split()))


def user_scopes(client: Client, form: Form) -> tuple[str, ...]:
    """Those asked for, or all that the client may have on a user's behalf."""
    wanted = asked_scopes(form)
    if not permissions.is_allowed(wanted, client.scopes):
        raise bad_scope(form)
    return wanted or permissions.of_users(client.scopes)


def bad_scope(form: Form) -> GrantRefused:
    return _bad_value("invalid_scope", form, "scope")


def lifetimes(form: Form) -> Lifetimes:
    """What was asked for, brought within the limits as RingCentral documents it: never more than the default."""
    access = _seconds(form, "access_token_ttl", MAX_ACCESS_SECONDS)
    refresh = _seconds(form, "refresh_token_ttl", MAX_REFRESH_SECONDS)
    return Lifetimes(
        max(min(access, MAX_ACCESS_SECONDS), MIN_ACCESS_SECONDS), max(min(refresh, MAX_REFRESH_SECONDS), 0)
    )


def _seconds(form: Form, name: str, default: int) -> int:
    text = form.get(name, "").strip()
    if not text:
        return default
    if not _WHOLE_NUMBER.fullmatch(text):
        raise _bad_value("invalid_request", form, name)
    return int(text)


def endpoint_id(form: Form) -> str:
    """The client's own, or "" for one of ours."""
    text = form.get("endpoint_id", "")
    if len(text) > _MOST_CHARACTERS or not text.isprintable():
        raise _bad_value("invalid_request", form, "endpoint_id")
    return text


def _bad_value(error: str, form: Form, name: str) -> GrantRefused:
    value = form.get(name, "")[:_LONGEST_ECHO]
    return GrantRefused(error, "CMN-101", "Parameter [{parameter}] value is invalid", name, value=value)
