"""Bencoding, the form of rtpengine's messages: byte strings `4:spam`, integers `i42e`, lists `l...e`, dictionaries
`d...e`. rtpengine wants the keys in no particular order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Value = str | bytes | int | Sequence["Value"] | Mapping[str, "Value"]
Decoded = bytes | int | list["Decoded"] | dict[str, "Decoded"]

MAX_DEPTH = 32
_END, _INTEGER, _LIST, _DICTIONARY = b"e"[0], b"i"[0], b"l"[0], b"d"[0]


class BadBencoding(ValueError):
    """The bytes are not one whole value."""


def encode(value: Value) -> bytes:
    """Texts as UTF-8."""
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def _write(value: Value, parts: list[bytes]) -> None:
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        parts += (b"%d:" % len(value), value)
    elif isinstance(value, int):
        parts.append(b"i%de" % value)
    elif isinstance(value, Mapping):
        parts.append(b"d")
        for key, item in value.items():
            _write(key, parts)
            _write(item, parts)
        parts.append(b"e")
    else:
        parts.append(b"l")
        for item in value:
            _write(item, parts)
        parts.append(b"e")


def decode(data: bytes) -> Decoded:
    """Byte strings stay bytes, keys are read as Latin-1. Raises BadBencoding, and nothing else, for any bytes; bytes
    after the value are an error, as are values more than MAX_DEPTH deep."""
    try:
        value, end = _read(data, 0, 0)
    except (ValueError, IndexError) as error:
        raise BadBencoding("not a bencoded value") from error
    if end != len(data):
        raise BadBencoding("bytes after the value")
    return value


def _read(data: bytes, start: int, depth: int) -> tuple[Decoded, int]:
    kind = data[start]
    if kind == _INTEGER:
        end = data.index(b"e", start)
        return _integer(data[start + 1 : end]), end + 1
    if kind not in (_LIST, _DICTIONARY):
        return _text(data, start)
    if depth == MAX_DEPTH:
        raise BadBencoding("too deep")
    position = start + 1
    items: list[Decoded] = []
    fields: dict[str, Decoded] = {}
    while data[position] != _END:
        if kind == _DICTIONARY:
            key, position = _text(data, position)
            fields[key.decode("latin-1")], position = _read(data, position, depth + 1)
        else:
            item, position = _read(data, position, depth + 1)
            items.append(item)
    return (fields if kind == _DICTIONARY else items), position + 1


def _text(data: bytes, start: int) -> tuple[bytes, int]:
    colon = data.index(b":", start)
    length = _integer(data[start:colon])
    end = colon + 1 + length
    if length < 0 or end > len(data):
        raise BadBencoding("a string longer than its message")
    return data[colon + 1 : end], end


def _integer(digits: bytes) -> int:
    """Refuses what int() is lenient about (blanks, underscores, a plus sign) and lengths that take long to read."""
    if not 1 <= len(digits) <= 20 or not digits.removeprefix(b"-").isdigit():
        raise BadBencoding("not an integer")
    return int(digits)
