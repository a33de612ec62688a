"""Generated requests against the descriptions of the API: no 5xx, nothing undocumented, envelope always.

Our own description, and RingCentral's of the paths that we serve, where the reference directory lies beside this
repository or RINGOUT_REFERENCE names it. Only the call engine is a fake: HTTP goes through a real server on loopback.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import schemathesis
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

from fakes.description import read_description
from fakes.served import Served
from fakes.web import CLIENT, CONFIG, JWT_GRANT, PHONE, WebWorld, make_world
from ringout.config import DeviceConfig
from ringout.web import openapi, routes, schemas

# All that this tool has but two: what fits the types may still be no phone number (positive_data_acceptance), and what
# does not may still be read, as unknown fields are (negative_data_rejection).
CHECKS = [
    not_a_server_error,
    status_code_conformance,
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
WORLDS_EVERY = 12  # requests of an operation change things: so often everything is as at the start
# One user is an administrator, and the application may do everything that some operation needs.
BACK = "https://app.example/back"
SCOPES = (
    "RingOut",
    "EditAccounts",
    "EditExtensions",
    "EditPresence",
    "ReadCallLog",
    "VoipCalling",
    "WebSocket",
    "openid",
)
_DESK = DeviceConfig("desk", "a-very-long-password")
_USER, *_OTHERS = CONFIG.account.extensions
EVERYTHING = replace(
    CONFIG,
    account=replace(CONFIG.account, extensions=(replace(_USER, devices=(_DESK,)), *_OTHERS)),
    clients=(replace(CONFIG.clients[0], scopes=SCOPES, redirect_uris=(BACK,)), *CONFIG.clients[1:]),
)
ASKED = {"client_id": CLIENT, "redirect_uri": BACK, "response_type": "code"}


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def own() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(schemas.encode(openapi.make(routes.RESOURCES)))
    return document


def reference() -> dict[str, Any] | None:
    document = read_description()
    if document is None:
        return None
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
PHASES = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
OWN = schemathesis.openapi.from_dict(own(), config=PHASES)
REFERENCE = schemathesis.openapi.from_dict(reference() or own(), config=PHASES)


class Running(Served):
    """The API."""

    async def begin(self) -> None:
        self.world: WebWorld = await make_world(EVERYTHING)
        await self.world.accounts.change_extension(self.world.user.id, lambda user: replace(user, admin=True))
        placed = (await self.world.place()).json
        ended = (await self.world.place()).json
        self.world.end(ended["id"])
        self.jwt = await self.world.tokens.jwts.issue(self.world.user.id, "generated")
        self.ids = {
            "accountId": "~",
            "extensionId": "~",
            "forwardingNumberId": await self._first_id(f"{self.world.home}/forwarding-number"),
            "ruleId": "business-hours-rule",
            "callRecordId": await self._first_id(f"{self.world.home}/call-log"),
            "deviceId": await self._first_id(f"{self.world.home}/device"),
            "phoneNumberId": await self._first_id(f"{self.world.home}/phone-number"),
            "countryId": await self._first_id("/restapi/v1.0/dictionary/country"),
            "timezoneId": await self._first_id("/restapi/v1.0/dictionary/timezone"),
            "languageId": await self._first_id("/restapi/v1.0/dictionary/language"),
        }
        self.ring_outs = {"ringout": placed["id"], "ring-out": placed["telephonySessionId"]}
        self.app = self._without_waiting

    async def _without_waiting(self, scope: Any, receive: Any, send: Any) -> None:
        """As the application answers; but streams end with what there is to tell at once."""

        async def send_and_end(event: Any) -> None:
            await send(event)
            if event.get("more_body"):
                self.world.end_streams()

        await self.world.app(scope, receive, send_and_end)

    async def _first_id(self, collection: str) -> str:
        return str((await self.world.ask("GET", collection)).json["records"][0]["id"])


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    server = Running()
    yield server
    server.stop()


@dataclass
class Course:
    """The requests of one operation so far. statuses: of their answers."""

    turns: Iterator[int] = field(default_factory=itertools.count)
    statuses: set[int] = field(default_factory=set)


def lead_deeper(case: Any, running: Running, turn: int) -> dict[str, str]:
    """Random ids and passwords only ever reach the first check. Of four requests of an operation the first has
    everything that it needs to succeed, two have good ids and a good token, and the last what was generated. Gives the
    headers to send."""
    if turn % WORLDS_EVERY == 0:
        running.begin_anew()
    if turn % 4 == 3:
        return {"Authorization": f"Bearer {running.world.bearer}"} if turn % 8 == 3 else {}
    if case.path == "/restapi/oauth/token" and isinstance(case.body, dict):
        case.body |= {"client_id": "public", "grant_type": JWT_GRANT, "assertion": running.jwt}
        return {}
    if case.path == "/restapi/oauth/revoke":
        case.body = {"client_id": "public", "token": "x"}
        return {}
    for parameter in case.path_parameters:
        if parameter == "ringoutId" and turn % 4 != 2:
            twin = case.path.partition("/{ringoutId}")[0].rpartition("/")[2]
            case.path_parameters[parameter] = running.ring_outs[twin]
        elif parameter in ("accountId", "extensionId") or turn % 4 != 2:
            case.path_parameters[parameter] = running.ids.get(parameter, "1")
    if turn % 4 == 0:
        be_good(case, running)
    return {"Authorization": f"Bearer {running.world.bearer}"}


def be_good(case: Any, running: Running) -> None:
    """Nothing that is generated but what the types demand, and what the types alone do not lead to."""
    name = case.operation.definition.raw["operationId"]
    case.query = {"authorize": dict(ASKED), "checkUserPermission": {"permissionId": "ReadUserInfo"}}.get(name, {})
    good_numbers(case.body)
    bodies: dict[str, Any] = {
        "authorize2": ASKED,
        "createSIPRegistration": {"sipInfo": [{"transport": "WSS"}]},
        "createForwardingNumber": {"phoneNumber": "+14155550177", "label": "Cabin"},
        "deleteForwardingNumbers": {"records": [{"forwardingNumberId": running.ids["forwardingNumberId"]}]},
        "updateAnsweringRule": {"forwarding": {"ringingMode": "Simultaneously"}},
        "parseLink": {"link": "tel:+14155550199;ext=12;postd=p34%23"},
    }
    if case.path.endswith("/number-parser/parse") and isinstance(case.body, dict):  # may have been generated empty
        case.body = {"originalStrings": ["+14155550199"]}
    elif name in bodies:
        case.body = dict(bodies[name])
    elif case.path.endswith(("/ringout", "/ring-out")) and isinstance(case.body, dict):
        case.body = {"to": {"phoneNumber": "+14155550199"}, "from": {"phoneNumber": PHONE}}


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


def exercise(case: Any, running: Running, checks: list[Any], course: Course) -> None:
    headers = lead_deeper(case, running, next(course.turns))
    response = case.call(base_url=running.url, headers=headers, timeout=60, allow_redirects=False)
    course.statuses.add(response.status_code)
    case.validate_response(response, checks=checks)
    if response.status_code >= 400 and "html" not in response.headers["content-type"]:
        body = response.json()
        assert body["errorCode"]
        assert body["message"]
        assert body["errors"][0]["errorCode"]
        assert body["errors"][0]["message"]


@pytest.fixture
def course() -> Iterator[Course]:
    """Of every operation at least one request must succeed: those that are all refused prove little."""
    begun = Course()
    yield begun
    assert any(200 <= status < 400 for status in begun.statuses), f"nothing but {sorted(begun.statuses)}"


@REFERENCE.parametrize()
@bounded(12)
def test_the_public_description(case: Any, running: Running, course: Course) -> None:
    exercise(case, running, PUBLIC_CHECKS, course)


@OWN.parametrize()
@bounded(16)
def test_our_own_description(case: Any, running: Running, course: Course) -> None:
    exercise(case, running, CHECKS, course)
