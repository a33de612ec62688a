"""The click-to-call script on pages of another origin, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from sandbox.running import Sandbox

from .conftest import Publish

ROOT = Path(__file__).resolve().parents[2]
LINKS = "a.ringout-call"
EXAMPLES_SERVER = "http://127.0.0.1:8080"


def tag(sandbox: Sandbox, more: str = 'data-country="US"') -> str:
    return f'<script src="{sandbox.login["url"]}/click-to-call.js" {more} defer></script>'


def open_page(chromium: Browser, address: str) -> tuple[Page, list[str]]:
    """The page, and what its console says."""
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    return page, said


def links(page: Page) -> list[tuple[str, str]]:
    """(text, the number that the dialer is given)."""
    found = page.eval_on_selector_all(LINKS, "all => all.map((a) => [a.textContent, a.href])")
    return [(text, parse_qs(urlsplit(href).query)["number"][0]) for text, href in found]


def settled(page: Page) -> None:
    """Whatever the script had to do is done: it works in idle moments, and so does this, a few of them later."""
    page.evaluate(
        "() => new Promise((done) => { let rest = 5;"
        " const again = () => (rest-- ? requestIdleCallback(again, { timeout: 100 }) : done()); again(); })"
    )


def test_the_example(chromium: Browser, sandbox: Sandbox, publish: Publish) -> None:
    html = (ROOT / "examples" / "click-to-call.html").read_text()
    assert EXAMPLES_SERVER in html
    page, said = open_page(chromium, publish(html.replace(EXAMPLES_SERVER, sandbox.login["url"])))
    before = page.request.get(page.url).text()
    expect(page.locator(LINKS)).to_have_count(3)
    assert links(page) == [
        ("(650) 555-0100, ext. 12", "+16505550100;ext=12"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+1-650-555-0101,,4711#", "+16505550101,,4711#"),
    ]
    page.click("#more")
    expect(page.locator(LINKS)).to_have_count(4)
    assert links(page)[3] == ("+33 1 99 00 12 34", "+33199001234")
    page.click("#undo")
    expect(page.locator(LINKS)).to_have_count(0)
    assert page.inner_html("#other") in before
    assert page.inner_html("#people").split("<li>Paris")[0].strip() in before
    assert not said
    page.evaluate("window.ringoutClickToCall.start()")
    expect(page.locator(LINKS)).to_have_count(4)


def test_a_click_opens_the_dialer_and_calls_nobody(chromium: Browser, sandbox: Sandbox, publish: Publish) -> None:
    page, _ = open_page(chromium, publish(f"<!doctype html>{tag(sandbox)}<p>+1 650 555 0100</p>"))
    with page.context.expect_page() as opened:
        page.click(LINKS)
    dialer = opened.value
    dialer.wait_for_load_state()
    assert dialer.url.startswith(sandbox.login["url"] + "/")
    assert parse_qs(urlsplit(dialer.url).query).get("number", ["+16505550100"]) == ["+16505550100"]
    assert dialer.evaluate("window.opener") is None
    assert not calls(sandbox)


def calls(sandbox: Sandbox) -> list[Any]:
    """The call log of the sandbox's user."""
    base = sandbox.login["url"]
    client = (sandbox.login["client_id"], sandbox.login["client_secret"])
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": sandbox.login["jwt"]}
    token = requests.post(f"{base}/restapi/oauth/token", form, auth=client, timeout=20).json()["access_token"]
    log = f"{base}/restapi/v1.0/account/~/extension/~/call-log?view=Detailed"
    answer = requests.get(log, headers={"Authorization": f"Bearer {token}"}, timeout=20).json()
    found: list[Any] = answer["records"]
    return found


@pytest.mark.parametrize(
    ("country", "text", "found"),
    [
        ("US", "Call (650) 555-0100 or 1-800-555-0199.", ["+16505550100", "+18005550199"]),
        ("US", "650.555.0100, 650 555 0101 and 6505550102", ["+16505550100", "+16505550101", "+16505550102"]),
        ("US", "+44 20 7946 0958", ["+442079460958"]),
        ("US", "650-555-0100 x5", ["+16505550100;ext=5"]),
        ("US", "650-555-0100, 650-555-0101;650-555-0102,650-555-0103", [f"+1650555010{n}" for n in range(4)]),
        ("US", "650-555-0100, 12 rooms", ["+16505550100"]),
        ("US", "650-555-0100,,12#; 650-555-0101,7.", ["+16505550100,,12#", "+16505550101,7"]),
        ("US", "<b>650-555-0100</b> & \"650-555-0101\"", ["+16505550100", "+16505550101"]),
        ("GB", "020 7946 0958", ["+442079460958"]),
        ("GB", "2079460958", []),  # nobody writes it without the 0
        ("DE", "030 23125000", ["+493023125000"]),
        ("DE", "Rechnung 03023125000", []),
        ("", "650-555-0100 +1 650 555 0101", ["+16505550101"]),  # no country, so only with +
        ("XX", "650-555-0100", []),
        ("US", "Invoice 6505550100, order no. 6505550101, #6505550102, Ref: 6505550103", []),
        ("US", "2026-11-23 12:00, 12/31/2026, 23.11.2026, 20261123120000", []),
        ("US", "4111 1111 1111 1111", []),
        ("US", "DE89 3704 0044 0532 0130 00", []),
        ("US", "ISBN 978-3-16-148410-0", []),
        ("US", "192.168.10.200 $6505550100 6505550100.50 6505550100%", []),
        ("US", "650-111-2222", []),  # no exchange has such a number
        ("US", "1234567890123456789012345678901234567890", []),
    ],
)  # fmt: skip
def test_finds_only_phone_numbers(
    chromium: Browser, sandbox: Sandbox, publish: Publish, country: str, text: str, found: list[str]
) -> None:
    script = tag(sandbox, f'data-country="{country}"')
    page, said = open_page(chromium, publish(f"<!doctype html>{script}<p id='text'></p><p>+1 650 555 0199</p>"))
    expect(page.locator(LINKS)).to_have_count(1)
    page.evaluate("text => { document.querySelector('#text').textContent = text; }", text)
    settled(page)
    assert [number for _, number in links(page)] == [*found, "+16505550199"]
    assert page.inner_text("#text") == text  # still the same to read
    assert not said


