"""What may stand in the number field, and what the keyboard does with it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .person import Person


@pytest.fixture
def caller(person: Person) -> Person:
    person.sign_in()
    return person


def test_formats_while_one_types(caller: Person) -> None:
    caller.page.keyboard.type("6505550102")  # the field has the focus from the start
    expect(caller.field).to_have_value("(650) 555-0102")
    caller.field.fill("")
    caller.page.keyboard.type("+442079460958")
    expect(caller.field).to_have_value("+44 20 7946 0958")
    caller.field.fill("")
    caller.page.keyboard.type("102")
    expect(caller.field).to_have_value("102")


def test_the_caret_stays_where_one_types(caller: Person) -> None:
    caller.page.keyboard.type("6505550102")
    for _ in range(6):
        caller.page.keyboard.press("ArrowLeft")
    caller.page.keyboard.press("Backspace")
    caller.page.keyboard.type("9")
    expect(caller.field).to_have_value("(650) 595-0102")
    caller.page.keyboard.press("Home")
    caller.page.keyboard.type("+1")
    expect(caller.field).to_have_value("+1 650 595 0102")
    caller.page.keyboard.press("Delete")  # what stands between the digits stops neither this key nor Backspace
    caller.page.keyboard.press("Delete")
    expect(caller.field).to_have_value("+1 505 950 102")
    caller.page.keyboard.press("Backspace")
    caller.page.keyboard.press("Backspace")
    caller.page.keyboard.type("49")
    expect(caller.field).to_have_value(re.compile(r"^\+?49"))


PASTED = (
    ("Call me: (650) 555-0102!", "(650) 555-0102", ""),
    ("  650.555.0102\n", "(650) 555-0102", ""),
    ("\u202a+1\u00a0(650)\u2011555\u20110102\u202c", "+1 650 555 0102", ""),
    ("\uff0b\uff11\uff16\uff15\uff10\uff15\uff15\uff15\uff10\uff11\uff10\uff12", "+1 650 555 0102", ""),
    ("\u0666\u0665\u0660\u0665\u0665\u0665\u0660\u0661\u0660\u0662", "(650) 555-0102", ""),
    ("Office 12, phone 650-555-0102 ext. 34", "(650) 555-0102", ",34"),
    ("tel:+1-650-555-0102;ext=34", "+1 650 555 0102", ",34"),
    ("rcmobile://call?number=16505550102", "+1 650 555 0102", ""),
    ("+16505550100*101", "+16505550100*101", ""),
    ("1" * 400, "", ""),
    ("no number here", "", ""),
    ("12", "", ""),
    ("tel:javascript:alert(1)", "", ""),
)


def test_takes_pasted_junk(caller: Person) -> None:
    digits = caller.page.get_by_label("After the answer, dial")
    for pasted, value, after in PASTED:
        caller.field.fill("")
        caller.paste(pasted)
        if value:
            expect(caller.field, pasted).to_have_value(value)
            expect(caller.problem, pasted).to_be_hidden()
        else:
            expect(caller.problem, pasted).to_contain_text("number")
            expect(caller.field, pasted).to_have_value("")
        if after:
            expect(digits, pasted).to_have_value(after)
        elif value:
            expect(digits, pasted).to_be_hidden()
    expect(caller.page.locator(".call")).to_have_count(0)


def test_slash_leads_to_the_field_and_enter_dials(caller: Person) -> None:
    caller.page.get_by_role("button", name="Settings").focus()
    caller.page.keyboard.press("/")
    expect(caller.field).to_be_focused()
    caller.page.keyboard.type("6505550105")
    caller.page.keyboard.press("Enter")
    caller.sees("They are busy")


def test_empty_redials(caller: Person) -> None:
    caller.call("busy")
    caller.sees("They are busy")
    expect(caller.field).to_have_value("")
    with caller.page.expect_request(lambda request: request.method == "POST") as asked:
        caller.field.press("Enter")
    assert asked.value.post_data_json["to"] == {"phoneNumber": "+16505550105"}
    caller.sees("They are busy")
    caller.page.evaluate("localStorage.removeItem('ringout.prefs')")  # another browser: the history knows it, too
    caller.page.reload()
    caller.ready()
    expect(caller.page.get_by_role("button", name="Call (650) 555-0105 again").first).to_be_visible()
    with caller.page.expect_request(lambda request: request.method == "POST") as asked:
        caller.field.press("Enter")
    assert asked.value.post_data_json["to"] == {"phoneNumber": "+16505550105"}


def test_digits_after_the_answer_go_with_the_call(caller: Person) -> None:
    caller.page.get_by_role("button", name="Add digits").click()
    caller.page.keyboard.type("1234#")
    caller.field.fill("6505550105")
    with caller.page.expect_request(lambda request: request.method == "POST") as asked:
        caller.field.press("Enter")
    assert asked.value.post_data_json["postDial"] == "1234#"
    expect(caller.page.get_by_label("After the answer, dial")).to_be_hidden()  # they were for that call only


def test_the_keyboard_alone(person: Person) -> None:
    """From the login to the hang-up without a pointer."""
    page = person.open()
    keys = page.keyboard
    tab_to(person, "Sign in")
    keys.press("Enter")
    page.wait_for_url("**/authorize**")
    page.locator("[name=username]").focus()
    keys.type(person.login["username"])
    keys.press("Tab")
    keys.type(person.login["extension"])
    keys.press("Tab")
    keys.type(person.login["password"])
    keys.press("Enter")
    person.ready()
    keys.type("6505550104")
    keys.press("Enter")
    person.sees("Ringing them", them="Ringing")
    expect(person.field).to_be_focused()
    tab_to(person, "Cancel")
    keys.press("Space")
    person.sees("You cancelled the call")
    expect(person.card.get_by_role("button", name="Call again")).to_be_focused()
    tab_to(person, "Settings")
    keys.press("Enter")
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("button", name="Settings")).to_be_focused()


def tab_to(person: Person, name: str) -> None:
    for _ in range(40):
        if person.page.evaluate("document.activeElement.textContent.trim()") == name:
            return
        person.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}")
