"""mimeapps.list: which desktop entry opens what, as text in and text out.

Its default applications are lists of which the first that is installed counts (Association between MIME types and
applications, freedesktop.org, 1.0.1). So we put ourselves in front and take ourselves out again, and whoever was there
before is back.
"""

from __future__ import annotations

from collections.abc import Iterable

_DEFAULTS = "[Default Applications]"


def put_first(text: str, types: Iterable[str], entry: str) -> str:
    """text with entry as the first default of every type."""
    lines = text.splitlines()
    if _DEFAULTS not in (line.strip() for line in lines):
        lines += ["", _DEFAULTS] if lines and lines[-1].strip() else [_DEFAULTS]
    for kind in types:
        at, after = _find(lines, kind)
        if at is None:
            lines.insert(after, f"{kind}={entry}")
        else:
            others = [name for name in _entries(lines[at]) if name != entry]
            lines[at] = f"{kind}={';'.join([entry, *others])}"
    return "\n".join(lines) + "\n"


def take_out(text: str, types: Iterable[str], entry: str) -> str:
    """text without entry among those that open the types, in every group."""
    kinds = set(types)
    lines = []
    for line in text.splitlines():
        if _key(line) in kinds and entry in _entries(line):
            others = [name for name in _entries(line) if name != entry]
            if not others:
                continue
            line = f"{_key(line)}={';'.join(others)}"
        lines.append(line)
    if lines and lines[-1].strip() == _DEFAULTS:  # the group that put_first has made
        del lines[-1]
    while lines and not lines[-1].strip():
        del lines[-1]
    return "\n".join(lines) + "\n" if lines else ""


def first(text: str, kind: str) -> str:
    """The first default of that type; "" = none."""
    lines = text.splitlines()
    at, _ = _find(lines, kind)
    return next(iter(_entries(lines[at])), "") if at is not None else ""


def _find(lines: list[str], kind: str) -> tuple[int | None, int]:
    """Where the type's line stands in the group of the defaults, and where a new one would."""
    within, after = False, len(lines)
    for number, line in enumerate(lines):
        if line.startswith("["):
            within = line.strip() == _DEFAULTS
            if within:
                after = number + 1
        elif within and _key(line) == kind:
            return number, after
    return None, after


def _key(line: str) -> str:
    return line.partition("=")[0].strip()


def _entries(line: str) -> list[str]:
    return [name for name in (part.strip() for part in line.partition("=")[2].split(";")) if name]
