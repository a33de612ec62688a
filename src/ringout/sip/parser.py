"""Bytes to messages. The head is split once; values stay text until somebody asks."""

from __future__ import annotations

import re

from ringout.sip.errors import MalformedMessage
from ringout.sip.grammar import is_token
from ringout.sip.header_values import NameAddr
from ringout.sip.headers import CANONICAL, Headers, canonical_name
from ringout.sip.message import Request, Response, has_bare_nul
from ringout.sip.uri import SipUri

MAX_HEAD_BYTES = 65536  # start line and header fields
MAX_HEADER_FIELDS = 512

# One field and one value only (RFC 3261 section 7.3.1 with table 2).
_SINGLE = ("Call-ID", "CSeq", "From", "To", "Max-Forwards", "Content-Type", "Expires", "Date", "RAck", "RSeq")

_fold = re.compile(r"\r\n[ \t]+").sub
_status_line = re.compile(r"SIP/([0-9]+\.[0-9]+) ([1-6][0-9]{2})(?: (.*))?\Z", re.IGNORECASE).match
_request_version = re.compile(r"SIP/[0-9]+\.[0-9]+\Z", re.IGNORECASE).match
_length = re.compile(r"[0-9]{1,9}\Z").match


def parse(data: bytes) -> Request | Response:
    """Read one message from a datagram, or from the stretch of a stream that framing cut out.

    Bytes beyond Content-Length are dropped (RFC 3261 section 18.3); without Content-Length the body reaches to the
    end. Content-Length itself is not among the headers of the result: encode writes it anew. Empty lines before the
    start line are skipped. Raises MalformedMessage only; its `message` is the request, when enough of one could be
    read to refuse it.
    """
    if data[:2] == b"\r\n":
        data = data.lstrip(b"\r\n")
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    if end < 0:
        if len(data) > MAX_HEAD_BYTES:
            raise MalformedMessage("Header too large", 513)
        raise MalformedMessage("No empty line after the header")
    head = str(data[:end], "utf-8", "surrogateescape")
    folded_start = False
    if "\r\n " in head or "\r\n\t" in head:
        # Only header fields may be folded (RFC 3261 section 7.3.1), and never by the start line.
        folded_start = head[head.find("\r\n") + 2] in " \t"
        head = _fold(" ", head)
    lines = head.split("\r\n")
    breaks = len(lines) - 1
    if breaks > MAX_HEADER_FIELDS:
        raise MalformedMessage("Too many header fields", 513)
    fields, fault = _read_fields(lines)
    if head.count("\n") != breaks or head.count("\r") != breaks:
        fault = "CR or LF within a line"
    elif has_bare_nul(head):
        fault = "NUL outside a quoted pair"
    if folded_start:
        fault = "Folded start line"
    headers = Headers.adopt(fields)
    body = data[end + 4 :]
    if "Content-Length" in headers:
        body, length_fault = _cut_body(headers, body)
        fault = fault or length_fault
    if lines[0][:4].upper() == "SIP/":
        return _response(lines[0], headers, body, fault)
    return _request(lines[0], headers, body, fault)


def _read_fields(lines: list[str]) -> tuple[list[tuple[str, str]], str | None]:
    """The fields of lines[1:], names canonical, and what was wrong with the lines left out."""
    fields: list[tuple[str, str]] = []
    fault = None
    known = CANONICAL.get
    append = fields.append
    for line in lines[1:]:
        sent, colon, value = line.partition(":")
        name = known(sent)
        if name is None:
            sent = sent.rstrip(" \t")
            if not is_token(sent):
                fault = "Bad header field name"
                continue
            name = canonical_name(sent)
        if not colon:
            fault = "Header field without a colon"
            continue
        append((name, value.strip(" \t")))
    return fields, fault


