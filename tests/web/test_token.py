"""POST /restapi/oauth/token."""

import asyncio
import base64
import logging
import re
from dataclasses import replace
from typing import Any

import pytest

from fakes.asgi import ask
from fakes.web import CLIENT, CONFIG, FORM, JWT_GRANT, MAIN, PASSWORD, SECRET, SHOWN, WebWorld, make_world
from ringout.config import ClientConfig
from ringout.domain.account import Client, Grant

BODY_LOGIN = {"client_id": CLIENT, "client_secret": SECRET}
PASSWORD_FORM = {"grant_type": "password", "username": MAIN, "extension": "101", "password": PASSWORD, **BODY_LOGIN}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


async def jwt_form(world: WebWorld) -> dict[str, str]:
    return {"grant_type": JWT_GRANT, "assertion": await world.tokens.jwts.issue(world.user.id, "x")}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def refused(reply: Any, status: int, error: str, code: str) -> None:
    body = reply.json
    assert (reply.status, body["error"]) == (status, error)
    (only,) = body["errors"]
    assert only["errorCode"] == body["errorCode"] == code
    assert body["message"] == only["message"] != ""
    assert body["error_description"] == re.sub(r"[^ !#-\[\]-~]", "?", body["message"])  # RFC 6749 section 5.2


async def test_the_documented_answer(world: WebWorld) -> None:
    reply = await world.log_in({**await jwt_form(world), **BODY_LOGIN})
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    body = reply.json
    assert body["token_type"] == "bearer"
    assert (body["expires_in"], body["refresh_token_expires_in"]) == (3600, 604800)
    assert body["scope"] == "RingOut ReadAccounts EditExtensions ReadCallLog ReadPresence"
    assert body["owner_id"] == str(world.user.id)
    for name in ("access_token", "refresh_token", "endpoint_id", "session_id"):
        assert isinstance(body[name], str)
        assert body[name]
    got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {body['access_token']}")
    assert got.status == 404


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_client_login_by_basic_alone_and_together_with_the_form(world: WebWorld, scheme: str) -> None:
    header = basic(CLIENT, SECRET).replace("Basic", scheme)
    assert (await world.log_in(await jwt_form(world), authorization=header)).status == 200
    both = {**await jwt_form(world), "client_id": CLIENT}
    assert (await world.log_in(both, authorization=header)).status == 200


async def test_client_login_form_encoded_as_the_rfc_wants() -> None:
    world = await make_world(replace(CONFIG, clients=(*CONFIG.clients, ClientConfig("c d", "p%w+:x"))))
    header = basic("c%20d", "p%25w%2B%3Ax")
    assert (await world.log_in(await jwt_form(world), authorization=header)).status == 200


async def test_a_public_client_needs_no_secret(world: WebWorld) -> None:
    assert (await world.log_in({**await jwt_form(world), "client_id": "public"})).status == 200


@pytest.mark.parametrize(
    ("form", "header", "code"),
    [
        ({}, "", "OAU-153"),
        ({"client_id": "nobody"}, "", "OAU-153"),
        ({"client_id": CLIENT}, "", "OAU-146"),
        ({"client_id": CLIENT, "client_secret": "wrong"}, "", "OAU-146"),
        ({}, basic(CLIENT, "wrong"), "OAU-146"),
        ({}, basic(CLIENT, ""), "OAU-146"),
        ({"client_secret": "another"}, basic(CLIENT, SECRET), "OAU-123"),
        ({"client_assertion": "x", "client_assertion_type": "urn:x"}, "", "OAU-151"),
        ({"client_assertion_type": "urn:x"}, basic(CLIENT, SECRET), "OAU-151"),
        ({"client_id": "public"}, basic(CLIENT, SECRET), "OAU-123"),
        (BODY_LOGIN, "Basic !!!", "OAU-123"),
        (BODY_LOGIN, "Basic " + base64.b64encode(b"nocolon").decode(), "OAU-123"),
        (BODY_LOGIN, "Basic " + base64.b64encode(b"\xff:\xff").decode(), "OAU-123"),
        (BODY_LOGIN, "Bearer x", "OAU-123"),
    ],
)
async def test_clients_that_are_not_who_they_say(world: WebWorld, form: dict[str, str], header: str, code: str) -> None:
    headers = {"authorization": header} if header else {}
    reply = await world.log_in({**await jwt_form(world), **form}, **headers)
    refused(reply, 401, "invalid_client", code)
    challenge = reply.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="')
    assert f'error="invalid_client", error_description="{reply.json["error_description"]}"' in challenge


