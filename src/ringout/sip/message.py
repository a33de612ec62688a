"""Requests and responses: a start line, headers as text, a body of opaque bytes."""

from __future__ import annotations

import re

from ringout.sip.errors import LocalProtocolError, MalformedMessage
from ringout.sip.grammar import is_token, parse_parameters, split_list
from ringout.sip.header_values import NameAddr, Via
from ringout.sip.headers import Headers

_CSEQ = re.compile(r"([0-9]{1,10})[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)\Z").match


class _Message:
    """What requests and responses share. The getters remember their answer: ask after the headers are complete."""

    __slots__ = ("_cseq", "_top_via", "body", "headers")

    headers: Headers
    body: bytes

    def __init__(self, headers: Headers, body: bytes = b"") -> None:
        self.headers = headers
        self.body = body
        self._cseq: tuple[int, str] | None = None
        self._top_via: Via | None = None

    @property
    def call_id(self) -> str:
        """Call-ID. Raises MalformedMessage when absent or empty."""
        value = self.headers.get("Call-ID")
        if not value:
            raise MalformedMessage("Missing Call-ID")
        return value

    @property
    def cseq(self) -> tuple[int, str]:
        """(sequence number 0..2**31-1, method). Raises MalformedMessage when absent or broken (section 8.1.1.5)."""
        if self._cseq is None:
            match = _CSEQ(self.headers.get("CSeq") or "")
            if match is None:
                raise MalformedMessage("Missing or bad CSeq")
            number = int(match[1])
            if number >= 2**31:
                raise MalformedMessage("CSeq out of range")
            self._cseq = (number, match[2])
        return self._cseq

    @property
    def from_tag(self) -> str | None:
        """From's tag as sent, None when it has none (RFC 2543). Raises MalformedMessage: From absent or broken."""
        return _tag(self.headers.get("From"))

    @property
    def to_tag(self) -> str | None:
        """To's tag as sent, None when it has none. Raises MalformedMessage: To absent or broken."""
        return _tag(self.headers.get("To"))

    @property
    def top_via(self) -> Via:
        """The topmost Via element. Raises MalformedMessage when absent or broken."""
        if self._top_via is None:
            value = self.headers.get("Via")
            if not value:
                raise MalformedMessage("Missing Via")
            elements = split_list(value) if "," in value else [value]
            self._top_via = Via.parse(elements[0] if elements else "")
        return self._top_via

    def _encode(self, start_line: str) -> bytes:
        fields = self.headers.items()
        body = self.body
        if "Content-Length" in self.headers:
            fields = [field for field in fields if field[0] != "Content-Length"]
        lines = [f"{name}: {value}\r\n" for name, value in fields]
        head = f"{start_line}\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
        # One count over the whole head finds a line break in any name or value: exactly ours may be there.
        breaks = len(fields) + 3
        if head.count("\n") != breaks or head.count("\r") != breaks or has_bare_nul(head):
            raise LocalProtocolError("CR, LF or NUL in a start line or header field")
        try:
            return head.encode("utf-8", "surrogateescape") + body
        except UnicodeEncodeError:
            raise LocalProtocolError("A header field is not text") from None


class Request(_Message):
    """A request. method: case-sensitive token. uri: the Request-URI as text."""

    __slots__ = ("method", "uri")

    def __init__(self, method: str, uri: str, headers: Headers, body: bytes = b"") -> None:
        self.headers = headers
        self.body = body
        self._cseq = None
        self._top_via = None
        self.method = method
        self.uri = uri

    def encode(self) -> bytes:
        """The bytes to send, Content-Length included. Raises LocalProtocolError for what must not be sent."""
        if not is_token(self.method) or not self.uri or " " in self.uri or "\t" in self.uri:
            raise LocalProtocolError("Bad method or Request-URI")
        return self._encode(f"{self.method} {self.uri} SIP/2.0")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Request)
            and (self.method, self.uri, self.body) == (other.method, other.uri, other.body)
            and self.headers == other.headers
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.uri!r}, {self.headers!r}, {self.body!r})"


class Response(_Message):
    """A response. status: 100..699, an unknown one counts as the x00 of its class. reason: may be ""."""

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        self.headers = headers
        self.body = body
        self._cseq = None
        self._top_via = None
        self.status = status
        self.reason = reason

    def encode(self) -> bytes:
        """The bytes to send, Content-Length included. Raises LocalProtocolError for what must not be sent."""
        if not 100 <= self.status <= 699:
            raise LocalProtocolError("Bad status code")
        return self._encode(f"SIP/2.0 {self.status} {self.reason}")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Response)
            and (self.status, self.reason, self.body) == (other.status, other.reason, other.body)
            and self.headers == other.headers
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Response({self.status}, {self.reason!r}, {self.headers!r}, {self.body!r})"


Message = Request | Response


def has_bare_nul(head: str) -> bool:
    """NUL is legal as a quoted-pair only (section 25.1), where we may have to send it back as it came."""
    return "\0" in head and "\0" in head.replace("\\\0", "")


def _tag(value: str | None) -> str | None:
    if value is None:
        raise MalformedMessage("Missing From or To")
    close = value.rfind(">")
    if '"' in value[close + 1 :] or value.count('"') % 2:
        # That ">" may stand inside quotes: only the whole grammar tells.
        params = NameAddr.parse(value).params
    else:
        start = close + 1 if close >= 0 else value.find(";")
        if start < 0:
            return None
        params = parse_parameters(value, start)
    tag = params.get("tag")
    if tag == "" or (tag is None and "tag" in params):
        raise MalformedMessage("Empty tag")
    return tag
