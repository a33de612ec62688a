"""The whole URL table on one page, and the application that serves it."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from ringout.config import Config
from ringout.service.ports import IdSource
from ringout.web import about, oauth, openapi, ring_outs, schemas
from ringout.web.api import Api, Resource, Services
from ringout.web.edge import Edge, send_answer
from ringout.web.errors import MethodNotAllowed, UnknownPath
from ringout.web.message import Request
from ringout.web.security import authenticate, authorize

_V1 = "/restapi/v1.0"
_EXTENSION = f"{_V1}/account/{{accountId}}/extension/{{extensionId}}"

RESOURCES = (
    Resource(f"{_EXTENSION}/ringout/{{ringoutId}}", ring_outs.NUMBER_MEMBER),
    Resource(f"{_EXTENSION}/ringout", ring_outs.NUMBER_COLLECTION),
    Resource(f"{_EXTENSION}/ring-out/{{ringoutId}}", ring_outs.TEXT_MEMBER),
    Resource(f"{_EXTENSION}/ring-out", ring_outs.TEXT_COLLECTION),
    Resource("/restapi/oauth/token", {"POST": oauth.TOKEN}),
    Resource("/restapi/oauth/revoke", {"POST": oauth.REVOKE}),
    Resource("/restapi", {"GET": about.VERSIONS}),
    Resource(_V1, {"GET": about.VERSION}),
    Resource("/healthz", {"GET": about.HEALTH}),
    Resource("/openapi.json", {"GET": openapi.DOCUMENT}),
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
        api = self._api
        request = Request(scope, receive, self._max_body_bytes)
        if operation.login:
            principal = authenticate(request, api.services.tokens, in_query=api.token_in_query)
            authorize(principal, request, operation.permission)
            request.principal = principal
        await send_answer(await operation.handle(api, request), send)


def make_app(config: Config, services: Services, ids: IdSource) -> ASGIApp:
    """The ASGI application."""
    public_url = config.http.public_url.rstrip("/") if config.http.public_url else None
    document = schemas.encode(openapi.make(RESOURCES))
    api = Api(services, public_url, document, config.http.token_in_query)
    routes: list[BaseRoute] = [
        Route(resource.path, Endpoint(resource, api, config.http.max_body_bytes)) for resource in RESOURCES
    ]
    return Edge(Router(routes, redirect_slashes=False, default=_unknown), ids)


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    raise UnknownPath
