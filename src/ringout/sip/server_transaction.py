"""Server transactions: RFC 3261 section 17.2 with RFC 6026's Accepted state."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from ringout.sip.outgoing import reason_phrase, render_response, response_echo
from ringout.sip.state_table import Ignored, Steps, Table, compile_table
from ringout.sip.transaction import Transaction

if TYPE_CHECKING:
    from ringout.sip.flow import Flow
    from ringout.sip.message import Request
    from ringout.sip.transaction_key import MergeKey, ServerKey
    from ringout.sip.transaction_layer import TransactionLayer


class ServerState(StrEnum):
    TRYING = "trying"  # all but INVITE
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"  # INVITE only
    ACCEPTED = "accepted"  # INVITE only
    TERMINATED = "terminated"


class ServerInput(StrEnum):
    REQUEST_AGAIN = "request again"
    ACK = "ACK"
    SEND_1XX = "send 1xx"
    SEND_2XX = "send 2xx"
    SEND_FAILURE = "send 300-699"
    RESEND_TIME = "timer G"
    GIVE_UP_TIME = "timer H"
    LINGER_TIME = "timer I/J/L"


_S = ServerState
_I = ServerInput

INVITE_TABLE: Final[Table[ServerState, ServerInput]] = {
    (_S.PROCEEDING, _I.REQUEST_AGAIN): (_S.PROCEEDING, ("send_again",)),
    (_S.PROCEEDING, _I.SEND_1XX): (_S.PROCEEDING, ("send",)),
    (_S.PROCEEDING, _I.SEND_2XX): (_S.ACCEPTED, ("send", "start_timer_l")),
    (_S.PROCEEDING, _I.SEND_FAILURE): (_S.COMPLETED, ("send", "start_timers_g_h")),
    (_S.COMPLETED, _I.REQUEST_AGAIN): (_S.COMPLETED, ("send_again",)),
    (_S.COMPLETED, _I.ACK): (_S.CONFIRMED, ("start_timer_i",)),
    (_S.COMPLETED, _I.RESEND_TIME): (_S.COMPLETED, ("send_again", "double_interval")),
    (_S.COMPLETED, _I.GIVE_UP_TIME): (_S.TERMINATED, ("forget",)),
    (_S.CONFIRMED, _I.LINGER_TIME): (_S.TERMINATED, ("forget",)),
    (_S.ACCEPTED, _I.SEND_2XX): (_S.ACCEPTED, ("send",)),
    (_S.ACCEPTED, _I.ACK): (_S.ACCEPTED, ("report_ack",)),
    (_S.ACCEPTED, _I.LINGER_TIME): (_S.TERMINATED, ("forget",)),
}
INVITE_IGNORED: Final[Ignored[ServerState, ServerInput]] = frozenset(
    {
        (_S.PROCEEDING, _I.ACK),  # nothing final has been sent: the peer is confused
        (_S.COMPLETED, _I.SEND_1XX),
        (_S.COMPLETED, _I.SEND_2XX),
        (_S.COMPLETED, _I.SEND_FAILURE),
        (_S.CONFIRMED, _I.REQUEST_AGAIN),
        (_S.CONFIRMED, _I.ACK),
        (_S.CONFIRMED, _I.SEND_1XX),
        (_S.CONFIRMED, _I.SEND_2XX),
        (_S.CONFIRMED, _I.SEND_FAILURE),
        (_S.ACCEPTED, _I.REQUEST_AGAIN),  # RFC 6026 section 7.1: the 2xx is retransmitted by its own timer
        (_S.ACCEPTED, _I.SEND_1XX),
        (_S.ACCEPTED, _I.SEND_FAILURE),
    }
)
OTHER_TABLE: Final[Table[ServerState, ServerInput]] = {
    (_S.TRYING, _I.SEND_1XX): (_S.PROCEEDING, ("send",)),
    (_S.TRYING, _I.SEND_2XX): (_S.COMPLETED, ("send", "start_timer_j")),
    (_S.TRYING, _I.SEND_FAILURE): (_S.COMPLETED, ("send", "start_timer_j")),
    (_S.PROCEEDING, _I.REQUEST_AGAIN): (_S.PROCEEDING, ("send_again",)),
    (_S.PROCEEDING, _I.SEND_1XX): (_S.PROCEEDING, ("send",)),
    (_S.PROCEEDING, _I.SEND_2XX): (_S.COMPLETED, ("send", "start_timer_j")),
    (_S.PROCEEDING, _I.SEND_FAILURE): (_S.COMPLETED, ("send", "start_timer_j")),
    (_S.COMPLETED, _I.REQUEST_AGAIN): (_S.COMPLETED, ("send_again",)),
    (_S.COMPLETED, _I.LINGER_TIME): (_S.TERMINATED, ("forget",)),
}
OTHER_IGNORED: Final[Ignored[ServerState, ServerInput]] = frozenset(
    {
        (_S.TRYING, _I.REQUEST_AGAIN),
        (_S.COMPLETED, _I.SEND_1XX),
        (_S.COMPLETED, _I.SEND_2XX),
        (_S.COMPLETED, _I.SEND_FAILURE),
    }
)


class ServerUser(Protocol):
    """Who answers an INVITE and waits for its ACK."""

    def ack_received(self, ack: Request, now: float) -> None: ...

    def cancel_received(self, transaction: ServerTransaction, now: float) -> None: ...


class ServerTransaction(Transaction[ServerState, ServerInput]):
    """A request to us and our responses to it."""

    __slots__ = (
        "cseq",
        "echo",
        "give_up_at",
        "interval",
        "last",
        "merge_key",
        "method",
        "otherwise",
        "tagged",
        "to",
        "user",
    )

    FIRST_STATE: ClassVar[ServerState]

    def __init__(
        self, layer: TransactionLayer, request: Request, key: ServerKey, merge_key: MergeKey | None, source: Flow
    ) -> None:
        """source: where the request came from; the responses go where RFC 3261 18.2.2 and RFC 3581 want them."""
        via, flow = layer.response_path(request, source)
        super().__init__(layer, flow, key, self.FIRST_STATE)
        self.otherwise = layer.sent_by(request, source) if source.transport in ("tcp", "tls") else None
        self.method = request.method
        self.cseq = request.cseq[0]
        self.merge_key = merge_key
        self.echo = response_echo(request, via)
        self.to = request.headers.get("To") or ""
        self.tagged = request.to_tag is not None  # else it gets a tag with the first response that needs one
        self.last = b""
        self.interval = 0.0
        self.give_up_at = 0.0
        self.user: ServerUser | None = None
        layer.add_server(self)

    def respond(
        self,
        code: int,
        now: float,
        *,
        reason: str | None = None,
        extra: str = "",
        content_type: str | None = None,
        body: bytes = b"",
    ) -> None:
        """Sends a response, unless a final one has gone already. extra: finished header lines."""
        if code > 100 and not self.tagged:
            self.set_tag(self.layer.ids.token())
        data = render_response(code, reason or reason_phrase(code), self.echo, self.to, extra, content_type, body)
        if code < 200:
            self.feed(_I.SEND_1XX, data, now)
        elif code < 300:
            self.feed(_I.SEND_2XX, data, now)
        else:
            self.feed(_I.SEND_FAILURE, data, now)

    def set_tag(self, tag: str) -> None:
        """Our tag for the To of the responses."""
        self.to += f";tag={tag}"
        self.tagged = True

    def connection_lost(self) -> None:
        """The responses go by a new connection to where the request says that it was sent from (RFC 3261 18.2.2), the
        last one once more, because nobody knows whether it arrived."""
        other, self.otherwise = self.otherwise, None
        if other is not None and other != self.flow:
            self.flow = other
            if self.state in (_S.PROCEEDING, _S.COMPLETED):  # a 2xx to an INVITE is repeated until its ACK anyway
                self._send_again(None, 0.0)

    def send_2xx_again(self, now: float) -> None:
        """A retransmission by the UAS core, which owns a 2xx until its ACK (RFC 3261 section 13.3.1.4)."""
        self.layer.counters["retransmission_sent"] += 1
        self.feed(_I.SEND_2XX, self.last, now)

    def send_1xx_again(self, data: bytes, now: float) -> None:
        """A retransmission by the UAS core of a reliable 1xx (RFC 3262 section 3)."""
        self.layer.counters["retransmission_sent"] += 1
        self.feed(_I.SEND_1XX, data, now)

    def receive_again(self, request: Request, now: float) -> None:
        """A copy of the request, or the ACK of an INVITE."""
        if request.method == "ACK":
            self.feed(_I.ACK, request, now)
        else:
            self.layer.counters["retransmission_received"] += 1
            self.feed(_I.REQUEST_AGAIN, request, now)

    def time_up(self, now: float) -> None:
        if self.give_up_at and self.state is _S.COMPLETED:
            self.feed(_I.GIVE_UP_TIME if now >= self.give_up_at else _I.RESEND_TIME, None, now)
        else:
            self.feed(_I.LINGER_TIME, None, now)

    @property
    def answered(self) -> bool:
        """A final response has been sent."""
        return self.state not in (_S.TRYING, _S.PROCEEDING)

    # Orders.

    def _send(self, data: bytes, now: float) -> None:
        self.last = data
        self.layer.send(data, self.flow)

    def _send_again(self, _: Any, now: float) -> None:
        if self.last:
            self.layer.counters["retransmission_sent"] += 1
            self.layer.send(self.last, self.flow)

    def _forget(self, _: Any, now: float) -> None:
        self.layer.drop_server(self)


class InviteServerTransaction(ServerTransaction):
    """Figure 7 of RFC 3261 as changed by figure 7 of RFC 6026. Timer H and L: 64*T1; timer I: T4 on UDP."""

    __slots__ = ()

    STEPS: ClassVar[Steps]
    FIRST_STATE = _S.PROCEEDING

    def _arm(self, now: float) -> None:
        when = self.give_up_at if self.flow.reliable else min(now + self.interval, self.give_up_at)
        self.layer.heap.wake_at(self, when)

    def _start_timers_g_h(self, _: Any, now: float) -> None:
        self.interval = self.layer.timers.t1
        self.give_up_at = now + self.layer.give_up_seconds
        self._arm(now)

    def _double_interval(self, _: Any, now: float) -> None:
        self.interval = min(self.interval * 2, self.layer.timers.t2)
        self._arm(now)

    def _start_timer_i(self, _: Any, now: float) -> None:
        self._linger(0.0 if self.flow.reliable else self.layer.timers.t4, now)

    def _start_timer_l(self, _: Any, now: float) -> None:
        self._linger(self.layer.give_up_seconds, now)

    def _report_ack(self, ack: Request, now: float) -> None:
        if self.user is not None:
            self.user.ack_received(ack, now)


class OtherServerTransaction(ServerTransaction):
    """Figure 8 of RFC 3261. Timer J: 64*T1 on UDP, none on TCP."""

    __slots__ = ()

    STEPS: ClassVar[Steps]
    FIRST_STATE = _S.TRYING

    def _start_timer_j(self, _: Any, now: float) -> None:
        self._linger(0.0 if self.flow.reliable else self.layer.give_up_seconds, now)


InviteServerTransaction.STEPS = compile_table(InviteServerTransaction, INVITE_TABLE, INVITE_IGNORED)
OtherServerTransaction.STEPS = compile_table(OtherServerTransaction, OTHER_TABLE, OTHER_IGNORED)