async def test_what_a_client_sends_does_not_get_out_of_the_header(world: WebWorld) -> None:
    reply = await world.log_in({"client_id": 'x"\\, realm="y\r\né'})
    refused(reply, 401, "invalid_client", "OAU-153")
    assert 'error_description="Invalid client: x??, realm=?y???"' in reply.headers["www-authenticate"]


@pytest.mark.parametrize(
    "login",
    [
        {"username": MAIN, "extension": "101"}, {"username": "16505550100", "extension": "101"},
        {"username": f"{MAIN}*101"}, {"username": f"{MAIN}*101", "extension": ""},
        {"username": "(650) 555-0100", "extension": " 101 "}, {"username": f"{MAIN}*101", "extension": "101"},
        {"username": SHOWN}, {"username": "user@example.com"}, {"username": " User@Example.COM "},
        {"username": "user@example.com", "extension": "101"},
    ],
)  # fmt: skip
async def test_the_password_grant_in_its_forms(world: WebWorld, login: dict[str, str]) -> None:
    form = {"grant_type": "password", "password": PASSWORD, **login, **BODY_LOGIN}
    assert (await world.log_in(form)).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong"}, {"extension": "102"}, {"extension": "109"}, {"extension": ""}, {"username": "x@y"},
        {"username": "user@example.com", "extension": "102"}, {"username": "nonsense"}, {"username": "+16505550199"},
        {"username": f"{MAIN}*102", "extension": "101"}, {"username": SHOWN, "extension": "102"},
    ],
)  # fmt: skip
async def test_wrong_owner_credentials_are_all_told_alike(world: WebWorld, wrong: dict[str, str]) -> None:
    one = await world.log_in({**PASSWORD_FORM, **wrong})
    refused(one, 400, "invalid_grant", "OAU-140")
    assert one.body == (await world.log_in({**PASSWORD_FORM, "password": "wrong"})).body


@pytest.mark.parametrize("username", [MAIN, "+16505550199", "user@example.com", "nobody@example.com"])
async def test_guessing_is_bounded_for_users_and_for_nobody_alike(world: WebWorld, username: str) -> None:
    form = {**PASSWORD_FORM, "username": username}
    for _ in range(10):
        refused(await world.log_in({**form, "password": "x"}), 400, "invalid_grant", "OAU-140")
    refused(await world.log_in(form), 400, "invalid_grant", "OAU-147")
    world.clock.pass_seconds(5)
    refused(await world.log_in({**form, "password": "x"}), 400, "invalid_grant", "OAU-140")
    world.clock.pass_seconds(5)
    refused(await world.log_in(form), 400, "invalid_grant", "OAU-147")


async def test_a_locked_user_gets_in_again(world: WebWorld) -> None:
    for _ in range(10):
        await world.log_in({**PASSWORD_FORM, "password": "x"})
    world.clock.pass_seconds(5)
    assert (await world.log_in(PASSWORD_FORM)).status == 200


async def test_guesses_that_arrive_together_are_counted_one_by_one(world: WebWorld) -> None:
    wrong = [world.log_in({**PASSWORD_FORM, "password": f"guess {n}"}) for n in range(15)]
    codes = [reply.json["errorCode"] for reply in await asyncio.gather(*wrong)]
    assert sorted(codes) == ["OAU-140"] * 10 + ["OAU-147"] * 5


