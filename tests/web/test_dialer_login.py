"""The dialer as an application: built in, public, and good for this server's own page alone."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fakes.asgi import Reply
from fakes.forms import AGREEING, read_forms
from fakes.web import CONFIG, FORM, MAIN, PASSWORD, WebWorld, make_world
from ringout.config_rules import FORMS
from ringout.domain.dialer import DIALER
from ringout.domain.errors import DuplicateValue
from ringout.service.administration.clients import AdminClientCreation, create_client
from ringout.service.token_text import base64url

HOME = "http://ringout.example/"
VERIFIER = "v" * 43
CHALLENGE = base64url(hashlib.sha256(VERIFIER.encode()).digest())
ASKED = {
    "response_type": "code",
    "client_id": "ringout-dialer",
    "redirect_uri": HOME,
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


async def ask(world: WebWorld, asked: dict[str, str], host: str = "ringout.example") -> Reply:
    named = {"authorization": "", "accept": "text/html", "host": host}
    return await world.ask("GET", f"/restapi/oauth/authorize?{urlencode(asked)}", **named)


async def sign_in(world: WebWorld) -> str:
    """The code, after the password and no further question."""
    shown = await ask(world, ASKED)
    form = read_forms(shown.body.decode())[0]
    fields = {**form.fields, "username": MAIN, "extension": "101", "password": PASSWORD}
    button = form.button(AGREEING)
    fields |= {button.name: button.value} if button.name else {}
    cookie = shown.headers["set-cookie"].partition(";")[0]
    reply = await world.ask(
        "POST",
        "/restapi/oauth/authorize",
        urlencode(fields).encode(),
        authorization="",
        content_type=FORM,
        cookie=cookie,
        host="ringout.example",
    )
    assert reply.status == 302, reply.body
    assert reply.headers["location"].startswith(f"{HOME}?code=")
    return parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]


async def exchange(world: WebWorld, code: str, **changed: str) -> Reply:
    form = {
        "grant_type": "authorization_code",
        "client_id": "ringout-dialer",
        "code": code,
        "redirect_uri": HOME,
        "code_verifier": VERIFIER,
        **changed,
    }
    return await world.log_in({name: value for name, value in form.items() if value})


async def test_signs_in_without_asking_for_consent(world: WebWorld) -> None:
    """It is a part of this server, as the login page is."""
    reply = await exchange(world, await sign_in(world))
    assert reply.status == 200
    assert set(reply.json["scope"].split()) == {
        *("RingOut", "ReadAccounts", "EditExtensions", "ReadCallLog", "VoipCalling")
    }
    shown = {"client_id": "ringout-dialer", "refresh_token": reply.json["refresh_token"]}
    assert (await world.log_in({"grant_type": "refresh_token", **shown})).status == 200


@pytest.mark.parametrize("verifier", ["", "w" * 43, CHALLENGE])
async def test_a_stolen_code_is_worth_nothing(world: WebWorld, verifier: str) -> None:
    assert (await exchange(world, await sign_in(world), code_verifier=verifier)).status == 400


async def test_needs_a_challenge(world: WebWorld) -> None:
    asked = {name: value for name, value in ASKED.items() if not name.startswith("code_")}
    reply = await ask(world, asked)
    assert reply.status == 302
    assert "error=invalid_request" in reply.headers["location"]


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "http://ringout.example",
        "http://ringout.example/?x=1",
        "http://ringout.example/#x",
        "http://ringout.example//",
        "http://ringout.example/dial",
        "http://ringout.example:80/",
        "https://ringout.example/",
        "http://ringout.example@evil.example/",
        "http://RINGOUT.example/",
    ],
)
async def test_sends_codes_to_its_own_page_only(world: WebWorld, uri: str) -> None:
    """The user is sent nowhere else, and told so."""
    reply = await ask(world, {**ASKED, "redirect_uri": uri})
    assert reply.status == 400
    assert "location" not in reply.headers
    assert "OAU-109" in reply.body.decode()


async def test_the_configured_address_counts_whatever_the_request_says() -> None:
    world = await make_world(replace(CONFIG, http=replace(CONFIG.http, public_url="https://calls.example/ringout/")))
    own = {**ASKED, "redirect_uri": "https://calls.example/ringout/"}
    assert (await ask(world, own)).status == 200
    assert (await ask(world, own, host="evil.example")).status == 200
    assert (await ask(world, {**ASKED, "redirect_uri": "http://evil.example/"}, host="evil.example")).status == 400


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password", "username": MAIN, "extension": "101", "password": PASSWORD},
        {"grant_type": "client_credentials"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"},
    ],
)
async def test_has_no_other_way_in(world: WebWorld, form: dict[str, str]) -> None:
    reply = await world.log_in({**form, "client_id": "ringout-dialer"})
    assert reply.status == 400


async def test_is_not_listed_and_cannot_be_taken(world: WebWorld) -> None:
    assert DIALER not in world.accounts.clients()
    assert world.accounts.client("ringout-dialer") is DIALER
    assert re.fullmatch(r"[a-z-]+", DIALER.client_id)
    assert DIALER.secret_hash is None
    assert world.administration is not None
    with pytest.raises(DuplicateValue):
        await create_client(world.administration, {}, AdminClientCreation(client_id="ringout-dialer"))
    assert FORMS["clients.client_id"]("ringout-dialer") is not None
    assert FORMS["clients.client_id"]("ringout-dialer2") is None
