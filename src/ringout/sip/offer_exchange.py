"""Offers within a dialog, theirs and ours: re-INVITE and UPDATE with glare (RFC 3261 section 14, RFC 3311)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.sip.dialog_request import DialogRequest
from ringout.sip.events import AnswerReceived, DialogChanged, OfferReceived, OfferWanted, RequestAnswered
from ringout.sip.heap import Alarm
from ringout.sip.retransmission import Retransmission
from ringout.sip.session_interval import refuse_interval
from ringout.sip.session_table import Phase, SessionInput
from ringout.sip.session_timer import TimerInput

if TYPE_CHECKING:
    from ringout.sip.dialog import Dialog
    from ringout.sip.invite_session import InviteSession
    from ringout.sip.message import Message, Request, Response
    from ringout.sip.server_transaction import ServerTransaction
    from ringout.sip.session_timer import SessionTimer


class OfferExchange:
    """At most one open offer each way. Made when the first one comes, most sessions never need it."""

    __slots__ = (
        "_ack_cseq",
        "_dialog",
        "_offer_in_2xx",
        "_ours",
        "_repeating",
        "_retry",
        "_session",
        "_target",
        "_theirs",
    )

    def __init__(self, session: InviteSession) -> None:
        self._session = session
        self._theirs: ServerTransaction | None = None  # waits for accept or refuse
        self._target: Request | None = None  # the same, for its Contact
        self._dialog: Dialog | None = None
        self._repeating: Retransmission | None = None  # our 2xx, until its ACK
        self._ack_cseq = -1
        self._offer_in_2xx = False
        self._ours: DialogRequest | None = None
        self._retry: Alarm | None = None

    def stop(self, now: float) -> None:
        """The session is over or ending: nothing is repeated or retried, an open offer is refused."""
        if self._theirs is not None:
            self._theirs.respond(487, now)
            self._theirs = None
        for waiting in (self._repeating, self._retry):
            if waiting is not None:
                waiting.stop()

    # Theirs.

    def receive_invite(self, request: Request, transaction: ServerTransaction, dialog: Dialog, now: float) -> None:
        if self._interval_refused(request, transaction, now):
            return
        code = self._collision()
        if code:
            self._refuse_now(transaction, code, now)
            return
        transaction.user = self
        self._open(request, transaction, dialog)
        if request.body:
            self._session.user_agent.emit(OfferReceived(self._session, request.body, "INVITE"))
        else:
            self._offer_in_2xx = True
            self._session.user_agent.emit(OfferWanted(self._session))

    def receive_update(self, request: Request, transaction: ServerTransaction, dialog: Dialog, now: float) -> None:
        if self._interval_refused(request, transaction, now):
            return
        if not request.body:
            self._refresh_target(dialog, request)
            transaction.respond(200, now, extra=self._lines_of_2xx(request, b"", now))
            return
        code = self._collision(early_allowed=True)
        if code:
            self._refuse_now(transaction, code, now)
            return
        self._open(request, transaction, dialog)
        self._session.user_agent.emit(OfferReceived(self._session, request.body, "UPDATE"))

    def _interval_refused(self, request: Request, transaction: ServerTransaction, now: float) -> bool:
        """RFC 4028 section 9: a session interval that is too short for us."""
        user_agent = self._session.user_agent
        refusal = refuse_interval(request, user_agent.settings.min_se) if user_agent.interval_line else None
        if refusal is None:
            return False
        transaction.respond(refusal[0], now, extra=refusal[1])
        return True

    def _lines_of_2xx(self, request: Request, body: bytes, now: float) -> str:
        session = self._session
        lines = session.contact + session.user_agent.tail
        # An UPDATE before the answer changes no session timer: there is none yet.
        return lines + session.answer_interval(request, body, now) if session.phase is Phase.CONFIRMED else lines

    def _collision(self, early_allowed: bool = False) -> int:
        """The code that refuses a new offer now, 0 = welcome."""
        phase = self._session.phase
        if phase in (Phase.ENDING, Phase.LEAVING, Phase.TERMINATED):
            return 481
        if self._theirs is not None:
            return 500  # section 14.2, RFC 3311 section 5.2
        if self._ours is not None or (self._repeating is not None and self._offer_in_2xx):
            return 491
        return 0 if phase is Phase.CONFIRMED or early_allowed else 491

    def _refuse_now(self, transaction: ServerTransaction, code: int, now: float) -> None:
        retry = f"Retry-After: {self._session.user_agent.ids.number(8) % 11}\r\n" if code == 500 else ""
        transaction.respond(code, now, extra=retry)

    def _open(self, request: Request, transaction: ServerTransaction, dialog: Dialog) -> None:
        if self._repeating is not None:  # who sends the next INVITE has seen our 2xx
            self._repeating.stop()
            self._repeating = None
        self._theirs, self._target, self._dialog = transaction, request, dialog
        self._offer_in_2xx = False

    def accept(self, body: bytes, now: float) -> None:
        transaction, request, dialog = self._theirs, self._target, self._dialog
        if transaction is None or request is None or dialog is None:
            return
        self._theirs = self._target = None
        user_agent = self._session.user_agent
        self._refresh_target(dialog, request)
        extra = self._lines_of_2xx(request, body, now)
        transaction.respond(200, now, extra=extra, content_type="application/sdp", body=body)
        if transaction.method == "INVITE":
            self._ack_cseq = transaction.cseq
            self._repeating = Retransmission(
                user_agent.layer, now, transaction.send_2xx_again, self._never_acked, user_agent.layer.timers.t2
            )

    def _refresh_target(self, dialog: Dialog, message: Message) -> None:
        user_agent = self._session.user_agent
        if dialog.refresh_target(message, user_agent.listeners):
            user_agent.emit(DialogChanged(self._session))

    def refuse(self, code: int, now: float) -> None:
        transaction, self._theirs, self._target = self._theirs, None, None
        if transaction is not None:
            self._offer_in_2xx = False
            transaction.respond(code, now)

    def cancel_received(self, transaction: ServerTransaction, now: float) -> None:
        """The peer takes its re-INVITE back; the session stays as it was."""
        if transaction is self._theirs:
            self.refuse(487, now)

    def ack_received(self, ack: Request, now: float) -> None:
        if self._repeating is None or ack.cseq[0] != self._ack_cseq:
            return
        self._repeating.stop()
        self._repeating = None
        if self._offer_in_2xx:
            self._offer_in_2xx = False
            if not ack.body:
                self._session.user_agent.counters["answer_missing"] += 1
            self._session.user_agent.emit(AnswerReceived(self._session, ack.body))

    def _never_acked(self, now: float) -> None:
        self._repeating = None
        self._session.feed(SessionInput.PEER_SILENT, "the 200 to a re-INVITE was never acknowledged", now)

    # Ours.

    def reinvite(self, body: bytes, now: float) -> None:
        if self._retry is not None:
            self._retry.stop()
            self._retry = None
        if self._is_busy():
            self._retry_later(body, now)
            return
        session = self._session
        if session.dialog is None or session.phase is not Phase.CONFIRMED:
            return

        def done(code: int, response: Response | None, now: float) -> None:
            self._reinvite_done(code, response, body, now)

        self._ours = DialogRequest(
            session,
            session.dialog,
            "INVITE",
            done,
            extra=self._lines_of_request(now),
            content_type="application/sdp",
            body=body,
        )
        self._ours.send(now)

    def _lines_of_request(self, now: float) -> str:
        session = self._session
        timer = session.timer
        return session.contact + session.user_agent.tail + (timer.request_lines(now) if timer is not None else "")

    def _reinvite_done(self, code: int, response: Response | None, body: bytes, now: float) -> None:
        self._ours = None
        session = self._session
        if session.phase is not Phase.CONFIRMED:
            return
        if code == 491:
            self._retry_later(body, now)
        elif (
            code == 422 and response is not None and session.timer is not None and session.timer.learn_minimum(response)
        ):
            self.reinvite(body, now)
        elif response is not None and code < 300:
            self._refreshed(response, body, now)
            session.user_agent.emit(AnswerReceived(session, response.body))
            session.user_agent.emit(RequestAnswered(session, "INVITE", code))
        else:
            session.request_done("INVITE", code, now)

    def _refreshed(self, response: Response, body: bytes, now: float) -> None:
        """A 2xx to our re-INVITE or UPDATE; body: what we have offered in it, or empty."""
        session = self._session
        if session.dialog is not None:
            self._refresh_target(session.dialog, response)
        if session.timer is not None:
            session.timer.body = body or session.timer.body
            session.timer.answered(response, now)

    # Ours, of the session timer (RFC 4028 section 7.4).

    def refresh(self, timer: SessionTimer, now: float) -> None:
        """Sends UPDATE without an offer, or a re-INVITE that repeats our latest description when the peer knows no
        UPDATE or there is none. The timer is told what comes of it."""
        session = self._session
        if session.dialog is None or session.phase is not Phase.CONFIRMED or self._is_busy():
            timer.feed(TimerInput.NOT_REFRESHED, now)
            return
        method, body = ("UPDATE", b"") if timer.by_update or not timer.body else ("INVITE", timer.body)

        def done(code: int, response: Response | None, now: float) -> None:
            self._refresh_done(timer, method, code, response, now)

        request = DialogRequest(
            session,
            session.dialog,
            method,
            done,
            extra=self._lines_of_request(now),
            content_type="application/sdp" if body else None,
            body=body,
        )
        if body:
            self._ours = request
        request.send(now)

    def _refresh_done(self, timer: SessionTimer, method: str, code: int, response: Response | None, now: float) -> None:
        if method == "INVITE":
            self._ours = None
        session = self._session
        if session.phase is not Phase.CONFIRMED:
            return
        if response is not None and code < 300:
            self._refreshed(response, b"", now)
            if response.body:
                session.user_agent.emit(AnswerReceived(session, response.body))
        elif code == 422 and response is not None and timer.learn_minimum(response):
            self.refresh(timer, now)
        elif code in (405, 501) and method == "UPDATE" and timer.body:
            timer.by_update = False
            self.refresh(timer, now)
        elif code in (408, 481):
            session.request_done(method, code, now)
        else:
            timer.feed(TimerInput.NOT_REFRESHED, now)

    def _is_busy(self) -> bool:
        return self._theirs is not None or self._ours is not None or self._repeating is not None

    def _retry_later(self, body: bytes, now: float) -> None:
        """Section 14.1: 2.1 to 4 s when the Call-ID is ours, else 0 to 2 s, so that the two do not meet again."""
        fraction = self._session.user_agent.ids.number(16) / 65536
        wait = 2.1 + 1.9 * fraction if self._session.CALL_ID_IS_OURS else 2.0 * fraction
        self._retry = Alarm(self._session.user_agent.layer.heap, now + wait, lambda at: self.reinvite(body, at))
