"""The administration's own application: other URLs than the public one's, and nothing for browsers."""

from __future__ import annotations

from dataclasses import replace

from ringout.config import Config
from ringout.domain.account import Grant
from ringout.domain.errors import GrantRefused
from ringout.service.administration.parts import Administration
from ringout.service.ports import IdSource
from ringout.web import about, admin, oauth, openapi, schemas
from ringout.web.api import Api, Resource, Services
from ringout.web.asgi import ASGIApp, Receive, Scope, Send
from ringout.web.edge import Edge
from ringout.web.endpoint import Endpoint
from ringout.web.message import Answer, Request
from ringout.web.router import Router

_OF_BROWSERS = frozenset({b"origin", b"access-control-request-method"})


async def _token(api: Api, request: Request) -> Answer:
    """Users log in elsewhere."""
    form = oauth.read_form(await request.body())
    if form.get("grant_type", Grant.CLIENT_CREDENTIALS) != Grant.CLIENT_CREDENTIALS:
        why = "Only client_credentials opens the administration"
        raise GrantRefused("unsupported_grant_type", "CMN-101", why, "grant_type")
    return await oauth.token(api, request)


# Without the rate limit of users' logins: each command of the command line is a login of its own.
TOKEN = replace(
    oauth.TOKEN,
    name="getAdminToken",
    handle=_token,
    summary="Logs a client of the administration in: grant client_credentials.",
    group=None,
)


def admin_resources(administration: Administration) -> tuple[Resource, ...]:
    """The whole URL table of this application."""
    return (
        *admin.resources(administration),
        Resource("/restapi/oauth/token", {"POST": TOKEN}),
        Resource("/restapi/oauth/revoke", {"POST": oauth.REVOKE}),
        Resource("/healthz", {"GET": about.HEALTH}),
        Resource(f"{admin.PREFIX}/openapi.json", {"GET": openapi.DOCUMENT}),
    )


def make_admin_app(config: Config, services: Services, administration: Administration, ids: IdSource) -> ASGIApp:
    """The ASGI application."""
    resources = admin_resources(administration)
    document = schemas.encode(openapi.make(resources))
    api = Api(services, None, document, Answer(404), token_in_query=False)
    endpoints: Router[Endpoint] = Router()
    for resource in resources:
        endpoints.add(resource.path, Endpoint(resource, api, {}))
    edge = Edge(endpoints, ids, config.http.max_body_bytes)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":  # no page of another origin gets an answer that it could read
            kept = [(name, value) for name, value in scope["headers"] if name not in _OF_BROWSERS]
            scope = {**scope, "headers": kept}
        await edge(scope, receive, send)

    return app
