"""What a registrar's answers say besides their code (RFC 3261 sections 10.2.4 and 10.2.8)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ringout.sip.errors import MalformedMessage
from ringout.sip.header_values import NameAddr
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.sip.message import Response

MOST_BINDINGS: Final = 100  # of one answer that are looked at
MOST_ROUTES: Final = 8  # of a Service-Route
LONGEST_ROUTE: Final = 512  # characters of one
LONGEST_SECONDS: Final = 7 * 86400  # that a registrar may make us ask for, or grant
_number = re.compile(r"\s*(\d{1,10})\s*\Z").match


def granted_seconds(response: Response, ours: Sequence[SipUri], asked: int) -> float:
    """For how long the shortest of our bindings holds; at least one second.

    The answer lists every binding of the address-of-record, other people's among them. Where a registrar shows none of
    ours, because it has rewritten them for a NAT or hides them, its Expires counts, else what was asked."""
    granted = [seconds for seconds in (_expires_of(text, ours) for text in _contacts(response)) if seconds is not None]
    if not granted:
        general = _seconds(response.headers.get("Expires"))
        granted = [asked if general is None else general]
    return float(min(max(min(granted), 1), LONGEST_SECONDS))


def min_expires(response: Response) -> int | None:
    """The shortest time that the registrar grants; None when it does not say, or wants more than anybody should."""
    seconds = _seconds(response.headers.get("Min-Expires"))
    return seconds if seconds is not None and seconds <= LONGEST_SECONDS else None


def service_route(response: Response) -> tuple[str, ...]:
    """Route entries for calls, first hop first (RFC 3608). None unless every one is a loose router's of decent length:
    half a route leads nowhere."""
    try:
        entries = response.headers.values("Service-Route")
        addresses = [NameAddr.parse(entry) for entry in entries]
        loose = all(SipUri.parse(address.uri).lr for address in addresses)
    except MalformedMessage:
        return ()
    if not loose or len(entries) > MOST_ROUTES or max(map(len, entries), default=0) > LONGEST_ROUTE:
        return ()
    return tuple(f"<{address.uri}>" for address in addresses)


def _contacts(response: Response) -> list[str]:
    try:
        return response.headers.values("Contact")[:MOST_BINDINGS]
    except MalformedMessage:
        return []


def _expires_of(text: str, ours: Sequence[SipUri]) -> int | None:
    """Of one of ours: its own, or the answer's as a whole (None then as well)."""
    try:
        contact = NameAddr.parse(text)
        uri = SipUri.parse(contact.uri)
    except MalformedMessage:
        return None
    return _seconds(contact.params.get("expires")) if uri in ours else None


def _seconds(text: str | None) -> int | None:
    match = _number(text) if text is not None else None
    return int(match[1]) if match else None
