"""A request as the resources see it, and the answer they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import compile as pattern
from typing import Any, Protocol
from urllib.parse import parse_qsl

from ringout.domain.account import Principal
from ringout.web.asgi import Receive, Scope
from ringout.web.errors import BodyTooLarge, ClientGone, UnreadableRequest, UnsupportedMediaType

_HOST = pattern(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_MOST_QUERY_FIELDS = 50
_MOST_LENGTH_DIGITS = 19  # of a Content-Length; a number is not made of more digits than anybody needs

Headers = tuple[tuple[bytes, bytes], ...]
JSON = (b"content-type", b"application/json; charset=utf-8")
NO_STORE = (b"cache-control", b"no-store")


class Pieces(Protocol):
    """A body that is written while it comes about."""

    async def next(self) -> bytes | None:
        """The next piece, not empty; None = that was all. Must not raise."""

    def close(self) -> None:
        """Nobody reads on: next gives None soon. Called once at least, in the end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: lower-case names. The edge adds what every answer has. pieces: in the place of body; whoever does not
    send them closes them."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
    pieces: Pieces | None = None


NO_CONTENT = Answer(204, headers=(NO_STORE,))


class Request:
    """One HTTP request. Nothing is read or decoded before somebody asks."""

    __slots__ = (
        "_body",
        "_headers",
        "_max_body_bytes",
        "_receive",
        "is_page",
        "limit_headers",
        "method",
        "path_params",
        "principal",
        "scope",
    )

    principal: Principal  # set before handle is called when the operation needs a login

    def __init__(self, scope: Scope, receive: Receive, max_body_bytes: int) -> None:
        self.scope = scope
        self.method: str = scope["method"]  # the one that is meant, when another one carries it
        self.path_params: dict[str, str] = {}
        self.limit_headers: Headers = ()  # what the answer tells of the rate limit, whatever it will be
        self.is_page = False
        self._body: bytes | None = None
        self._receive = receive
        self._max_body_bytes = max_body_bytes
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # the first of equal names counts

    def header(self, name: bytes) -> str:
        """name: lower case. "" when absent."""
        return self._headers.get(name, b"").decode("latin-1")

    @property
    def media_type(self) -> str:
        """Content-Type without its parameters, lower case; "" when absent."""
        return self.header(b"content-type").partition(";")[0].strip().lower()

    @property
    def address(self) -> str:
        """IP of the connection's other end, "" when it has none. X-Forwarded-For is anybody's word and is not read."""
        client = self.scope.get("client")
        return client[0] if client else ""

    def query(self) -> dict[str, str]:
        """The query's fields; the last of equal names counts. Raises UnreadableRequest for too many."""
        return dict(self.query_fields())

    def query_fields(self) -> list[tuple[str, str]]:
        """The query's fields in order, with repetitions. Raises UnreadableRequest for too many."""
        raw = self.scope["query_string"]
        if not raw:
            return []
        try:
            return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_QUERY_FIELDS)
        except ValueError as error:
            raise UnreadableRequest("Cannot parse request") from error

    async def body(self) -> bytes:
        """The whole body, as often as asked. Raises BodyTooLarge beyond the configured limit, UnsupportedMediaType for
        a compressed one, ClientGone when it never ends."""
        if self._body is None:
            self._body = await self._read_body()
        return self._body

    async def _read_body(self) -> bytes:
        if self._headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedMediaType  # RFC 9110 section 8.4: a small body may unpack to an endless one
        declared = self._headers.get(b"content-length", b"0").lstrip(b"0")[:_MOST_LENGTH_DIGITS]
        if declared.isdigit() and int(declared) > self._max_body_bytes:
            raise BodyTooLarge
        parts: list[bytes] = []
        size = 0
        while True:
            event: Any = await self._receive()
            if event["type"] == "http.disconnect":
                raise ClientGone
            part = event.get("body", b"")
            size += len(part)
            if size > self._max_body_bytes:
                raise BodyTooLarge
            parts.append(part)
            if not event.get("more_body", False):
                return b"".join(parts) if len(parts) > 1 else part

    def base_url(self, public_url: str | None) -> str:
        """Where this client reaches us: the configured address, else the Host it named, else our own."""
        if public_url is not None:
            return public_url
        server = self.scope.get("server") or ("localhost", None)
        return _base_url(self.scope.get("scheme", "http"), self._headers.get(b"host", b""), server[0], server[1])


@lru_cache(maxsize=256)
def _base_url(scheme: str, host: bytes, server_host: str, server_port: int | None) -> str:
    named = host.decode("latin-1")
    # A Host with anything else in it would put foreign text into every uri of the answer.
    if _HOST.fullmatch(named):
        return f"{scheme}://{named}"
    bracketed = f"[{server_host}]" if ":" in server_host else server_host
    return f"{scheme}://{bracketed}" + (f":{server_port}" if server_port else "")
