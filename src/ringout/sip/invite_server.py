"""The called side of an invite session: ring, answer, reject, CANCEL (RFC 3261 section 13.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ringout.sip.dialog import Dialog, contact_uri, record_routes
from ringout.sip.errors import LocalProtocolError
from ringout.sip.events import Confirmed, Failed, IncomingInvite
from ringout.sip.flow import host_port
from ringout.sip.invite_session import InviteSession
from ringout.sip.outgoing import checked, header_lines, reason_phrase
from ringout.sip.reliability import Provisional1xx, ReliableProvisionals
from ringout.sip.retransmission import Retransmission
from ringout.sip.session_interval import knows_timers
from ringout.sip.session_table import UAS_IGNORED, UAS_TABLE, Phase, SessionInput
from ringout.sip.session_timer import SessionTimer
from ringout.sip.state_table import Steps, compile_table

if TYPE_CHECKING:
    from ringout.sip.flow import Flow
    from ringout.sip.message import Request
    from ringout.sip.server_transaction import ServerTransaction
    from ringout.sip.user_agent import UserAgent

_I = SessionInput


class _Final(NamedTuple):
    """A final response of ours. extra: finished header lines."""

    code: int
    reason: str | None = None
    extra: str = ""
    content_type: str = "application/sdp"
    body: bytes = b""


class UasSession(InviteSession):
    """A call that comes to us. Announced by IncomingInvite."""

    __slots__ = (
        "_answer",
        "_invite",
        "_offering",
        "_record_routes",
        "_reliable",
        "_reliable_allowed",
        "_reliable_required",
        "_repeating",
    )

    STEPS: ClassVar[Steps]
    CALL_ID_IS_OURS = False

    def __init__(
        self, user_agent: UserAgent, request: Request, transaction: ServerTransaction, source: Flow, now: float
    ) -> None:
        """request: an INVITE without To tag that passed every check. Raises MalformedMessage."""
        tag = user_agent.ids.token()
        user, at, _ = request.uri.partition(":")[2].partition("@")
        contact_user = f"{user}@" if at else ""
        transport = ";transport=tcp" if source.transport == "tcp" else ""
        super().__init__(
            user_agent,
            call_id=request.call_id,
            local_tag=tag,
            flow=source,
            contact=f"<sip:{contact_user}{host_port(source.local)}{transport}>",
            phase=Phase.RINGING,
        )
        transaction.set_tag(tag)
        transaction.user = self
        self._invite = transaction
        self._record_routes = "".join(f"Record-Route: {value}\r\n" for value in request.headers.all("Record-Route"))
        options = {tag.lower() for tag in request.headers.values("Require")}
        self._reliable_required = "100rel" in options
        self._reliable_allowed = options | {tag.lower() for tag in request.headers.values("Supported")} >= {"100rel"}
        self._reliable: ReliableProvisionals | None = None
        self._repeating: Retransmission | None = None  # our 2xx, until its ACK
        self._answer: _Final | None = None  # waits for a PRACK
        # The request, until our 2xx, when it has to do with session timers.
        timed = "Session-Expires" in request.headers or knows_timers(request)
        self._offering = request if timed and user_agent.interval_line else None
        dialog = Dialog(
            call_id=self.call_id,
            local=transaction.to,
            remote=request.headers.get("From") or "",
            remote_tag=request.from_tag or "",
            local_cseq=0,
            remote_target=request.uri,
            flow=source,
        )
        dialog.remote_cseq = request.cseq[0]
        dialog.set_path(contact_uri(request) or request.uri, record_routes(request), user_agent.listeners)
        self.dialog = dialog
        transaction.respond(100, now)
        user_agent.emit(IncomingInvite(self, request))

    # Verbs.

    def ring(self, now: float, code: int = 180, body: bytes = b"", reliable: bool = False) -> None:
        """Sends a 101-199. reliable: with RSeq until its PRACK, when the caller supports that. body: SDP or empty."""
        if self.phase is not Phase.RINGING or self._answer is not None:
            return
        if not 100 < code < 200:
            raise LocalProtocolError(f"{code} is no provisional response")
        extra = self._record_routes + self.contact + self.user_agent.tail
        if self._reliable_required or (reliable and self._reliable_allowed):
            if self._reliable is None:
                self._reliable = ReliableProvisionals(self.user_agent.layer, self._invite, self._never_confirmed)
            self._reliable.send(Provisional1xx(code, extra, body), now)
        else:
            self._invite.respond(code, now, extra=extra, body=body)

    def answer(self, now: float, body: bytes, content_type: str = "application/sdp") -> None:
        """Sends 200 until its ACK comes; Confirmed follows. Waits for the PRACK of a 1xx that carries SDP."""
        extra = self._record_routes + self.contact + self.user_agent.tail
        offering, self._offering = self._offering, None
        if offering is not None and self.phase is Phase.RINGING:
            self.timer = SessionTimer(self, body)
            extra += self.timer.answer(offering, now)
        final = _Final(200, None, extra, checked(content_type), body)
        if self._reliable is not None and self._reliable.holds_answer and self.phase is Phase.RINGING:
            self._answer = final
        else:
            self.feed(_I.ANSWER, final, now)

    def reject(self, now: float, code: int, reason: str | None = None, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Sends a 300-699. Nothing happens once there is a final response."""
        if not 300 <= code < 700:
            raise LocalProtocolError(f"{code} refuses nothing")
        self.feed(_I.REJECT, _Final(code, checked(reason) if reason else None, header_lines(headers)), now)

    # From the peer.

    def ack_received(self, ack: Request, now: float) -> None:
        if ack.cseq[0] != self._invite.cseq:
            super().ack_received(ack, now)
        elif self.phase is not Phase.RINGING:
            if self._repeating is not None:
                self._repeating.stop()
                self._repeating = None
            self.feed(_I.ACKED, ack.body, now)

    def cancel_received(self, transaction: ServerTransaction, now: float) -> None:
        self.feed(_I.CANCELLED, None, now)

    def receive_prack(self, request: Request, transaction: ServerTransaction, now: float) -> None:
        rack = request.headers.get("RAck") or ""
        if self._reliable is None or not self._reliable.prack_received(rack):
            transaction.respond(481, now)
            return
        # Not handled: an offer in the PRACK (RFC 3262 section 5); a second offer before the answer is refused.
        transaction.respond(488 if request.body else 200, now)
        if self._answer is not None and not self._reliable.holds_answer:
            self.feed(_I.ANSWER, self._answer, now)
            self._answer = None
        elif self.phase is Phase.RINGING:
            self._reliable.send_next(now)

    def _never_confirmed(self, now: float) -> None:
        self.feed(_I.PEER_SILENT, _Final(504), now)

    def _never_acked(self, now: float) -> None:
        self._repeating = None
        self.feed(_I.PEER_SILENT, "our 200 was never acknowledged", now)

    # Orders.

    def _send_final(self, final: _Final, now: float) -> None:
        if self._reliable is not None:
            self._reliable.stop()
        self._invite.respond(
            final.code,
            now,
            reason=final.reason,
            extra=final.extra,
            content_type=final.content_type,
            body=final.body,
        )

    def _send_2xx(self, final: _Final, now: float) -> None:
        self._send_final(final, now)
        layer = self.user_agent.layer
        again = self._invite.send_2xx_again
        self._repeating = Retransmission(layer, now, again, self._never_acked, layer.timers.t2)

    def _send_rejection(self, final: _Final | int, now: float) -> None:
        self._send_final(final if isinstance(final, _Final) else _Final(final), now)

    def _send_487(self, _: Any, now: float) -> None:
        self._send_final(_Final(487), now)

    def _report_rejected(self, final: _Final | int, now: float) -> None:
        code = final.code if isinstance(final, _Final) else final
        self._finish(Failed(self, code, reason_phrase(code), "cancelled"), now)

    def _report_cancelled(self, _: Any, now: float) -> None:
        self._finish(Failed(self, 487, reason_phrase(487), "cancelled"), now)

    def _report_confirmed(self, body: bytes, now: float) -> None:
        self.answered = True
        self.user_agent.emit(Confirmed(self, body))

    def _report_end(self, _: Any, now: float) -> None:
        # A 2xx was sent, so the caller may have been connected whether its ACK came or not.
        self.answered = True
        super()._report_end(_, now)

    def _finish(self, event: Any, now: float) -> None:
        if self._repeating is not None:
            self._repeating.stop()
            self._repeating = None
        super()._finish(event, now)


UasSession.STEPS = compile_table(UasSession, UAS_TABLE, UAS_IGNORED)
