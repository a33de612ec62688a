"""Requests of the peer within a dialog, by method (RFC 3261 section 12.2.2). Each gets a final answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.sip.events import InfoReceived
from ringout.sip.peer_text import printable
from ringout.sip.reason import q850_cause
from ringout.sip.session_table import Phase, SessionInput

if TYPE_CHECKING:
    from ringout.sip.invite_session import InviteSession
    from ringout.sip.message import Request
    from ringout.sip.server_transaction import ServerTransaction

KNOWN_ELSEWHERE = frozenset({"REGISTER", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH"})


def serve(session: InviteSession, request: Request, transaction: ServerTransaction, now: float) -> None:
    """Answers the request and tells the session. Raises MalformedMessage, nothing being answered then."""
    dialog = session.dialog_with(request.from_tag or "")
    if dialog is None or session.phase is Phase.TERMINATED:
        transaction.respond(481, now)
        return
    number, method = request.cseq
    if dialog.remote_cseq is not None and number < dialog.remote_cseq:
        transaction.respond(500, now)
        return
    dialog.remote_cseq = number
    if transaction.flow.is_websocket and transaction.flow != dialog.flow:
        dialog.follow(transaction.flow)
    user_agent = session.user_agent
    if method == "BYE":
        transaction.respond(200, now)
        if session.end_reason is None and "Reason" in request.headers:
            session.end_reason = printable(request.headers.get("Reason") or "") or None
            session.end_q850 = q850_cause(request)
        session.feed(SessionInput.PEER_BYE, None, now)
    elif method == "INVITE":
        session.offers.receive_invite(request, transaction, dialog, now)
    elif method == "UPDATE":
        session.offers.receive_update(request, transaction, dialog, now)
    elif method == "INFO":
        transaction.respond(200, now)
        user_agent.emit(InfoReceived(session, request.headers.get("Content-Type") or "", request.body))
    elif method == "OPTIONS":
        transaction.respond(200, now, extra=session.contact + user_agent.capabilities)
    elif method == "PRACK":
        session.receive_prack(request, transaction, now)
    elif method == "NOTIFY":
        transaction.respond(481, now)  # RFC 6665 section 4.1.3: no subscription of ours
    elif method in KNOWN_ELSEWHERE:
        transaction.respond(405, now, extra=user_agent.allow_line)
    else:
        transaction.respond(501, now, extra=user_agent.allow_line)
