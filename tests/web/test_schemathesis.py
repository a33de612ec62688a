"""Generated requests against the descriptions of the API: no 5xx, nothing undocumented, envelope always.

Our own description, and RingCentral's of the paths that we serve, where the reference directory lies beside this
repository or RINGOUT_REFERENCE names it. Only the call engine is a fake: HTTP goes through a real server on loopback.
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
    allow_header_conformance,
    content_type_conformance,
    ensure_resource_availability,
    ignored_auth,
    missing_required_header,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
    use_after_free,
)

from fakes.web import JWT_GRANT, PHONE, WebWorld, make_world
from ringout.web import openapi, routes, schemas

# All that this tool has but two: what fits the types may still be no phone number (positive_data_acceptance), and what
# does not may still be read, as unknown fields are (negative_data_rejection).
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
    ensure_resource_availability,
    ignored_auth,
    missing_required_header,
    use_after_free,
]
# RingCentral's description forgets statuses.
PUBLIC_CHECKS = [not_a_server_error, response_schema_conformance]
WORLDS_EVERY = 12  # requests change things: so often everything is as at the start


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
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
    served = {resource.path: resource.methods for resource in routes.RESOURCES}
    document["paths"] = {
        path: {method: operation for method, operation in item.items() if method.upper() in served[path]}
        for path, item in document["paths"].items()
        if path in served
    }
    # What we answer otherwise on purpose: see openapi_differences.toml, and lists that have more than 1,000 pages.
    named = document["components"]["schemas"]
    named["CallingStatusInfo"]["enum"].append("NoSuchUser")
    ways = named["OpenIdDiscovery"]["properties"]["token_endpoint_auth_methods_supported"]["items"]["enum"]
    ways += ["client_secret_post", "none"]
    del named["EnumeratedPagingModel"]["properties"]["page"]["maximum"]
    return document


# Its systematic examples take longer to make, in every process, than all tests to run; test_edge.py has their sort.
CONFIG = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
OWN = schemathesis.openapi.from_dict(own(), config=CONFIG)
REFERENCE = schemathesis.openapi.from_dict(reference() or own(), config=CONFIG)


class Running:
    """The API on a free port of loopback, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self.turns = itertools.count()
        self.url = ""
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._started.wait(60)
        assert self.url, "the server did not start: see the thread's exception"

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve())
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._begin()
        config = uvicorn.Config(
            self._app, port=0, interface="asgi3", lifespan="off", log_config=None, access_log=False, ws="none"
        )
        self._server = uvicorn.Server(config)
        serving = asyncio.get_running_loop().create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  uvicorn offers no event for it
            await asyncio.sleep(0.005)
        host, port = self._server.servers[0].sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        self._started.set()
        await serving

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await self.world.app(scope, receive, send)

    async def _begin(self) -> None:
        self.world: WebWorld = await make_world()
        placed = (await self.world.place()).json
        ended = (await self.world.place()).json
        self.world.end(ended["id"])
        self.jwt = await self.world.tokens.issue_jwt(self.world.user.id, "generated")
        self.ids = {
            "accountId": "~",
            "extensionId": "~",
            "forwardingNumberId": await self._first_id(f"{self.world.home}/forwarding-number"),
            "callRecordId": await self._first_id(f"{self.world.home}/call-log"),
            "phoneNumberId": await self._first_id(f"{self.world.home}/phone-number"),
            "countryId": await self._first_id("/restapi/v1.0/dictionary/country"),
            "timezoneId": await self._first_id("/restapi/v1.0/dictionary/timezone"),
            "languageId": await self._first_id("/restapi/v1.0/dictionary/language"),
        }
        self.ring_outs = {"ringout": placed["id"], "ring-out": placed["telephonySessionId"]}

    async def _first_id(self, collection: str) -> str:
        return str((await self.world.ask("GET", collection)).json["records"][0]["id"])

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


def lead_deeper(case: Any, running: Running) -> dict[str, str]:
    """Random ids and passwords only ever reach the first check: three of four requests get good ones. Gives the
    headers to send."""
    turn = next(running.turns)
    if turn % WORLDS_EVERY == WORLDS_EVERY - 1:
        running.begin_anew()
    if turn % 4 == 0:
        return {"Authorization": f"Bearer {running.world.bearer}"} if turn % 8 else {}
    if "/oauth/token" in case.path and isinstance(case.body, dict):
        case.body |= {"client_id": "public", "grant_type": JWT_GRANT, "assertion": running.jwt}
        return {}
    for name in case.path_parameters:
        if name == "ringoutId" and turn % 4 != 3:
            case.path_parameters[name] = running.ring_outs[case.path.split("/")[-2]]
        elif name in ("accountId", "extensionId") or turn % 4 != 3:
            case.path_parameters[name] = running.ids.get(name, "1")
    if turn % 4 == 1:
        good_numbers(case.body)
        if case.path.endswith(("/ringout", "/ring-out")) and isinstance(case.body, dict):
            kept = {
                name: value for name, value in case.body.items() if name not in ("callerId", "playPrompt", "country")
            }
            case.body = {**kept, "to": {"phoneNumber": "+14155550199"}, "from": {"phoneNumber": PHONE}}
    return {"Authorization": f"Bearer {running.world.bearer}"}


def good_numbers(body: Any) -> None:
    """Numbers that can be dialled in the place of random text, wherever a body has some."""
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        if name == "phoneNumber" and isinstance(value, str):
            body[name] = "+14155550199"
        elif name == "from" and isinstance(value, dict):
            body[name] = {"phoneNumber": PHONE}
        elif name == "originalStrings":
            body[name] = ["+14155550199", "16502223366*101", "911"]
        elif name == "callerId" and isinstance(value, dict) and "phoneNumber" in value:
            body[name] = {}
        else:
            good_numbers(value)


def exercise(case: Any, running: Running, checks: list[Any]) -> None:
    headers = lead_deeper(case, running)
    response = case.call(base_url=running.url, headers=headers, timeout=10, allow_redirects=False)
    case.validate_response(response, checks=checks)
    if response.status_code >= 400 and "html" not in response.headers["content-type"]:
        body = response.json()
        assert body["errorCode"]
        assert body["message"]
        assert body["errors"][0]["errorCode"]
        assert body["errors"][0]["message"]


@REFERENCE.parametrize()
@bounded(12)
def test_the_public_description(case: Any, running: Running) -> None:
    exercise(case, running, PUBLIC_CHECKS)


@OWN.parametrize()
@bounded(16)
def test_our_own_description(case: Any, running: Running) -> None:
    exercise(case, running, CHECKS)
