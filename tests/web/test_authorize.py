"""GET and POST /restapi/oauth/authorize: what an application asks for, and the way back."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from fakes.browser import Browser
from fakes.crm import ASKED, HOME, LOGIN, OTHER, WITH_REDIRECTS, exchange, signed_in
from fakes.web import CLIENT, WebWorld, make_world
from ringout.config import HttpConfig
from ringout.domain.account import Client, Grant


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(WITH_REDIRECTS)


@pytest.fixture
def browser(world: WebWorld) -> Browser:
    return Browser(world.app)


async def test_the_whole_way(world: WebWorld, browser: Browser) -> None:
    await browser.visit(ASKED)
    assert browser.reply.status == 200
    assert browser.form.buttons == ["sign_in"]
    await browser.submit("sign_in", LOGIN)
    assert browser.reply.status == 200
    assert browser.form.buttons == ["allow", "deny", "other"]
    await browser.submit("allow")
    assert browser.reply.headers["location"].startswith(f"{HOME}?code=")
    landed = browser.landed
    assert (landed["state"], landed["expires_in"]) == (ASKED["state"], "120")
    body = await exchange(world, landed["code"])
    assert body["scope"] == "RingOut EditExtensions"
    assert body["owner_id"] == str(world.user.id)
    got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {body['access_token']}")
    assert got.status == 404


async def test_what_the_pages_say(browser: Browser) -> None:
    await browser.visit({**ASKED, "login_hint": '"><script>'})
    page = browser.reply.body.decode()
    assert "<script" not in page
    assert "<b>" not in page
    assert "to continue to Acme <b>CRM</b>" in browser.form.text
    assert browser.form.fields["username"] == '"><script>'
    labelled = {given["for"] for tag, given in browser.form.tags if tag == "label"}
    shown = {given["id"] for tag, given in browser.form.tags if tag == "input" and given.get("type") != "hidden"}
    assert labelled == shown == {"username", "extension", "password"}
    await browser.submit("sign_in", LOGIN)
    text = browser.form.text
    for said in ("User (101)", "crm.example", "place, watch and cancel calls", "change your own settings"):
        assert said in text
    assert "<b>" not in browser.reply.body.decode()


async def test_what_a_browser_may_do_with_the_pages(browser: Browser) -> None:
    """No frame, no script, no cache; forms lead here and, by the redirect, to the application."""
    for _ in range(2):
        headers = (await browser.visit(ASKED)).reply.headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["style-src"].startswith("'sha256-")
        assert policy["form-action"] == "'self' https://crm.example"
        assert "script-src" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-type"] == "text/html; charset=utf-8"
        await browser.submit("sign_in", LOGIN)
    asked = {"client_id": "public", "response_type": "code", "code_challenge": "x" * 43}
    policy_text = (await browser.visit(asked)).reply.headers["content-security-policy"]
    assert "form-action 'self' com.example.app:;" in policy_text


async def test_no_script_of_another_origin_may_read_the_pages(browser: Browser) -> None:
    await signed_in(browser)
    reply = (await browser.visit(ASKED, origin="https://evil.crm.example", sec_fetch_mode="cors")).reply
    assert "access-control-allow-origin" not in reply.headers
    assert browser.form.buttons == ["sign_in"]  # as if there were no login


async def test_the_cookie(world: WebWorld, browser: Browser) -> None:
    await browser.visit(ASKED)
    before = browser.reply.headers["set-cookie"]
    assert before.startswith("ringout_login=")
    assert before.endswith("; Path=/restapi/oauth; HttpOnly; SameSite=Lax")
    await browser.submit("sign_in", LOGIN)
    assert browser.reply.headers["set-cookie"].partition(";")[0] != before.partition(";")[0]
    secure = await make_world(replace(WITH_REDIRECTS, http=HttpConfig(public_url="https://x.example/ringout")))
    browser = await Browser(secure.app).visit(ASKED)
    assert browser.reply.headers["set-cookie"].startswith("__Host-ringout_login=")
    assert browser.reply.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")
    assert ("form", {"method": "post", "action": "/ringout/restapi/oauth/authorize"}) in browser.form.tags


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_id": ""}, "CMN-100"),
        ({"client_id": "nobody"}, "OAU-153"),
        ({"client_id": "\udcff"}, "OAU-153"),
        ({"redirect_uri": ""}, "OAU-109"),  # two are registered
        ({"redirect_uri": HOME + "/"}, "OAU-109"),
        ({"redirect_uri": HOME + "?x=1"}, "OAU-109"),
        ({"redirect_uri": HOME.upper()}, "OAU-109"),
        ({"redirect_uri": HOME.replace("https", "http")}, "OAU-109"),
        ({"redirect_uri": HOME.replace("crm.", "crm.evil.")}, "OAU-109"),
        ({"redirect_uri": "com.example.app:/back"}, "OAU-109"),  # another client's
        ({"redirect_uri": HOME + "#"}, "OAU-109"),
        ({"state": "x" * 12_000}, "CMN-104"),
    ],
)
async def test_a_wrong_client_or_redirect_uri_is_told_here_and_never_sent_on(
    browser: Browser, change: dict[str, str], code: str
) -> None:
    query = urlencode({**ASKED, **change}, errors="surrogateescape")
    await browser.visit(query)
    assert browser.reply.status == 400
    assert "location" not in browser.reply.headers
    assert code in browser.form.text
    reply = (await browser.visit(query, accept="*/*")).reply
    assert (reply.status, reply.json["errors"][0]["errorCode"]) == (400, code)
    assert reply.json["error"] in ("invalid_request", "invalid_client")
    assert (await browser.post(query)).reply.status == 400


async def test_a_parameter_given_twice(browser: Browser) -> None:
    await browser.visit(urlencode(ASKED) + "&state=2")
    assert (browser.reply.status, "OAU-111" in browser.form.text) == (400, True)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": "RingOut Faxes"}, "invalid_scope"),
        ({"scope": "Admin"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"nonce": "x" * 513}, "invalid_request"),
        ({"nonce": "a\nb"}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"request_uri": "x"}, "request_uri_not_supported"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "x" * 129}, "invalid_request"),
        ({"code_challenge": "x" * 44, "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_other_mistakes_are_told_to_the_application(browser: Browser, change: dict[str, str], error: str) -> None:
    landed = (await browser.visit({**ASKED, **change})).landed
    assert (landed["error"], landed["state"]) == (error, ASKED["state"])
    assert landed["error_description"]
    assert "code" not in landed


async def test_a_client_that_may_not_use_codes(world: WebWorld, browser: Browser) -> None:
    def take_away(client: Client) -> Client:
        return replace(client, grants=(Grant.JWT,))

    await world.accounts.change_client(CLIENT, take_away)
    assert (await browser.visit(ASKED)).landed["error"] == "unauthorized_client"


@pytest.mark.parametrize("state", ["", "plain", "a b&c=d", "%2541", "é🙂", "\udcff\udc80", "x" * 2000])
async def test_the_state_comes_back_byte_by_byte(browser: Browser, state: str) -> None:
    asked = {**ASKED, "redirect_uri": OTHER, "state": state}
    await browser.visit(urlencode(asked, errors="surrogateescape"))
    await browser.submit("sign_in", LOGIN)
    location = (await browser.submit("allow")).reply.headers["location"]
    assert location.startswith(OTHER + "&code=")
    sent_back = f"&state={quote(state, safe='', errors='surrogateescape')}" if state else ""
    assert location.endswith(f"&expires_in=120{sent_back}")


async def test_empty_parameters_count_as_absent(world: WebWorld, browser: Browser) -> None:
    """As one of the SDKs sends them."""
    empty = "&brand_id=&display=&prompt=&ui_options=&ui_locales=&localeId=&scope=&code_challenge=&nonce="
    await browser.visit(urlencode(ASKED) + empty + "&code_challenge_method=&login_hint=&request_uri=")
    assert browser.reply.status == 200
    await browser.submit("sign_in", LOGIN)
    assert "access_token" in await exchange(world, (await browser.submit("allow")).landed["code"])


async def test_the_request_may_come_as_a_form(world: WebWorld, browser: Browser) -> None:
    await browser.post(urlencode(ASKED))
    assert browser.form.buttons == ["sign_in"]
    await browser.submit("sign_in", LOGIN)
    assert "access_token" in await exchange(world, (await browser.submit("allow")).landed["code"])
    reply = (await browser.post(urlencode(ASKED), content_type="text/plain")).reply
    assert (reply.status, reply.json["errors"][0]["errorCode"]) == (415, "AGW-415")


async def test_one_registered_redirect_uri_need_not_be_named(world: WebWorld, browser: Browser) -> None:
    await world.accounts.change_client(CLIENT, lambda client: replace(client, redirect_uris=(HOME,)))
    asked = {**ASKED, "redirect_uri": ""}
    for named in ("", HOME):
        await browser.visit({**asked, "prompt": "login"})
        await browser.submit("sign_in", LOGIN)
        if browser.reply.status == 200:
            await browser.submit("allow")
        assert "access_token" in await exchange(world, browser.landed["code"], redirect_uri=named)
