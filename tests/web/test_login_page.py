"""The pages of /restapi/oauth/authorize: signing in, and what the user decides."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from fakes.browser import AUTHORIZE, Browser
from fakes.crm import ASKED, LOGIN, WITH_REDIRECTS, signed_in
from fakes.web import CLIENT, MAIN, SECRET, WebWorld, make_world


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(WITH_REDIRECTS)


@pytest.fixture
def browser(world: WebWorld) -> Browser:
    return Browser(world.app)


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
