"""What a thief gets by what stands for a login: refresh tokens, authorization codes and personal JWTs. Nothing."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from fakes.browser import Browser
from fakes.stolen import (
    APP,
    CALL,
    CHALLENGE,
    FOREIGN,
    HOME,
    LOGIN,
    PUBLIC,
    REDIRECT,
    VERIFIER,
    assert_good,
    assert_no_token,
    assert_useless,
    by_password,
    refresh,
    token_of,
    world_of_thieves,
)
from fakes.web import JWT_GRANT, WebWorld, signing_key


@pytest.fixture
async def world() -> WebWorld:
    return await world_of_thieves()


# --- refresh tokens ---------------------------------------------------------------------------------------------------


async def test_an_access_token_does_not_refresh(world: WebWorld) -> None:
    issued = await by_password(world)
    assert_no_token(await world.log_in(refresh(issued["access_token"])))
    await assert_good(world, issued["access_token"])


async def test_a_foreign_client_s_refresh_token(world: WebWorld) -> None:
    issued = await by_password(world)
    for thief in (FOREIGN, PUBLIC):
        assert_no_token(await world.log_in(refresh(issued["refresh_token"], thief)), codes=("OAU-213",))
    await assert_good(world, issued["access_token"])
    await token_of(world, refresh(issued["refresh_token"]))


async def test_a_replayed_refresh_token_ends_the_session(world: WebWorld) -> None:
    """Within the grace it is the honest client that lost the answer; later somebody has a copy."""
    first = await by_password(world)
    second = await token_of(world, refresh(first["refresh_token"]))
    await assert_good(world, second["access_token"])
    assert (await token_of(world, refresh(first["refresh_token"])))["access_token"] == second["access_token"]
    world.clock.pass_seconds(11)
    assert_no_token(await world.log_in(refresh(first["refresh_token"])), codes=("OAU-213",))
    await assert_useless(world, second["access_token"])
    assert_no_token(await world.log_in(refresh(second["refresh_token"])), codes=("OAU-213",))


async def test_an_expired_refresh_token(world: WebWorld) -> None:
    issued = await by_password(world)
    world.clock.pass_seconds(issued["refresh_token_expires_in"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])), codes=("OAU-213",))


async def test_a_refresh_does_not_widen_the_scope(world: WebWorld) -> None:
    narrow = await token_of(world, {"grant_type": "password", **LOGIN, **APP, "scope": "ReadAccounts"})
    assert narrow["scope"] == "ReadAccounts"
    reply = await world.log_in({**refresh(narrow["refresh_token"]), "scope": "ReadAccounts RingOut"})
    assert reply.status == 400
    bearer = f"Bearer {narrow['access_token']}"
    assert (await world.ask("POST", f"{HOME}/ringout", CALL, authorization=bearer)).status == 403


# --- authorization codes ----------------------------------------------------------------------------------------------


async def code_of(world: WebWorld, client_id: str = "honest", **more: str) -> str:
    """A code that the user has agreed to on the login page. more: of the authorization request, over PKCE's own."""
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT, "state": "s"}
    asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256", **more}
    return await Browser(world.app).code_for({name: value for name, value in asked.items() if value}, LOGIN)


def exchange(code: str, client: dict[str, str] = APP, **more: str) -> dict[str, str]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    return {k: v for k, v in {**form, **client, **more}.items() if v}


async def test_a_replayed_code_ends_what_it_began(world: WebWorld) -> None:
    code = await code_of(world)
    issued = await token_of(world, exchange(code))
    await assert_good(world, issued["access_token"])
    assert_no_token(await world.log_in(exchange(code)), codes=("OAU-106",))
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))


async def test_a_foreign_client_s_code(world: WebWorld) -> None:
    """It gets nothing, and the honest client loses nothing."""
    code = await code_of(world)
    for thief in (FOREIGN, PUBLIC):
        assert_no_token(await world.log_in(exchange(code, thief)), codes=("OAU-106",))
    await token_of(world, exchange(code))


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({"code_verifier": "w" * 43}, ("CMN-101",)),
        ({"code_verifier": CHALLENGE}, ("CMN-101",)),
        ({"code_verifier": ""}, ("CMN-100", "CMN-101")),
        ({"redirect_uri": f"{REDIRECT}/"}, ("OAU-109",)),
        ({"redirect_uri": "https://thief.example/back"}, ("OAU-109",)),
        ({"redirect_uri": ""}, ("OAU-109",)),
    ],
)
async def test_a_stolen_code_without_what_belongs_to_it(
    world: WebWorld, more: dict[str, str], codes: tuple[str, ...]
) -> None:
    assert_no_token(await world.log_in(exchange(await code_of(world), **more)), codes=codes)


async def test_a_public_client_s_code_needs_the_proof(world: WebWorld) -> None:
    code = await code_of(world, "bare")
    assert_no_token(await world.log_in(exchange(code, PUBLIC, code_verifier="w" * 43)))
    issued = await token_of(world, exchange(await code_of(world, "bare"), PUBLIC))
    await assert_good(world, issued["access_token"])


