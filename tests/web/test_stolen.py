"""What a thief gets: nothing. Stolen, expired, foreign, replayed and forged credentials, tried from outside on every
kind of resource, with the code that tells an honest client what happened."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from fakes.asgi import Reply
from fakes.forms import AGREEING, read_forms, typed_by_user
from fakes.web import CONFIG, FORM, JWT_GRANT, MAIN, PASSWORD, PHONE, WebWorld, make_world, signing_key
from ringout.config import ClientConfig
from ringout.domain.account import Account, Contact, Extension, ForwardingNumber

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


@pytest.fixture
async def world() -> WebWorld:
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
    assert reply.status in (400, 401), reply.body
    assert reply.json["error"] == error
    assert "access_token" not in reply.json
    assert not codes or reply.json["errors"][0]["errorCode"] in codes


# --- access tokens ----------------------------------------------------------------------------------------------------


async def test_made_up_tokens(world: WebWorld) -> None:
    good = (await by_password(world))["access_token"]
    for wrong in ("x", "null", good[:-1], good + "A", good.swapcase(), "A" * 4000):
        await assert_useless(world, wrong)
    await assert_good(world, good)


async def test_an_expired_token(world: WebWorld) -> None:
    issued = await by_password(world)
    world.clock.pass_seconds(issued["expires_in"] - 1)
    await assert_good(world, issued["access_token"])
    world.clock.pass_seconds(1)
    await assert_useless(world, issued["access_token"], "OAU-128")


@pytest.mark.parametrize("shown", ["access_token", "refresh_token"])
async def test_after_a_logout(world: WebWorld, shown: str) -> None:
    """Either token ends the whole session, and no other one."""
    issued, other = await by_password(world), await by_password(world)
    body = urlencode({"token": issued[shown], **APP}).encode()
    reply = await world.ask("POST", "/restapi/oauth/revoke", body, authorization="", content_type=FORM)
    assert reply.status == 200
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))
    await assert_good(world, other["access_token"])


async def test_a_foreign_client_cannot_log_anybody_out(world: WebWorld) -> None:
    issued = await by_password(world)
    body = urlencode({"token": issued["access_token"], **FOREIGN}).encode()
    await world.ask("POST", "/restapi/oauth/revoke", body, authorization="", content_type=FORM)
    await assert_good(world, issued["access_token"])


async def test_after_a_new_password(world: WebWorld) -> None:
    issued = await by_password(world)
    new = {"password": "another correct horse 7"}
    reply = await world.ask("PUT", HOME, new, authorization=f"Bearer {issued['access_token']}")
    assert reply.status == 200, reply.body
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))
    assert_no_token(await world.log_in({"grant_type": "password", **LOGIN, **APP}), codes=("OAU-140",))
    await by_password_with(world, new["password"])


async def by_password_with(world: WebWorld, password: str) -> dict[str, Any]:
    return await token_of(world, {"grant_type": "password", **LOGIN, "password": password, **APP})


async def test_after_the_user_was_switched_off(world: WebWorld) -> None:
    issued = await by_password(world)
    await world.accounts.change_extension(world.user.id, lambda extension: replace(extension, enabled=False))
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))
    assert_no_token(await world.log_in({"grant_type": "password", **LOGIN, **APP}), codes=("OAU-140",))


async def test_after_the_client_was_switched_off(world: WebWorld) -> None:
    issued = await by_password(world)
    await world.accounts.change_client("honest", lambda client: replace(client, enabled=False))
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])), "invalid_client")


async def test_the_sixth_login_ends_the_first(world: WebWorld) -> None:
    first, *others = [await by_password(world) for _ in range(6)]
    await assert_useless(world, first["access_token"])
    for issued in others:
        await assert_good(world, issued["access_token"])


async def test_no_other_credential_is_an_access_token(world: WebWorld) -> None:
    issued = await by_password(world)
    personal = await world.tokens.jwts.issue(world.user.id, "x")
    secret = base64.b64encode(b"honest:honest-secret").decode()
    for other in (issued["refresh_token"], personal, issued["session_id"], "honest-secret", secret):
        await assert_useless(world, other)


async def test_a_connection_token_is_no_access_token(world: WebWorld) -> None:
    issued = await by_password(world)
    bearer = f"Bearer {issued['access_token']}"
    reply = await world.ask("POST", "/restapi/oauth/wstoken", authorization=bearer)
    await assert_useless(world, reply.json["ws_access_token"])


# --- somebody else's things -------------------------------------------------------------------------------------------


async def another_account(world: WebWorld) -> Extension:
    """A user of another company, with a RingOut of its own."""
    account = Account(700_000_001, "+12125550100")
    phone = ForwardingNumber("700000003", "+12125550101", "Desk")
    user = Extension(700_000_002, account.id, "101", Contact("Else"), forwarding_numbers=(phone,))
    await world.accounts.change(lambda: ((account, user), ()))
    return user


async def place_as(world: WebWorld, user: Extension) -> dict[str, Any]:
    personal = await world.tokens.jwts.issue(user.id, "x")
    issued = await token_of(world, {"grant_type": JWT_GRANT, "assertion": personal, **APP})
    body = {"from": {"phoneNumber": "+12125550101"}, "to": {"phoneNumber": "+14155550177"}}
    reply = await world.ask("POST", f"{HOME}/ringout", body, authorization=f"Bearer {issued['access_token']}")
    assert reply.status == 200, reply.body
    placed: dict[str, Any] = reply.json
    return placed


async def test_another_extension_and_another_account(world: WebWorld) -> None:
    colleague, stranger = world.accounts.extension_by_number("102"), await another_account(world)
    bearer = f"Bearer {(await by_password(world))['access_token']}"
    before = world.accounts.version
    own = f"/account/{world.user.account_id}/extension/{world.user.id}"
    for path, status, code in (
        (f"/account/~/extension/{colleague.id}", 403, "CMN-404"),
        (f"/account/{colleague.account_id}/extension/{colleague.id}", 403, "CMN-404"),
        (f"/account/~/extension/{stranger.id}", 403, "CMN-404"),
        (f"/account/{stranger.account_id}/extension/{stranger.id}", 404, "CMN-102"),
        (f"/account/{stranger.account_id}/extension/~", 404, "CMN-102"),
        (f"/account/~/extension/{world.user.id}%2F..%2F{colleague.id}", 404, None),
        (f"/account/~/extension/{world.user.id}/../{colleague.id}", 404, None),
        (f"/account/~/extension/{world.user.id},{colleague.id}", 404, None),
        (f"/account/~/extension/0{world.user.id}", 403, None),
    ):
        for method, target, body in RESOURCES:
            if not target.startswith(HOME):
                continue
            asked = target.replace("/account/~/extension/~", path)
            reply = await world.ask(method, asked, body, authorization=bearer)
            assert reply.status == status, (method, asked, reply.body)
            assert code is None or reply.json["errors"][0]["errorCode"] == code, (method, asked)
    assert world.engine.placed == []
    assert world.accounts.version == before
    assert (await world.ask("GET", f"/restapi/v1.0{own}", authorization=bearer)).status == 200


async def test_another_user_s_ring_out(world: WebWorld) -> None:
    placed = await place_as(world, await another_account(world))
    bearer = f"Bearer {(await by_password(world))['access_token']}"
    for method in ("GET", "DELETE"):
        reply = await world.ask(method, f"{HOME}/ringout/{placed['id']}", authorization=bearer)
        assert (reply.status, reply.json["errors"][0]["errorCode"]) == (404, "CMN-102")
    unknown = await world.ask("GET", f"{HOME}/ringout/{placed['id'] + 1}", authorization=bearer)
    mine = await world.ask("GET", f"{HOME}/ringout/{placed['id']}", authorization=bearer)
    assert mine.body == unknown.body  # whether it exists is not told
    assert world.engine.cancelled == []


async def test_another_user_s_phones_and_numbers(world: WebWorld) -> None:
    stranger = await another_account(world)
    bearer = f"Bearer {(await by_password(world))['access_token']}"
    foreign_id = stranger.forwarding_numbers[0].id
    for method, body in (("GET", b""), ("PUT", {"phoneNumber": "+14155550123"}), ("DELETE", b"")):
        reply = await world.ask(method, f"{HOME}/forwarding-number/{foreign_id}", body, authorization=bearer)
        assert reply.status == 404, (method, reply.body)
    call = {"from": {"forwardingNumberId": foreign_id}, "to": {"phoneNumber": "+14155550199"}}
    assert (await world.ask("POST", f"{HOME}/ringout", call, authorization=bearer)).status == 404
    call = {**CALL, "callerId": {"phoneNumber": "+12125550100"}}
    assert (await world.ask("POST", f"{HOME}/ringout", call, authorization=bearer)).status == 403
    assert world.engine.placed == []
    assert world.accounts.extension(stranger.id) == stranger


# --- refresh tokens ---------------------------------------------------------------------------------------------------


async def test_an_access_token_does_not_refresh(world: WebWorld) -> None:
    issued = await by_password(world)
    assert_no_token(await world.log_in(refresh(issued["access_token"])))
    await assert_good(world, issued["access_token"])


async def test_a_foreign_client_s_refresh_token(world: WebWorld) -> None:
    issued = await by_password(world)
    for thief in (FOREIGN, PUBLIC):
        assert_no_token(await world.log_in(refresh(issued["refresh_token"], thief)))
    await assert_good(world, issued["access_token"])
    await token_of(world, refresh(issued["refresh_token"]))


async def test_a_replayed_refresh_token_ends_the_session(world: WebWorld) -> None:
    """Within the grace it is the honest client that lost the answer; later somebody has a copy."""
    first = await by_password(world)
    second = await token_of(world, refresh(first["refresh_token"]))
    await assert_good(world, second["access_token"])
    assert (await token_of(world, refresh(first["refresh_token"])))["access_token"] == second["access_token"]
    world.clock.pass_seconds(11)
    assert_no_token(await world.log_in(refresh(first["refresh_token"])))
    await assert_useless(world, second["access_token"])
    assert_no_token(await world.log_in(refresh(second["refresh_token"])))


async def test_an_expired_refresh_token(world: WebWorld) -> None:
    issued = await by_password(world)
    world.clock.pass_seconds(issued["refresh_token_expires_in"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))


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
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT, "state": "s"}
    query |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256", **more}
    target = f"/restapi/oauth/authorize?{urlencode({k: v for k, v in query.items() if v})}"
    cookies: dict[str, str] = {}
    method, body = "GET", b""
    for _ in range(8):
        headers = {"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()), "origin": "http://api.test:8080"}
        kind = {"content_type": FORM} if method == "POST" else {"origin": ""}
        reply = await world.ask(method, target, body, authorization="", **{**headers, **kind})
        cookies |= {k: v.value for k, v in SimpleCookie(reply.headers.get("set-cookie", "")).items()}
        if reply.status in (302, 303):
            location = reply.headers["location"]
            if location.startswith(REDIRECT):
                return parse_qs(urlsplit(location).query)["code"][0]
            parts = urlsplit(location)
            target, method, body = f"{parts.path}?{parts.query}", "GET", b""
            continue
        assert reply.status == 200, reply.body
        (form, *_) = read_forms(reply.body.decode())
        button = form.button(AGREEING)
        fields = {**form.fields, **typed_by_user(form, LOGIN), **({button.name: button.value} if button.name else {})}
        method, body, target = "POST", urlencode(fields).encode(), form.action or target
    raise AssertionError("no end of pages")


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