def test_follows_the_page_and_takes_everything_back(chromium: Browser, sandbox: Sandbox, publish: Publish) -> None:
    """As frameworks change a page: they keep their text nodes, and know nothing of what is beside them."""
    page, said = open_page(
        chromium,
        publish(f"<!doctype html>{tag(sandbox)}<div id=a>T 650-555-0100, 650-555-0101.</div><div id=b>-</div>"),
    )
    expect(page.locator(LINKS)).to_have_count(2)
    page.evaluate("() => { window.text = document.querySelector('#a').firstChild; text.data = 'new 650-555-0102'; }")
    expect(page.locator(LINKS)).to_have_count(1)
    assert page.inner_text("#a") == "new 650-555-0102"
    page.evaluate("() => { text.data = 'none'; }")
    expect(page.locator(LINKS)).to_have_count(0)
    assert page.inner_html("#a") == "none"
    page.evaluate("() => { text.data = '650-555-0103'; document.querySelector('#b').textContent = '650-555-0104'; }")
    expect(page.locator(LINKS)).to_have_count(2)
    page.evaluate("() => document.body.append(document.querySelector('#a'))")  # moved with its link
    settled(page)
    assert sorted(number for _, number in links(page)) == ["+16505550103", "+16505550104"]
    page.evaluate("() => text.remove()")  # and what was made of it goes too
    expect(page.locator(LINKS)).to_have_count(1)
    assert page.inner_html("#a") == ""
    page.evaluate("() => document.querySelector('#a').append(text)")
    expect(page.locator(LINKS)).to_have_count(2)
    page.evaluate("() => window.ringoutClickToCall.stop()")
    assert (page.inner_html("#a"), page.inner_html("#b")) == ("650-555-0103", "650-555-0104")
    assert page.evaluate("() => document.querySelector('#a').childNodes.length") == 1
    page.evaluate("() => { text.data = '650-555-0105'; }")
    settled(page)
    assert not links(page)
    assert not said


def test_leaves_alone_what_is_not_text(chromium: Browser, sandbox: Sandbox, publish: Publish) -> None:
    number = "650-555-0100"
    page, _ = open_page(
        chromium,
        publish(
            f"<!doctype html>{tag(sandbox)}<p id=last>{number}</p><a href='/'>{number}</a><button>{number}</button>"
            f"<textarea>{number}</textarea><input value='{number}'><code>{number}</code><pre>{number}</pre>"
            f"<p contenteditable>{number}</p><p data-ringout=off>{number} <b>{number}</b></p><title>{number}</title>"
            f"<select><option>{number}</select><svg><text>{number}</text></svg><!-- {number} -->"
        ),
    )
    expect(page.locator(LINKS)).to_have_count(1)
    settled(page)
    assert page.locator(LINKS).evaluate("a => a.parentElement.id") == "last"


def test_a_page_with_a_strict_policy(chromium: Browser, sandbox: Sandbox, publish: Publish) -> None:
    url = sandbox.login["url"]
    policy = f"default-src 'none'; script-src {url}; require-trusted-types-for 'script'; trusted-types 'none'"
    page, said = open_page(
        chromium,
        publish(
            f"<!doctype html>{tag(sandbox)}<p>650-555-0100</p>",
            Content_Security_Policy=policy,
            Cross_Origin_Embedder_Policy="require-corp",
            Cross_Origin_Opener_Policy="same-origin",
        ),
    )
    expect(page.locator(LINKS)).to_have_count(1)
    assert not [text for text in said if "favicon" not in text]


def test_two_tags_and_a_manual_start(chromium: Browser, sandbox: Sandbox, publish: Publish) -> None:
    manual = tag(sandbox, 'data-country="US" data-start="manual" data-target="dialer"')
    page, _ = open_page(chromium, publish(f"<!doctype html>{manual}{manual}<p>650-555-0100</p>"))
    settled(page)
    assert not links(page)
    page.evaluate("() => { window.ringoutClickToCall.start(); window.ringoutClickToCall.start(); }")
    expect(page.locator(LINKS)).to_have_count(1)
    assert page.get_attribute(LINKS, "target") == "dialer"


def test_a_large_page_is_not_held_up(chromium: Browser, sandbox: Sandbox, publish: Publish) -> None:
    """Every number is found in the end, in slices between which the page goes on."""
    rows = "".join(f"<p>650-555-{n:04d}</p>" for n in range(2000))
    page, _ = open_page(chromium, publish(f"<!doctype html>{tag(sandbox)}{rows}"))
    expect(page.locator(LINKS)).to_have_count(2000, timeout=30_000)
