"""The phones that ring first: added, named, changed, made the default, removed, and why not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from .person import Person


@pytest.fixture
def dialog(person: Person) -> Locator:
    person.sign_in()
    person.page.get_by_role("button", name="Phones").click()
    return person.page.get_by_role("dialog", name="Settings")


def test_edits_makes_default_and_removes(person: Person, dialog: Locator) -> None:
    ring_me_on = person.page.get_by_label("Ring me on")
    dialog.get_by_role("button", name="Edit (650) 555-0104").click()
    dialog.get_by_label("Name", exact=True).fill("Desk")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("button", name="Edit Desk")).to_be_visible()
    expect(ring_me_on.locator("option", has_text="Desk · (650) 555-0104")).to_have_count(1)

    dialog.get_by_role("radio", name="Desk").check()
    expect(dialog.locator("li", has_text="Default")).to_contain_text("Desk")
    expect(ring_me_on.locator("option:checked")).to_have_text("Desk · (650) 555-0104")
    assert [phone["label"] for phone in person.ask("GET", "/forwarding-number")["records"] if phone["default"]] == [
        "Desk"
    ]

    dialog.get_by_role("button", name="Edit Desk").click()
    dialog.get_by_label("Phone number").fill("650 555 0106")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("li", has_text="Desk")).to_contain_text("(650) 555-0106")

    dialog.get_by_role("button", name="Edit Desk").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_text("Desk")).to_have_count(0)
    expect(dialog.locator("li", has_text="Default")).to_have_count(1)  # the first of those left


def test_says_why_not(person: Person, dialog: Locator) -> None:
    dialog.get_by_role("button", name="Add a phone").click()
    number = dialog.get_by_label("Phone number")
    expect(number).to_be_focused()
    for typed, words in (
        ("+4411", "This is not a phone number that can be rung."),
        ("911", "Emergency numbers"),
        ("", "This is not a phone number that can be rung."),
    ):
        number.fill(typed)
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("alert"), typed).to_contain_text(words)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog.get_by_role("alert")).to_be_hidden()
    expect(dialog.get_by_role("button", name="Add a phone")).to_be_focused()


def test_the_choice_of_a_phone_is_remembered(person: Person, dialog: Locator) -> None:
    page = person.page
    page.keyboard.press("Escape")
    person.choose_phone("hangs_up")
    page.get_by_label("Ask me to press 1 first").check()
    page.reload()
    person.ready()
    expect(page.get_by_label("Ring me on").locator("option:checked")).to_have_text("(650) 555-0111")
    expect(page.get_by_label("Ask me to press 1 first")).to_be_checked()


def test_says_when_no_browser_can_be_a_phone(person: Person, dialog: Locator) -> None:
    """The sandbox has no rtpengine."""
    switch = dialog.get_by_label("This browser is one of my phones")
    switch.click()
    expect(dialog.locator(".phone-switch").get_by_role("alert")).to_have_text(
        "Browsers cannot be phones of this server. Your administrator can set that up."
    )
    expect(switch).not_to_be_checked()
    expect(dialog.get_by_text("Browser", exact=True)).to_have_count(0)  # no device has been made
