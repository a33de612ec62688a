"""Reads a request's body or query into a struct, with the documented error for the field that is wrong."""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from ringout.domain.errors import BadParameter, MissingParameter
from ringout.web.errors import BrokenJson, UnreadableRequest, UnsupportedMediaType
from ringout.web.message import Request

T = TypeVar("T")

_JSON_PATH = re.compile(r"at `\$\.([A-Za-z_.]+)(?:\[[^`]*)?`")
_MISSING = re.compile(r"missing required field `([A-Za-z]+)`")
_UNKNOWN = re.compile(r"contains unknown field `([^`]{1,100})`")  # where a struct forbids them


async def read_json(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """The body as decoder's type. Raises UnsupportedMediaType, BrokenJson, UnreadableRequest, MissingParameter or
    BadParameter with the dotted path of the field."""
    if request.media_type not in ("application/json", ""):
        raise UnsupportedMediaType
    body = await request.body()
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _complaint(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenJson from error


def _complaint(text: str) -> Exception:
    path = _JSON_PATH.search(text)
    missing = _MISSING.search(text)
    if missing:
        return MissingParameter(f"{path[1]}.{missing[1]}" if path else missing[1])
    unknown = _UNKNOWN.search(text)
    if unknown:
        return BadParameter(f"{path[1]}.{unknown[1]}" if path else unknown[1])
    return BadParameter(path[1]) if path else UnreadableRequest("Cannot parse request")


def read_query(request: Request, type_: type[T]) -> T:
    """The query's fields as a struct whose fields all have defaults. A field of type tuple[X, ...] may be repeated or
    hold a list separated by commas. Empty values count as absent; unknown fields are ignored. Raises BadParameter."""
    given = [(name, value.strip()) for name, value in request.query_fields() if value.strip()]
    values: dict[str, Any] = {}
    hints = get_type_hints(type_)
    names = msgspec.structs.fields(type_)  # type: ignore[arg-type]
    for known in names:
        found = [value for name, value in given if name == known.encode_name]
        if not found:
            continue
        is_list = any(
            getattr(t, "__origin__", None) is tuple for t in (hints[known.name], *get_args(hints[known.name]))
        )
        values[known.encode_name] = [v for text in found for v in text.split(",") if v] if is_list else found[-1]
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        path = re.search(r"\$\.([A-Za-z_]+)", str(error))
        name = path[1] if path else ""
        raise BadParameter(name, next((value for key, value in given if key == name), None)) from error
