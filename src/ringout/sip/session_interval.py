"""Session-Expires and Min-SE (RFC 4028) as values, and what a UAS makes of those in a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ringout.sip.errors import MalformedMessage
from ringout.sip.grammar import parse_parameters

if TYPE_CHECKING:
    from ringout.sip.message import Message, Request

Refresher = Literal["uac", "uas"]  # of the request in whose response it stands

TIMER: Final = "timer"  # the option tag
SMALLEST: Final = 90  # seconds; section 4: no interval may be shorter
_LARGEST: Final = 7 * 86400  # nobody means more
_leading_number = re.compile(r"\s*([0-9]{1,10})").match


class SessionExpires(NamedTuple):
    """The header field. seconds: as sent, at most a week."""

    seconds: int
    refresher: Refresher | None


def read_session_expires(message: Message) -> SessionExpires | None:
    """None when there is none, or what it says cannot be read."""
    text = message.headers.get("Session-Expires")
    match = _leading_number(text) if text else None
    if text is None or match is None:
        return None
    try:
        named = (parse_parameters(text, match.end()).get("refresher") or "").lower()
    except MalformedMessage:
        named = ""
    refresher: Refresher | None = "uac" if named == "uac" else "uas" if named == "uas" else None
    return SessionExpires(min(int(match[1]), _LARGEST), refresher)


def read_min_se(message: Message) -> int:
    """Seconds; SMALLEST when there is none."""
    match = _leading_number(message.headers.get("Min-SE") or "")
    return max(SMALLEST, min(int(match[1]), _LARGEST)) if match else SMALLEST


def interval_lines(seconds: int, refresher: Refresher | None, min_se: int) -> str:
    """The header lines of a request. min_se: the largest that a peer has asked for; section 7.1 wants it repeated."""
    by = f";refresher={refresher}" if refresher else ""
    least = f"Min-SE: {min_se}\r\n" if min_se > SMALLEST else ""
    return f"Session-Expires: {seconds}{by}\r\n{least}"


def knows_timers(request: Request) -> bool:
    """The UAC understands session timers."""
    return has_tag(request, "Supported") or has_tag(request, "Require")


def has_tag(message: Message, name: str) -> bool:
    """Whether that list of option tags holds `timer`."""
    if name not in message.headers:
        return False
    try:
        return TIMER in [tag.lower() for tag in message.headers.values(name)]
    except MalformedMessage:
        return False


def refuse_interval(request: Request, least: int) -> tuple[int, str] | None:
    """422 for an interval below ours, to a UAC that understands that (section 9); None = welcome."""
    wanted = read_session_expires(request) if "Session-Expires" in request.headers else None
    if wanted is None or wanted.seconds >= least or not knows_timers(request):
        return None
    return 422, f"Min-SE: {least}\r\n"


def chosen_interval(request: Request, wanted: SessionExpires, ours: int, least: int) -> int:
    """What a UAS takes: never more than the UAC wants, nor less than anybody's minimum (section 9)."""
    return max(min(wanted.seconds, ours), read_min_se(request), least)
