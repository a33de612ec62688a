"""GET and POST /restapi/oauth/authorize: the login page, the consent, and the way back."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from fakes.browser import AUTHORIZE, Browser
from fakes.web import CLIENT, CONFIG, MAIN, PASSWORD, SECRET, WebWorld, make_world
from ringout.config import ClientConfig, HttpConfig
from ringout.domain.account import Client, Grant

HOME = "https://crm.example/callback"
OTHER = "https://crm.example/other?tab=1"
NAME = "Acme <b>CRM</b>"
WITH_REDIRECTS = replace(
    CONFIG,
    clients=(
        ClientConfig(CLIENT, SECRET, NAME, ("RingOut", "EditExtensions"), True, (HOME, OTHER)),
        ClientConfig("public", None, "Phone app", ("RingOut",), False, ("com.example.app:/back",)),
    ),
)
ASKED = {"response_type": "code", "client_id": CLIENT, "redirect_uri": HOME, "state": "a b&c=%41+/é"}
LOGIN = {"username": MAIN, "extension": "101", "password": PASSWORD}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(WITH_REDIRECTS)


@pytest.fixture
def browser(world: WebWorld) -> Browser:
    return Browser(world.app)


async def signed_in(browser: Browser, **more: str) -> Browser:
    await browser.visit({**ASKED, **more})
    return await browser.submit("sign_in", LOGIN)


async def exchange(world: WebWorld, code: str, **more: str) -> dict[str, str]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": HOME}
    reply = await world.log_in({**form, "client_id": CLIENT, "client_secret": SECRET, **more})
    body: dict[str, str] = reply.json
    return body


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


# --- signing in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filled",
    [
        {"password": "wrong"}, {"username": "nobody@example.com"}, {"username": ""}, {"password": ""},
        {"extension": "102"}, {"username": "x" * 5000}, {"password": "x" * 5000}, {"username": "\udcff"},
    ],
)  # fmt: skip
async def test_a_wrong_login_says_the_same_whatever_is_wrong(browser: Browser, filled: dict[str, str]) -> None:
    await browser.visit(ASKED)
    fields = {**browser.form.fields, **LOGIN, **filled, "step": "sign_in"}
    await browser.post(urlencode(fields, errors="surrogateescape"))
    assert browser.reply.status == 400
    assert "The phone number, e-mail address, extension or password is not right." in browser.form.text
    assert ("aria-invalid", "true") in [pair for tag, given in browser.form.tags for pair in given.items()]
    assert "password" not in str(browser.form.fields.get("password"))
    await browser.submit("sign_in", LOGIN)
    assert browser.form.buttons == ["allow", "deny", "other"]


async def test_too_many_wrong_logins(browser: Browser) -> None:
    await browser.visit(ASKED)
    for _ in range(10):
        await browser.submit("sign_in", {**LOGIN, "password": "wrong"})
    await browser.submit("sign_in", LOGIN)
    assert (browser.reply.status, "too many failed attempts" in browser.form.text) == (429, True)


async def test_the_password_grant_and_the_page_count_together(world: WebWorld, browser: Browser) -> None:
    form = {"grant_type": "password", **LOGIN, "client_id": CLIENT, "client_secret": SECRET}
    for _ in range(10):
        await world.log_in({**form, "password": "wrong"})
    await browser.visit(ASKED)
    assert (await browser.submit("sign_in", LOGIN)).reply.status == 429


async def test_a_form_of_another_site_does_nothing(world: WebWorld, browser: Browser) -> None:
    await signed_in(browser)
    own = {**browser.form.fields, "step": "allow"}
    evil = Browser(world.app)
    await evil.visit(ASKED)
    attempts = [
        (browser, {**own, "form_token": ""}, {}),
        (browser, {**own, "form_token": "x"}, {}),
        (browser, {**own, "form_token": "é"}, {}),
        (browser, {**own, "form_token": evil.form.fields["form_token"]}, {}),  # the attacker's own
        (browser, {**own, "request": own["request"].replace("RingOut", "x") + "&scope=RingOut"}, {}),
        (browser, own, {"sec_fetch_site": "cross-site"}),
        (browser, own, {"sec_fetch_site": "same-site"}),
        (Browser(world.app), own, {}),  # without the cookie
    ]
    for who, form, headers in attempts:
        await who.post(urlencode(form), **headers)
        assert (who.reply.status, who.form.buttons) == (400, ["sign_in"]), form
    assert (
        "code" in (await browser.post(urlencode(own), sec_fetch_site="same-origin", sec_fetch_mode="navigate")).landed
    )


async def test_the_form_to_sign_in_does_not_allow(browser: Browser) -> None:
    """With prompt=login the password is asked for again, and a clever form cannot leave that out."""
    await signed_in(browser)
    await browser.visit({**ASKED, "prompt": "login"})
    assert browser.form.buttons == ["sign_in"]
    assert (await browser.submit("allow")).reply.status == 400


async def test_after_a_restart_the_page_is_shown_again(world: WebWorld, browser: Browser) -> None:
    await browser.visit(ASKED)
    browser.app = (await make_world(WITH_REDIRECTS)).app
    other_key = browser.form.fields["form_token"][:-2] + "xx"
    await browser.submit("sign_in", {**LOGIN, "form_token": other_key})
    assert (browser.reply.status, "open for too long" in browser.form.text) == (400, True)
    await browser.submit("sign_in", LOGIN)
    assert browser.form.buttons == ["allow", "deny", "other"]


# --- what the user decides -------------------------------------------------------------------------------------------


async def test_the_user_does_not_agree(world: WebWorld, browser: Browser) -> None:
    await signed_in(browser)
    assert (await browser.submit("deny")).landed["error"] == "access_denied"
    landed = (await (await Browser(world.app).visit(ASKED)).submit("deny")).landed
    assert (landed["error"], landed["state"]) == ("access_denied", ASKED["state"])


async def test_the_user_is_somebody_else(browser: Browser) -> None:
    await signed_in(browser)
    assert (await browser.submit("other")).form.buttons == ["sign_in"]
    assert (await browser.visit({**ASKED, "prompt": "none"})).landed["error"] == "login_required"


@pytest.mark.parametrize(
    ("prompt", "first", "later"),
    [
        ("", "sign_in", "code"),
        ("login sso", "sign_in", "code"),
        ("sso", "sign_in", "code"),
        ("login", "sign_in", "sign_in"),
        ("select_account", "sign_in", "sign_in"),
        ("consent", "sign_in", "allow"),
        ("login consent", "sign_in", "sign_in"),
        ("none", "login_required", "code"),
        ("something else", "sign_in", "code"),
    ],
)
async def test_prompt(browser: Browser, prompt: str, first: str, later: str) -> None:
    asked = {**ASKED, "prompt": prompt}

    def seen() -> str:
        if browser.reply.status == 302:
            return browser.landed.get("error", "code")
        return browser.form.buttons[0]

    await browser.visit(asked)
    assert seen() == first
    await signed_in(browser)
    await browser.submit("allow")
    await browser.visit(asked)
    assert seen() == later


async def test_more_permissions_need_another_consent(browser: Browser) -> None:
    await signed_in(browser, scope="RingOut")
    await browser.submit("allow")
    assert "code" in (await browser.visit({**ASKED, "scope": "RingOut", "prompt": "none"})).landed
    assert (await browser.visit({**ASKED, "prompt": "none"})).landed["error"] == "consent_required"
    assert (await browser.visit(ASKED)).form.buttons[0] == "allow"


async def test_a_login_lasts_half_an_hour_and_not_beyond_the_password(world: WebWorld, browser: Browser) -> None:
    await signed_in(browser)
    await browser.submit("allow")
    world.clock.pass_seconds(1799)
    assert "code" in (await browser.visit({**ASKED, "prompt": "none"})).landed
    world.clock.pass_seconds(1)
    assert (await browser.visit({**ASKED, "prompt": "none"})).landed["error"] == "login_required"
    await signed_in(browser)
    await browser.submit("allow")
    await world.accounts.change_extension(world.user.id, lambda user: replace(user, password_hash="other"))
    assert (await browser.visit({**ASKED, "prompt": "none"})).landed["error"] == "login_required"


async def test_a_hint_at_another_user_asks_who_it_is(world: WebWorld, browser: Browser) -> None:
    await signed_in(browser)
    await browser.submit("allow")
    for hint, seen in (("user@example.com", 302), (f"{MAIN}*101", 302), ("nobody", 302), (f"{MAIN}*102", 200)):
        assert (await browser.visit({**ASKED, "login_hint": hint})).reply.status == seen
    await browser.submit("sign_in", LOGIN)  # the user knows better
    assert browser.reply.status == 302


async def test_a_user_of_another_account(world: WebWorld, browser: Browser) -> None:
    await signed_in(browser)
    await browser.submit("allow")
    await world.accounts.change_client(CLIENT, lambda client: replace(client, account_id=1))
    assert (await browser.visit(ASKED)).form.buttons == ["sign_in"]
    await browser.submit("sign_in", LOGIN)
    assert browser.reply.status == 400


@pytest.mark.parametrize(
    ("ui_locales", "accept_language", "language", "button"),
    [
        ("", "", "en", "Sign in"),
        ("", "de-AT,en;q=0.5", "de", "Anmelden"),
        ("fr-CA en", "de", "fr", "Se connecter"),
        ("xx es", "de", "es", "Iniciar sesión"),
        ("xx", "de", "de", "Anmelden"),
        ("xx", "ja", "en", "Sign in"),
    ],
)
async def test_the_language_of_the_page(
    browser: Browser, ui_locales: str, accept_language: str, language: str, button: str
) -> None:
    await browser.visit({**ASKED, "ui_locales": ui_locales}, accept_language=accept_language)
    assert f'<html lang="{language}">' in browser.reply.body.decode()
    assert f"<h1>{button}</h1>" in browser.reply.body.decode()


async def test_other_methods(world: WebWorld, browser: Browser) -> None:
    reply = await world.ask("PUT", AUTHORIZE)
    assert (reply.status, reply.json["errors"][0]["errorCode"]) == (405, "AGW-405")
