"""Links of other pages: the number arrives filled in, and nothing is dialled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from sandbox.running import Sandbox

from .conftest import FLAGS, need_chromium
from .person import Person


@pytest.fixture
def somebody(sandbox: Sandbox, playwright: Playwright, tmp_path: Path) -> Iterator[Person]:
    """Whose browser gives tel: links to the dialer, as it does once that was allowed."""
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    handler = {"default": True, "protocol": "tel", "url": f"{sandbox.login['url']}/?link=%s"}
    chosen: dict[str, Any] = {"custom_handlers": {"enabled": True, "registered_protocol_handlers": [handler]}}
    (profile / "Default" / "Preferences").write_text(json.dumps(chosen))
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=need_chromium(), args=FLAGS, locale="en-US"
    )
    person = Person(context, sandbox.login)
    yield person
    person.leave()
    assert person.complaints == []


def test_a_tel_link_of_another_page_arrives_and_is_not_dialled(somebody: Person) -> None:
    page = somebody.sign_in()
    placed: list[str] = []
    page.on("request", lambda request: placed.append(request.url) if request.method == "POST" else None)
    page.goto("data:text/html,<a href='tel:1-650-555-0102;postd=77'>Call us</a>")
    page.get_by_role("link", name="Call us").click()
    somebody.ready()
    assert page.url == somebody.login["url"] + "/"
    expect(somebody.field).to_have_value("+1 650 555 0102")
    expect(page.get_by_label("After the answer, dial")).to_have_value("77")
    expect(somebody.field).to_be_focused()
    expect(page.locator(".call")).to_have_count(0)
    assert [url for url in placed if not url.endswith("/link/parse")] == []
    page.keyboard.press("Enter")  # now the user wants it
    somebody.sees("You are connected")
    somebody.press("Hang up")
    somebody.sees(re.compile("You ended the call after"))


FILLED_IN = (
    ("/dial?number=+16505550102", "+1 650 555 0102"),
    ("/dial?number=16505550102", "+1 650 555 0102"),
    ("/?number=650+555+0102", "+1 650 555 0102"),
    ("/?link=rcapp%3A%2F%2Fr%2Fcall%3Fnumber%3D16505550102", "+1 650 555 0102"),
    ("/?link=sip%3A%2B16505550102%40pbx.example", "+1 650 555 0102"),
)
NOT_FILLED_IN = (
    "tel:%250d%250aX",
    "javascript:alert(1)",
    "tel:<img src=x onerror=alert(1)>",
    "tel:" + "6" * 600,
    "tel:%E0%A4%A",
)


def test_is_filled_in_over_the_login(person: Person) -> None:
    page = person.sign_in("/dial?number=%2B16505550102")
    expect(person.field).to_have_value("+1 650 555 0102")
    assert page.url == person.login["url"] + "/"
    page.reload()  # does not bring it back
    person.ready()
    expect(person.field).to_have_value("")


def test_is_filled_in(person: Person) -> None:
    page = person.sign_in()
    for path, value in FILLED_IN:
        person.open(path)
        person.ready()
        expect(person.field, path).to_have_value(value)
    expect(page.locator(".call")).to_have_count(0)


def test_a_link_that_is_none_is_told(person: Person) -> None:
    person.sign_in()
    for link in NOT_FILLED_IN:
        person.open(f"/?link={link}")
        person.ready()
        expect(person.problem, link).to_contain_text("The link names no number that can be called.")
        expect(person.problem, link).not_to_contain_text("Parameter")
        expect(person.field, link).to_have_value("")


def test_the_page_offers_to_take_links(person: Person) -> None:
    page = person.sign_in()
    page.evaluate("navigator.registerProtocolHandler = (...told) => { window.told = told; }")
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Open phone links here").click()
    assert page.evaluate("window.told") == ["tel", f"{person.login['url']}/?link=%s"]
    handlers = page.evaluate("async () => (await (await fetch('manifest.webmanifest')).json()).protocol_handlers")
    assert {"protocol": "tel", "url": "./?link=%s"} in handlers
