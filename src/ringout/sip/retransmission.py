"""A response that its sender repeats until the peer confirms it, on any transport: a 2xx until its ACK (RFC 3261
13.3.1.4), a reliable 1xx until its PRACK (RFC 3262 section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.sip.heap import NEVER, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringout.sip.transaction_layer import TransactionLayer


class Retransmission(Waiting):
    """Calls send at T1, 2*T1 ... (at most every cap seconds), and give_up once after 64*T1."""

    __slots__ = ("_cap", "_give_up", "_give_up_at", "_interval", "_layer", "_send")

    def __init__(
        self,
        layer: TransactionLayer,
        now: float,
        send: Callable[[float], None],
        give_up: Callable[[float], None],
        cap: float = NEVER,
    ) -> None:
        super().__init__()
        self._layer = layer
        self._send = send
        self._give_up = give_up
        self._cap = cap
        self._interval = layer.timers.t1
        self._give_up_at = now + layer.give_up_seconds
        layer.heap.wake_at(self, now + self._interval)

    def stop(self) -> None:
        """Confirmed; nothing more happens."""
        self.due = NEVER

    def time_up(self, now: float) -> None:
        if now >= self._give_up_at:
            self._give_up(now)
            return
        self._send(now)
        self._interval = min(self._interval * 2, self._cap)
        self._layer.heap.wake_at(self, min(now + self._interval, self._give_up_at))
