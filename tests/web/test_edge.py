"""What surrounds every request."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fakes.asgi import ask
from fakes.web import CONFIG, FORM, WebWorld, make_world
from ringout.config import HttpConfig

TO = {"to": {"phoneNumber": "+14155550199"}}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


def code(reply: Any) -> tuple[int, str]:
    (only,) = reply.json["errors"]
    return reply.status, only["errorCode"]


@pytest.mark.parametrize("path", ["/nope", "/restapi/v2", "/restapi/v1.0/account", "//", "/restapi/v1.0/x y%00"])
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


@pytest.mark.parametrize("origin", ["https://dialer.example", "null", "http://localhost:3000"])
async def test_preflight(world: WebWorld, origin: str) -> None:
    asked = {"origin": origin, "access_control_request_method": "POST"}
    for path in (f"{world.home}/ringout", "/restapi/oauth/token", "/nope"):
        reply = await world.ask("OPTIONS", path, authorization="", **asked)
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["access-control-allow-origin"] == origin
        assert reply.headers["access-control-allow-credentials"] == "true"
        assert set(reply.headers["access-control-allow-methods"].split(", ")) >= {"GET", "POST", "PUT", "DELETE"}
        allowed = set(reply.headers["access-control-allow-headers"].lower().split(", "))
        assert allowed >= {
            "authorization", "client-id", "x-user-agent", "rc-user-agent", "content-type", "discovery-tag",
        }  # fmt: skip
        assert reply.headers["rcrequestid"]


async def test_preflight_allows_whatever_headers_a_client_adds(world: WebWorld) -> None:
    asked = {"origin": "https://a.example", "access_control_request_method": "GET"}
    for names, added in (("x-new-agent, rcclientname", True), ("a b", False), ("x" * 2000, False)):
        reply = await world.ask("OPTIONS", "/restapi", access_control_request_headers=names, **asked)
        assert reply.headers["access-control-allow-headers"].endswith(names) is added


async def test_what_scripts_of_another_origin_may_read(world: WebWorld) -> None:
    got = await world.ask("GET", f"{world.home}/ringout/5", origin="https://dialer.example")
    assert got.status == 404
    assert got.headers["access-control-allow-origin"] == "https://dialer.example"
    assert "origin" in got.headers["vary"].lower()
    exposed = set(got.headers["access-control-expose-headers"].lower().split(", "))
    assert exposed >= {
        "rcrequestid", "retry-after", "content-language", "www-authenticate",
        "x-rate-limit-group", "x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-window",
    }  # fmt: skip
    assert "access-control-allow-origin" not in (await world.ask("GET", "/restapi")).headers
    assert "access-control-allow-origin" not in (await world.ask("GET", "/restapi", origin="x" * 400)).headers


async def test_pages_are_not_for_scripts_of_another_origin(world: WebWorld) -> None:
    reply = await world.ask("GET", "/docs", authorization="", origin="https://dialer.example")
    assert reply.status == 200
    assert "access-control-allow-origin" not in reply.headers


async def test_options_without_a_browser_is_one_more_unknown_method(world: WebWorld) -> None:
    for headers in ({}, {"origin": "https://a.example"}):
        reply = await world.ask("OPTIONS", f"{world.home}/ringout", **headers)
        assert code(reply) == (405, "AGW-405")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
async def test_the_scheme_in_any_case(world: WebWorld, scheme: str) -> None:
    number = (await world.place()).json["id"]
    reply = await world.ask("GET", f"{world.home}/ringout/{number}", authorization=f"{scheme}  {world.bearer} ")
    assert reply.status == 200


async def test_the_token_in_the_query(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    path = f"{world.home}/ringout/{number}"
    token = f"access_token={world.bearer}"
    assert (await world.ask("GET", f"{path}?{token}", authorization="")).status == 200
    assert (await world.ask("GET", f"{path}?access_token=old&{token}", authorization="")).status == 200  # the last
    assert code(await world.ask("GET", f"{path}?{token}&access_token=", authorization="")) == (401, "AGW-401")
    # The header counts where both are there.
    assert code(await world.ask("GET", f"{path}?{token}", authorization="Bearer x")) == (401, "OAU-149")
    strict = await make_world(replace(CONFIG, http=HttpConfig(token_in_query=False)))
    target = f"{strict.home}/ringout/1?access_token={strict.bearer}"
    assert code(await strict.ask("GET", target, authorization="")) == (401, "AGW-401")
    assert code(await strict.ask("GET", target)) == (404, "CMN-102")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("body", [b"", b"{}", b"{", b"not json", b"\xff" * 100])
@pytest.mark.parametrize("media_type", ["application/json", "application/json;charset=utf-8", "text/plain", FORM, ""])
async def test_bodies_that_mean_nothing_are_not_read(
    world: WebWorld, method: str, body: bytes, media_type: str
) -> None:
    number = (await world.place()).json["id"]
    reply = await world.ask(method, f"{world.home}/ringout/{number}", body, content_type=media_type)
    assert reply.status in (200, 204)


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON ; charset=UTF-8", 200),
        ("", 200),
        ("text/plain", 415),
        (FORM, 415),
        ("application/jsonp", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
async def test_media_types_of_a_body(world: WebWorld, media_type: str, status: int) -> None:
    reply = await world.ask("POST", f"{world.home}/ringout", json.dumps(TO).encode(), content_type=media_type)
    assert reply.status == status
    if status == 415:
        assert code(reply) == (415, "AGW-415")


async def test_a_compressed_body_is_not_unpacked(world: WebWorld) -> None:
    path, body = f"{world.home}/ringout", json.dumps(TO).encode()
    json_type = {"content_type": "application/json"}
    assert code(await world.ask("POST", path, body, content_encoding="gzip", **json_type)) == (415, "AGW-415")
    assert (await world.ask("POST", path, body, content_encoding="Identity", **json_type)).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b"{} x", b"\xef\xbb\xbf{", b"\xff\xfe{", b"[" * 5000, b"{'to':1}"])
async def test_broken_json(world: WebWorld, body: bytes) -> None:
    reply = await world.ask("POST", f"{world.home}/ringout", body, content_type="application/json")
    assert code(reply) in ((400, "CMN-103"), (400, "CMN-104"))


@pytest.mark.parametrize("slashes", ["/", "//", "///"])
async def test_trailing_slashes(world: WebWorld, slashes: str) -> None:
    number = (await world.place()).json["id"]
    assert (await world.ask("GET", f"{world.home}/ringout/{number}{slashes}")).json["id"] == number
    assert (await world.ask("POST", f"{world.home}/ringout{slashes}", TO)).status == 200
    assert (await world.ask("GET", f"/restapi{slashes}")).status == 200


async def test_escaped_paths(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    escaped = "".join(f"%{ord(digit):02x}" for digit in str(number))
    assert (await world.ask("GET", f"{world.home}/ringout/{escaped}")).json["id"] == number
    assert (await world.ask("GET", f"/restapi/v1%2E0/account/%7E/extension/%7e/%72ingout/{number}")).status == 200
    for wrong in (f"{number}%2F", f"%20{number}", f"{number}%00", "%FF", "%", "%2e%2e"):
        assert code(await world.ask("GET", f"{world.home}/ringout/{wrong}")) == (404, "CMN-102")


@pytest.mark.parametrize("ids", ["1,2", "1%2C2", "1,", ",1", "1;2", "0", "-1", "01", "1.0", "1e3", "9" * 400])
async def test_several_ids_at_once_are_no_id(world: WebWorld, ids: str) -> None:
    for method in ("GET", "DELETE"):
        reply = await world.ask(method, f"{world.home}/ringout/{ids}")
        assert code(reply) == (404, "CMN-102")
        assert reply.json["message"] == "Resource for parameter [ringOutId] is not found"


async def test_head_is_get_without_a_body(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    for path in ("/restapi", f"{world.home}/ringout/{number}"):
        head, get = await world.ask("HEAD", path), await world.ask("GET", path)
        assert head.status == get.status == 200
        for name in ("content-type", "content-length"):
            assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    ("languages", "tag", "message"),
    [
        ("", "en-US", "Resource for parameter [ringOutId] is not found"),
        ("en-GB", "en-US", "Resource for parameter [ringOutId] is not found"),
        ("ja", "en-US", "Resource for parameter [ringOutId] is not found"),
        ("de-AT, en;q=0.5", "de-DE", "Zum Parameter [ringOutId] wurde nichts gefunden"),
        ("fr;q=0.3, es;q=0.9", "es-ES", "No se ha encontrado el recurso del parámetro [ringOutId]"),
        ("fr-CA", "fr-FR", "La ressource du paramètre [ringOutId] est introuvable"),
        ("it", "it-IT", "La risorsa del parametro [ringOutId] non è stata trovata"),
        ("nl", "nl-NL", "De bron voor parameter [ringOutId] is niet gevonden"),
        ("pt-PT", "pt-BR", "O recurso do parâmetro [ringOutId] não foi encontrado"),
    ],
)
async def test_the_language_of_a_refusal(world: WebWorld, languages: str, tag: str, message: str) -> None:
    reply = await world.ask("GET", f"{world.home}/ringout/5", accept_language=languages)
    assert reply.headers["content-language"] == tag
    assert reply.json["message"] == reply.json["errors"][0]["message"] == message
    assert code(reply) == (404, "CMN-102")


async def test_challenges_stay_english(world: WebWorld) -> None:
    reply = await world.ask("GET", f"{world.home}/ringout/5", authorization="Bearer x", accept_language="fr")
    assert reply.json["message"] == "Le jeton OAuth n’est pas valide"
    assert 'error_description="OAuth token is invalid"' in reply.headers["www-authenticate"]


async def test_the_language_of_other_answers(world: WebWorld) -> None:
    assert (await world.ask("GET", "/restapi", accept_language="de")).headers["content-language"] == "en-US"
    number = (await world.place()).json["id"]
    gone = await world.ask("DELETE", f"{world.home}/ringout/{number}")
    assert gone.status == 204
    assert "content-language" not in gone.headers
    assert "content-length" not in gone.headers


async def test_a_full_disk(world: WebWorld) -> None:
    async def refuse(ring_out_id: int) -> Any:
        raise OSError("no space")

    world.store.get = refuse  # type: ignore[method-assign]
    reply = await world.ask("GET", f"{world.home}/ringout/5")
    assert code(reply) == (503, "CMN-201")
    assert reply.headers["retry-after"] == "5"


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
    world.media[0] = False
    reply = await world.ask("GET", "/healthz", authorization="")
    assert (reply.status, reply.json) == (503, {"status": "no-media", "liveCalls": 3})
    world.draining[0] = True
    reply = await world.ask("GET", "/healthz", authorization="")
    assert (reply.status, reply.json) == (503, {"status": "draining", "liveCalls": 3})
