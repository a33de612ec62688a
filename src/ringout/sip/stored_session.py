"""An invite session as bytes that outlive the process: enough to hang it up afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ringout.sip.flow import is_transport

if TYPE_CHECKING:
    from ringout.sip.dialog import Dialog
    from ringout.sip.invite_session import InviteSession

VERSION: Final = 1
_encode = msgspec.json.Encoder().encode


class StoredDialog(NamedTuple):
    """One dialog, early or answered."""

    local: str
    remote: str
    remote_tag: str
    local_cseq: int
    remote_cseq: int | None
    remote_target: str
    route_set: tuple[str, ...]
    ack_cseq: int  # -1 = no ACK sent


class StoredSession(NamedTuple):
    """In the order in which it is written."""

    version: int
    answered: bool
    call_id: str
    local_tag: str
    contact: str
    transport: str
    local: tuple[str, int]
    remote: tuple[str, int]
    uri: str
    from_: str
    to: str
    routes: str
    cseq: int
    branch: str  # of the INVITE, "" when there is none of ours
    was_ringing: bool
    dialogs: tuple[StoredDialog, ...]
    name: str = ""  # of the flow; rows written before there was TLS lack it
    keeps_flow: bool = False  # rows written before phones could register lack it


class InviteParts(NamedTuple):
    """What the CANCEL or ACK of our INVITE repeats."""

    uri: str
    from_: str
    to: str
    routes: str
    cseq: int
    branch: str


def store_dialog(dialog: Dialog) -> StoredDialog:
    return StoredDialog(
        dialog.local,
        dialog.remote,
        dialog.remote_tag,
        dialog.local_cseq,
        dialog.remote_cseq,
        dialog.remote_target,
        dialog.route_set,
        dialog.ack_cseq,
    )


def encode_session(session: InviteSession, parts: InviteParts, was_ringing: bool, dialogs: list[Dialog]) -> bytes:
    """JSON, a few hundred bytes."""
    flow = session.flow
    stored = StoredSession(
        version=VERSION,
        answered=session.dialog is not None,
        call_id=session.call_id,
        local_tag=session.local_tag,
        contact=session.contact,
        transport=flow.transport,
        local=flow.local,
        remote=flow.remote,
        uri=parts.uri,
        from_=parts.from_,
        to=parts.to,
        routes=parts.routes,
        cseq=parts.cseq,
        branch=parts.branch,
        was_ringing=was_ringing,
        dialogs=tuple(store_dialog(dialog) for dialog in dialogs),
        name=flow.name,
        keeps_flow=session.keeps_flow,
    )
    try:
        return _encode(stored)
    except UnicodeEncodeError:  # bytes of the peer that are no UTF-8 came as surrogates, which only json writes
        return json.dumps(stored).encode()


def decode_session(data: bytes) -> StoredSession:
    """The opposite. Raises ValueError for anything that encode_session never wrote."""
    try:
        fields = json.loads(data)
        stored = StoredSession(*fields)
        dialogs = tuple(_dialog(item) for item in stored.dialogs)
        stored = stored._replace(local=_address(stored.local), remote=_address(stored.remote), dialogs=dialogs)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError("not a stored session") from error
    texts = (*stored[2:6], *stored[8:12], stored.branch, stored.name)
    if not (
        stored.version == VERSION
        and all(isinstance(text, str) for text in texts)
        and isinstance(stored.answered, bool)
        and isinstance(stored.cseq, int)
        and isinstance(stored.keeps_flow, bool)
        and is_transport(stored.transport)
        and (stored.dialogs or not stored.answered)
        and _lines_only(stored.contact)
        and _lines_only(stored.routes)
    ):
        raise ValueError("not a stored session")
    return stored


def _dialog(item: Any) -> StoredDialog:
    local, remote, tag, local_cseq, remote_cseq, target, route_set, ack_cseq = item
    texts = (local, remote, tag, target, *route_set)
    numbers = (local_cseq, 0 if remote_cseq is None else remote_cseq, ack_cseq)
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(number, int) for number in numbers):
        raise ValueError("not a stored dialog")
    return StoredDialog(local, remote, tag, local_cseq, remote_cseq, target, tuple(route_set), ack_cseq)


def _address(item: Any) -> tuple[str, int]:
    host, port = item
    if not isinstance(host, str) or not isinstance(port, int):
        raise ValueError("not an address")
    return host, port


def _lines_only(text: str) -> bool:
    """Header lines, or nothing: whole ones only."""
    return not text or text.endswith("\r\n")