async def test_a_storm_of_right_passwords_lets_everybody_in(world: WebWorld) -> None:
    replies = await asyncio.gather(*(world.log_in(PASSWORD_FORM) for _ in range(20)))
    assert {reply.status for reply in replies} == {200}


async def test_client_secrets_cannot_be_guessed_without_end(world: WebWorld) -> None:
    form = {**await jwt_form(world), "client_id": CLIENT}
    for _ in range(50):
        reply = await world.log_in({**form, "client_secret": "x"}, client="198.51.100.7")
        refused(reply, 401, "invalid_client", "OAU-146")
    right = {**form, "client_secret": SECRET}
    refused(await world.log_in(right, client="198.51.100.7"), 401, "invalid_client", "OAU-148")
    assert (await world.log_in(right, client="198.51.100.8")).status == 200


async def test_a_client_without_the_password_grant(world: WebWorld) -> None:
    form = {**PASSWORD_FORM, "client_id": "public", "client_secret": ""}
    refused(await world.log_in(form), 400, "unauthorized_client", "OAU-251")


async def test_refresh_rotates(world: WebWorld) -> None:
    first = (await world.log_in({**await jwt_form(world), **BODY_LOGIN})).json
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **BODY_LOGIN}
    second = (await world.log_in(form)).json
    assert second["session_id"] == first["session_id"]
    assert second["endpoint_id"] == first["endpoint_id"]
    assert {second["access_token"], second["refresh_token"]}.isdisjoint({first["access_token"], first["refresh_token"]})
    again = (await world.log_in(form)).json
    assert again["access_token"] == second["access_token"]
    for token, status in ((first["access_token"], 401), (second["access_token"], 404)):
        got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {token}")
        assert got.status == status


async def test_a_client_without_refresh_tokens(world: WebWorld) -> None:
    await world.accounts.change_client(CLIENT, lambda client: replace(client, refresh_tokens=False))
    body = (await world.log_in({**await jwt_form(world), **BODY_LOGIN})).json
    assert {"refresh_token", "refresh_token_expires_in"}.isdisjoint(body)


async def test_a_client_of_its_own(world: WebWorld) -> None:
    form = {"grant_type": "client_credentials", **BODY_LOGIN}
    refused(await world.log_in(form), 400, "unauthorized_client", "OAU-112")

    def allow(client: Client) -> Client:
        return replace(client, grants=(*client.grants, Grant.CLIENT_CREDENTIALS))

    await world.accounts.change_client(CLIENT, allow)
    refused(await world.log_in(form), 400, "invalid_scope", "CMN-101")
    await world.accounts.change_client(CLIENT, lambda client: replace(client, scopes=(*client.scopes, "Admin")))
    for asked in ("RingOut", "Admin RingOut", "openid"):
        refused(await world.log_in({**form, "scope": asked}), 400, "invalid_scope", "CMN-101")
    body = (await world.log_in(form)).json
    assert (body["scope"], body["owner_id"]) == ("Admin", "0")
    assert {"refresh_token", "refresh_token_expires_in", "id_token"}.isdisjoint(body)
    for path in (f"{world.home}/ringout/5", "/restapi/oauth/userinfo"):
        got = await world.ask("GET", path, authorization=f"Bearer {body['access_token']}")
        assert (got.status, got.json["errors"][0]["errorCode"]) == (401, "CMN-405")
    users = (await world.log_in({**await jwt_form(world), **BODY_LOGIN})).json
    assert "Admin" not in users["scope"].split()
    refused(
        await world.log_in({**await jwt_form(world), **BODY_LOGIN, "scope": "Admin"}), 400, "invalid_scope", "CMN-101"
    )
    await world.accounts.change_client("public", lambda client: replace(allow(client), scopes=("Admin",)))
    refused(
        await world.log_in({"grant_type": "client_credentials", "client_id": "public"}),
        400, "unauthorized_client", "OAU-112",
    )  # fmt: skip


