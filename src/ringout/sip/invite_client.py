"""The calling side of an invite session: INVITE, its answers, CANCEL (RFC 3261 sections 9 and 13.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from ringout.sip.client_transaction import InviteClientTransaction
from ringout.sip.dialog_request import DialogRequest
from ringout.sip.events import Answered, DialogChanged, Failed, Provisional
from ringout.sip.heap import Alarm
from ringout.sip.invite_responses import early_dialog, redirect_contacts, reliable_number, retry_after_seconds
from ringout.sip.invite_session import InviteSession
from ringout.sip.outgoing import OutgoingRequest, new_branch, reason_phrase
from ringout.sip.peer_text import printable
from ringout.sip.reason import q850_cause
from ringout.sip.redirection import Redirected, read_redirection
from ringout.sip.session_interval import interval_lines, read_min_se
from ringout.sip.session_table import UAC_IGNORED, UAC_TABLE, Phase, SessionInput
from ringout.sip.session_timer import SessionTimer
from ringout.sip.state_table import Steps, compile_table
from ringout.sip.stored_session import InviteParts, encode_session

if TYPE_CHECKING:
    from ringout.sip.authentication import AuthenticationChain
    from ringout.sip.client_transaction import ClientTransaction
    from ringout.sip.dialog import Dialog
    from ringout.sip.flow import Flow
    from ringout.sip.message import Response
    from ringout.sip.user_agent import UserAgent

_I = SessionInput
_MAX_EARLY_DIALOGS: Final = 16
_MAX_PROVISIONALS: Final = 500  # per INVITE; a phone that repeats its 180 every second for eight minutes needs no more
_MAX_UNWANTED_ANSWERS: Final = 32  # 2xx of other branches of a fork that are met with ACK and BYE
_MAX_INTERVAL_ROUNDS: Final = 3  # times that a 422 may ask for a longer session: each proxy once, and the phone


class UacSession(InviteSession):
    """A call that we place. Made by UserAgent.invite."""

    __slots__ = (
        "_body",
        "_bye_alarm",
        "_chain",
        "_content_type",
        "_headers",
        "_interval_rounds",
        "_last_provisional",
        "_least_interval",
        "_provisionals",
        "_required",
        "_unwanted",
        "cseq",
        "early",
        "from_",
        "invite",
        "restored",
        "routes",
        "to",
        "uri",
        "was_ringing",
    )

    STEPS: ClassVar[Steps]
    CALL_ID_IS_OURS = True

    def __init__(
        self,
        user_agent: UserAgent,
        *,
        flow: Flow,
        uri: str,
        from_: str,
        to: str,
        call_id: str,
        local_tag: str,
        contact: str,
        routes: str = "",
        headers: str = "",
        content_type: str = "application/sdp",
        body: bytes = b"",
    ) -> None:
        """from_: with our tag; to: without one. routes, headers: finished header lines. Nothing is sent yet."""
        super().__init__(
            user_agent, call_id=call_id, local_tag=local_tag, flow=flow, contact=contact, phase=Phase.CALLING
        )
        self.uri = uri
        self.from_ = from_
        self.to = to
        self.routes = routes
        self.cseq = 0
        self.invite: ClientTransaction | None = None  # the latest
        self.early: dict[str, Dialog] = {}  # by the peer's tag; the answered one too while copies of its 2xx may come
        self.was_ringing = False
        self.restored = False
        self._headers = headers
        self._content_type = content_type
        self._body = body
        self._chain: AuthenticationChain | None = None
        self._required = ""
        self._least_interval = 0  # what a 422 asked for, 0 = our own will do
        self._interval_rounds = 0
        self._last_provisional: tuple[int, str, bytes] | None = None
        self._provisionals = 0
        self._unwanted = 0
        self._bye_alarm: Alarm | None = None

    def send_invite(self, now: float) -> None:
        """The INVITE, or once more with what the last refusal asked for (next CSeq, same Call-ID and From tag)."""
        self.cseq += 1
        user_agent = self.user_agent
        interval_line = user_agent.interval_line
        if self._least_interval:
            interval_line = interval_lines(self._least_interval, None, self._least_interval)
        extra = f"{self.contact}{user_agent.tail}{interval_line}{self._required}{self._headers}"
        if self._chain is not None:
            extra += self._chain.lines(user_agent.ids, "INVITE", self.uri, self._body)
        request = self.invite_request(new_branch(user_agent.ids.token()), extra)
        self.invite = user_agent.layer.request(request, self, now)

    def refuse_locally(self, now: float) -> None:
        """We are full: ends before anything is sent."""
        self.feed(_I.UNREACHED, "transport", now)

    def invite_request(self, branch: str, extra: str = "") -> OutgoingRequest:
        return OutgoingRequest(
            method="INVITE",
            uri=self.uri,
            flow=self.flow,
            branch=branch,
            routes=self.routes,
            from_=self.from_,
            to=self.to,
            call_id=self.call_id,
            cseq=self.cseq,
            extra=extra,
            content_type=self._content_type,
            body=self._body,
        )

    def resume_invite(self, branch: str, now: float) -> None:
        """Takes up the INVITE of an earlier process, so that its late responses are still met."""
        layer = self.user_agent.layer
        transaction = InviteClientTransaction(layer, self.invite_request(branch), self, now)
        transaction.resume(answered=self.phase is Phase.CONFIRMED, now=now)
        self.invite = transaction

    def stored(self) -> bytes:
        branch = self.invite.request.branch if self.invite is not None else ""
        parts = InviteParts(self.uri, self.from_, self.to, self.routes, self.cseq, branch)
        dialogs = [self.dialog] if self.dialog is not None else list(self.early.values())
        return encode_session(self, parts, self.was_ringing, dialogs)

    def dialog_with(self, remote_tag: str) -> Dialog | None:
        return super().dialog_with(remote_tag) or (self.early.get(remote_tag) if self.dialog is None else None)

    # Responses to the INVITE.

    def response_received(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        code = response.status
        if code < 200:
            self._receive_provisional(response, now)
        elif code < 300:
            self._receive_success(transaction, response, now)
        elif transaction is self.invite:
            wants_more = self.phase in (Phase.CALLING, Phase.PROCEEDING) and self._can_meet(response)
            self.feed(_I.CHALLENGED if wants_more else _I.REFUSED, response, now)

    def _receive_provisional(self, response: Response, now: float) -> None:
        if response.status == 100 or self.phase not in (Phase.CALLING, Phase.PROCEEDING, Phase.WITHDRAWN):
            self.feed(_I.PROVISIONAL, None, now)
            return
        self._provisionals += 1
        if self._provisionals > _MAX_PROVISIONALS:
            self.user_agent.layer.counters["provisional_flood"] += 1
            return
        tag = response.to_tag or ""
        dialog = self._dialog_of(response, tag) if tag else None
        if dialog is not None:
            number = reliable_number(response)
            if number is not None and not self._confirm_provisional(dialog, number, response.cseq[0], now):
                return
            if response.body:
                dialog.early_body = response.body
            if response.status == 199:  # RFC 6228: this branch of the fork is over
                self.early.pop(tag, None)
        self.feed(_I.PROVISIONAL, response, now)

    def _dialog_of(self, response: Response, tag: str) -> Dialog | None:
        """The early dialog with that tag, its path as this response says; None beyond a fork of absurd width."""
        known = self.early.get(tag)
        if known is None and len(self.early) >= _MAX_EARLY_DIALOGS:
            if response.status < 200:
                return None
            if self.dialog is None:
                self.early.clear()
        dialog = early_dialog(self, response, tag, known)
        self.early[tag] = dialog
        return dialog

    def _confirm_provisional(self, dialog: Dialog, number: int, cseq: int, now: float) -> bool:
        """PRACK in order and once (RFC 3262 section 4). False = a copy, or one that came too early."""
        if dialog.rseq and number != dialog.rseq + 1:
            self.user_agent.layer.counters["provisional_out_of_order"] += 1
            return False
        dialog.rseq = number
        extra = f"RAck: {number} {cseq} INVITE\r\n{self.user_agent.product_line}"
        DialogRequest(self, dialog, "PRACK", _ignore, extra=extra).send(now)
        return True

    def _receive_success(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        tag = response.to_tag or ""
        cseq = transaction.request.cseq
        if self.phase in (Phase.CALLING, Phase.PROCEEDING, Phase.WITHDRAWN, Phase.CANCELLING):
            self.feed(_I.ANSWERED, response, now)
            return
        dialog = self.early.get(tag)
        if dialog is not None and dialog.ack_cseq == cseq:
            self.acknowledge(dialog, cseq)
            return
        # Another branch of a fork has answered as well (section 13.2.2.4): not wanted.
        self._unwanted += 1
        if self._unwanted > _MAX_UNWANTED_ANSWERS:
            self.user_agent.layer.counters["fork_flood"] += 1
            return
        other = self._dialog_of(response, tag)
        if other is not None:
            self.acknowledge(other, cseq)
            DialogRequest(self, other, "BYE", _ignore, extra=self.user_agent.product_line).send(now)

    def _can_meet(self, response: Response) -> bool:
        """Whether the INVITE goes out again. Prepares what the next one carries."""
        if response.status in (401, 407):
            if self._chain is None:
                self._chain = self.new_chain()
            return self._chain.learn(response)
        if response.status == 421 and not self._required:
            wanted = set(response.headers.values("Require"))
            if wanted and wanted <= set(self.user_agent.supported):
                self._required = f"Require: {', '.join(sorted(wanted))}\r\n"
                return True
        if response.status == 422 and self.user_agent.interval_line:
            least = read_min_se(response)
            known = max(self._least_interval, self.user_agent.settings.session_expires)
            self._interval_rounds += 1
            if least > known and self._interval_rounds <= _MAX_INTERVAL_ROUNDS:
                self._least_interval = least
                return True
        return False

    def transaction_failed(
        self, transaction: ClientTransaction, cause: Literal["timeout", "transport"], now: float
    ) -> None:
        if transaction is self.invite:
            self.feed(_I.UNREACHED, cause, now)

    # Orders.

    def _send_ack(self, response: Response, now: float) -> None:
        tag = response.to_tag or ""
        dialog = self._dialog_of(response, tag)
        if dialog is None or self.invite is None:
            return
        self.dialog = dialog
        self.early = {tag: dialog}
        self.acknowledge(dialog, self.invite.request.cseq)
        if "Session-Expires" in response.headers and self.user_agent.interval_line:
            self.timer = SessionTimer(self, self._body)
            self.timer.answered(response, now)
        # What only another INVITE would need.
        self._body, self._headers, self._chain = b"", "", None

    def _invite_again(self, response: Response, now: float) -> None:
        self.early.clear()
        self._last_provisional = None
        self.send_invite(now)
        self.user_agent.emit(DialogChanged(self))

    def _send_cancel(self, _: Any, now: float) -> None:
        if self.invite is not None:
            request = self.invite.request.cancel(self.hang_up_reason)
            self.user_agent.layer.request(request, _Cancel(self), now)

    def _forget_invite(self, _: Any, now: float) -> None:
        if self.invite is not None:
            self.invite.destroy()

    def _report_provisional(self, response: Response | None, now: float) -> None:
        if response is None:
            return
        if 180 <= response.status < 190:
            self.was_ringing = True
        shown = (response.status, response.to_tag or "", response.body)
        if shown != self._last_provisional:
            self._last_provisional = shown
            content_type = response.headers.get("Content-Type") if response.body else None
            reason = printable(response.reason)
            self.user_agent.emit(Provisional(self, response.status, reason, response.body, content_type))

    def _report_answered(self, response: Response, now: float) -> None:
        self.answered = True
        early_body = self.dialog.early_body if self.dialog is not None else b""
        body = response.body or early_body
        self.user_agent.emit(Answered(self, response.status, printable(response.reason), body))
        if self.dialog is not None:
            self.dialog.early_body = b""
        self._last_provisional = None

    def _report_failed(self, response: Response, now: float) -> None:
        code = response.status
        contacts = redirect_contacts(response) if code < 400 else []
        retry_after = retry_after_seconds(response)
        reason = printable(response.reason) or reason_phrase(code)
        redirected = read_redirection(response) if code < 400 else None
        self._fail(code, reason, "response", now, retry_after, contacts, q850_cause(response), redirected)

    def _report_unreached(self, cause: Literal["timeout", "transport"], now: float) -> None:
        code = 408 if cause == "timeout" else 503
        refused = cause == "transport" and self.invite is not None and self.invite.refused
        self._fail(code, reason_phrase(code), cause, now, refused=refused)

    def _report_bye_before_answer(self, _: Any, now: float) -> None:
        self._fail(487, reason_phrase(487), "response", now, q850=self.end_q850)

    def _report_cancelled(self, response: Response | str | None, now: float) -> None:
        code = getattr(response, "status", 487)
        self._fail(code, printable(getattr(response, "reason", "")) or reason_phrase(code), "cancelled", now)

    def _fail(
        self,
        code: int,
        reason: str,
        cause: Literal["response", "timeout", "transport", "cancelled"],
        now: float,
        retry_after: int | None = None,
        contacts: list[str] | None = None,
        q850: int | None = None,
        redirected: Redirected | None = None,
        refused: bool = False,
    ) -> None:
        was_ringing = self.was_ringing
        failed = Failed(self, code, reason, cause, retry_after, contacts or [], was_ringing, q850, redirected, refused)
        self._finish(failed, now)

    # After a restart.

    def cancel_answered(self, code: int, now: float) -> None:
        """The CANCEL has its final response. A restored session cannot know whether the phone was answered meanwhile:
        one that does not stop ringing is sent BYE in each early dialog (RFC 3261 section 15 allows it)."""
        if not self.restored or self.phase is not Phase.CANCELLING:
            return
        patience = 0.0 if code == 481 else 4 * self.user_agent.layer.timers.t1
        self._bye_alarm = Alarm(self.user_agent.layer.heap, now + patience, self._bye_early_dialogs)

    def _bye_early_dialogs(self, now: float) -> None:
        if self.phase is Phase.CANCELLING:
            for dialog in self.early.values():
                self.send_bye_in(dialog, _ignore, now)


class _Cancel:
    """Waits for the response to a CANCEL; what counts is the INVITE's own final response."""

    __slots__ = ("_session",)

    def __init__(self, session: UacSession) -> None:
        self._session = session

    def response_received(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        if response.status >= 200:
            self._session.cancel_answered(response.status, now)

    def transaction_failed(self, transaction: ClientTransaction, cause: str, now: float) -> None:
        self._session.cancel_answered(408, now)


def _ignore(code: int, response: Response | None, now: float) -> None:
    """For requests whose answer changes nothing."""


UacSession.STEPS = compile_table(UacSession, UAC_TABLE, UAC_IGNORED)
