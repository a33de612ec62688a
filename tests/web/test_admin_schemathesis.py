"""Generated requests against the administration's own description: no 5xx, nothing undocumented, envelope always."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fakes.web import CONFIG, make_world
from ringout.domain import scopes
from ringout.service.administration.clients import AdminClientCreation, create_client
from ringout.service.tokens import Lifetimes
from ringout.web import admin, openapi
from ringout.web.admin_routes import make_admin_app

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
WORLDS_EVERY = 40  # requests change things: so often everything is as at the start
GOOD_NAMES = {
    "account": "~", "user": "103", "client": "spare", "number": "+16505550133", "phone": "+16505550111",
    "prefix": "+1900", "jwt": "x",
}  # fmt: skip
GOOD_FIELDS = {
    "mainNumber": "+16505550177", "number": "+16505550178", "phoneNumber": "+16505550179", "country": "us",
    "language": "en", "extension": "7", "email": "a@b.example", "timezone": "Europe/Paris", "user": "101",
    "prefixes": ["+44"], "ringOut": "main", "units": 5, "scopes": ["RingOut"], "redirectUris": ["https://a.example/"],
    "days": 1, "client": "", "account": "", "clientId": "fresh", "password": "a good password", "type": "Mobile",
}  # fmt: skip

SCHEMA = schemathesis.openapi.from_dict(openapi.make(admin.resources(None)))  # type: ignore[arg-type]


class Running:
    """The administration on a free port of loopback, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self.turns = itertools.count()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._started.wait(20)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._begin()
        config = uvicorn.Config(self._app, port=0, lifespan="off", log_config=None, interface="asgi3", ws="none")
        self._server = uvicorn.Server(config)
        serving = asyncio.get_running_loop().create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  uvicorn offers no event for it
            await asyncio.sleep(0.005)
        host, port = self._server.servers[0].sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        self._started.set()
        await serving

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await self._inner(scope, receive, send)

    async def _begin(self) -> None:
        world = await make_world()
        administration = world.administration
        assert administration is not None
        assert world.services is not None
        made = await create_client(administration, {}, AdminClientCreation(admin=True))
        await create_client(administration, {}, AdminClientCreation(client_id="spare", public=True))
        client = administration.client({"client": made.client_id})
        issued = await world.tokens.open_session(client, None, (scopes.ADMIN,), Lifetimes(), "")
        self.bearer = issued.access_token
        self._inner = make_admin_app(CONFIG, world.services, administration, administration.ids)

    def begin_anew(self) -> None:
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(20)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    server = Running()
    yield server
    server.stop()


@SCHEMA.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_administration(case: Any, running: Running) -> None:
    turn = next(running.turns)
    if turn % WORLDS_EVERY == WORLDS_EVERY - 1:
        running.begin_anew()
    if turn % 4:  # random names only ever reach the first check
        case.path_parameters = {name: GOOD_NAMES[name] for name in case.path_parameters or {}}
    if turn % 2 and isinstance(case.body, dict):
        case.body.update({name: GOOD_FIELDS[name] for name in case.body if name in GOOD_FIELDS})
    headers = {"Authorization": f"Bearer {running.bearer}"} if turn % 16 else {}
    response = case.call(base_url=running.url, headers=headers, timeout=10)
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        body = response.json()
        assert body["errorCode"]
        assert body["errors"][0]["message"]