async def test_a_grant_that_the_client_does_not_have(world: WebWorld) -> None:
    await world.accounts.change_client(CLIENT, lambda client: replace(client, grants=(Grant.PASSWORD,)))
    refused(await world.log_in({**await jwt_form(world), **BODY_LOGIN}), 400, "unauthorized_client", "OAU-112")
    form = {"grant_type": "authorization_code", "code": "x", **BODY_LOGIN}
    refused(await world.log_in(form), 400, "unauthorized_client", "OAU-112")


async def test_a_client_of_another_account(world: WebWorld) -> None:
    await world.accounts.change_client(CLIENT, lambda client: replace(client, account_id=1))
    refused(await world.log_in({**await jwt_form(world), **BODY_LOGIN}), 400, "invalid_grant", "OAU-213")
    refused(await world.log_in(PASSWORD_FORM), 400, "invalid_grant", "OAU-140")


async def test_a_disabled_user(world: WebWorld) -> None:
    await world.accounts.change_extension(world.user.id, lambda user: replace(user, enabled=False))
    refused(await world.log_in({**await jwt_form(world), **BODY_LOGIN}), 400, "invalid_grant", "OAU-213")
    refused(await world.log_in(PASSWORD_FORM), 400, "invalid_grant", "OAU-140")
    got = await world.ask("GET", f"{world.home}/ringout/5")
    assert (got.status, got.json["errors"][0]["errorCode"]) == (401, "OAU-149")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("3601", 3600),
        ("3600", 3600),
        ("700", 700),
        ("600", 600),
        ("599", 600),
        ("1", 600),
        ("0", 600),
        ("-1", 600),
        ("", 3600),
    ],
)
async def test_access_ttl_is_clamped(world: WebWorld, asked: str, given: int) -> None:
    reply = await world.log_in({**await jwt_form(world), **BODY_LOGIN, "access_token_ttl": asked})
    assert reply.json["expires_in"] == given


@pytest.mark.parametrize(("asked", "given"), [("604801", 604800), ("604800", 604800), ("60", 60)])
async def test_refresh_ttl_is_clamped(world: WebWorld, asked: str, given: int) -> None:
    reply = await world.log_in({**await jwt_form(world), **BODY_LOGIN, "refresh_token_ttl": asked})
    assert reply.json["refresh_token_expires_in"] == given


async def test_scope_and_endpoint_id_are_the_asked_ones(world: WebWorld) -> None:
    form = {**await jwt_form(world), **BODY_LOGIN, "scope": "RingOut", "endpoint_id": "my-device"}
    body = (await world.log_in(form)).json
    assert (body["scope"], body["endpoint_id"]) == ("RingOut", "my-device")


@pytest.mark.parametrize(
    ("change", "error", "code", "parameter"),
    [
        ({"grant_type": ""}, "invalid_request", "CMN-100", "grant_type"),
        ({"grant_type": "partner_jwt"}, "unsupported_grant_type", "CMN-101", "grant_type"),
        ({"assertion": ""}, "invalid_request", "CMN-100", "assertion"),
        ({"assertion": "x.y.z"}, "invalid_grant", "OAU-213", "assertion"),
        ({"scope": "RingOut Faxes"}, "invalid_scope", "CMN-101", "scope"),
        ({"access_token_ttl": "x"}, "invalid_request", "CMN-101", "access_token_ttl"),
        ({"access_token_ttl": "900.5"}, "invalid_request", "CMN-101", "access_token_ttl"),
        ({"refresh_token_ttl": "--1"}, "invalid_request", "CMN-101", "refresh_token_ttl"),
        ({"endpoint_id": "a\r\nb"}, "invalid_request", "CMN-101", "endpoint_id"),
        ({"endpoint_id": "a" * 256}, "invalid_request", "CMN-101", "endpoint_id"),
    ],
)
async def test_refused_forms(world: WebWorld, change: dict[str, str], error: str, code: str, parameter: str) -> None:
    reply = await world.log_in({**await jwt_form(world), **BODY_LOGIN, **change})
    refused(reply, 400, error, code)
    assert reply.json["errors"][0]["parameterName"] == parameter


