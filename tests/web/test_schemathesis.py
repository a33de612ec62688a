"""Generated requests against the public description of the API: no 5xx, nothing undocumented, envelope always.

The description is RingCentral's, where the reference directory lies beside this repository or RINGOUT_REFERENCE names
it, and our own in any case. Only the call engine is a fake: HTTP goes through a real server on loopback.
"""

import asyncio
import itertools
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
import yaml
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from fakes.web import JWT_GRANT, WebWorld, make_world
from ringout.web import openapi, routes, schemas

OPERATIONS = ("/oauth/token", "/ringout", "/ring-out", "/{ringoutId}")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def own() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(schemas.encode(openapi.make(routes.RESOURCES)))
    return document


def reference() -> dict[str, Any] | None:
    beside = Path(__file__).resolve().parents[3] / "shared" / "reference"
    file = Path(os.environ.get("RINGOUT_REFERENCE", beside)) / "openapi" / "rc-ringout.yml"
    if not file.is_file():
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(file.read_text(), loader)
    document["paths"] = {path: item for path, item in document["paths"].items() if path.endswith(OPERATIONS)}
    return document


OWN = schemathesis.openapi.from_dict(own())
REFERENCE = schemathesis.openapi.from_dict(reference() or own())


class Running:
    """The API on a free port of loopback, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self.turns = itertools.count()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._started.wait(20)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.world: WebWorld = await make_world()
        self.placed = (await self.world.place()).json
        self.jwt = await self.world.tokens.issue_jwt(self.world.user.id, "generated")
        config = uvicorn.Config(self.world.app, port=0, lifespan="off", log_config=None, access_log=False, ws="none")
        self._server = uvicorn.Server(config)
        serving = asyncio.get_running_loop().create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  uvicorn offers no event for it
            await asyncio.sleep(0.005)
        host, port = self._server.servers[0].sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        self._started.set()
        await serving

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    server = Running()
    yield server
    server.stop()


def lead_deeper(case: Any, running: Running) -> dict[str, str]:
    """Random ids and passwords only ever reach the first check: three of four requests get good ones. Gives the
    headers to send."""
    turn = next(running.turns)
    if turn % 4 == 0:
        return {"Authorization": f"Bearer {running.world.bearer}"} if turn % 8 else {}
    if "token" in case.path:
        if isinstance(case.body, dict):
            case.body |= {"client_id": "public", "grant_type": JWT_GRANT, "assertion": running.jwt}
        return {}
    case.path_parameters |= {"accountId": "~", "extensionId": "~"}
    if turn % 4 == 1 and "ringoutId" in case.path_parameters:
        name = "telephonySessionId" if "/ring-out/" in case.path else "id"
        case.path_parameters["ringoutId"] = running.placed[name]
    if turn % 4 == 1 and isinstance(case.body, dict) and isinstance(case.body.get("to"), dict):
        case.body["to"]["phoneNumber"] = "+14155550199"
    return {"Authorization": f"Bearer {running.world.bearer}"}


def exercise(case: Any, running: Running) -> None:
    response = case.call(base_url=running.url, headers=lead_deeper(case, running), timeout=10)
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        body = response.json()
        assert body["errorCode"]
        assert body["message"]
        assert body["errors"][0]["errorCode"]
        assert body["errors"][0]["message"]


@REFERENCE.parametrize()
@BOUNDED
def test_the_public_description(case: Any, running: Running) -> None:
    exercise(case, running)


@OWN.parametrize()
@BOUNDED
def test_our_own_description(case: Any, running: Running) -> None:
    exercise(case, running)
