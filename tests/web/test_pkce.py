"""Codes and their proof: RFC 7636, and RFC 6749 section 4.1."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fakes.asgi import Reply
from fakes.browser import Browser
from fakes.crm import ASKED, HOME, LOGIN, WITH_REDIRECTS
from fakes.web import CLIENT, SECRET, WebWorld, make_world
from ringout.domain.account import Session

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
PUBLIC = {"response_type": "code", "client_id": "public", "redirect_uri": "com.example.app:/back", "state": "s"}
HASHED = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
BODY_LOGIN = {"client_id": CLIENT, "client_secret": SECRET}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(WITH_REDIRECTS)


async def code_for(world: WebWorld, asked: dict[str, str]) -> str:
    return await Browser(world.app).code_for(asked, LOGIN)


async def exchange(world: WebWorld, code: str, **form: str) -> Reply:
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": HOME, **form}
    return await world.log_in({name: value for name, value in given.items() if value})


async def public(world: WebWorld, code: str, **form: str) -> Reply:
    return await exchange(world, code, **{"client_id": "public", "redirect_uri": PUBLIC["redirect_uri"], **form})


def refused(reply: Reply, error: str, code: str, parameter: str | None) -> None:
    body = reply.json
    assert (reply.status, body["error"], body["errors"][0]["errorCode"]) == (400, error, code)
    assert body["errors"][0].get("parameterName") == parameter


async def is_good(world: WebWorld, reply: Reply) -> bool:
    token = reply.json["access_token"]
    got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {token}")
    return got.status == 404


@pytest.mark.parametrize(
    "asked",
    [
        HASHED,
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": VERIFIER},
        {"code_challenge": VERIFIER, "code_challenge_method": ""},
    ],
)
async def test_the_proof_of_a_public_client(world: WebWorld, asked: dict[str, str]) -> None:
    reply = await public(world, await code_for(world, {**PUBLIC, **asked}), code_verifier=VERIFIER)
    assert await is_good(world, reply)


@pytest.mark.parametrize("asked", [HASHED, {"code_challenge": VERIFIER}])
@pytest.mark.parametrize(
    "verifier", ["", "x" * 43, VERIFIER + "x", VERIFIER.lower(), CHALLENGE + "x", "short", "é" * 43]
)
async def test_a_wrong_proof_spends_the_code(world: WebWorld, asked: dict[str, str], verifier: str) -> None:
    code = await code_for(world, {**PUBLIC, **asked})
    refused(await public(world, code, code_verifier=verifier), "invalid_grant", "CMN-101", "code_verifier")
    refused(await public(world, code, code_verifier=VERIFIER), "invalid_grant", "OAU-106", "code")


async def test_a_public_client_needs_a_challenge(world: WebWorld) -> None:
    for challenge in ({}, {"code_challenge": ""}, {"code_challenge_method": "S256"}):
        landed = (await Browser(world.app).visit({**PUBLIC, **challenge})).landed
        assert (landed["error"], landed["state"]) == ("invalid_request", "s")


async def test_a_confidential_client_may_prove_itself_as_well(world: WebWorld) -> None:
    code = await code_for(world, {**ASKED, **HASHED})
    assert await is_good(world, await exchange(world, code, **BODY_LOGIN, code_verifier=VERIFIER))
    code = await code_for(world, {**ASKED, **HASHED})
    refused(await exchange(world, code, **BODY_LOGIN), "invalid_grant", "CMN-101", "code_verifier")


async def test_a_proof_whose_challenge_was_cut_out_on_the_way(world: WebWorld) -> None:
    code = await code_for(world, ASKED)
    reply = await exchange(world, code, **BODY_LOGIN, code_verifier=VERIFIER)
    refused(reply, "invalid_grant", "CMN-101", "code_verifier")


async def test_another_clients_code_gets_nothing_and_is_not_spent(world: WebWorld) -> None:
    code = await code_for(world, ASKED)
    refused(await public(world, code), "invalid_grant", "OAU-106", "code")
    reply = await exchange(world, code, **BODY_LOGIN)
    assert await is_good(world, reply)
    refused(await public(world, code), "invalid_grant", "OAU-106", "code")
    assert await is_good(world, reply)  # nor can it end what the code has begun


async def test_an_unknown_code(world: WebWorld) -> None:
    for code in ("x", "é", "a" * 10_000):
        refused(await exchange(world, code, **BODY_LOGIN), "invalid_grant", "OAU-106", "code")
    refused(await exchange(world, "", **BODY_LOGIN), "invalid_request", "CMN-100", "code")


@pytest.mark.parametrize("seconds", [0, 119, 5000])
async def test_a_replayed_code_gets_nothing_and_ends_its_session(world: WebWorld, seconds: float) -> None:
    code = await code_for(world, ASKED)
    reply = await exchange(world, code, **BODY_LOGIN)
    assert await is_good(world, reply)
    world.clock.pass_seconds(seconds)
    refused(await exchange(world, code, **BODY_LOGIN), "invalid_grant", "OAU-106", "code")
    form = {"grant_type": "refresh_token", "refresh_token": reply.json["refresh_token"], **BODY_LOGIN}
    refused(await world.log_in(form), "invalid_grant", "OAU-213", "refresh_token")


async def test_a_code_shown_twice_at_once_gets_nothing_either_time(world: WebWorld) -> None:
    code = await code_for(world, ASKED)
    save = world.token_store.save_session
    replayed: list[Any] = []

    async def save_slowly(session: Session) -> None:
        if not replayed:
            replayed.append(None)
            replayed.append(await exchange(world, code, **BODY_LOGIN))
        await save(session)

    world.token_store.save_session = save_slowly  # type: ignore[method-assign]
    first = await exchange(world, code, **BODY_LOGIN)
    for reply in (first, replayed[1]):
        refused(reply, "invalid_grant", "OAU-106", "code")
    assert len(world.token_store.by_id) == 1  # the fixture's own


async def test_of_many_at_once_at_most_one_gets_anything(world: WebWorld) -> None:
    code = await code_for(world, ASKED)
    replies = await asyncio.gather(*(exchange(world, code, **BODY_LOGIN) for _ in range(5)))
    good = [reply for reply in replies if reply.status == 200]
    assert not any([await is_good(world, reply) for reply in good])
    assert len(good) <= 1


async def test_a_code_lasts_two_minutes(world: WebWorld) -> None:
    code = await code_for(world, ASKED)
    world.clock.pass_seconds(119)
    assert await is_good(world, await exchange(world, code, **BODY_LOGIN))
    code = await code_for(world, ASKED)
    world.clock.pass_seconds(120)
    refused(await exchange(world, code, **BODY_LOGIN), "invalid_grant", "OAU-108", "code")


@pytest.mark.parametrize("named", ["", HOME + "/", "https://crm.example/other?tab=1"])
async def test_a_code_is_bound_to_its_redirect_uri(world: WebWorld, named: str) -> None:
    code = await code_for(world, ASKED)
    reply = await exchange(world, code, **BODY_LOGIN, redirect_uri=named)
    refused(reply, "invalid_grant", "OAU-109", "redirect_uri")


async def test_a_user_who_is_switched_off_meanwhile(world: WebWorld) -> None:
    code = await code_for(world, ASKED)
    extension = world.accounts.extension(world.user.id)
    await world.accounts.change(lambda: ([], [extension]))
    refused(await exchange(world, code, **BODY_LOGIN), "invalid_grant", "OAU-106", "code")


async def test_lifetimes_and_endpoint(world: WebWorld) -> None:
    more = {"access_token_ttl": "3601", "refresh_token_ttl": "604801", "endpoint_id": "mine"}
    body = (await exchange(world, await code_for(world, ASKED), **BODY_LOGIN, **more)).json
    assert (body["expires_in"], body["refresh_token_expires_in"], body["endpoint_id"]) == (3600, 604_800, "mine")
