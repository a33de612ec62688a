"""What a 3xx says besides where to go, and what the next INVITE repeats of it: who sent the call on (Diversion,
RFC 5806; History-Info, RFC 7044), and the signature of the caller ID (Identity, RFC 8224), which signing services
return in a 302."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from urllib.parse import unquote as unescape

from ringout.sip.errors import LocalProtocolError, MalformedMessage
from ringout.sip.grammar import unquote
from ringout.sip.header_values import NameAddr
from ringout.sip.outgoing import checked
from ringout.sip.peer_text import printable
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.sip.message import Response

_T = TypeVar("_T")
_MAX_ENTRIES: Final = 10  # of each header field
_MAX_ENTRY: Final = 1024  # characters
_MAX_IDENTITY: Final = 4096  # characters; a SHAKEN PASSporT has some 600
_MAX_IDENTITIES: Final = 4

_last_number = re.compile(r"(.*?)([0-9]{1,6})\Z", re.DOTALL).match
_index = re.compile(r"[0-9]+(?:\.[0-9]+)*\Z").match
# RFC 7544 section 7.2: the SIP code in a history entry, and the word that Diversion has for it.
_WORDS: Final = {
    302: "unconditional",
    404: "unknown",
    408: "no-answer",
    480: "deflection",
    486: "user-busy",
    487: "deflection",
    503: "unavailable",
}
_escaped_cause = re.compile(r"Reason=SIP[^&]*cause=([0-9]{3})", re.IGNORECASE).search


class Redirected(NamedTuple):
    """Header values as sent, fit to be sent again. came_from: (address, Diversion's word for why) of those who sent the
    call on, the latest first. attestation: "A", "B" or "C" (RFC 8588)."""

    diversion: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    date: str | None = None  # of the signature (RFC 8224 section 4.1)
    came_from: tuple[tuple[str, str | None], ...] = ()
    attestation: str | None = None

    def headers_for(self, uri: str) -> tuple[tuple[str, str], ...]:
        """What the INVITE to uri, which the redirection named, carries of all that."""
        headers = [("Diversion", value) for value in self.diversion]
        headers += [("History-Info", value) for value in _history_with(self.history, uri)]
        headers += [("Identity", value) for value in self.identity]
        if self.identity and self.date:
            headers.append(("Date", self.date))
        return tuple(headers)

    def after(self, earlier: Redirected | None) -> Redirected:
        """Both together, this one being the later: a redirection of what had been redirected already."""
        if earlier is None:
            return self
        return Redirected(
            _joined(self.diversion, earlier.diversion)[:_MAX_ENTRIES],
            self.history or earlier.history,
            _joined(earlier.identity, self.identity)[:_MAX_IDENTITIES],
            self.date or earlier.date,
            _joined(self.came_from, earlier.came_from)[:_MAX_ENTRIES],
            self.attestation or earlier.attestation,
        )


def read_redirection(response: Response) -> Redirected | None:
    """None when the response says nothing of the kind. What cannot be read or is absurdly long is left out."""
    headers = response.headers
    if not ("Diversion" in headers or "History-Info" in headers or "Identity" in headers):
        return None
    diversion = _entries(response, "Diversion")
    history = _entries(response, "History-Info")
    # Not a list: the commas in it, were there any, would be its own (RFC 8224 section 4).
    identity = tuple(
        value for value in headers.all("Identity")[:_MAX_IDENTITIES] if len(value) <= _MAX_IDENTITY and _sendable(value)
    )
    date = headers.get("Date")
    if not (diversion or history or identity):
        return None
    return Redirected(
        diversion,
        history,
        identity,
        date if date is not None and len(date) <= 64 and _sendable(date) else None,
        _diverting(diversion) or _historic(history),
        next(filter(None, map(attestation_of, identity)), None),
    )


def attestation_of(identity: str) -> str | None:
    """ "A", "B" or "C" of an Identity value with a whole SHAKEN PASSporT (RFC 8588); None for any other, also the
    compact form, which leaves the claims out. The signature is not verified: that is for those who are called."""
    token = identity.partition(";")[0].strip()
    parts = token.split(".")
    if len(parts) != 3 or not parts[1]:
        return None
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError, binascii.Error):
        return None
    attest = claims.get("attest") if isinstance(claims, dict) else None
    return attest if isinstance(attest, str) and attest in ("A", "B", "C") else None


def _entries(response: Response, name: str) -> tuple[str, ...]:
    try:
        values = response.headers.values(name)[:_MAX_ENTRIES]
    except MalformedMessage:
        return ()
    return tuple(value for value in values if len(value) <= _MAX_ENTRY and _sendable(value) and _address(value))


def _sendable(value: str) -> bool:
    try:
        checked(value)
        value.encode("utf-8", "surrogateescape")
    except (LocalProtocolError, UnicodeEncodeError):
        return False
    return bool(value)


def _address(value: str) -> NameAddr | None:
    try:
        return NameAddr.parse(value)
    except MalformedMessage:
        return None


def _diverting(values: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    """Of Diversion, whose topmost value is the latest (RFC 5806 section 6)."""
    found = []
    for value in values:
        address = _address(value)
        if address is not None:
            reason = printable(unquote(address.params.get("reason") or ""))
            found.append((_shown(address.uri), reason or None))
    return tuple(found)


def _historic(values: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    """Of History-Info: the entries that somebody left with a reason, and the last, which has sent the call on now."""
    found: list[tuple[str, str | None]] = []
    for position, value in enumerate(reversed(values)):
        address = _address(value)
        if address is None:
            continue
        cause = _escaped_cause(unescape(address.uri.partition("?")[2]))
        if cause is not None or position == 0:
            found.append((_shown(address.uri), _WORDS.get(int(cause[1])) if cause else None))
    return tuple(found)


def _shown(uri: str) -> str:
    """The number, or the name, in a URI; the whole of one that has none."""
    scheme, _, rest = uri.partition(":")
    if scheme.lower() == "tel":
        return printable(rest.partition(";")[0])
    try:
        user = SipUri.parse(uri).user
    except MalformedMessage:
        user = None
    return printable(unescape((user or "").partition(";")[0])) or printable(uri)


def _history_with(entries: tuple[str, ...], uri: str) -> tuple[str, ...]:
    """The entries and one for uri, whose index counts on from that of the last (RFC 7044 section 10.3: a response has
    brought the new target)."""
    last = _address(entries[-1]) if entries else None
    index = last.params.get("index") if last is not None else None
    if not index or not _index(index):
        return entries
    match = _last_number(index)
    if match is None:
        return entries
    return (*entries, f"<{uri}>;index={match[1]}{int(match[2]) + 1}")


def _joined(first: tuple[_T, ...], second: tuple[_T, ...]) -> tuple[_T, ...]:
    return first + tuple(item for item in second if item not in first)
