"""A 2xx to an INVITE that nobody here remembers: a crash came between sending the INVITE and storing its dialog, and
the phone is up. The 2xx says all that ACK and BYE need (RFC 3261 section 12.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ringout.sip.dialog import Dialog
from ringout.sip.flow import host_port, own_uri
from ringout.sip.invite_client import UacSession
from ringout.sip.session_table import Phase
from ringout.sip.transaction_key import MAGIC_COOKIE

if TYPE_CHECKING:
    from ringout.sip.flow import Flow
    from ringout.sip.message import Response
    from ringout.sip.user_agent import UserAgent

_CSEQ_GAP: Final = 1000  # above whatever the earlier process sent


def hang_up_stray(user_agent: UserAgent, response: Response, flow: Flow, now: float) -> None:
    """Meets a response that matches no transaction: a 2xx to an INVITE that left from flow's local address gets ACK and
    BYE, repeated and bounded like those of any session; nothing else happens. Raises MalformedMessage."""
    branch = _branch_of_ours(response, flow)
    if branch is None:
        return
    session = user_agent.sessions.get((response.call_id, response.from_tag or ""))
    if session is None:
        session = _session_of(user_agent, response, flow)
        user_agent.sessions[session.call_id, session.local_tag] = session
        user_agent.layer.heap.wake_at(session, now + user_agent.layer.give_up_seconds)  # whatever comes of it
    elif not isinstance(session, UacSession) or not session.restored or session.phase is not Phase.CANCELLING:
        return  # a late copy; the call is well, or ends already
    elif session.invite is not None:
        session.invite.destroy()  # it was stored before a challenge, and this answers the INVITE after that
    user_agent.counters["stray_answer"] += 1
    session.cseq = response.cseq[0]
    session.resume_invite(branch, now)
    user_agent.layer.receive_response(response, now)


def _branch_of_ours(response: Response, flow: Flow) -> str | None:
    if not 200 <= response.status < 300 or response.cseq[1] != "INVITE" or not response.to_tag or not response.from_tag:
        return None
    via = response.top_via
    if (via.host.strip("[]"), via.port or 5060) != flow.local or not (via.branch or "").startswith(MAGIC_COOKIE):
        return None
    return via.branch


def _session_of(user_agent: UserAgent, response: Response, flow: Flow) -> UacSession:
    """As if it had been restored and told to hang up."""
    from_, to, tag = response.headers.get("From") or "", response.headers.get("To") or "", response.to_tag or ""
    session = UacSession(
        user_agent,
        flow=flow,
        uri=f"sip:{host_port(flow.remote)}",
        from_=from_,
        to=to,
        call_id=response.call_id,
        local_tag=response.from_tag or "",
        contact=f"<{own_uri('ringout', flow)}>",
    )
    session.restored = True
    session.phase = Phase.CANCELLING
    session.early[tag] = Dialog(
        call_id=response.call_id,
        local=from_,
        remote=to,
        remote_tag=tag,
        local_cseq=response.cseq[0] + _CSEQ_GAP,
        remote_target=session.uri,
        flow=flow,
    )
    return session
