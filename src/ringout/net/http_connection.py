"""One HTTP connection: uvicorn's, with the limits that it lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_CONNECTIONS = 4000

_UPGRADE = re.compile(rb"(?im)^upgrade:(?=[^\n]*\n)")
# RFC 9110 sections 5.6.2 and 9.1: any token is a method, in this very case of its letters.
_UNKNOWN_METHOD = re.compile(
    rb"(?!(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) )[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64} (?=/)"
)
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s"
)
_BAD = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s"
)
_ENVELOPE = b'{"errorCode":"%s","message":"%s","errors":[{"errorCode":"%s","message":"%s"}]}'


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """connections: at one time; further ones are closed unanswered. head_bytes: of one request's line and headers.
    request_seconds: from the first byte of a request (the first: from the connect) until its answer is written; of an
    answer that is written bit by bit: until it begins, and then for each bit that the client keeps waiting.
    idle_seconds: between two requests."""

    connections: int = MOST_CONNECTIONS
    head_bytes: int = 32_768
    request_seconds: float = 30.0
    idle_seconds: int = 5


def connection_class(limits: HttpLimits) -> type[HttpToolsProtocol]:
    """The protocol class for uvicorn's Config, which leaves no other way to hand the limits over."""
    return type("LimitedConnection", (HttpConnection,), {"limits": limits})


class HttpConnection(HttpToolsProtocol):
    """Counts what uvicorn does not: the bytes of an unfinished head, and since when a request is under way."""

    limits = HttpLimits()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.busy_since: float | None = None  # the loop's time; None = idle between two requests
        self._blocked_since: float | None = None  # the loop's time; None = the client reads what is written
        self._head_bytes = 0
        self._in_head = True
        self._is_refused = False

    def connection_made(self, transport: Any) -> None:
        if len(self.connections) >= self.limits.connections:
            self._is_refused = True
            self.transport = transport
            transport.abort()
            return
        super().connection_made(transport)
        self.busy_since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self.busy_since is None:
            self.busy_since = self.loop.time()
        if self._in_head:
            data = _without_upgrade(data if self._head_bytes else _with_known_method(data))
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.limits.head_bytes and not self.transport.is_closing():
            self._refuse(_TOO_LARGE, b"AGW-431", b"Request header is too large")

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head = False
        self._head_bytes = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True

    @property
    def waits_since(self) -> float | None:
        """Since when the client owes us something, in the loop's time; None = nothing."""
        return self._blocked_since if self._is_writing else self.busy_since

    @property
    def is_blocked(self) -> bool:
        """The client does not read the answer that is being written."""
        return self._is_writing and self._blocked_since is not None

    @property
    def _is_writing(self) -> bool:
        cycle = self.cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete

    def pause_writing(self) -> None:
        self._blocked_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._blocked_since = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        self.busy_since = self.loop.time() if self.pipeline else None
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(_BAD, b"CMN-104", b"Cannot parse request")

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: an offer that is not taken up is no reason for a line in the log."""

    def _refuse(self, form: bytes, code: bytes, message: bytes) -> None:
        body = _ENVELOPE % (code, message, code, message)
        self.transport.write(form % (len(body), body))
        self.transport.close()


def _with_known_method(data: bytes) -> bytes:
    """The beginning of a request, with TRACE, which nothing here serves, for a method that the parser would break
    off at: so it is answered as every method that a URL does not have, by 405 with Allow."""
    found = _UNKNOWN_METHOD.match(data)
    return b"TRACE " + data[found.end() :] if found else data


def _without_upgrade(data: bytes) -> bytes:
    """Data with the offer of another protocol renamed: the parser would take the request's body for that protocol.
    Java's HttpClient offers h2c with every request."""
    end = data.find(b"\r\n\r\n")
    head = data if end < 0 else data[: end + 2]
    if b"pgrade:" not in head and b"PGRADE:" not in head:
        return data
    return _UPGRADE.sub(b"x-offer:", head) + data[len(head) :]
