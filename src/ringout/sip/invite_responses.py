"""What the responses to an INVITE say besides their code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ringout.sip.dialog import Dialog, contact_uri, record_routes
from ringout.sip.errors import MalformedMessage
from ringout.sip.header_values import NameAddr

if TYPE_CHECKING:
    from ringout.sip.invite_client import UacSession
    from ringout.sip.message import Response

_MAX_CONTACTS: Final = 10
_MAX_ADDRESS: Final = 2048  # characters
_MAX_ROUTES: Final = 8192  # characters of all together
_qvalue = re.compile(r"[0-9]?(?:\.[0-9]{0,9})?(?<=[0-9])\Z").match
_leading_number = re.compile(r"\s*(\d{1,10})").match


def early_dialog(session: UacSession, response: Response, tag: str, known: Dialog | None) -> Dialog:
    """The dialog that a 101-299 makes or confirms, with Contact and Record-Route of this response (section 12.1.2).

    A 2xx that lacks a usable Contact keeps the early dialog's, else the INVITE's URI: the ACK must go somewhere. Raises
    MalformedMessage for a To of absurd length, because all of a dialog is stored with its RingOut.
    """
    remote = response.headers.get("To") or session.to
    if len(remote) > _MAX_ADDRESS:
        raise MalformedMessage("To is too long")
    dialog = known or Dialog(
        call_id=session.call_id,
        local=session.from_,
        remote=remote,
        remote_tag=tag,
        local_cseq=session.cseq,
        remote_target=session.uri,
        flow=session.flow,
    )
    dialog.pinned = session.keeps_flow
    listeners = session.user_agent.listeners
    try:
        target = contact_uri(response) or dialog.remote_target
        routes = record_routes(response)[::-1] or dialog.route_set
        if len(target) > _MAX_ADDRESS or sum(map(len, routes)) > _MAX_ROUTES:
            raise MalformedMessage("Contact or Record-Route is too long")
        dialog.set_path(target, routes, listeners)
    except MalformedMessage:
        session.user_agent.layer.counters["malformed"] += 1
        if not dialog.path_known:
            dialog.set_path(session.uri, (), listeners)
    return dialog


def reliable_number(response: Response) -> int | None:
    """RSeq of a reliable 1xx (RFC 3262 section 4), None for an ordinary one."""
    if "Require" not in response.headers or "RSeq" not in response.headers:
        return None
    if "100rel" not in [tag.lower() for tag in response.headers.values("Require")]:
        return None
    match = _leading_number(response.headers.get("RSeq") or "")
    number = int(match[1]) if match else 0
    return number or None


def retry_after_seconds(response: Response) -> int | None:
    """Retry-After, without its comment and parameters."""
    match = _leading_number(response.headers.get("Retry-After") or "")
    return int(match[1]) if match else None


def redirect_contacts(response: Response) -> list[str]:
    """URIs of a 3xx's Contacts, best q first (section 8.1.3.4); unreadable ones are left out."""
    found: list[tuple[float, str]] = []
    try:
        texts = response.headers.values("Contact")[:_MAX_CONTACTS]
    except MalformedMessage:
        return []
    for text in texts:
        try:
            contact = NameAddr.parse(text)
        except MalformedMessage:
            continue
        found.append((_q(contact.params.get("q")), contact.uri))
    found.sort(key=lambda pair: -pair[0])
    return [uri for _, uri in found]


def _q(text: str | None) -> float:
    """No q counts as 1; one that is no qvalue (section 25.1) as 0."""
    if text is None:
        return 1.0
    return min(float(text), 1.0) if _qvalue(text) else 0.0
