"""The small pieces of RFC 3261 section 25 that several headers share. Every function is linear in its input."""

from __future__ import annotations

import re

from ringout.sip.errors import MalformedMessage

MAX_LIST_ELEMENTS = 512  # of one comma-separated header value
MAX_PARAMETERS = 64  # of one URI or header value

_TOKEN_CHARACTERS = r"A-Za-z0-9\-.!%*_+`'~"
QUOTED_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*)|\[[0-9A-Fa-f:.]{2,45}\])"

is_token = re.compile(rf"[{_TOKEN_CHARACTERS}]+\Z").match

_PARAMETER = re.compile(
    rf"[ \t]*;[ \t]*([{_TOKEN_CHARACTERS}]+)(?:[ \t]*=[ \t]*({QUOTED_STRING}|[^ \t;,\"<>]*))?", re.DOTALL
).match
_LIST_PIECE = re.compile(rf'{QUOTED_STRING}|<[^>]*>|,|[^",<]+', re.DOTALL).match
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL).sub
_NEEDS_ESCAPE = re.compile(r'(["\\])').sub


def parse_parameters(text: str, start: int = 0) -> dict[str, str | None]:
    """Read `*( SEMI generic-param )` from text[start:] to its end.

    Names come back in lower case, in order; values as sent (quoted strings keep their quotes), None for a parameter
    without "=". Tolerated, because phones send it: one semicolon at the end, and a repeated name, of which the first
    counts. Raises MalformedMessage for anything else left over and beyond MAX_PARAMETERS.
    """
    parameters: dict[str, str | None] = {}
    end = len(text)
    count = 0
    while start < end:
        match = _PARAMETER(text, start)
        if match is None:
            if text[start:].strip(" \t") in ("", ";"):
                break
            raise MalformedMessage("Bad parameter")
        count += 1
        if count > MAX_PARAMETERS:
            raise MalformedMessage("Too many parameters")
        name, value = match.groups()
        parameters.setdefault(name.lower(), value)
        start = match.end()
    return parameters


def format_parameters(parameters: dict[str, str | None]) -> str:
    """The opposite of parse_parameters: `;name=value;flag`."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in parameters.items()])


def split_list(value: str) -> list[str]:
    """Split a comma-separated list outside quoted strings and angle brackets; elements are stripped, empties go.

    Raises MalformedMessage for an open quote or bracket and beyond MAX_LIST_ELEMENTS commas.
    """
    if "," not in value:
        value = value.strip(" \t")
        return [value] if value else []
    if value.count(",") > MAX_LIST_ELEMENTS and value.count('"') + value.count("<") == 0:
        raise MalformedMessage("Too many list elements")
    if '"' not in value and "<" not in value:
        return [element for piece in value.split(",") if (element := piece.strip(" \t"))]
    return _split_quoted_list(value)


def _split_quoted_list(value: str) -> list[str]:
    elements: list[str] = []
    position = begin = commas = 0
    end = len(value)
    while position < end:
        match = _LIST_PIECE(value, position)
        if match is None:
            raise MalformedMessage("Unbalanced quote or bracket")
        if value[position] == ",":
            commas += 1
            if commas > MAX_LIST_ELEMENTS:
                raise MalformedMessage("Too many list elements")
            elements.append(value[begin:position].strip(" \t"))
            begin = position + 1
        position = match.end()
    elements.append(value[begin:].strip(" \t"))
    return [element for element in elements if element]


def unquote(text: str) -> str:
    """The text that a quoted-string stands for; anything else comes back unchanged."""
    if len(text) >= 2 and text[0] == '"' and text[-1] == '"':
        text = text[1:-1]
        return _QUOTED_PAIR(r"\1", text) if "\\" in text else text
    return text


def quote(text: str) -> str:
    """text as a quoted-string."""
    return '"' + _NEEDS_ESCAPE(r"\\\1", text) + '"'
