"""Without the server: the shell opens, says what is the matter, and comes back by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fakes.ports import free_port
from sandbox.running import Sandbox

from .person import Person

NOTICE = re.compile("No connection to the server")


def test_says_that_it_is_offline_and_recovers(person: Person) -> None:
    page = person.sign_in()
    person.call("rings")
    person.sees("Ringing them", them="Ringing")
    person.goes_offline()
    expect(page.get_by_text(NOTICE)).to_be_visible()
    person.press("Cancel")
    expect(person.card.get_by_role("alert")).to_contain_text("the call may go on")
    person.goes_offline(False)
    expect(page.get_by_text(NOTICE)).to_be_hidden()
    person.press("Cancel")
    person.sees("You cancelled the call")


def test_the_shell_opens_offline_and_keeps_nothing_else(person: Person) -> None:
    page = person.sign_in()
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    person.call("busy")
    person.sees("They are busy")
    kept = page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async name =>
            (await (await caches.open(name)).keys()).map(request => new URL(request.url).pathname)))).flat().sort()"""
    )
    assert kept == sorted(
        ["/", "/manifest.webmanifest"]
        + [f"/dialer/{name}" for name in ("app.js", "style.css", "icon.svg")]
        + [f"/dialer/{language}.json" for language in ("ar", "de", "es", "fr")]
    )
    person.goes_offline()
    page.reload()
    expect(page.get_by_text(NOTICE)).to_be_visible()
    expect(person.field).to_be_visible()
    person.goes_offline(False)
    person.ready()
    expect(page.get_by_text(NOTICE)).to_be_hidden()


def test_the_page_loads_as_soon_as_the_server_answers(person: Person) -> None:
    """Whatever the browser says of its network: that may be there before the server can be reached by it."""
    page = person.sign_in()
    page.route("**/restapi/**", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text(NOTICE)).to_be_visible()
    with page.expect_event("requestfailed"):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.unroute_all()
    person.ready()
    expect(page.get_by_text(NOTICE)).to_be_hidden()


def test_a_server_that_comes_back_is_found_again(browser: Browser, tmp_path: Path) -> None:
    """Restarted with a call running: the login holds, and the call that nobody knows any more does not stay."""
    address = f"127.0.0.1:{free_port(keep=True)}"
    where = ("--data", str(tmp_path / "data"), "--http", address, "--sip", "127.0.0.1:0")
    first = Sandbox(tmp_path, *where)
    person = Person(browser.new_context(locale="en-US"), first.login)
    try:
        page = person.sign_in()
        person.call("rings")
        person.sees("Ringing them", them="Ringing")
        first.end()
        expect(page.get_by_text(NOTICE)).to_be_visible()
        second = Sandbox(tmp_path, *where)
        try:
            expect(page.get_by_text(NOTICE)).to_be_hidden(timeout=30_000)
            expect(person.card.get_by_role("button", name="Call again")).to_be_visible()
            person.call("busy")
            person.sees("They are busy")
        finally:
            second.end()
    finally:
        person.leave()
    assert person.complaints == []


@pytest.mark.parametrize("name", ["app.js", "style.css"])
def test_an_asset_that_is_known_is_not_sent_again(person: Person, name: str) -> None:
    page = person.open()
    status = page.evaluate(
        """async name => {
            const first = await fetch(`dialer/${name}`, { cache: 'no-store' });
            const again = { 'If-None-Match': first.headers.get('etag') };
            return (await fetch(`dialer/${name}`, { cache: 'no-store', headers: again })).status;
        }""",
        name,
    )
    assert status == 304


def test_signing_in_without_the_server(person: Person) -> None:
    page = person.open()
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    person.goes_offline()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The server cannot be reached. Please try again.")
    person.goes_offline(False)
    person.sign_in()


def test_signing_in_at_an_address_that_is_not_the_servers_own(person: Person) -> None:
    """The server would send the code nowhere else: the page leads there, with the link that it was opened with."""
    page = person.open()
    other = person.login["url"].replace("127.0.0.1", "localhost")
    page.route("**/.well-known/entry-points/initial", lambda route: route.fulfill(json={"coreApi": {"baseUri": other}}))
    page.goto(f"{person.login['url']}/?number=650")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Sign in there:")
    expect(page.get_by_role("link", name=f"{other}/")).to_have_attribute("href", f"{other}/?number=650")
