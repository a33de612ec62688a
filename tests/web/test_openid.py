"""OpenID Connect as far as it goes, and the token for a WebSocket."""

from __future__ import annotations

from dataclasses import replace

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from fakes.browser import Browser
from fakes.crm import ASKED, HOME, LOGIN, WITH_REDIRECTS
from fakes.web import CLIENT, JWT_GRANT, SECRET, WebWorld, make_world

BASE = "http://api.test:8080"
BODY_LOGIN = {"client_id": CLIENT, "client_secret": SECRET}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(WITH_REDIRECTS)


async def test_where_everything_is(world: WebWorld) -> None:
    body = (await world.ask("GET", "/.well-known/openid-configuration", authorization="")).json
    assert body["issuer"] == BASE
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert body[name].startswith(f"{BASE}/restapi/oauth/")
        path = body[name].removeprefix(BASE)
        assert (await world.ask("GET", path)).status != 404
    assert body["code_challenge_methods_supported"] == ["plain", "S256"]
    assert body["id_token_signing_alg_values_supported"] == ["RS256"]


async def test_an_id_token_that_the_published_key_proves(world: WebWorld) -> None:
    browser = await Browser(world.app).visit({**ASKED, "scope": "openid email profile RingOut", "nonce": "n-0S6"})
    await browser.submit("sign_in", LOGIN)
    assert "read your e-mail address" in browser.form.text
    code = (await browser.submit("allow")).landed["code"]
    world.clock.pass_seconds(5)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": HOME, **BODY_LOGIN}
    body = (await world.log_in(form)).json
    keys = KeySet.import_key_set((await world.ask("GET", "/restapi/oauth/jwks", authorization="")).json)
    token = jwt.decode(body["id_token"], keys, algorithms=["RS256"])
    now = int(world.clock.wall())
    assert token.claims == {
        "iss": BASE,
        "aud": CLIENT,
        "sub": str(world.user.id),
        "account_id": str(world.user.account_id),
        "email": "user@example.com",
        "email_verified": False,
        "given_name": "User",
        "nonce": "n-0S6",
        "auth_time": now - 5,
        "iat": now,
        "exp": now + 3600,
    }
    grant = {"grant_type": JWT_GRANT, "assertion": body["id_token"], **BODY_LOGIN}
    assert (await world.log_in(grant)).json["errors"][0]["errorCode"] == "OAU-213"  # it is no personal JWT


async def test_no_id_token_for_who_did_not_ask(world: WebWorld) -> None:
    form = {"grant_type": JWT_GRANT, "assertion": await world.tokens.jwts.issue(world.user.id, "x"), **BODY_LOGIN}
    for scope in ("", "openid", "RingOut"):
        assert "id_token" not in (await world.log_in({**form, "scope": scope})).json


@pytest.mark.parametrize(
    ("scope", "fields"),
    [
        ("RingOut", {"sub", "account_id"}),
        ("RingOut email", {"sub", "account_id", "email", "email_verified"}),
        ("openid profile", {"sub", "account_id", "given_name"}),
        ("ReadAccounts", {"sub", "account_id", "email", "email_verified", "given_name"}),
    ],
)
async def test_user_info(world: WebWorld, scope: str, fields: set[str]) -> None:
    form = {"grant_type": JWT_GRANT, "assertion": await world.tokens.jwts.issue(world.user.id, "x"), **BODY_LOGIN}
    token = (await world.log_in({**form, "scope": scope})).json["access_token"]
    for method in ("GET", "POST"):  # OpenID Connect Core section 5.3.1
        reply = await world.ask(method, "/restapi/oauth/userinfo", authorization=f"bearer {token}")
        assert reply.status == 200
        assert set(reply.json) == fields
        assert reply.json["sub"] == str(world.user.id)
    assert (await world.ask("GET", "/restapi/oauth/userinfo", authorization="")).status == 401


async def test_a_web_socket_token(world: WebWorld) -> None:
    refused = await world.ask("POST", "/restapi/oauth/wstoken")
    assert (refused.status, refused.json["permissionName"]) == (403, "WebSocket")
    await world.accounts.change_client(CLIENT, lambda c: replace(c, scopes=(*c.scopes, "WebSocketsSubscription")))
    form = {"grant_type": JWT_GRANT, "assertion": await world.tokens.jwts.issue(world.user.id, "x"), **BODY_LOGIN}
    token = (await world.log_in(form)).json["access_token"]
    body = (await world.ask("POST", "/restapi/oauth/wstoken", authorization=f"Bearer {token}")).json
    assert (body["uri"], body["expires_in"]) == ("ws://api.test:8080/ws", 30)
    assert world.tokens.take_ws_token(body["ws_access_token"]) == world.tokens.principal(token)
    got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {body['ws_access_token']}")
    assert got.status == 401
