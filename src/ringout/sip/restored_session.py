"""Takes up a stored session in a new process, in order to hang it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from ringout.sip.dialog import Dialog
from ringout.sip.errors import SipError
from ringout.sip.flow import Flow, Transport
from ringout.sip.invite_client import UacSession
from ringout.sip.session_table import Phase
from ringout.sip.stored_session import StoredDialog, StoredSession, decode_session

if TYPE_CHECKING:
    from ringout.sip.flow import Listeners
    from ringout.sip.user_agent import UserAgent

# Requests sent between the last storing and the crash have used up numbers; a gap is legal (RFC 3261 section 12.2.1.1).
_CSEQ_GAP: Final = 1000


def restore_session(user_agent: UserAgent, data: bytes, now: float) -> UacSession:
    """A session that knows its dialogs and its INVITE. Raises ValueError for bytes that no session stored."""
    stored = decode_session(data)
    try:
        return _restore(user_agent, stored, now)
    except SipError as error:
        raise ValueError("not a stored session") from error


def _restore(user_agent: UserAgent, stored: StoredSession, now: float) -> UacSession:
    flow = Flow(cast(Transport, stored.transport), stored.local, stored.remote, stored.name)
    session = UacSession(
        user_agent,
        flow=flow,
        uri=stored.uri,
        from_=stored.from_,
        to=stored.to,
        call_id=stored.call_id,
        local_tag=stored.local_tag,
        contact=stored.contact.removeprefix("Contact: ").removesuffix("\r\n"),
        routes=stored.routes,
    )
    session.restored = True
    session.keeps_flow = stored.keeps_flow
    session.cseq = stored.cseq
    session.was_ringing = stored.was_ringing
    session.answered = stored.answered
    session.phase = Phase.CONFIRMED if stored.answered else Phase.PROCEEDING
    for item in stored.dialogs:
        dialog = _dialog(item, session, user_agent.listeners)
        session.early[dialog.remote_tag] = dialog
        if stored.answered and session.dialog is None:
            session.dialog = dialog
            if dialog.ack_cseq >= 0:
                ack = dialog.request(user_agent.ids, "ACK", cseq=dialog.ack_cseq)
                dialog.ack = ack.data
    if stored.branch:
        session.resume_invite(stored.branch, now)
    return session


def _dialog(item: StoredDialog, session: UacSession, listeners: Listeners) -> Dialog:
    dialog = Dialog(
        call_id=session.call_id,
        local=item.local,
        remote=item.remote,
        remote_tag=item.remote_tag,
        local_cseq=item.local_cseq + _CSEQ_GAP,
        remote_target=item.remote_target,
        flow=session.flow,
    )
    dialog.pinned = session.keeps_flow
    dialog.remote_cseq = item.remote_cseq
    dialog.ack_cseq = item.ack_cseq
    dialog.set_path(item.remote_target, item.route_set, listeners)
    return dialog
