"""Users, passwords and permissions that change while a request is on its way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from fakes.browser import Browser
from fakes.web import CLIENT, CONFIG, FORM, JWT_GRANT, MAIN, PASSWORD, SECRET, WebWorld, make_world
from ringout.config import ClientConfig
from ringout.domain.account import Client, Session

BACK = "https://crm.example/callback"
SCOPES = ("RingOut", "EditExtensions", "ReadAccounts", "ReadPresence", "EditPresence", "ReadCallLog")
CONFIGURED = replace(
    CONFIG,
    clients=(
        ClientConfig(CLIENT, SECRET, "CRM", SCOPES, True, (BACK,)),
        ClientConfig("modest", SECRET, "Modest", (), False, (BACK,)),
    ),
)
APP = {"client_id": CLIENT, "client_secret": SECRET}
LOGIN = {"username": MAIN, "extension": "101", "password": PASSWORD}
ASKED = {"response_type": "code", "client_id": CLIENT, "redirect_uri": BACK}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(CONFIGURED)


@pytest.fixture
def browser(world: WebWorld) -> Browser:
    return Browser(world.app)


async def new_password(world: WebWorld) -> None:
    """As the administration sets one."""
    await world.accounts.change_extension(world.user.id, lambda user: replace(user, password_hash="another"))
    await world.tokens.close_sessions(world.user.id)


async def remove_user(world: WebWorld) -> None:
    user = world.accounts.extension(world.user.id)
    await world.accounts.change(lambda: ([], [user]))
    await world.tokens.close_sessions(user.id)


# --- a user who is logged out, switched off or removed while a request is on its way ---------------------------------

CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("POST", "ringout", {"from": {"phoneNumber": "+16505550111"}, "to": {"phoneNumber": "+14155550199"}}),
    ("PUT", "", {"contact": {"firstName": "Late"}}),
    ("POST", "forwarding-number", {"phoneNumber": "+14155550123", "label": "Late", "type": "Other"}),
    ("PUT", "caller-id", {"byFeature": [{"feature": "RingOut", "callerId": {"type": "Blocked"}}]}),
    ("PUT", "presence", {"userStatus": "Busy"}),
)


@pytest.mark.parametrize(("method", "resource", "body"), CHANGES)
async def test_a_user_who_is_removed_meanwhile(world: WebWorld, method: str, resource: str, body: Any) -> None:
    authorized = world.tokens.principal
    shown = []

    def and_then_gone(token: str) -> Any:
        principal = authorized(token)
        shown.append(token)
        if len(shown) == 2:  # the last look at it
            world.accounts._extensions.pop(world.user.id)
            world.accounts._index()
        return principal

    world.tokens.principal = and_then_gone  # type: ignore[method-assign]
    reply = await world.ask(method, f"{world.home}/{resource}".rstrip("/"), body)
    assert (reply.status, reply.json["errors"][0]["errorCode"]) == (401, "OAU-149")


def slowly(world: WebWorld, change: Callable[[WebWorld], Awaitable[None]]) -> None:
    """The change happens while the body of the next request arrives."""
    app = world.app

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        async def receive_late() -> Any:
            event = await receive()
            await change(world)
            return event

        await app(scope, receive_late, send)

    world.app = slow


async def log_out(world: WebWorld) -> None:
    await world.tokens.close_sessions(world.user.id)


async def switch_off(world: WebWorld) -> None:
    await world.accounts.change_extension(world.user.id, lambda user: replace(user, enabled=False))


async def take_permissions(world: WebWorld) -> None:
    await world.accounts.change_client(CLIENT, lambda client: replace(client, scopes=()))


async def pass_an_hour(world: WebWorld) -> None:
    world.clock.pass_seconds(3600)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (log_out, 401, "OAU-149"),
        (new_password, 401, "OAU-149"),
        (remove_user, 401, "OAU-149"),
        (switch_off, 401, "OAU-149"),
        (pass_an_hour, 401, "OAU-128"),
        (take_permissions, 403, "CMN-401"),
    ],
)
@pytest.mark.parametrize(("method", "resource", "body"), CHANGES)
async def test_what_counts_is_who_asks_when_the_body_is_there(
    world: WebWorld, method: str, resource: str, body: Any, change: Any, status: int, code: str
) -> None:
    slowly(world, change)
    reply = await world.ask(method, f"{world.home}/{resource}".rstrip("/"), body)
    assert (reply.status, reply.json["errors"][0]["errorCode"]) == (status, code)
    assert world.store.rows == {}


async def test_what_is_missing_for_a_user_who_is_there_stays_our_fault(world: WebWorld) -> None:
    assert world.services is not None

    async def broken(*_: Any) -> None:
        raise KeyError

    world.services.ring_outs.create = broken  # type: ignore[method-assign,assignment]
    assert (await world.place()).status == 500


# --- logins that overtake a change ----------------------------------------------------------------------------------


def while_saving(world: WebWorld, change: Callable[[WebWorld], Awaitable[None]]) -> None:
    """The change happens while the next session is on its way to the disk."""
    save = world.token_store.save_session

    async def save_slowly(session: Session) -> None:
        world.token_store.save_session = save  # type: ignore[method-assign]
        await change(world)
        await save(session)

    world.token_store.save_session = save_slowly  # type: ignore[method-assign]


async def jwt_form(world: WebWorld) -> dict[str, str]:
    return {"grant_type": JWT_GRANT, "assertion": await world.tokens.jwts.issue(world.user.id, "x"), **APP}


async def password_form(world: WebWorld) -> dict[str, str]:
    return {"grant_type": "password", **LOGIN, **APP}


async def code_form(world: WebWorld) -> dict[str, str]:
    code = await Browser(world.app).code_for(ASKED, LOGIN)
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **APP}


FORMS = ((jwt_form, "OAU-213"), (password_form, "OAU-140"), (code_form, "OAU-106"))


@pytest.mark.parametrize("change", [new_password, remove_user])
@pytest.mark.parametrize(("form", "code"), FORMS)
async def test_a_session_does_not_outlive_what_opened_it(world: WebWorld, form: Any, code: str, change: Any) -> None:
    filled = await form(world)
    while_saving(world, change)
    reply = await world.log_in(filled)
    assert (reply.status, reply.json["errorCode"]) == (400, code)
    assert world.token_store.by_id == {}


async def test_a_code_does_not_outlive_the_password(world: WebWorld) -> None:
    form = await code_form(world)
    await new_password(world)
    reply = await world.log_in(form)
    assert (reply.status, reply.json["errorCode"]) == (400, "OAU-106")


async def test_a_code_of_a_user_whom_the_client_lost(world: WebWorld) -> None:
    form = await code_form(world)

    def of_another_account(client: Client) -> Client:
        return replace(client, account_id=1)

    await world.accounts.change_client(CLIENT, of_another_account)
    reply = await world.log_in(form)
    assert (reply.status, reply.json["errorCode"]) == (400, "OAU-106")


# --- what the user has agreed to ------------------------------------------------------------------------------------


async def test_a_client_that_gets_more_permissions_while_the_question_is_open(
    world: WebWorld, browser: Browser
) -> None:
    await browser.visit(ASKED)
    await browser.submit("sign_in", LOGIN)
    assert browser.form.buttons[0] == "allow"

    def with_more(client: Client) -> Client:
        return replace(client, scopes=(*client.scopes, "EditUserCredentials"))

    await world.accounts.change_client(CLIENT, with_more)
    await browser.submit("allow")
    assert browser.reply.status == 400
    assert (await browser.visit(ASKED)).form.buttons[0] == "allow"  # asked anew
    assert (await browser.submit("allow")).reply.status == 302


async def test_a_client_without_permissions_learns_nothing_unasked(browser: Browser) -> None:
    modest = {**ASKED, "client_id": "modest"}
    await browser.visit(ASKED)
    await browser.submit("sign_in", LOGIN)
    assert (await browser.visit({**modest, "prompt": "none"})).landed["error"] == "consent_required"
    await browser.visit(modest)
    assert browser.form.buttons[0] == "allow"
    await browser.submit("allow")
    assert "code" in (await browser.visit({**modest, "prompt": "none"})).landed


# --- who else is there ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "seen"),
    [
        ("user@example.com", "code"),
        (" USER@example.com", "code"),
        (MAIN, "code"),
        (f"{MAIN}*101", "code"),
        ("+16505550133", "code"),
        ("Anna", "code"),
        (f"{MAIN}*102", "login_required"),
        (f"{MAIN}*109", "login_required"),
        ("colleague@example.com", "login_required"),
        ("nobody@example.com", "login_required"),
        ("+16505550144", "login_required"),
        ("+14155550199", "login_required"),
    ],
)
async def test_a_hint_does_not_tell_who_else_is_there(world: WebWorld, browser: Browser, hint: str, seen: str) -> None:

    colleague = world.accounts.extension_by_number("102")
    await world.accounts.change_extension(
        colleague.id, lambda user: replace(user, contact=replace(user.contact, email="colleague@example.com"))
    )
    await browser.visit(ASKED)
    await browser.submit("sign_in", LOGIN)
    await browser.submit("allow")
    landed = (await browser.visit({**ASKED, "prompt": "none", "login_hint": hint})).landed
    assert landed.get("error", "code") == seen


# --- numbers of absurd size and headers of absurd types -------------------------------------------------------------


@pytest.mark.parametrize("length", ["0" * 5000, "0" * 5000 + "1"])
async def test_a_content_length_of_thousands_of_digits(world: WebWorld, length: str) -> None:
    reply = await world.ask("POST", f"{world.home}/ringout", b"", content_length=length, content_type=FORM)
    assert reply.status == 415
    reply = await world.ask("POST", f"{world.home}/ringout", b"{}", content_length="9" * 5000)
    assert reply.status == 413