async def test_odd_bodies(world: WebWorld) -> None:
    refused(await world.log_in("grant_type=password&grant_type=password"), 400, "invalid_request", "OAU-111")
    refused(await world.log_in("&".join(f"a{i}=1" for i in range(60))), 400, "invalid_request", "CMN-104")
    refused(await world.log_in("grant_type=é"), 400, "invalid_request", "CMN-104")
    refused(await world.log_in(""), 401, "invalid_client", "OAU-153")
    refused(await world.log_in("%%%=%zz&client_id=%ff"), 401, "invalid_client", "OAU-153")
    for media_type in ("application/json", "", "text/plain"):
        reply = await ask(world.app, "POST", "/restapi/oauth/token", b"{}", {"content-type": media_type})
        assert (reply.status, reply.json["errors"][0]["errorCode"]) == (415, "AGW-415")
    reply = await ask(world.app, "GET", "/restapi/oauth/token", b"", {"content-type": FORM})
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


async def test_no_secret_reaches_a_log_or_an_error(
    world: WebWorld, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = [
        await world.log_in({**PASSWORD_FORM, "password": "hunter2-wrong"}),
        await world.log_in({**PASSWORD_FORM, "client_secret": "hunter2-secret"}),
        await world.log_in({"grant_type": "refresh_token", "refresh_token": "hunter2-token", **BODY_LOGIN}),
    ]
    captured = capsys.readouterr()
    everything = captured.out + captured.err + caplog.text + "".join(r.body.decode() for r in replies)
    assert "hunter2" not in everything


async def test_logging_out(world: WebWorld) -> None:
    first = (await world.log_in({**await jwt_form(world), **BODY_LOGIN})).json
    path, form = "/restapi/oauth/revoke", {"content-type": FORM}

    async def revoke(body: str, **headers: str) -> Any:
        return await ask(world.app, "POST", path, body.encode(), {**form, **headers})

    refused(await revoke(f"token={first['access_token']}"), 401, "invalid_client", "OAU-153")
    refused(await revoke("", authorization=basic(CLIENT, SECRET)), 400, "invalid_request", "CMN-100")
    assert (await revoke(f"token={first['access_token']}&client_id=public")).status == 200  # and does nothing
    got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {first['access_token']}")
    assert got.status == 404
    for _ in range(2):
        reply = await revoke(f"token={first['access_token']}", authorization=basic(CLIENT, SECRET))
        assert (reply.status, reply.json) == (200, {})
    got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {first['access_token']}")
    assert got.status == 401
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **BODY_LOGIN}
    refused(await world.log_in(again), 400, "invalid_grant", "OAU-213")


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("media_type", ["", FORM, "application/json"])
async def test_logging_out_by_the_query(world: WebWorld, which: str, media_type: str) -> None:
    first = (await world.log_in({**await jwt_form(world), "client_id": "public"})).json
    path = f"/restapi/oauth/revoke?token={first[which]}"
    headers = {"content-type": media_type} if media_type else {}
    if media_type == FORM:
        reply = await ask(world.app, "POST", path, b"client_id=public", headers)
    else:
        header = basic("public", "")
        reply = await ask(world.app, "POST", path, b"", {**headers, "authorization": header})
    assert (reply.status, reply.json) == (200, {})
    got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {first['access_token']}")
    assert got.status == 401


async def test_a_full_disk_is_503(world: WebWorld) -> None:
    world.token_store.disk_full = True
    reply = await world.log_in({**await jwt_form(world), **BODY_LOGIN})
    assert (reply.status, reply.json["errors"][0]["errorCode"]) == (503, "CMN-201")
    assert int(reply.headers["retry-after"]) > 0
