"""Generated requests against the administration's own description: no 5xx, nothing undocumented, envelope always."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fakes.passwords import QuickPasswords
from fakes.served import Served
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
    "prefix": "+1900", "jwt": "x", "device": "desk",
}  # fmt: skip
GOOD_FIELDS = {
    "mainNumber": "+16505550177", "number": "+16505550178", "phoneNumber": "+16505550179", "country": "us",
    "language": "en", "extension": "7", "email": "a@b.example", "timezone": "Europe/Paris", "user": "101",
    "prefixes": ["+44"], "ringOut": "main", "units": 5, "scopes": ["RingOut"], "redirectUris": ["https://a.example/"],
    "days": 1, "client": "", "account": "", "clientId": "fresh", "password": "a good password", "type": "Mobile",
}  # fmt: skip

SCHEMA = schemathesis.openapi.from_dict(openapi.make(admin.resources(None)))  # type: ignore[arg-type]


class Running(Served):
    """The administration."""

    def __init__(self) -> None:
        self.turns = itertools.count()
        super().__init__()

    async def begin(self) -> None:
        world = await make_world(passwords=QuickPasswords())
        administration = world.administration
        assert administration is not None
        assert world.services is not None
        made = await create_client(administration, {}, AdminClientCreation(admin=True))
        await create_client(administration, {}, AdminClientCreation(client_id="spare", public=True))
        client = administration.client({"client": made.client_id})
        issued = await world.tokens.open_session(client, None, (scopes.ADMIN,), Lifetimes(), "")
        self.bearer = issued.access_token
        self.app = make_admin_app(CONFIG, world.services, administration, administration.ids)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    server = Running()
    yield server
    server.stop()


@SCHEMA.parametrize()
@settings(
    max_examples=15,
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
    response = case.call(base_url=running.url, headers=headers, timeout=60)
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        body = response.json()
        assert body["errorCode"]
        assert body["errors"][0]["message"]
