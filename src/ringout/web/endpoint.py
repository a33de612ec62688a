"""What every operation has in common before it is carried out: who asks, whether they may, and whether too often."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ringout.web.api import Api, Group, Operation, Resource
from ringout.web.errors import MethodNotAllowed
from ringout.web.message import Answer, Request
from ringout.web.rate_limits import RateLimit
from ringout.web.security import authenticate, authorize

# Fields of a login that tell whose it is; the first that is there counts.
_WHOSE = ("username", "assertion", "refresh_token", "code")


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
        api = self._api
        request.is_page = operation.is_page
        if operation.login:
            principal = authenticate(request, api.services.tokens, in_query=api.token_in_query)
            authorize(principal, request, operation.permission)
            request.principal = principal
            if limit is not None:
                request.limit_headers = limit.take((principal.extension_id, principal.client_id))
        elif limit is not None:
            request.limit_headers = limit.take(await _stranger(request))
        return await operation.handle(api, request)


async def _stranger(request: Request) -> bytes:
    """Whose login this is, before anybody has checked it: the application, and the user or what stands for the user;
    else the address. Not the address alone: a whole office, or an application's server, shares one."""
    given = dict(request.query_fields())
    if request.media_type == "application/x-www-form-urlencoded":
        given.update(parse_qsl((await request.body()).decode("latin-1")))
    application = request.header(b"authorization") or given.get("client_id", "")
    client = request.scope.get("client")
    whose = next((given[name] for name in _WHOSE if given.get(name)), None) or (client[0] if client else "")
    return hashlib.sha256(f"{application}\n{whose}\n{given.get('extension', '')}".encode()).digest()
