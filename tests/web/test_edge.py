"""What surrounds every request."""

import json
from typing import Any

import pytest

from fakes.asgi import ask
from fakes.web import WebWorld, make_world

TO = {"to": {"phoneNumber": "+14155550199"}}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


def code(reply: Any) -> tuple[int, str]:
    (only,) = reply.json["errors"]
    return reply.status, only["errorCode"]


@pytest.mark.parametrize("path", ["/", "/nope", "/restapi/v2", "/restapi/v1.0/account/~", "//", "/restapi/v1.0/x y%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "TRACE", "BREW"])
async def test_unknown_urls(world: WebWorld, method: str, path: str) -> None:
    assert code(await world.ask(method, path)) == (404, "CMN-120")


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH", "BREW", "CONNECT", "OPTIONS", "get"])
@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/restapi/v1.0/account/~/extension/~/ringout", "POST"),
        ("/restapi/v1.0/account/~/extension/~/ring-out/x", "GET, DELETE, HEAD"),
        ("/restapi/oauth/token", "POST"),
        ("/restapi", "GET, HEAD"),
    ],
)
async def test_unknown_methods(world: WebWorld, method: str, path: str, allow: str) -> None:
    reply = await world.ask(method, path, authorization="")
    assert code(reply) == (405, "AGW-405")
    assert reply.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/ringout", "/ringout/", "/ring-out"])
async def test_no_get_dials(world: WebWorld, path: str) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        assert (await world.ask(method, world.home + path, TO)).status == 405
    assert world.engine.steps == []


async def test_every_answer_has_its_own_id(world: WebWorld) -> None:
    ids = [(await world.ask("GET", path)).headers["rcrequestid"] for path in ("/restapi", "/nope", "/restapi")]
    assert len(set(ids)) == 3


async def test_body_limit(world: WebWorld) -> None:
    path, media = f"{world.home}/ringout", {"content-type": "application/json"}
    headers = {"authorization": f"Bearer {world.bearer}", **media}
    fits = json.dumps({**TO, "x": ""}).encode()
    fits = json.dumps({**TO, "x": "a" * (65536 - len(fits))}).encode()
    assert len(fits) == 65536
    assert (await ask(world.app, "POST", path, fits, headers)).status == 200
    assert code(await ask(world.app, "POST", path, fits + b" ", headers)) == (413, "AGW-413")
    assert code(await ask(world.app, "POST", path, headers=headers, chunks=[fits, b" ", b"x" * 10])) == (413, "AGW-413")
    assert (await ask(world.app, "POST", path, headers=headers, chunks=[fits[:9], fits[9:]])).status == 200
    lying = {**headers, "content-length": "99999999"}
    assert code(await ask(world.app, "POST", path, b"{}", lying)) == (413, "AGW-413")


async def test_a_client_that_goes_away_places_no_call(world: WebWorld) -> None:
    headers = {"authorization": f"Bearer {world.bearer}"}
    await ask(world.app, "POST", f"{world.home}/ringout", headers=headers, chunks=[])
    assert world.engine.steps == []


async def test_a_bug_is_a_500_in_the_envelope_and_says_nothing(
    world: WebWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.store.get = None  # type: ignore[assignment, method-assign]
    reply = await world.ask("GET", f"{world.home}/ringout/5")
    assert code(reply) == (500, "CMN-203")
    assert "NoneType" not in reply.body.decode()
    assert reply.headers["rcrequestid"] in capsys.readouterr().err


async def test_tunnelled_methods(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    path = f"{world.home}/ringout/{number}"
    assert (await world.ask("POST", path, x_http_method_override="get")).json["id"] == number
    assert (await world.ask("POST", f"{path}?_method=DELETE")).status == 204
    assert code(await world.ask("POST", f"{path}?_method=GET", x_http_method_override="DELETE")) == (400, "CMN-104")
    assert (await world.ask("POST", f"{path}?_method=BREW")).status == 405
    assert (await world.ask("GET", f"{world.home}/ringout?_method=POST", TO)).status == 405
    assert (await world.ask("POST", f"{world.home}/ringout?_method=POST", TO)).status == 200
    assert code(await world.ask("POST", path + "?" + "&".join(f"a{i}" for i in range(60)))) == (400, "CMN-104")


async def test_cors(world: WebWorld) -> None:
    asked = {"origin": "https://dialer.example", "access_control_request_method": "POST"}
    reply = await world.ask("OPTIONS", f"{world.home}/ringout", authorization="", **asked)
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "https://dialer.example"
    assert reply.headers["access-control-allow-credentials"] == "true"
    allowed = reply.headers["access-control-allow-headers"].lower()
    for name in ("authorization", "client-id", "x-user-agent", "rc-user-agent", "content-type", "discovery-tag"):
        assert name in allowed
    got = await world.ask("GET", f"{world.home}/ringout/5", origin="https://dialer.example")
    assert got.status == 404
    assert "Retry-After" in got.headers["access-control-expose-headers"]
    assert "origin" in got.headers["vary"].lower()
    assert "access-control-allow-origin" not in (await world.ask("GET", "/restapi")).headers


async def test_versions(world: WebWorld) -> None:
    body = (await world.ask("GET", "/restapi/", authorization="")).json
    assert body["uri"] == "http://api.test:8080/restapi"
    (version,) = body["apiVersions"]
    assert version == (await world.ask("GET", "/restapi/v1.0", authorization="")).json
    assert version["uriString"] == "v1.0"


async def test_health(world: WebWorld) -> None:
    world.engine.live = 3
    reply = await world.ask("GET", "/healthz", authorization="")
    assert (reply.status, reply.json) == (200, {"status": "ok", "liveCalls": 3})
    world.draining[0] = True
    reply = await world.ask("GET", "/healthz", authorization="")
    assert (reply.status, reply.json) == (503, {"status": "draining", "liveCalls": 3})
