"""How the table of a machine is written and obeyed.

A table maps (state, input) to (next state, orders); Ignored holds the pairs that mean nothing. A pair in neither is a
bug: tests/unit/sip walks them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

State = TypeVar("State", bound=StrEnum)
Input = TypeVar("Input", bound=StrEnum)
Table = Mapping[tuple[State, Input], tuple[State, tuple[str, ...]]]
Ignored = frozenset[tuple[State, Input]]
Steps = dict[tuple[Any, Any], tuple[Any, tuple[Callable[..., None], ...]]]


def compile_table(owner: type, table: Table[Any, Any], ignored: Ignored[Any, Any]) -> Steps:
    """The table with each order's name replaced by the method of owner that carries it out, ignored pairs included."""
    steps: Steps = {
        pair: (state, tuple(getattr(owner, "_" + order) for order in orders)) for pair, (state, orders) in table.items()
    }
    return steps | {pair: (pair[0], ()) for pair in ignored}