def _cut_body(headers: Headers, body: bytes) -> tuple[bytes, str | None]:
    """Takes Content-Length out of the headers; the body that it says, and what is wrong with it."""
    lengths = set(headers.all("Content-Length"))
    headers.remove("Content-Length")
    text = lengths.pop()
    if lengths or not _length(text):
        return b"", "Bad Content-Length"
    length = int(text)
    if length > len(body):
        return b"", "Body shorter than Content-Length"
    return (body if length == len(body) else body[:length]), None


def _response(line: str, headers: Headers, body: bytes, fault: str | None) -> Response:
    match = _status_line(line)
    if match is None:
        raise MalformedMessage("Bad status line")
    if match[1] != "2.0":
        raise MalformedMessage("SIP version not supported")
    if fault is not None:
        raise MalformedMessage(fault)
    return Response(int(match[2]), _readable(match[3] or ""), headers, body)


def _readable(reason: str) -> str:
    """A phrase is shown to people and stored as JSON: bytes that are not UTF-8 must not get that far."""
    return reason if reason.isascii() else reason.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _request(line: str, headers: Headers, body: bytes, fault: str | None) -> Request:
    parts = line.split(" ")
    if len(parts) == 3:
        method, uri, version = parts
        # The version is compared without regard to case (section 7.1).
        if uri and is_token(method) and (version == "SIP/2.0" or version.upper() == "SIP/2.0"):
            request = Request(method, uri, headers, body)
            if fault is not None:
                raise MalformedMessage(fault, 400, request)
            return request
    raise _bad_request_line(line, headers, body, fault)


def _bad_request_line(line: str, headers: Headers, body: bytes, fault: str | None) -> MalformedMessage:
    """What to raise; with the request whenever the line still shows a method and a version (RFC 4475 section 3.1.2)."""
    parts = line.split()
    if len(parts) < 3 or not is_token(parts[0]) or not _request_version(parts[-1]):
        return MalformedMessage("Bad start line")
    request = Request(parts[0], " ".join(parts[1:-1]), headers, body)
    if parts[-1].upper() != "SIP/2.0":
        return MalformedMessage("SIP version not supported", 505, request)
    return MalformedMessage(fault or "Bad Request-Line", 400, request)


def check_request(request: Request) -> None:
    """What every request must have before it means anything (RFC 3261 sections 8.1.1, 8.2 and 16.3).

    Raises MalformedMessage with the request and the code to refuse it with: 416 for a Request-URI of another scheme,
    400 for anything else. Not judged: method, Require, Content-Type, Max-Forwards 0 and the body, which are the user
    agent's.
    """
    try:
        _check_single_fields(request.headers)
        _check_addresses(request)
        request.top_via  # noqa: B018 - raises when broken
        if not request.call_id.isprintable():
            raise MalformedMessage("Bad Call-ID")
        if request.cseq[1] != request.method:
            raise MalformedMessage("CSeq method differs from the request's")
        hops = request.headers.get("Max-Forwards")
        if hops is not None and not (_length(hops) and int(hops) <= 255):
            raise MalformedMessage("Bad Max-Forwards")
        if SipUri.parse(request.uri).headers:
            raise MalformedMessage("Headers in the Request-URI")
    except MalformedMessage as fault:
        fault.message = request
        raise


def _check_single_fields(headers: Headers) -> None:
    names = [name for name, _ in headers.items()]
    if len(set(names)) == len(names):
        return
    for name in _SINGLE:
        if names.count(name) > 1:
            raise MalformedMessage(f"More than one {name}")


def _check_addresses(request: Request) -> None:
    headers = request.headers
    for name in ("From", "To"):
        value = headers.get(name)
        if value is None:
            raise MalformedMessage(f"Missing {name}")
        NameAddr.parse(value)
    contacts = headers.values("Contact")
    if contacts != ["*"]:
        for contact in contacts:
            NameAddr.parse(contact)
    for name in ("Route", "Record-Route"):
        for element in headers.values(name) if name in headers else ():
            NameAddr.parse(element)
