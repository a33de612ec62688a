"""Reason header fields (RFC 3326), which carry the telephone network's own cause besides or instead of a SIP code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ringout.sip.errors import MalformedMessage
from ringout.sip.grammar import parse_parameters

if TYPE_CHECKING:
    from ringout.sip.message import Message

COMPLETED_ELSEWHERE: Final = 'SIP;cause=200;text="Call completed elsewhere"'  # section 3.1: shows no missed call
SESSION_EXPIRED: Final = 'SIP;cause=408;text="Session expired"'

_MAX_REASONS: Final = 10
_cause_number = re.compile(r"[0-9]{1,3}\Z").match


def q850_cause(message: Message) -> int | None:
    """The cause of ITU-T Q.850 in a message's Reason: 1-127, None when there is none. Responses carry it as well
    (RFC 6432)."""
    if "Reason" not in message.headers:
        return None
    try:
        reasons = message.headers.values("Reason")[:_MAX_REASONS]
    except MalformedMessage:
        return None
    for reason in reasons:
        cause = _q850(reason)
        if cause is not None:
            return cause
    return None


def _q850(reason: str) -> int | None:
    protocol, _, parameters = reason.partition(";")
    if protocol.strip().upper() != "Q.850":
        return None
    try:
        text = parse_parameters(";" + parameters).get("cause") or ""
    except MalformedMessage:
        return None
    number = int(text) if _cause_number(text) else 0
    return number if 0 < number < 128 else None
