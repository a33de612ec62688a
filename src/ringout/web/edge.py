"""What surrounds every request: its id, CORS, trailing slashes, tunnelled methods, and the wording of every error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from ringout import logs
from ringout.domain.errors import RingOutError, Unavailable
from ringout.service.ports import IdSource
from ringout.web import problems
from ringout.web.errors import MethodNotAllowed, UnreadableRequest
from ringout.web.message import Answer, Request

_CORS = (
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-expose-headers", b"RCRequestId, Retry-After, WWW-Authenticate"),
    (b"vary", b"Origin"),
)
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-max-age", b"600"),
)
_ALLOWED_HEADERS = b"Authorization, Content-Type, Accept, Client-Id, X-User-Agent, RC-User-Agent, Discovery-Tag"
_TUNNELLED = ("GET", "PUT", "PATCH", "DELETE")
_LONGEST_ORIGIN = 300
_NO_DISK = Unavailable("The server cannot reach its data.", 5)

log = logs.get("web")


class Edge:
    """The outermost ASGI application. Whatever happens inside, the client gets a whole answer in the envelope."""

    def __init__(self, inner: ASGIApp, ids: IdSource) -> None:
        self._inner = inner
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request_id = f"{self._ids.number(96):024x}"
        origin = _origin(scope["headers"])
        common = [(b"rcrequestid", request_id.encode()), *_cors(origin)]

        async def send_with_common(event: Any) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event["headers"], *common]
            await send(event)

        try:
            if scope["method"] == "OPTIONS" and origin and _has(scope["headers"], b"access-control-request-method"):
                headers = (*_PREFLIGHT, (b"access-control-allow-headers", _ALLOWED_HEADERS))
                await send_answer(Answer(204, headers=headers), send_with_common)
                return
            await self._inner(_routable(scope), receive, send_with_common)
        except RingOutError as error:
            await send_answer(problems.answer_error(error), send_with_common)
        except OSError as error:  # of the stores, when the disk refuses: service.ports
            log.error("the disk refuses", request_id=request_id, why=str(error))
            await send_answer(problems.answer_error(_NO_DISK), send_with_common)
        except Exception:
            log.exception("a request failed", request_id=request_id, method=scope["method"], path=scope["path"])
            await send_answer(problems.answer(problems.OUR_FAULT), send_with_common)


async def send_answer(answer: Answer, send: Send) -> None:
    headers = list(answer.headers)
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _routable(scope: Scope) -> Scope:
    """Without the trailing slash that some SDKs add, and with the method that is meant."""
    path, method = scope["path"], scope["method"]
    if method == "POST":
        method = _tunnelled_method(scope)
    if method is scope["method"] and not path.endswith("/"):
        return scope
    return {**scope, "path": path.rstrip("/") or "/", "method": method}


def _tunnelled_method(scope: Scope) -> str:
    """The method that a POST stands for: X-HTTP-Method-Override or ?_method=. Raises UnreadableRequest when the two
    disagree."""
    request = Request(scope, _no_body, 0) if scope["query_string"] else None
    in_query = request.query().get("_method", "").upper() if request else ""
    in_header = next((v.decode("latin-1").upper() for k, v in scope["headers"] if k == b"x-http-method-override"), "")
    if in_query and in_header and in_query != in_header:
        raise UnreadableRequest("The overriding methods contradict each other")
    wanted = in_query or in_header
    if not wanted or wanted == "POST":
        method: str = scope["method"]
        return method
    if wanted not in _TUNNELLED:
        raise MethodNotAllowed(_TUNNELLED)
    return wanted


async def _no_body() -> Any:
    return {"type": "http.disconnect"}


def _origin(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return next((v for k, v in headers if k == b"origin" and len(v) <= _LONGEST_ORIGIN), b"")


def _has(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bool:
    return any(k == name for k, _ in headers)


def _cors(origin: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Any origin may ask: a request is authorised by the token that it carries, and by no cookie."""
    return ((b"access-control-allow-origin", origin), *_CORS) if origin else ()
