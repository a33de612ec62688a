"""On which line of a TOML text each key stands; tomllib itself forgets that."""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]  # the way to a setting, table by table

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"^\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*=(.*)$"
)
_PART = re.compile(r"[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'")
_TOKEN = re.compile(r"\"\"\"|'''|\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\[\]{}#]")


class TomlLines:
    """Lines of keys in a text that tomllib accepts (for any other text the answers are only guesses)."""

    def __init__(self, text: str) -> None:
        self._lines: dict[KeyPath, int] = {}
        self._array_sizes: dict[KeyPath, int] = {}
        self._scan(text)

    def line_of(self, path: KeyPath) -> int | None:
        """1-based line of the key, or of the nearest table around it; None when not even that is in the text."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return None

    def _scan(self, text: str) -> None:
        table: KeyPath = ()
        depth, quote = 0, ""
        for number, line in enumerate(text.splitlines(), 1):
            if quote or depth:
                depth, quote = _follow(line, depth, quote)
                continue
            if header := _HEADER.match(line):
                table = self._enter(_parts(header[2]), is_array=header[1] == "[[")
                self._lines.setdefault(table, number)
                if header[1] == "[[":
                    self._lines.setdefault(table[:-1], number)
            elif key := _KEY.match(line):
                self._lines.setdefault(table + _parts(key[1]), number)
                depth, quote = _follow(key[2], 0, "")

    def _enter(self, parts: KeyPath, *, is_array: bool) -> KeyPath:
        """The full path of a [table] or [[table]] header, with the running index of each array on the way."""
        path: KeyPath = ()
        for position, part in enumerate(parts):
            path += (part,)
            if is_array and position == len(parts) - 1:
                self._array_sizes[path] = self._array_sizes.get(path, 0) + 1
            if path in self._array_sizes:
                path += (self._array_sizes[path] - 1,)
        return path


def _parts(text: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def _follow(text: str, depth: int, quote: str) -> tuple[int, str]:
    """Bracket depth and open multi-line quote after this piece of a value."""
    position = 0
    while True:
        if quote:
            end = text.find(quote, position)
            if end < 0:
                return depth, quote
            position, quote = end + 3, ""
        token = _TOKEN.search(text, position)
        if token is None or token[0] == "#":
            return depth, quote
        position = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