async def test_an_expired_code(world: WebWorld) -> None:
    code = await code_of(world)
    world.clock.pass_seconds(600)  # RFC 6749 section 4.1.2: ten minutes at most
    assert_no_token(await world.log_in(exchange(code)), codes=("OAU-106", "OAU-108"))


async def test_a_code_is_no_token(world: WebWorld) -> None:
    code = await code_of(world)
    await assert_useless(world, code)
    assert_no_token(await world.log_in(refresh(code)))
    assert_no_token(await world.log_in({"grant_type": JWT_GRANT, "assertion": code, **APP}))


async def test_a_client_without_its_secret(world: WebWorld) -> None:
    code = await code_of(world)
    for wrong in ({"client_secret": "wrong"}, {"client_secret": ""}):
        assert_no_token(await world.log_in(exchange(code, **wrong)), "invalid_client")


# --- personal JWTs ----------------------------------------------------------------------------------------------------


def claims_of(world: WebWorld, personal: str) -> dict[str, Any]:
    payload = personal.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> bytes:
    return b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))


def by_public_key(claims: dict[str, Any], secret: bytes) -> str:
    """HS256 with something public as the secret: good for whoever lets the token choose the algorithm."""
    text = unsigned({"alg": "HS256", "typ": "JWT"}, claims)
    digest = hmac.digest(secret, text, "sha256")
    return (text + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


async def test_forged_personal_jwts(world: WebWorld) -> None:
    personal = await world.tokens.jwts.issue(world.user.id, "x")
    claims = claims_of(world, personal)
    header, payload, signature = personal.split(".")
    other_key = RSAKey.generate_key(2048)
    key = signing_key()._key
    colleague = {**claims, "sub": str(world.accounts.extension_by_number("102").id)}
    tampered = base64.urlsafe_b64encode(json.dumps(colleague).encode()).rstrip(b"=").decode()
    own_key = {"alg": "RS256", "jwk": other_key.as_dict(private=False)}
    known = {"kid": key.thumbprint()}
    forged = {
        "of another server": jwt.encode({"alg": "RS256"}, claims, other_key),
        "of another server, our key's id": jwt.encode({"alg": "RS256", **known}, claims, other_key),
        "brings its own key": jwt.encode(own_key, claims, other_key),
        "alg none": unsigned({"alg": "none", "typ": "JWT"}, claims).decode() + ".",
        "alg None": unsigned({"alg": "None"}, claims).decode() + ".",
        "alg none, signed": unsigned({"alg": "none"}, claims).decode() + "." + signature,
        "HS256 with the public key": by_public_key(claims, key.as_pem(private=False)),
        "HS256 with the key's number": by_public_key(claims, key.as_dict(private=False)["n"].encode()),
        "HS256 with nothing": by_public_key(claims, b"\0"),
        "HS256 of a library": jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 40)),
        "another user's id": f"{header}.{tampered}.{signature}",
        "no signature": f"{header}.{payload}.",
        "cut": personal[:-2],
        "two parts": f"{header}.{payload}",
        "empty header": f".{payload}.{signature}",
        "a refresh token": (await by_password(world))["refresh_token"],
        "very long": personal + "A" * 60_000,
    }
    for name, assertion in forged.items():
        reply = await world.log_in({"grant_type": JWT_GRANT, "assertion": assertion, **APP})
        assert reply.status in (400, 401, 413), name
        assert "access_token" not in reply.json, name
    await token_of(world, {"grant_type": JWT_GRANT, "assertion": personal, **APP})


async def test_rightly_signed_but_not_good(world: WebWorld) -> None:
    """The server's own key, and claims that it never issued."""
    personal = await world.tokens.jwts.issue(world.user.id, "x")
    claims, key = claims_of(world, personal), signing_key()._key
    colleague = str(world.accounts.extension_by_number("102").id)
    now = int(world.clock.wall())
    for changed in (
        {"sub": colleague},
        {"jti": "never-issued"},
        {"exp": now},
        {"exp": None},
        {"exp": str(now + 100)},
        {"iss": "https://elsewhere.example"},
        {"aud": "honest"},
        {"sub": world.user.id},
        {"sub": ""},
    ):
        assertion = jwt.encode({"alg": "RS256"}, {**claims, **changed}, key)
        assert_no_token(await world.log_in({"grant_type": JWT_GRANT, "assertion": assertion, **APP}))


async def test_an_expired_or_withdrawn_personal_jwt(world: WebWorld) -> None:
    short = await world.tokens.jwts.issue(world.user.id, "short", 60)
    withdrawn = await world.tokens.jwts.issue(world.user.id, "withdrawn")
    await world.tokens.jwts.remove(claims_of(world, withdrawn)["jti"])
    world.clock.pass_seconds(60)
    for assertion in (short, withdrawn):
        assert_no_token(await world.log_in({"grant_type": JWT_GRANT, "assertion": assertion, **APP}))


async def test_a_jwt_for_one_client_only(world: WebWorld) -> None:
    personal = await world.tokens.jwts.issue(world.user.id, "x", client_id="honest")
    for thief in (FOREIGN, PUBLIC):
        assert_no_token(await world.log_in({"grant_type": JWT_GRANT, "assertion": personal, **thief}))
    await token_of(world, {"grant_type": JWT_GRANT, "assertion": personal, **APP})
