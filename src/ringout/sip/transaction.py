"""What the four transaction machines share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol

from ringout.sip.heap import Waiting
from ringout.sip.state_table import Input, State, Steps

if TYPE_CHECKING:
    from ringout.sip.client_transaction import ClientTransaction
    from ringout.sip.flow import Flow
    from ringout.sip.message import Response
    from ringout.sip.transaction_layer import TransactionLayer


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

    def _linger(self, seconds: float, now: float) -> None:
        """Nothing wakes it before that."""
        self.layer.heap.wake_at(self, now + seconds)
