"""The login: kept, renewed, shared between tabs, and its end."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from .person import Person

SESSION = "localStorage.getItem('ringout.session')"


def token(page: Page) -> str:
    return str(json.loads(page.evaluate(SESSION))["access"])


def test_nothing_of_the_login_stays_in_the_address(person: Person) -> None:
    page = person.sign_in()
    assert page.url == person.login["url"] + "/"
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    person.ready()


def test_a_token_is_renewed_before_its_end_for_all_tabs(person: Person) -> None:
    """One tab renews, and the other takes what it finds. A browser may show it the new tokens a moment late: then it
    asks as well, and the server gives it the same ones."""
    page = person.sign_in()
    other = person.context.new_page()
    other.goto(person.login["url"] + "/")
    expect(other.locator("#app[data-ready]")).to_be_visible()
    before = token(page)
    renewals: list[str] = []
    person.context.on(
        "request", lambda request: renewals.append(request.url) if "/oauth/token" in request.url else None
    )
    page.evaluate(f"localStorage.setItem('ringout.session', JSON.stringify({{...JSON.parse({SESSION}), expires: 0}}))")
    for tab in (page, other):
        tab.reload(wait_until="commit")
    for tab in (page, other):
        expect(tab.locator("#app[data-ready]")).to_be_visible()
    assert token(page) == token(other) != before
    assert len(renewals) in (1, 2)


def test_signing_out_in_one_tab_signs_out_all(person: Person) -> None:
    page = person.sign_in()
    other = person.context.new_page()
    other.goto(person.login["url"] + "/")
    other.get_by_role("button", name="Settings").click()
    other.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_login_that_the_server_has_ended(person: Person) -> None:
    """The stream ends with it: the page says so at once, and not only at the next click."""
    page = person.sign_in()
    page.evaluate(
        """token => fetch('restapi/oauth/revoke', {
            method: 'POST', body: new URLSearchParams({ token, client_id: 'ringout-dialer' }) })""",
        token(page),
    )
    expect(page.get_by_role("alert")).to_have_text("You were signed out. Please sign in again.", timeout=30_000)
    assert page.evaluate(SESSION) is None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("code=stolen&state=guessed", "Signing in failed. Please try again."),
        ("error=access_denied&state=guessed", "Signing in failed. Please try again."),
    ],
)
def test_an_answer_that_nobody_asked_for(person: Person, query: str, words: str) -> None:
    """Somebody else's code does not sign this browser in as somebody else."""
    sent: list[str] = []
    person.page.on("request", lambda request: sent.append(request.url) if "/oauth/token" in request.url else None)
    page = person.open(f"/?{query}")
    expect(page.get_by_role("alert")).to_have_text(words)
    assert sent == []
    assert page.url == person.login["url"] + "/"


def test_whoever_declines_is_told(person: Person) -> None:
    page = person.open()
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/authorize**")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_have_text("You were not signed in.")
