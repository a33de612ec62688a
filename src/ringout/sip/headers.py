"""Header fields in order, found by name in any case or compact form, kept as text until somebody asks for more."""

from __future__ import annotations

from collections.abc import Iterable

from ringout.sip.errors import LocalProtocolError
from ringout.sip.grammar import is_token, split_list

_KNOWN = """
Accept Accept-Contact Accept-Encoding Accept-Language Accept-Resource-Priority Alert-Info Allow Allow-Events
Authentication-Info Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding
Content-Language Content-Length Content-Type CSeq Date Diversion Error-Info Event Expires Flow-Timer From
Geolocation History-Info Identity Identity-Info In-Reply-To Info-Package Join Max-Forwards MIME-Version
Min-Expires Min-SE Organization P-Access-Network-Info P-Asserted-Identity P-Associated-URI P-Called-Party-ID
P-Charging-Vector P-Early-Media P-Preferred-Identity Path Priority Privacy Proxy-Authenticate
Proxy-Authentication-Info Proxy-Authorization Proxy-Require RAck Reason Record-Route Recv-Info Refer-Sub
Refer-To Referred-By Reject-Contact Remote-Party-ID Replaces Reply-To Request-Disposition Require
Resource-Priority Retry-After Route RSeq Server Service-Route Session-Expires Session-ID SIP-ETag
SIP-If-Match Subject Subscription-State Supported Target-Dialog Timestamp To Unsupported User-Agent
User-to-User Via Warning WWW-Authenticate
"""
# RFC 3261 section 7.3.3 and the IANA registry of header fields.
_COMPACT = {
    "a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
    "e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
    "l": "Content-Length", "m": "Contact", "n": "Identity-Info", "o": "Event", "r": "Refer-To", "s": "Subject",
    "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
}  # fmt: skip
CANONICAL: dict[str, str] = {
    **{name: name for name in _KNOWN.split()},
    **{name.lower(): name for name in _KNOWN.split()},
    **{name.upper(): name for name in _KNOWN.split()},
    **_COMPACT,
    **{letter.upper(): name for letter, name in _COMPACT.items()},
}
"""Spellings met in practice -> the one spelling that Headers stores. Others go through canonical_name."""


def canonical_name(name: str) -> str:
    """The spelling under which Headers stores a field: the RFC's for known names, Title-Case for others.

    Raises LocalProtocolError for what is no token.
    """
    known = CANONICAL.get(name)
    if known is None:
        known = CANONICAL.get(name.lower())
        if known is None:
            if not is_token(name):
                raise LocalProtocolError("Bad header field name")
            known = name.title()
    return known


class Headers:
    """Header fields in their order. Names in any case or compact form; values are text as sent, unfolded, stripped.

    Values are not checked here: Message.encode refuses what must not be sent.
    """

    __slots__ = ("_fields", "_first")

    _fields: list[tuple[str, str]]
    _first: dict[str, str] | None

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        known = CANONICAL.get
        self._fields = [(known(name) or canonical_name(name), value) for name, value in fields]
        self._first = None

    @classmethod
    def adopt(cls, fields: list[tuple[str, str]]) -> Headers:
        """Takes the list over without a copy; every name must be canonical already."""
        self = cls.__new__(cls)
        self._fields = fields
        self._first = None
        return self

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first field's value."""
        first = self._first
        if first is None:
            # Reversed, so that the first of several fields is the one that stays.
            first = self._first = dict(reversed(self._fields))
        value = first.get(name)
        if value is None:
            value = first.get(canonical_name(name))
        return default if value is None else value

    def all(self, name: str) -> list[str]:
        """Every field's value, one per field, in order."""
        wanted = canonical_name(name)
        return [value for known, value in self._fields if known == wanted]

    def values(self, name: str) -> list[str]:
        """Every element of a comma-separated header (Via, Route, Contact, Allow ...), split outside quotes and <>.

        Raises MalformedMessage for an open quote or bracket, or for more than grammar.MAX_LIST_ELEMENTS in a field.
        """
        return [element for value in self.all(name) for element in split_list(value)]

    def add(self, name: str, value: str) -> None:
        """Appends a field."""
        self._fields.append((canonical_name(name), value))
        self._first = None

    def set(self, name: str, value: str) -> None:
        """Replaces all fields of that name by one, at the place of the first, or appends it."""
        wanted = canonical_name(name)
        for index, (known, _) in enumerate(self._fields):
            if known == wanted:
                rest = [field for field in self._fields[index + 1 :] if field[0] != wanted]
                self._fields[index:] = [(wanted, value), *rest]
                break
        else:
            self._fields.append((wanted, value))
        self._first = None

    def remove(self, name: str) -> None:
        """Removes all fields of that name, if any."""
        wanted = canonical_name(name)
        self._fields[:] = [field for field in self._fields if field[0] != wanted]
        self._first = None

    def items(self) -> list[tuple[str, str]]:
        """(canonical name, value) of each field in order. The list itself: read it, change it by the methods only."""
        return self._fields

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers.adopt(self._fields.copy())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"
