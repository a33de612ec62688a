"""How `ringout admin` shows what it has found, and how it takes a secret in."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringout.cli.failures import USAGE, CommandFailed
from ringout.service.administration.operations import AdminOperation

# Wide enough for every row when no terminal says how wide it is: programs that read lines want each on one.
_WIDE = 1000
ONCE = "This is shown once: keep it now."


def show_json(found: Any) -> None:
    """One line."""
    sys.stdout.buffer.write(msgspec.json.encode({} if found is None else found) + b"\n")
    sys.stdout.flush()


def show(operation: AdminOperation, found: Any) -> None:
    """For people."""
    if found is None:
        print("Done.")
    elif operation.is_list:
        _show_table(found, operation.columns)
    else:
        _show_record(found, secret_names(operation))


def secret_names(operation: AdminOperation) -> frozenset[str]:
    """Fields of the answer that are shown once."""
    if operation.answer is None:
        return frozenset()
    return frozenset(field.encode_name for field in msgspec.structs.fields(operation.answer) if is_secret(field.type))


def is_secret(hint: Any) -> bool:
    """Whether a field's type is marked as one of a secret."""
    marks = [*getattr(hint, "__metadata__", ()), *getattr(hint, "__args__", ())]
    return any(
        bool(mark.extra and mark.extra.get("secret")) if isinstance(mark, msgspec.Meta) else is_secret(mark)
        for mark in marks
        if isinstance(mark, msgspec.Meta) or hasattr(mark, "__metadata__")
    )


def _show_table(records: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    if not records:
        print("There are none.")
        return
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(in_words(name), overflow="fold")
    for record in records:
        table.add_row(*(Text(_text(record.get(name))) for name in columns))
    _console().print(table)


def _show_record(record: dict[str, Any], secrets: frozenset[str]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in record.items():
        if name not in secrets:
            table.add_row(in_words(name), Text(_text(value)))
    _console().print(table)
    for name in secrets & record.keys():
        print(f"\n{in_words(name)}: {record[name]}\n{ONCE}")


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_WIDE)


def in_words(name: str) -> str:
    """`mainNumber` as `Main number`."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", name).capitalize()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)


def read_secret(name: str) -> str:
    """Asked for twice on a terminal; else the first line of standard input. Never an option: other users of the machine
    see the command lines of all processes."""
    if sys.stdin.isatty():
        text = getpass.getpass(f"{in_words(name)}: ")
        if text != getpass.getpass("Once more: "):
            raise CommandFailed("the two are not the same.", USAGE)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise CommandFailed(f"no {name} on standard input.", USAGE)
    return text
