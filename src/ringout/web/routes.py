"""The whole URL table on one page, and the application that serves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from ringout.config import Config
from ringout.service.grants import Grants
from ringout.service.ports import IdSource
from ringout.service.ringouts import RingOuts
from ringout.service.tokens import Tokens
from ringout.web import about, oauth, openapi, ring_outs, schemas
from ringout.web.api import Api, Operation, Resource
from ringout.web.edge import Edge, send_answer
from ringout.web.errors import MethodNotAllowed, UnknownPath
from ringout.web.message import Request
from ringout.web.ring_outs import NUMBER, PERMISSION, TEXT, Twin

_EXTENSION = "/restapi/v1.0/account/{accountId}/extension/{extensionId}"
_EVERYWHERE = (401, 403, 404, 405)


def _collection(twin: Twin, suffix: str, body: type) -> Resource:
    make = Operation(
        f"createRingOutCall{suffix}",
        partial(ring_outs.create, twin),
        "Rings `from`, then `to`, and joins the two. Answers as soon as the RingOut is stored; waits for no phone.",
        answer=body,
        body=schemas.MakeRingOutRequest,
        refusals=(400, *_EVERYWHERE, 413, 415, 503),
        permission=PERMISSION,
    )
    return Resource(f"{_EXTENSION}/{twin.segment}", {"POST": make})


def _member(twin: Twin, suffix: str, body: type) -> Resource:
    read = Operation(
        f"readRingOutCallStatus{suffix}",
        partial(ring_outs.get, twin),
        "How the call stands now. Readable for a while after its end, then 404.",
        answer=body,
        refusals=(400, *_EVERYWHERE, 503),
        permission=PERMISSION,
    )
    delete = Operation(
        f"deleteRingOutCall{suffix}",
        partial(ring_outs.cancel, twin),
        "Takes both phones down, ringing or talking. 404 when the RingOut has ended.",
        status=204,
        refusals=(400, *_EVERYWHERE, 503),
        permission=PERMISSION,
    )
    return Resource(f"{_EXTENSION}/{twin.segment}/{{ringoutId}}", {"GET": read, "DELETE": delete})


_TOKEN = Operation(
    "getToken",
    oauth.token,
    "Logs in: grants urn:ietf:params:oauth:grant-type:jwt-bearer (assertion), password (username, extension, "
    "password) and refresh_token. The client shows itself by HTTP Basic or in the form.",
    answer=schemas.TokenInfo,
    body=schemas.TokenForm,
    media_type="application/x-www-form-urlencoded",
    refusals=(400, 401, 405, 413, 415, 503),
)
_REVOKE = Operation(
    "revokeToken",
    oauth.revoke,
    "Logs out: ends the session that the token, access or refresh, belongs to. 200 also for a token nobody knows.",
    answer=schemas.Nothing,
    body=schemas.RevokeForm,
    media_type="application/x-www-form-urlencoded",
    refusals=(400, 401, 405, 413, 415, 503),
)
_VERSIONS = Operation(
    "readAPIVersions", about.versions, "The versions of the API.", schemas.ApiVersions, refusals=(405,)
)
_VERSION = Operation("readAPIVersion", about.version, "This version of the API.", schemas.ApiVersion, refusals=(405,))
_HEALTH = Operation(
    "readHealth", about.health, "Whether new calls are taken: 503 while draining.", schemas.Health, refusals=(405,)
)
_OPENAPI = Operation("readOpenApi", openapi.document, "This description.", dict, refusals=(405,))

RESOURCES = (
    _member(NUMBER, "Deprecated", schemas.RingOutWithNumber),
    _collection(NUMBER, "Deprecated", schemas.RingOutWithNumber),
    _member(TEXT, "", schemas.RingOutWithText),
    _collection(TEXT, "", schemas.RingOutWithText),
    Resource("/restapi/oauth/token", {"POST": _TOKEN}),
    Resource("/restapi/oauth/revoke", {"POST": _REVOKE}),
    Resource("/restapi", {"GET": _VERSIONS}),
    Resource("/restapi/v1.0", {"GET": _VERSION}),
    Resource("/healthz", {"GET": _HEALTH}),
    Resource("/openapi.json", {"GET": _OPENAPI}),
)


class Endpoint:
    """One resource as an ASGI application of its own."""

    def __init__(self, resource: Resource, api: Api, max_body_bytes: int) -> None:
        self._methods = dict(resource.methods)
        if "GET" in self._methods:
            self._methods["HEAD"] = self._methods["GET"]  # RFC 9110 section 9.3.2; the server below drops the body
        self._allow = tuple(self._methods)
        self._api = api
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._methods.get(scope["method"])
        if operation is None:
            raise MethodNotAllowed(self._allow)
        request = Request(scope, receive, self._max_body_bytes)
        await send_answer(await operation.handle(self._api, request), send)


def make_app(
    *,
    config: Config,
    ring_outs: RingOuts,
    tokens: Tokens,
    grants: Grants,
    ids: IdSource,
    live: Callable[[], int],
    draining: Callable[[], bool],
) -> ASGIApp:
    """The ASGI application. live: RingOuts running now; draining: whether new ones are refused."""
    public_url = config.http.public_url.rstrip("/") if config.http.public_url else None
    document = schemas.encode(openapi.make(RESOURCES))
    api = Api(ring_outs, tokens, grants, public_url, live, draining, document)
    routes: list[BaseRoute] = [
        Route(resource.path, Endpoint(resource, api, config.http.max_body_bytes)) for resource in RESOURCES
    ]
    return Edge(Router(routes, redirect_slashes=False, default=_unknown), ids)


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    raise UnknownPath
