"""An honest application and a foreign one, what they ask for tokens with, and whether a token opens anything."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

from fakes.asgi import Reply
from fakes.web import CONFIG, MAIN, PASSWORD, PHONE, WebWorld, make_world
from ringout.config import ClientConfig

REDIRECT = "https://app.example/back"
SCOPES = (
    "RingOut",
    "EditExtensions",
    "EditUserCredentials",
    "ReadPresence",
    "ReadCallLog",
    "ReadAccounts",
    "WebSocket",
)
APP = {"client_id": "honest", "client_secret": "honest-secret"}
FOREIGN = {"client_id": "foreign", "client_secret": "foreign-secret"}
PUBLIC = {"client_id": "bare"}
CLIENTS = (
    ClientConfig("honest", "honest-secret", scopes=SCOPES, password_grant=True, redirect_uris=(REDIRECT,)),
    ClientConfig("foreign", "foreign-secret", scopes=SCOPES, password_grant=True, redirect_uris=(REDIRECT,)),
    ClientConfig("bare", None, scopes=SCOPES, redirect_uris=(REDIRECT,)),
)
LOGIN = {"username": MAIN, "extension": "101", "password": PASSWORD}
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

HOME = "/restapi/v1.0/account/~/extension/~"
CALL = {"from": {"phoneNumber": PHONE}, "to": {"phoneNumber": "+14155550199"}}
# One of each kind: reads, writes, whole lists, deletions.
RESOURCES: tuple[tuple[str, str, Any], ...] = (
    ("POST", f"{HOME}/ringout", CALL),
    ("POST", f"{HOME}/ring-out", CALL),
    ("GET", f"{HOME}/ringout/5", b""),
    ("DELETE", f"{HOME}/ringout/5", b""),
    ("GET", HOME, b""),
    ("PUT", HOME, {"contact": {"firstName": "Thief"}}),
    ("GET", "/restapi/v1.0/account/~", b""),
    ("GET", "/restapi/v1.0/account/~/extension", b""),
    ("GET", f"{HOME}/forwarding-number", b""),
    ("POST", f"{HOME}/forwarding-number", {"phoneNumber": "+14155550123", "label": "Thief", "type": "Other"}),
    ("PUT", f"{HOME}/caller-id", {"byFeature": [{"feature": "RingOut", "callerId": {"type": "Blocked"}}]}),
    ("GET", f"{HOME}/call-log", b""),
    ("GET", f"{HOME}/presence", b""),
    ("GET", "/restapi/oauth/userinfo", b""),
    ("POST", "/restapi/oauth/wstoken", b""),
)


async def world_of_thieves() -> WebWorld:
    return await make_world(replace(CONFIG, clients=CONFIG.clients + CLIENTS))


async def token_of(world: WebWorld, form: dict[str, str]) -> dict[str, Any]:
    reply = await world.log_in(form)
    assert reply.status == 200, reply.body
    issued: dict[str, Any] = reply.json
    return issued


async def by_password(world: WebWorld, client: dict[str, str] = APP) -> dict[str, Any]:
    return await token_of(world, {"grant_type": "password", **LOGIN, **client})


def refresh(token: str, client: dict[str, str] = APP) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token, **client}


async def assert_good(world: WebWorld, access_token: str) -> None:
    reply = await world.ask("GET", HOME, authorization=f"Bearer {access_token}")
    assert reply.status == 200, reply.body


async def assert_useless(world: WebWorld, bearer: str, code: str = "OAU-149") -> None:
    """Nobody lets that token in, wherever it is shown, and nothing has happened."""
    before = world.accounts.version, dict(world.store.rows)
    for method, target, body in RESOURCES:
        shown = f"{target}{'&' if '?' in target else '?'}access_token={bearer}"
        for reply in (
            await world.ask(method, target, body, authorization=f"Bearer {bearer}"),
            await world.ask(method, shown, body, authorization=""),
        ):
            assert reply.status == 401, (method, target, reply.body)
            assert [error["errorCode"] for error in reply.json["errors"]] == [code], (method, target)
            assert "www-authenticate" in reply.headers
    assert world.engine.placed == []
    assert (world.accounts.version, dict(world.store.rows)) == before


def assert_no_token(reply: Reply, error: str = "invalid_grant", codes: tuple[str, ...] = ()) -> None:
    assert reply.status == (401 if error == "invalid_client" else 400), reply.body  # RFC 6749 section 5.2
    assert reply.json["error"] == error
    assert "access_token" not in reply.json
    assert not codes or reply.json["errors"][0]["errorCode"] in codes
