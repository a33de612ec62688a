"""Reliable provisional responses on the sending side (RFC 3262 section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ringout.sip.retransmission import Retransmission

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringout.sip.server_transaction import ServerTransaction
    from ringout.sip.transaction_layer import TransactionLayer


class Provisional1xx(NamedTuple):
    code: int
    extra: str  # finished header lines
    body: bytes


class ReliableProvisionals:
    """Sends one at a time, the next when the PRACK of the last has come."""

    __slots__ = ("_give_up", "_layer", "_queue", "_repeating", "_rseq", "_sent", "_transaction", "_with_body")

    def __init__(
        self, layer: TransactionLayer, transaction: ServerTransaction, give_up: Callable[[float], None]
    ) -> None:
        """give_up: called when no PRACK came within 64*T1."""
        self._layer = layer
        self._transaction = transaction
        self._give_up = give_up
        self._rseq = layer.ids.number(16)  # 1 .. 2**31-1 is asked for the first; the next ones count up
        self._queue: list[Provisional1xx] = []
        self._repeating: Retransmission | None = None
        self._with_body = False
        self._sent = False  # the last one awaits its PRACK, even when a final response has overtaken that

    @property
    def holds_answer(self) -> bool:
        """An SDP is under way unconfirmed: the 2xx has to wait (section 3)."""
        return self._repeating is not None and self._with_body

    def send(self, provisional: Provisional1xx, now: float) -> None:
        """Now, or after those before it."""
        if self._repeating is not None:
            self._queue.append(provisional)
            return
        self._rseq += 1
        self._sent = True
        self._with_body = bool(provisional.body)
        transaction = self._transaction
        transaction.respond(
            provisional.code,
            now,
            extra=f"{provisional.extra}Require: 100rel\r\nRSeq: {self._rseq}\r\n",
            body=provisional.body,
        )
        data = transaction.last
        self._repeating = Retransmission(
            self._layer, now, lambda at: transaction.send_1xx_again(data, at), self._give_up
        )

    def prack_received(self, rack: str) -> bool:
        """rack: RAck value. False = it confirms nothing of ours. send_next should follow."""
        if rack.split() != [str(self._rseq), str(self._transaction.cseq), "INVITE"]:
            return False
        known = self._sent
        self._sent = False
        if self._repeating is not None:
            self._repeating.stop()
            self._repeating = None
        return known

    def send_next(self, now: float) -> None:
        """The next one, if any waits."""
        if self._queue and self._repeating is None:
            self.send(self._queue.pop(0), now)

    def stop(self) -> None:
        """A final response has been sent."""
        self._queue.clear()
        if self._repeating is not None:
            self._repeating.stop()
            self._repeating = None
