"""A link really reaches `ringout open`: by xdg-open, and by a click in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from sandbox.running import Sandbox

from .conftest import AXE, Person, need_axe

pytestmark = pytest.mark.slow

SEED = (
    '<a href="rcmobile://call?number=16501112222">1-650-111-2222</a>',
    '<a href="tel:1-650-111-2222">1-650-111-2222</a>',
    '<a href="tel:16501112222">1-650-111-2222</a>',
)


@pytest.fixture
def placed(sandbox: Sandbox) -> Callable[[], int]:
    """How many calls the user has ever placed."""
    login = sandbox.login
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": login["jwt"]}
    client = (login["client_id"], login["client_secret"])
    token = requests.post(f"{login['url']}/restapi/oauth/token", form, auth=client, timeout=20).json()["access_token"]

    def count() -> int:
        found: list[Any] = []
        for kind in ("call-log", "active-calls"):
            answer = requests.get(
                f"{login['url']}/restapi/v1.0/account/~/extension/~/{kind}",
                headers={"Authorization": f"Bearer {token}"},
                timeout=20,
            )
            found += answer.json()["records"]
        return len(found)

    return count


def test_a_link_asks_then_calls_and_hangs_up(person: Person, sandbox: Sandbox) -> None:
    number = sandbox.login["numbers"]["answers"]
    page = person.xdg_open(f"rcmobile://call?number={number.removeprefix('+')}")
    expect(page.get_by_role("heading")).to_contain_text("Call +1")
    expect(page.locator("#server")).to_have_text(f"By {sandbox.login['url']}")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    expect(page.locator("#them")).to_contain_text("on the phone")
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("status")).to_have_text("The call has ended.")


def test_an_undone_call_was_never_placed(person: Person, sandbox: Sandbox, placed: Callable[[], int]) -> None:
    before = placed()
    page = person.xdg_open(f"callto:{sandbox.login['numbers']['rings']}")
    page.get_by_role("button", name="Call", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_text("Undone: nothing was called.")
    person.leave()
    assert placed() == before


def test_the_page_says_why_a_call_failed(person: Person, sandbox: Sandbox) -> None:
    page = person.xdg_open(f"rcapp://r/call?number={sandbox.login['numbers']['busy']}")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("busy")


def test_a_link_that_cannot_be_called_says_so(person: Person) -> None:
    page = person.xdg_open("tel:nonsense")
    expect(page.get_by_role("status")).to_contain_text("This link cannot be called")
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("anchor", SEED)
def test_the_seeds_anchors_in_a_page(person: Person, placed: Callable[[], int], anchor: str) -> None:
    """A click asks; it never dials by itself."""
    before = placed()
    asking = _click(person, anchor)
    expect(asking.get_by_role("heading")).to_have_text("Call +1 650-111-2222?")
    assert asking.get_by_role("button").all_inner_texts() == ["Call", "Don't call"]
    asking.get_by_role("button", name="Don't call").click()
    expect(asking.get_by_role("status")).to_have_text("Nothing was called.")
    assert placed() == before


def test_digits_after_the_answer_are_told_apart_from_the_number(person: Person) -> None:
    asking = _click(person, '<a href="tel:+1-650-111-2222;postd=p12%23">call</a>')
    expect(asking.get_by_role("heading")).to_have_text("Call +1 650-111-2222?")
    expect(asking.get_by_role("listitem")).to_have_text("Then sends the digits ,12#, a comma being a pause.")
    asking.get_by_role("button", name="Don't call").click()


def test_the_page_is_whole_at_320_pixels(person: Person) -> None:
    asking = _click(person, SEED[0])
    asking.set_viewport_size({"width": 320, "height": 480})
    expect(asking.get_by_role("heading")).to_be_visible()
    assert asking.evaluate("document.documentElement.scrollWidth") <= 320
    asking.get_by_role("button", name="Don't call").click()


def test_the_page_is_for_everybody(person: Person, sandbox: Sandbox) -> None:
    """axe-core finds nothing serious, light and dark, and the browser nothing against the Content-Security-Policy."""
    need_axe()
    complaints: list[str] = []
    page = _click(person, f'<a href="tel:{sandbox.login["numbers"]["rings"]}">call</a>')
    page.on("console", lambda said: complaints.append(said.text))
    for scheme, button in (("light", "Call"), ("dark", "Undo"), ("dark", "Hang up")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        pressed = page.get_by_role("button", name=button, exact=True)
        expect(pressed).to_be_visible()
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then((found) => found.violations)")
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        if button != "Undo":
            pressed.focus()
            page.keyboard.press("Enter")
    expect(page.get_by_role("status")).not_to_be_empty(timeout=30_000)
    assert complaints == []


def test_the_doctor_gives_the_links_back(person: Person) -> None:
    """All is well beside a sandbox but for what only its server can see; what somebody took is repaired."""
    well = person.ringout("doctor")
    assert (well.returncode, well.stderr) == (0, "")
    assert {line.split()[0] for line in well.stdout.splitlines()} == {"ok", "unknown"}
    chosen = person.home / "config" / "mimeapps.list"
    chosen.write_text(
        "[Default Applications]\nx-scheme-handler/http=browser.desktop\nx-scheme-handler/tel=browser.desktop\n"
    )
    ill = person.ringout("doctor")
    assert ill.returncode == 1
    assert (
        "wrong    tel:       browser.desktop opens these links. Run `ringout handler install`."
        in ill.stdout.splitlines()
    )
    fixed = person.ringout("doctor", "--fix")
    assert fixed.returncode == 0
    assert fixed.stdout.splitlines()[0] == "fixed    The links were registered."
    assert chosen.read_text().splitlines()[-1] == "x-scheme-handler/tel=ringout.desktop;browser.desktop"
    assert person.ringout("doctor").stdout == well.stdout


def test_who_owns_the_links(person: Person) -> None:
    assert person.ringout("handler", "status").returncode == 0
    assert person.ringout("handler", "uninstall").returncode == 0
    status = person.ringout("handler", "status")
    assert status.returncode == 1
    assert "nobody" in status.stdout
    assert "RingOut" not in status.stdout.splitlines()[0]
    chosen = (person.home / "config" / "mimeapps.list").read_text()
    assert chosen == "[Default Applications]\nx-scheme-handler/http=browser.desktop\n"


def _click(person: Person, anchor: str) -> Page:
    """The tab in which RingOut asks, after a click on an anchor of somebody's page."""
    person.browser.route(f"{person.pages_of}/", lambda route: route.fulfill(body=anchor, content_type="text/html"))
    page = person.browser.pages[0]
    page.goto(f"{person.pages_of}/")
    with person.browser.expect_page() as opened:
        page.get_by_role("link").click()
    return opened.value
