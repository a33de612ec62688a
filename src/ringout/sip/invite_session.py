"""One INVITE usage of a dialog: what both sides, invite_client.UacSession and invite_server.UasSession, share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ringout.sip import in_dialog
from ringout.sip.authentication import AuthenticationChain
from ringout.sip.dialog_request import DialogRequest
from ringout.sip.errors import LocalProtocolError
from ringout.sip.events import EndCause, Ended, Event, Failed, RequestAnswered
from ringout.sip.heap import NEVER, Waiting
from ringout.sip.offer_exchange import OfferExchange
from ringout.sip.outgoing import checked, header_lines
from ringout.sip.session_table import SEEN_AS, Phase, SessionInput, SessionState
from ringout.sip.session_timer import SessionTimer
from ringout.sip.state_table import Steps
from ringout.sip.stored_session import InviteParts, encode_session

if TYPE_CHECKING:
    from ringout.sip.dialog import Dialog
    from ringout.sip.digest import Credentials
    from ringout.sip.flow import Flow
    from ringout.sip.message import Request, Response
    from ringout.sip.server_transaction import ServerTransaction
    from ringout.sip.user_agent import UserAgent

_I = SessionInput
MAX_REQUESTS = 400  # of the peer within one dialog, per 64*T1: a dozen keys a second


class InviteSession(Waiting):
    """A call from our side. owner belongs to the package's user. Verbs never wait; what comes of them are events."""

    __slots__ = (
        "answered",
        "call_id",
        "contact",
        "credentials",
        "dialog",
        "end_cause",
        "end_q850",
        "end_reason",
        "ended_by",
        "exchange",
        "flow",
        "hang_up_reason",
        "keeps_flow",
        "local_tag",
        "nonce_counts",
        "owner",
        "phase",
        "requests",
        "requests_since",
        "timer",
        "user_agent",
    )

    STEPS: ClassVar[Steps]
    CALL_ID_IS_OURS: ClassVar[bool]

    def __init__(
        self, user_agent: UserAgent, *, call_id: str, local_tag: str, flow: Flow, contact: str, phase: Phase
    ) -> None:
        """contact: our Contact value."""
        super().__init__()
        self.user_agent = user_agent
        self.call_id = call_id
        self.local_tag = local_tag
        self.flow = flow
        self.keeps_flow = False  # see Dialog.pinned
        self.contact = f"Contact: {contact}\r\n"
        self.phase = phase
        self.owner: Any = None
        self.dialog: Dialog | None = None  # the one that has been answered
        self.credentials: Credentials | None = None
        self.nonce_counts: dict[str, int] | None = None
        self.exchange: OfferExchange | None = None
        self.timer: SessionTimer | None = None  # once both sides have agreed to one
        self.hang_up_reason: str | None = None
        self.answered = False  # Answered or Confirmed has been reported
        self.ended_by: Literal["local", "remote"] = "local"
        self.end_reason: str | None = None
        self.end_cause: EndCause = "bye"
        self.end_q850: int | None = None
        self.requests = 0  # of the peer, since requests_since
        self.requests_since = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.call_id} {self.phase}>"

    @property
    def state(self) -> SessionState:
        return SEEN_AS[self.phase]

    # Verbs.

    def hang_up(self, now: float, reason: str | None = None) -> None:
        """CANCEL, BYE or a final response, whichever is needed, now or as soon as RFC 3261 allows. Idempotent.

        reason: Reason header value (RFC 3326) of the CANCEL or BYE. Raises LocalProtocolError for CR or LF in it.
        """
        if reason is not None and self.hang_up_reason is None:
            self.hang_up_reason = checked(reason)
        self.feed(_I.HANG_UP, 480, now)

    def request(
        self,
        now: float,
        method: str,
        body: bytes = b"",
        content_type: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Sends a request such as INFO within the answered dialog; RequestAnswered follows. INVITE is reinvite's.

        Raises LocalProtocolError for text that may not be sent, or when there is no answered dialog.
        """
        if self.dialog is None or self.phase is not Phase.CONFIRMED:
            raise LocalProtocolError(f"{method} needs an answered dialog")
        if method in ("INVITE", "ACK", "BYE", "CANCEL") or not method.isalnum():
            raise LocalProtocolError(f"{method[:40]!r} is not for request()")

        def done(code: int, response: Response | None, now: float) -> None:
            self.request_done(method, code, now)

        DialogRequest(
            self,
            self.dialog,
            method,
            done,
            extra=self.user_agent.product_line + header_lines(headers),
            content_type=checked(content_type) if content_type else None,
            body=body,
        ).send(now)

    def reinvite(self, now: float, body: bytes) -> None:
        """Offers a new session description; AnswerReceived and RequestAnswered follow. Waits while another exchange is
        open. Raises LocalProtocolError when there is no answered dialog."""
        if self.phase is not Phase.CONFIRMED:
            raise LocalProtocolError("a re-INVITE needs an answered dialog")
        self.offers.reinvite(body, now)

    def accept_offer(self, now: float, body: bytes) -> None:
        """Meets OfferReceived (body: our answer) or OfferWanted (body: our offer). Nothing happens without one."""
        if self.exchange is not None:
            self.exchange.accept(body, now)

    def refuse_offer(self, now: float, code: int = 488) -> None:
        """Refuses the open offer; the session stays as it was."""
        if self.exchange is not None:
            self.exchange.refuse(code, now)

    def stored(self) -> bytes:
        """Enough to hang up after a restart, see UserAgent.restore. Holds no secret."""
        dialog = self.dialog
        if dialog is None:
            raise LocalProtocolError("nothing of this session outlives the process")
        parts = InviteParts(dialog.remote_target, dialog.local, dialog.remote, "", dialog.local_cseq, "")
        return encode_session(self, parts, False, [dialog])

    # For the parts of the session.

    @property
    def offers(self) -> OfferExchange:
        if self.exchange is None:
            self.exchange = OfferExchange(self)
        return self.exchange

    def feed(self, kind: SessionInput, data: Any, now: float) -> None:
        """Looks the pair up in the side's table and carries out its orders."""
        self.phase, orders = self.STEPS[self.phase, kind]
        for order in orders:
            order(self, data, now)

    def answer_interval(self, request: Request, body: bytes, now: float) -> str:
        """Header lines for our 2xx to that INVITE or UPDATE of the peer, and the session timer counts from now.

        body: our description in that 2xx, empty when it has none.
        """
        if self.timer is None:
            if "Session-Expires" not in request.headers or not self.user_agent.interval_line:
                return ""
            self.timer = SessionTimer(self, body)
        elif body:
            self.timer.body = body
        return self.timer.answer(request, now)

    def new_chain(self) -> AuthenticationChain:
        if self.nonce_counts is None:
            self.nonce_counts = {}
        return AuthenticationChain(self.credentials, self.nonce_counts)

    def acknowledge(self, dialog: Dialog, cseq: int) -> None:
        """The ACK of a 2xx: a request of its own through the route set, the same one for every copy (13.2.2.4)."""
        if dialog.ack_cseq == cseq:
            self.user_agent.layer.counters["retransmission_received"] += 1
        else:
            request = dialog.request(self.user_agent.ids, "ACK", cseq=cseq)
            dialog.ack, dialog.ack_cseq = request.data, cseq
        self.user_agent.layer.send(dialog.ack, dialog.next_flow)

    def send_bye_in(self, dialog: Dialog, done: Any, now: float) -> None:
        extra = f"Reason: {self.hang_up_reason}\r\n" if self.hang_up_reason else ""
        DialogRequest(self, dialog, "BYE", done, extra=extra + self.user_agent.product_line).send(now)

    def request_done(self, method: str, code: int, now: float) -> None:
        """A request of ours within the dialog has its final response (RFC 5057: some of them end the session)."""
        if self.phase is Phase.TERMINATED:
            return
        self.user_agent.emit(RequestAnswered(self, method, code))
        if code == 481:
            self.end_reason = self.end_reason or f"{method} answered with 481"
            self.feed(_I.DIALOG_GONE, None, now)
        elif code == 408:
            self.feed(_I.PEER_SILENT, f"{method} never answered", now)

    # Requests from the peer.

    def dialog_with(self, remote_tag: str) -> Dialog | None:
        """The dialog with that peer, early or answered."""
        if self.dialog is not None and self.dialog.remote_tag == remote_tag:
            return self.dialog
        return None

    def is_flooded(self, now: float) -> bool:
        """Counts a request of the peer. True: it sends more than any phone has reason to, and each would be kept for
        64*T1."""
        if now >= self.requests_since + self.user_agent.layer.give_up_seconds:
            self.requests_since, self.requests = now, 0
        self.requests += 1
        return self.requests > MAX_REQUESTS

    def receive_request(self, request: Request, transaction: ServerTransaction, now: float) -> None:
        """A new request within one of our dialogs, ACK excepted. Raises MalformedMessage; nothing is answered then."""
        in_dialog.serve(self, request, transaction, now)

    def receive_prack(self, request: Request, transaction: ServerTransaction, now: float) -> None:
        transaction.respond(481, now)

    def ack_received(self, ack: Request, now: float) -> None:
        """An ACK within the dialog."""
        if self.exchange is not None:
            self.exchange.ack_received(ack, now)

    def time_up(self, now: float) -> None:
        self.feed(_I.GIVE_UP_TIME, None, now)

    # Orders.

    def _finish(self, event: Event, now: float) -> None:
        """The terminal event; nothing of the session wakes or is found any more."""
        self.due = NEVER
        self._stop_exchange(now)
        self.user_agent.drop_session(self)
        self.user_agent.emit(event)

    def _start_give_up_time(self, _: Any, now: float) -> None:
        layer = self.user_agent.layer
        layer.heap.wake_at(self, now + layer.give_up_seconds)

    def _stop_exchange(self, now: float) -> None:
        if self.exchange is not None:
            self.exchange.stop(now)
        if self.timer is not None:
            self.timer.stop(now)

    def _send_bye(self, _: Any, now: float) -> None:
        self._stop_exchange(now)
        if self.dialog is not None:
            self.send_bye_in(self.dialog, self._bye_done, now)

    def _bye_done(self, code: int, response: Response | None, now: float) -> None:
        self.feed(_I.BYE_DONE, None, now)

    def _blame_peer(self, why: str, now: float) -> None:
        self.ended_by = "remote"
        self.end_cause = "silent"
        self.end_reason = why

    def _report_gone(self, _: Any, now: float) -> None:
        self._finish(Ended(self, "remote", self.end_reason, "gone"), now)

    def _report_ended_by_peer(self, _: Any, now: float) -> None:
        self._finish(Ended(self, "remote", self.end_reason, "bye", self.end_q850), now)

    def _report_end(self, _: Any, now: float) -> None:
        self.user_agent.remember_ended(self, now)
        if self.answered:
            self._finish(Ended(self, self.ended_by, self.end_reason, self.end_cause), now)
        else:  # a 2xx that crossed our CANCEL
            self._finish(Failed(self, 487, "Request Terminated", "cancelled"), now)
