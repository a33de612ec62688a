"""What every operation has in common before it is carried out: who asks, whether they may, and whether too often."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ringout.domain.account import Principal
from ringout.domain.errors import TokenInvalid
from ringout.web.api import Api, Group, Operation, Resource
from ringout.web.errors import MethodNotAllowed
from ringout.web.message import Answer, Request
from ringout.web.rate_limits import RateLimit
from ringout.web.security import authenticate, authorize

# The fields of a login that tell whose it is, by the grant. Others do not count: who varied them would have no limit.
_WHOSE = {
    "password": ("username", "extension"),
    "urn:ietf:params:oauth:grant-type:jwt-bearer": ("assertion",),
    "refresh_token": ("refresh_token",),
    "authorization_code": ("code",),
}
_MOST_FIELDS = 50  # of a login


class Endpoint:
    """One resource. Authenticates, authorises, counts, and then lets the operation answer."""

    def __init__(self, resource: Resource, api: Api, limits: Mapping[Group, RateLimit]) -> None:
        self._methods: dict[str, tuple[Operation, RateLimit | None]] = {
            method: (operation, limits.get(operation.group) if operation.group else None)
            for method, operation in resource.methods.items()
        }
        if "GET" in self._methods:
            self._methods["HEAD"] = self._methods["GET"]  # RFC 9110 section 9.3.2; the server below drops the body
        self._allow = tuple(self._methods)
        self._api = api

    async def answer(self, request: Request) -> Answer:
        """Raises any RingOutError."""
        found = self._methods.get(request.method)
        if found is None:
            raise MethodNotAllowed(self._allow)
        operation, limit = found
        request.is_page = operation.is_page
        if operation.login:
            return await self._act(operation, limit, request)
        if limit is not None:
            request.limit_headers = limit.take(await _stranger(request))
        return await operation.handle(self._api, request)

    async def _act(self, operation: Operation, limit: RateLimit | None, request: Request) -> Answer:
        """For the user of the request, who may be logged out or removed while it is on its way."""
        principal = request.principal = self._asker(operation, request)
        if limit is not None:
            request.limit_headers = limit.take((principal.extension_id, principal.client_id))
        if operation.body is not None:
            await request.body()  # may take half a minute: what was true before counts no more
            request.principal = self._asker(operation, request)
        try:
            return await operation.handle(self._api, request)
        except KeyError as error:  # of the directory: service.accounts
            if self._api.services.tokens.is_anybody(request.principal):
                raise
            raise TokenInvalid from error

    def _asker(self, operation: Operation, request: Request) -> Principal:
        principal = authenticate(request, self._api.services.tokens, in_query=self._api.token_in_query)
        authorize(principal, request, operation.permission)
        return principal


async def _stranger(request: Request) -> bytes:
    """Whose login this is, before anybody has checked it: the application, the user or what stands for the user, and
    the address. Not the address alone: a whole office, or an application's server, shares one. Not without it: any
    stranger who knows a user's name could keep the user out."""
    given = dict(request.query_fields())
    if request.media_type == "application/x-www-form-urlencoded":
        body = (await request.body()).decode("latin-1")
        if body.count("&") < _MOST_FIELDS:  # more are refused later; reading 20,000 of them stops the loop for long
            given.update(parse_qsl(body))
    application = request.header(b"authorization") or given.get("client_id", "")
    names = _WHOSE.get(given.get("grant_type", ""), ())
    told = (application, *(given.get(name, "") for name in names), request.address)
    return hashlib.sha256("\n".join(told).encode()).digest()
