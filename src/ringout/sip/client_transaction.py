"""Client transactions: RFC 3261 section 17.1 with RFC 6026's Accepted state."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ringout.sip.state_table import Ignored, Steps, Table, compile_table
from ringout.sip.transaction import ClientUser, Transaction

if TYPE_CHECKING:
    from ringout.sip.message import Response
    from ringout.sip.outgoing import OutgoingRequest
    from ringout.sip.transaction_layer import TransactionLayer


class ClientState(StrEnum):
    CALLING = "calling"  # INVITE only
    TRYING = "trying"  # others only
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    ACCEPTED = "accepted"  # INVITE only
    TERMINATED = "terminated"


class ClientInput(StrEnum):
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    RESEND_TIME = "timer A/E"
    GIVE_UP_TIME = "timer B/F"
    LINGER_TIME = "timer D/K/M"
    TRANSPORT_ERROR = "transport error"
    NO_TCP = "no TCP"  # a transport error of a request that went by TCP for its size and was not answered yet


_S = ClientState
_I = ClientInput

INVITE_TABLE: Final[Table[ClientState, ClientInput]] = {
    (_S.CALLING, _I.PROVISIONAL): (_S.PROCEEDING, ("stop_timers", "report")),
    (_S.CALLING, _I.SUCCESS): (_S.ACCEPTED, ("start_timer_m", "report")),
    (_S.CALLING, _I.FAILURE): (_S.COMPLETED, ("start_timer_d", "send_ack", "report")),
    (_S.CALLING, _I.RESEND_TIME): (_S.CALLING, ("send_again", "double_interval")),
    (_S.CALLING, _I.GIVE_UP_TIME): (_S.TERMINATED, ("forget", "report_timeout")),
    (_S.CALLING, _I.TRANSPORT_ERROR): (_S.TERMINATED, ("forget", "report_transport_error")),
    (_S.CALLING, _I.NO_TCP): (_S.CALLING, ("go_by_udp",)),
    # No timer here: a phone may ring for as long as its user likes, the caller's patience is the upper layer's.
    (_S.PROCEEDING, _I.PROVISIONAL): (_S.PROCEEDING, ("report",)),
    (_S.PROCEEDING, _I.SUCCESS): (_S.ACCEPTED, ("start_timer_m", "report")),
    (_S.PROCEEDING, _I.FAILURE): (_S.COMPLETED, ("start_timer_d", "send_ack", "report")),
    (_S.PROCEEDING, _I.TRANSPORT_ERROR): (_S.TERMINATED, ("forget", "report_transport_error")),
    (_S.COMPLETED, _I.FAILURE): (_S.COMPLETED, ("send_ack",)),
    (_S.COMPLETED, _I.LINGER_TIME): (_S.TERMINATED, ("forget",)),
    (_S.COMPLETED, _I.TRANSPORT_ERROR): (_S.TERMINATED, ("forget",)),
    (_S.ACCEPTED, _I.SUCCESS): (_S.ACCEPTED, ("report",)),
    (_S.ACCEPTED, _I.LINGER_TIME): (_S.TERMINATED, ("forget",)),
}
INVITE_IGNORED: Final[Ignored[ClientState, ClientInput]] = frozenset(
    {
        (_S.COMPLETED, _I.PROVISIONAL),
        (_S.COMPLETED, _I.SUCCESS),
        (_S.ACCEPTED, _I.PROVISIONAL),
        (_S.ACCEPTED, _I.FAILURE),
        (_S.ACCEPTED, _I.TRANSPORT_ERROR),  # copies of the 2xx may still come, and each wants its ACK
        *((state, _I.NO_TCP) for state in (_S.PROCEEDING, _S.COMPLETED, _S.ACCEPTED)),  # the answer came by it
    }
)
OTHER_TABLE: Final[Table[ClientState, ClientInput]] = {
    (_S.TRYING, _I.PROVISIONAL): (_S.PROCEEDING, ("slow_down", "report")),
    (_S.TRYING, _I.SUCCESS): (_S.COMPLETED, ("start_timer_k", "report")),
    (_S.TRYING, _I.FAILURE): (_S.COMPLETED, ("start_timer_k", "report")),
    (_S.TRYING, _I.RESEND_TIME): (_S.TRYING, ("send_again", "double_interval_to_t2")),
    (_S.TRYING, _I.GIVE_UP_TIME): (_S.TERMINATED, ("forget", "report_timeout")),
    (_S.TRYING, _I.TRANSPORT_ERROR): (_S.TERMINATED, ("forget", "report_transport_error")),
    (_S.TRYING, _I.NO_TCP): (_S.TRYING, ("go_by_udp",)),
    (_S.PROCEEDING, _I.PROVISIONAL): (_S.PROCEEDING, ("report",)),
    (_S.PROCEEDING, _I.SUCCESS): (_S.COMPLETED, ("start_timer_k", "report")),
    (_S.PROCEEDING, _I.FAILURE): (_S.COMPLETED, ("start_timer_k", "report")),
    (_S.PROCEEDING, _I.RESEND_TIME): (_S.PROCEEDING, ("send_again", "slow_down")),
    (_S.PROCEEDING, _I.GIVE_UP_TIME): (_S.TERMINATED, ("forget", "report_timeout")),
    (_S.PROCEEDING, _I.TRANSPORT_ERROR): (_S.TERMINATED, ("forget", "report_transport_error")),
    (_S.COMPLETED, _I.LINGER_TIME): (_S.TERMINATED, ("forget",)),
    (_S.COMPLETED, _I.TRANSPORT_ERROR): (_S.TERMINATED, ("forget",)),
}
OTHER_IGNORED: Final[Ignored[ClientState, ClientInput]] = frozenset(
    {
        (_S.COMPLETED, _I.PROVISIONAL),
        (_S.COMPLETED, _I.SUCCESS),
        (_S.COMPLETED, _I.FAILURE),
        *((state, _I.NO_TCP) for state in (_S.PROCEEDING, _S.COMPLETED)),
    }
)


class ClientTransaction(Transaction[ClientState, ClientInput]):
    """A request of ours and its responses. The user hears each response that is not a repetition."""

    __slots__ = ("ack", "give_up_at", "interval", "refused", "request", "user")

    FIRST_STATE: ClassVar[ClientState]

    def __init__(self, layer: TransactionLayer, request: OutgoingRequest, user: ClientUser, now: float) -> None:
        super().__init__(layer, request.flow, (request.branch, request.method), self.FIRST_STATE)
        self.request = request
        self.user = user
        self.ack = b""
        self.refused = False
        self.interval = layer.timers.t1
        self.give_up_at = now + layer.give_up_seconds
        layer.add_client(self)

    def start(self, now: float) -> None:
        """Sends the request for the first time."""
        self._arm(now)
        self.layer.send(self.request.data, self.flow)

    def resume(self, answered: bool, now: float) -> None:
        """Takes up an INVITE transaction of an earlier process without sending anything."""
        self.state = _S.ACCEPTED if answered else _S.PROCEEDING
        if answered:
            self._linger(self.layer.give_up_seconds, now)

    def receive(self, response: Response, now: float) -> None:
        """response: one whose Via branch and CSeq method are this transaction's."""
        code = response.status
        self.request.otherwise = None
        if code < 200:
            self.feed(_I.PROVISIONAL, response, now)
        elif code < 300:
            self.feed(_I.SUCCESS, response, now)
        else:
            self.feed(_I.FAILURE, response, now)

    def fail(self, now: float, *, refused: bool = False) -> None:
        """The transport has told us that nobody is there. refused: somebody is, who listens on no such port."""
        self.refused = refused
        self.feed(_I.TRANSPORT_ERROR if self.request.otherwise is None else _I.NO_TCP, None, now)

    def time_up(self, now: float) -> None:
        if self.state in (_S.COMPLETED, _S.ACCEPTED):
            self.feed(_I.LINGER_TIME, None, now)
        elif now >= self.give_up_at:
            self.feed(_I.GIVE_UP_TIME, None, now)
        else:
            self.feed(_I.RESEND_TIME, None, now)

    def destroy(self) -> None:
        """Forgets everything; later responses match nothing."""
        self.state = _S.TERMINATED
        self._forget(None, 0.0)

    # Orders.

    def _arm(self, now: float) -> None:
        when = self.give_up_at if self.flow.reliable else min(now + self.interval, self.give_up_at)
        self.layer.heap.wake_at(self, when)

    def _send_again(self, _: Any, now: float) -> None:
        self.layer.counters["retransmission_sent"] += 1
        self.layer.send(self.request.data, self.flow)

    def _go_by_udp(self, _: Any, now: float) -> None:
        if self.request.otherwise is not None:
            self.layer.has_no_tcp(self.request.flow.remote, now)
            self.request.move(self.request.otherwise)
            self.flow = self.request.flow
            self.start(now)

    def _double_interval(self, _: Any, now: float) -> None:
        self.interval *= 2
        self._arm(now)

    def _report(self, response: Response, now: float) -> None:
        self.user.response_received(self, response, now)

    def _report_timeout(self, _: Any, now: float) -> None:
        if self.request.otherwise is not None:  # something else listens there, perhaps
            self.layer.has_no_tcp(self.request.flow.remote, now)
        self.user.transaction_failed(self, "timeout", now)

    def _report_transport_error(self, _: Any, now: float) -> None:
        self.user.transaction_failed(self, "transport", now)

    def _forget(self, _: Any, now: float) -> None:
        self.layer.drop_client(self)


