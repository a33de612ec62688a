"""How the page looks and sounds: widths, colours, directions, and what axe-core finds. Screenshots are kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.running import Sandbox

from .person import SCREENSHOTS, Person

AXE = Path(__file__).parents[2] / "dialer" / "node_modules" / "axe-core" / "axe.min.js"
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        assert os.environ.get("CI") != "true", "axe-core is missing: tools/client_packages.sh"
        pytest.skip("axe-core is missing: tools/client_packages.sh")
    return AXE.read_text()


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def visitor(sandbox: Sandbox, browser: Browser, colours: Any) -> Iterator[Person]:
    context = browser.new_context(viewport=WIDE, locale="en-US", color_scheme=colours, bypass_csp=True)  # for axe alone
    somebody = Person(context, sandbox.login)
    yield somebody
    somebody.leave()
    assert somebody.complaints == []


def look(page: Page, name: str, axe: str) -> None:
    """Keeps a picture at both widths; nothing may stick out of the narrow one, and axe-core may find nothing."""
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert findings(page, axe) == []


def findings(page: Page, axe: str) -> list[str]:
    """What axe-core thinks of the page, in short."""
    page.evaluate(axe)
    told = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [f"{one['impact']} {one['id']}: {[n['html'][:120] for n in one['nodes']]}" for one in told["violations"]]


def test_every_state_of_the_page(visitor: Person, axe: str, colours: str) -> None:
    page = visitor.open()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    look(page, f"welcome-{colours}", axe)
    visitor.sign_in()
    expect(page.get_by_text("No calls yet.").or_(page.locator(".row").first)).to_be_visible()
    look(page, f"dialer-{colours}", axe)
    visitor.call("rings")
    visitor.sees("Ringing them", them="Ringing")
    look(page, f"ringing-{colours}", axe)
    visitor.press("Cancel")
    visitor.sees("You cancelled the call")
    visitor.call("answers")
    visitor.sees("You are connected")
    look(page, f"connected-{colours}", axe)
    visitor.press("Hang up")
    visitor.sees(re.compile("You ended the call"))
    visitor.call("busy")
    visitor.sees("They are busy")
    visitor.call("+4411")
    expect(visitor.problem).to_be_visible()
    look(page, f"refused-{colours}", axe)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Edit").first.click()
    look(page, f"settings-{colours}", axe)


@pytest.mark.parametrize("colours", ["light"])
def test_right_to_left(visitor: Person, axe: str, colours: str) -> None:
    page = visitor.sign_in()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Language").select_option("ar")
    visitor.ready()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    field = page.get_by_role("textbox", name="الرقم المطلوب")
    field.fill(visitor.number_of("busy"))
    field.press("Enter")
    expect(visitor.card.get_by_role("heading", level=2)).to_have_text("الخط مشغول لديهم")
    you, them = (visitor.card.locator(".lane").nth(place).bounding_box() for place in (0, 1))
    assert you is not None
    assert them is not None
    assert you["x"] > them["x"]  # You stands where one begins to read
    look(page, "right-to-left", axe)


@pytest.mark.parametrize("colours", ["light"])
def test_chosen_colours_win_over_the_systems(visitor: Person, colours: str) -> None:
    page = visitor.sign_in()
    page.get_by_role("button", name="Settings").click()
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Colours").select_option("dark")
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert after != before
    page.reload()
    visitor.ready()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == after


@pytest.mark.parametrize("colours", ["light"])
def test_nothing_is_lost_in_large_print(visitor: Person, colours: str) -> None:
    """Twice the size of letters on a narrow screen: WCAG 2.2, 1.4.4 and 1.4.10."""
    page = visitor.sign_in()
    visitor.call("busy")
    visitor.sees("They are busy")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.screenshot(path=SCREENSHOTS / "large-print-320.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
