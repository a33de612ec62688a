"""What surrounds every request: its id, CORS, trailing slashes, tunnelled methods, and the wording of every error."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache

from ringout import logs
from ringout.domain.errors import RingOutError, Unavailable
from ringout.service.ports import IdSource
from ringout.web import problems, rate_limits
from ringout.web.asgi import Receive, Scope, Send
from ringout.web.endpoint import Endpoint
from ringout.web.errors import MethodNotAllowed, UnknownPath, UnreadableRequest
from ringout.web.message import JSON, Answer, Headers, Pieces, Request
from ringout.web.router import Router
from ringout.web.texts import ENGLISH, choose_language

_EXPOSED = ("RCRequestId", "Retry-After", "WWW-Authenticate", "Content-Language", *rate_limits.NAMES)
_READABLE = (
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-expose-headers", ", ".join(_EXPOSED).encode()),
    (b"vary", b"Origin"),
)
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-max-age", b"600"),
)
_ALLOWED_HEADERS = (
    "Authorization, Content-Type, Accept, Accept-Language, Client-Id, X-User-Agent, RC-User-Agent, Discovery-Tag, "
    "Last-Event-ID, X-HTTP-Method-Override"
)
_HEADER_NAMES = re.compile(r"[\w\-]+(?:\s*,\s*[\w\-]+)*", re.ASCII)
_LONGEST_ORIGIN = 300
_LONGEST_HEADER_NAMES = 1000
_TUNNELLED = ("GET", "PUT", "PATCH", "DELETE")
_IN_ENGLISH = (b"content-language", ENGLISH.encode())
_NO_DISK = Unavailable("The server cannot reach its data.", 5)

log = logs.get("web")


class Edge:
    """The ASGI application. Whatever happens inside, the client gets a whole answer in the envelope."""

    def __init__(self, endpoints: Router[Endpoint], ids: IdSource, max_body_bytes: int) -> None:
        self._endpoints = endpoints
        self._ids = ids
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        request = Request(scope, receive, self._max_body_bytes)
        request_id = f"{self._ids.number(96):024x}"
        answer = await self._answer(request, request_id)
        headers = [*answer.headers, *request.limit_headers, (b"rcrequestid", request_id.encode())]
        origin = request.header(b"origin")
        if origin and not request.is_page:
            headers += _cors(origin)
        if answer.pieces is not None:
            await _stream(answer.status, headers, answer.pieces, receive, send)
            return
        if answer.status not in (204, 304):  # RFC 9110 section 8.6
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, request: Request, request_id: str) -> Answer:
        try:
            if request.method == "OPTIONS" and request.header(b"access-control-request-method"):
                return _preflight(request)
            answer = await self._route(request).answer(request)
        except RingOutError as error:
            return problems.answer_error(error, _language(request))
        except OSError as error:  # of the stores, when the disk refuses: service.ports
            log.error("the disk refuses", request_id=request_id, why=str(error))
            return problems.answer_error(_NO_DISK, _language(request))
        except Exception:
            log.exception("a request failed", request_id=request_id, method=request.method, path=request.scope["path"])
            return problems.answer(problems.OUR_FAULT, _language(request))
        if JSON in answer.headers:
            return Answer(answer.status, answer.body, (*answer.headers, _IN_ENGLISH))
        return answer

    def _route(self, request: Request) -> Endpoint:
        """Raises UnknownPath, MethodNotAllowed or UnreadableRequest."""
        scope = request.scope
        raw_path: bytes = scope["raw_path"]
        path = raw_path.decode("latin-1")
        if path.endswith("/"):  # some SDKs add one
            path = path.rstrip("/") or path
        found = self._endpoints.find(path)
        if found is None:
            raise UnknownPath
        endpoint, request.path_params = found
        if request.method == "POST":
            request.method = _tunnelled_method(request)
        return endpoint


async def _stream(
    status: int, headers: list[tuple[bytes, bytes]], pieces: Pieces, receive: Receive, send: Send
) -> None:
    """A piece is asked for when the one before it is on its way: a client that reads slowly is waited for here."""
    try:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_close_when_gone(pieces, receive))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            while (piece := await pieces.next()) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            watching.cancel()
        await send({"type": "http.response.body", "body": b""})
    finally:
        pieces.close()


async def _close_when_gone(pieces: Pieces, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # a body, which nobody asked for
    pieces.close()


def _tunnelled_method(request: Request) -> str:
    """The method that a POST stands for: X-HTTP-Method-Override or ?_method=. Raises UnreadableRequest when the two
    disagree."""
    in_query = request.query().get("_method", "").upper()
    in_header = request.header(b"x-http-method-override").upper()
    if in_query and in_header and in_query != in_header:
        raise UnreadableRequest("The overriding methods contradict each other")
    wanted = in_query or in_header
    if wanted in ("", "POST"):
        return "POST"
    if wanted not in _TUNNELLED:
        raise MethodNotAllowed(_TUNNELLED)
    return wanted


def _language(request: Request) -> str:
    return choose_language(request.header(b"accept-language"))


def _preflight(request: Request) -> Answer:
    """Whatever the browser asks for is allowed: see _cors."""
    allowed = _ALLOWED_HEADERS
    asked = request.header(b"access-control-request-headers").strip()
    if len(asked) <= _LONGEST_HEADER_NAMES and _HEADER_NAMES.fullmatch(asked):
        allowed = f"{allowed}, {asked}"
    return Answer(204, headers=(*_PREFLIGHT, (b"access-control-allow-headers", allowed.encode())))


@lru_cache(256)
def _cors(origin: str) -> Headers:
    """Any origin may ask: a request is authorised by the token that it carries, and by no cookie."""
    if len(origin) > _LONGEST_ORIGIN:
        return ()
    return ((b"access-control-allow-origin", origin.encode("latin-1")), *_READABLE)
