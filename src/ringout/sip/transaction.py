"""What the four transaction machines share: how a table is written and obeyed.

TABLE maps (state, input) to (next state, orders); IGNORED holds the pairs that mean nothing. A pair in neither is a
bug: tests/unit/sip walks them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from ringout.sip.heap import Waiting

if TYPE_CHECKING:
    from ringout.sip.client_transaction import ClientTransaction
    from ringout.sip.flow import Flow
    from ringout.sip.message import Response
    from ringout.sip.transaction_layer import TransactionLayer

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


def print_table(table: Table[Any, Any]) -> str:
    """The machine as lines of text: state, input, next state, orders."""
    rows = [(str(s), str(i), str(n), ", ".join(orders) or "-") for (s, i), (n, orders) in table.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]) for row in rows
    )


class ClientUser(Protocol):
    """Who sent a request and waits for its responses."""

    def response_received(self, transaction: ClientTransaction, response: Response, now: float) -> None: ...

    def transaction_failed(
        self, transaction: ClientTransaction, cause: Literal["timeout", "transport"], now: float
    ) -> None: ...


class Transaction(Waiting, Generic[State, Input]):
    """One transaction: obeys its table."""

    __slots__ = ("flow", "key", "layer", "state")

    STEPS: ClassVar[Steps]

    def __init__(self, layer: TransactionLayer, flow: Flow, key: Any, state: State) -> None:
        super().__init__()
        self.layer = layer
        self.flow = flow
        self.key = key
        self.state = state

    def feed(self, kind: Input, message: Any, now: float) -> None:
        """Looks the pair up and carries out its orders. KeyError = a pair nobody thought of."""
        self.state, orders = self.STEPS[self.state, kind]
        for order in orders:
            order(self, message, now)