class InviteClientTransaction(ClientTransaction):
    """Figure 5 of RFC 3261 as changed by figure 5 of RFC 6026. Timer D: 64*T1 on UDP, none on TCP; timer M: 64*T1."""

    __slots__ = ()

    STEPS: ClassVar[Steps]
    FIRST_STATE = _S.CALLING

    def _stop_timers(self, _: Any, now: float) -> None:
        self.layer.heap.wake_at(self, float("inf"))

    def _start_timer_d(self, _: Any, now: float) -> None:
        self._linger(0.0 if self.flow.reliable else self.layer.give_up_seconds, now)

    def _start_timer_m(self, _: Any, now: float) -> None:
        self._linger(self.layer.give_up_seconds, now)

    def _send_ack(self, response: Response, now: float) -> None:
        if not self.ack:
            self.ack = self.request.ack(response.headers.get("To") or self.request.to)
        else:
            self.layer.counters["retransmission_received"] += 1
        self.layer.send(self.ack, self.flow)


class OtherClientTransaction(ClientTransaction):
    """Figure 6 of RFC 3261. Timer K: T4 on UDP, none on TCP."""

    __slots__ = ()

    STEPS: ClassVar[Steps]
    FIRST_STATE = _S.TRYING

    def _double_interval_to_t2(self, _: Any, now: float) -> None:
        self.interval = min(self.interval * 2, self.layer.timers.t2)
        self._arm(now)

    def _slow_down(self, _: Any, now: float) -> None:
        self.interval = self.layer.timers.t2
        self._arm(now)

    def _start_timer_k(self, _: Any, now: float) -> None:
        self._linger(0.0 if self.flow.reliable else self.layer.timers.t4, now)


InviteClientTransaction.STEPS = compile_table(InviteClientTransaction, INVITE_TABLE, INVITE_IGNORED)
OtherClientTransaction.STEPS = compile_table(OtherClientTransaction, OTHER_TABLE, OTHER_IGNORED)
