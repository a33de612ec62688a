"""Requests and responses of ours as text, rendered once and sent as often as a timer wants.

Every text that comes from outside the package passes `checked` before it gets here; nothing below looks for CR or LF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ringout.sip.errors import LocalProtocolError, MalformedMessage
from ringout.sip.flow import Flow, host_port
from ringout.sip.header_values import NameAddr
from ringout.sip.transaction_key import MAGIC_COOKIE

if TYPE_CHECKING:
    from ringout.sip.message import Request

MAX_FORWARDS = 70  # RFC 3261 section 8.1.1.6
_UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+\Z")


def checked(text: str) -> str:
    """The text itself when it may stand in a header field value; raises LocalProtocolError for CR, LF and their kin."""
    if _UNSAFE.search(text):
        raise LocalProtocolError(f"control character in {text[:40]!r}")
    return text


def checked_uri(text: str) -> str:
    """Like checked, for a Request-URI: no blank either."""
    if not text or " " in text or "\t" in text or "<" in text or ">" in text:
        raise LocalProtocolError(f"not a URI: {text[:40]!r}")
    return checked(text)


def is_sips(uri: str, flow: Flow) -> bool:
    """Whether uri asks for encryption. Raises LocalProtocolError when flow has none (RFC 3261 section 26.2.2)."""
    if uri[:5].lower() != "sips:":
        return False
    if not flow.secure:
        raise LocalProtocolError("a sips: URI over a flow that is not encrypted")
    return True


def checked_address(text: str) -> str:
    """The text itself when it is a name-addr without a tag; raises LocalProtocolError."""
    try:
        address = NameAddr.parse(checked(text))
    except MalformedMessage as fault:
        raise LocalProtocolError(f"{fault.reason}: {text[:40]!r}") from None
    if "tag" in address.params:
        raise LocalProtocolError("an address with a tag of its own")
    return text


def header_lines(headers: Iterable[tuple[str, str]]) -> str:
    """`Name: value` lines. Raises LocalProtocolError when a name is no token or a value could break out of its line."""
    lines = []
    for name, value in headers:
        if not _TOKEN.match(name):
            raise LocalProtocolError(f"not a header field name: {name[:40]!r}")
        lines.append(f"{name}: {checked(value)}\r\n")
    return "".join(lines)


def via_line(branch: str, flow: Flow) -> str:
    """Our Via with `rport`, so that responses find their way back through a NAT (RFC 3581)."""
    # RFC 5923: our requests come by this connection, and the peer's may.
    alias = ";alias" if flow.transport == "tls" else ""
    return f"Via: SIP/2.0/{flow.transport.upper()} {host_port(flow.local)};branch={branch};rport{alias}\r\n"


def new_branch(token: str) -> str:
    return MAGIC_COOKIE + token


def route_lines(routes: Iterable[str]) -> str:
    """One Route line per entry; entries are name-addrs, `<sip:...;lr>`."""
    return "".join([f"Route: {route}\r\n" for route in routes])


def body_lines(content_type: str | None, body: bytes) -> str:
    """Content-Type and Content-Length with the empty line after them."""
    if body:
        return f"Content-Type: {content_type or 'application/sdp'}\r\nContent-Length: {len(body)}\r\n\r\n"
    return "Content-Length: 0\r\n\r\n"


class OutgoingRequest:
    """A request of ours with the parts that its ACK or CANCEL must repeat (RFC 3261 sections 9.1 and 17.1.1.3)."""

    __slots__ = ("branch", "call_id", "cseq", "data", "flow", "from_", "method", "otherwise", "routes", "to", "uri")

    def __init__(
        self,
        *,
        method: str,
        uri: str,
        flow: Flow,
        branch: str,
        routes: str,
        from_: str,
        to: str,
        call_id: str,
        cseq: int,
        extra: str = "",
        content_type: str | None = None,
        body: bytes = b"",
    ) -> None:
        """routes and extra: finished header lines; from_, to: header values with their tags."""
        self.method = method
        self.uri = uri
        self.flow = flow
        self.otherwise: Flow | None = None  # the way that it takes when its flow turns out to lead nowhere
        self.branch = branch
        self.routes = routes
        self.from_ = from_
        self.to = to
        self.call_id = call_id
        self.cseq = cseq
        self.data = self._render(method, to, extra, content_type, body)

    def _render(self, method: str, to: str, extra: str, content_type: str | None, body: bytes) -> bytes:
        head = (
            f"{method} {self.uri} SIP/2.0\r\n{via_line(self.branch, self.flow)}{self.routes}"
            f"Max-Forwards: {MAX_FORWARDS}\r\nFrom: {self.from_}\r\nTo: {to}\r\nCall-ID: {self.call_id}\r\n"
            f"CSeq: {self.cseq} {method}\r\n{extra}{body_lines(content_type, body)}"
        )
        return head.encode("utf-8", "surrogateescape") + body

    def move(self, flow: Flow, otherwise: Flow | None = None) -> None:
        """The same request by another way, which its Via says (RFC 3261 section 18.1.1)."""
        old, new = via_line(self.branch, self.flow).encode(), via_line(self.branch, flow).encode()
        self.data = self.data.replace(old, new, 1)
        self.flow, self.otherwise = flow, otherwise

    def ack(self, to: str) -> bytes:
        """The ACK of a 300-699: the INVITE's branch, Request-URI and Route, the response's To."""
        return self._render("ACK", to, "", None, b"")

    def cancel(self, reason: str | None) -> OutgoingRequest:
        """The CANCEL of this INVITE: all the same but the method. reason: Reason header value (RFC 3326) or None."""
        return OutgoingRequest(
            method="CANCEL",
            uri=self.uri,
            flow=self.flow,
            branch=self.branch,
            routes=self.routes,
            from_=self.from_,
            to=self.to,
            call_id=self.call_id,
            cseq=self.cseq,
            extra=f"Reason: {reason}\r\n" if reason else "",
        )


def response_echo(request: Request, via: str) -> str:
    """The header lines that every response repeats from its request, To excepted (RFC 3261 section 8.2.6.2).

    via: the topmost Via value with received and rport filled in.
    """
    headers = request.headers
    lines = [f"Via: {via}\r\n"]
    if len(vias := headers.all("Via")) > 1 or "," in vias[0]:
        lines += [f"Via: {value}\r\n" for value in headers.values("Via")[1:]]
    lines.append(f"From: {headers.get('From')}\r\nCall-ID: {headers.get('Call-ID')}\r\nCSeq: {headers.get('CSeq')}\r\n")
    return "".join(lines)


def render_response(
    code: int, reason: str, echo: str, to: str, extra: str = "", content_type: str | None = None, body: bytes = b""
) -> bytes:
    """extra: finished header lines."""
    head = f"SIP/2.0 {code} {reason}\r\n{echo}To: {to}\r\n{extra}{body_lines(content_type, body)}"
    return head.encode("utf-8", "surrogateescape") + body


REASONS = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    199: "Early Dialog Terminated",
    200: "OK",
    202: "Accepted",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    493: "Undecipherable",
    500: "Server Internal Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    580: "Precondition Failure",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
    607: "Unwanted",
    608: "Rejected",
}  # RFC 3261 section 21 and the IANA registry of response codes


def reason_phrase(code: int) -> str:
    """The registered phrase, or one that says the class."""
    return REASONS.get(code) or f"Code {code}"
