"""Finds what serves a path, segment by segment: the cost does not grow with the number of URLs."""

from __future__ import annotations

from typing import Generic, TypeVar
from urllib.parse import unquote

T = TypeVar("T")


class _Node(Generic[T]):
    __slots__ = ("named", "parameter", "served")

    def __init__(self) -> None:
        self.named: dict[str, _Node[T]] = {}
        self.parameter: tuple[str, _Node[T]] | None = None  # its name, and what follows it
        self.served: T | None = None


class Router(Generic[T]):
    """Templates as in OpenAPI: a segment of a path is either a word or one {parameter}."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, template: str, served: T) -> None:
        """Raises ValueError for a template that is there already, or that names a parameter otherwise than another
        one does at the same place."""
        node = self._root
        for segment in template.split("/")[1:]:
            if not segment.startswith("{"):
                node = node.named.setdefault(segment, _Node())
                continue
            name = segment.strip("{}")
            if node.parameter is None:
                node.parameter = (name, _Node())
            if node.parameter[0] != name:
                raise ValueError(f"{template}: {name} is {node.parameter[0]} elsewhere")
            node = node.parameter[1]
        if node.served is not None:
            raise ValueError(f"{template} is there twice")
        node.served = served

    def find(self, raw_path: str) -> tuple[T, dict[str, str]] | None:
        """What serves the path, and the path's parameters. raw_path: as sent, with its percent signs: an escaped slash
        is part of a segment. A word goes before a parameter; an empty segment is no parameter."""
        segments = raw_path.split("/")[1:]
        is_escaped = "%" in raw_path
        parameters: dict[str, str] = {}
        node = self._root
        for segment in segments:
            if is_escaped:  # one by one: a stranger's path of thousands of segments ends at the first wrong one
                segment = unquote(segment)
            following = node.named.get(segment)
            if following is None:
                if node.parameter is None or not segment:
                    return None
                name, following = node.parameter
                parameters[name] = segment
            node = following
        return None if node.served is None else (node.served, parameters)
