"""Calls from the dialer to the sandbox's phones, watched to their end."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import APIResponse, Route, expect

from sandbox.running import eventually

from .person import Person

RULE = "/answering-rule/business-hours-rule"


def test_from_the_login_to_a_finished_call(person: Person) -> None:
    """A new phone is added, rings first, and both hear each other until this side hangs up."""
    page = person.sign_in()
    page.get_by_role("button", name="Phones").click()
    page.get_by_role("button", name="Add a phone").click()
    page.get_by_label("Phone number").fill("650-555-0103")
    page.get_by_label("Kind").select_option("Mobile")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("dialog")).to_contain_text("(650) 555-0103")
    page.keyboard.press("Escape")
    person.choose_phone("answers_slowly")
    person.call("answers")
    expect(person.lane("You")).to_contain_text("Mobile")
    person.has_seen("Your phone rings first: pick it up", you="Ringing", them="Waiting")
    person.sees("You are connected", you="Connected", them="Connected")
    expect(person.card.get_by_role("timer")).to_have_text(re.compile("0:0[1-9]"))
    person.press("Hang up")
    person.sees(re.compile(r"You ended the call after \d:\d\d"), you="Hung up", them="Hung up")
    expect(page.get_by_role("button", name="Call (650) 555-0102 again")).to_be_visible()


def test_they_hang_up(person: Person) -> None:
    person.sign_in()
    person.call("hangs_up")
    person.has_seen("You are connected", you="Connected", them="Connected")
    person.sees(re.compile(r"They hung up after 0:0[2-9]"), you="Hung up", them="Hung up")
    expect(person.card.get_by_role("timer")).to_be_empty()


@pytest.mark.parametrize(
    ("who", "headline", "words", "code", "why"),
    [
        ("busy", "They are busy", "Busy", "SIP 486 Busy Here", ""),
        ("declines", "They declined the call", "Declined", "SIP 603 Decline", ""),
        (
            "unknown",
            "Their number does not exist",
            "No such number",
            "SIP 404 Not Found",
            "Their number does not exist.",
        ),
        (
            "unavailable",
            "They did not answer",
            "No answer",
            "SIP 480 Temporarily Unavailable",
            "Their phone is not available at the moment.",
        ),
        (
            "carrier_down",
            "They could not be reached",
            "Could not be reached",
            "SIP 503 Service Unavailable",
            "Their call failed: the network is out of service or full.",
        ),
    ],
)
def test_why_a_call_came_to_nothing(person: Person, who: str, headline: str, words: str, code: str, why: str) -> None:
    person.sign_in()
    person.call(who)
    person.sees(headline, you="Hung up", them=words)
    expect(person.lane("Them").locator(".code")).to_have_text(code)
    expect(person.lane("Them").locator(".why")).to_have_text([why] if why else [])
    expect(person.page.locator("#announcer")).to_have_text(f"{headline}. {code}")


def test_cancels_what_rings(person: Person) -> None:
    person.sign_in()
    person.call("rings")
    person.sees("Ringing them", you="Answered", them="Ringing")
    with person.page.expect_request(lambda request: request.method == "DELETE") as asked:
        person.press("Cancel")
    person.sees("You cancelled the call", you="Hung up", them="Cancelled")
    told = person.ask("GET", "/ring-out/" + asked.value.url.rpartition("/")[2])
    assert (told["status"]["endedBy"], "endTime" in told) == ("user", True)


def test_says_cancelled_only_when_the_server_does(person: Person) -> None:
    """The request never arrives: the phones ring on, and the page says so."""
    page = person.sign_in()
    person.call("rings")
    person.sees("Ringing them", them="Ringing")
    page.route(re.compile(r"/ring-out/s-"), lambda route: route.abort() if is_delete(route) else route.continue_())
    person.press("Cancel")
    expect(person.card.get_by_role("alert")).to_contain_text("the call may go on")
    person.sees("Ringing them", them="Ringing")
    page.unroute_all()
    person.press("Cancel")
    person.sees("You cancelled the call", them="Cancelled")


def test_cancelling_what_has_ended_meanwhile(person: Person) -> None:
    """Somebody else was faster."""
    page = person.sign_in()
    person.call("rings")
    person.sees("Ringing them", them="Ringing")

    def too_late(route: Route) -> None:
        if is_delete(route):
            person.ask("DELETE", "/ring-out/" + route.request.url.rpartition("/")[2])
        route.continue_()

    page.route(re.compile(r"/ring-out/s-"), too_late)
    person.press("Cancel")
    person.sees("You cancelled the call", them="Cancelled")
    page.unroute_all()


def is_delete(route: Route) -> bool:
    return route.request.method == "DELETE"


def test_presses_1_first(person: Person) -> None:
    page = person.sign_in()
    person.choose_phone("presses_1")
    page.get_by_label("Ask me to press 1 first").check()
    person.call("answers")
    person.has_seen("Press 1 on your phone to go on", you="Answered: press 1 on your phone", them="Waiting")
    person.sees("You are connected", you="Connected", them="Connected")
    person.press("Hang up")
    person.sees(re.compile("You ended the call"))


def test_calls_from_elsewhere_appear_and_end_here_too(person: Person) -> None:
    page = person.sign_in()
    placed = person.place("rings")
    person.sees("Ringing them", you="Answered", them="Ringing")
    page.reload()
    person.ready()
    person.sees("Ringing them", you="Answered", them="Ringing")  # the stream begins with how it stands
    person.ask("DELETE", f"/ring-out/{placed}")
    person.sees("You cancelled the call")


@pytest.mark.parametrize(("who", "headline"), [("busy", "They are busy"), ("answers", "You are connected")])
def test_the_stream_overtakes_the_answer(person: Person, who: str, headline: str) -> None:
    """The answer to the POST comes last, and tells of a moment that is long over."""
    page = person.sign_in()
    done = {"busy": "CannotReach", "answers": "Success"}[who]

    def hold_back(route: Route) -> None:
        answer = route.fetch()
        placed = answer.json()["id"]
        eventually(lambda: person.ask("GET", f"/ring-out/{placed}")["status"]["callStatus"] == done, done)
        route.fulfill(response=answer)

    page.route(re.compile(r"/ring-out$"), hold_back)
    with page.expect_response(re.compile(r"/ring-out$")):
        person.call(who)
    person.sees(headline)
    person.press("Close" if who == "busy" else "Hang up")
    expect(person.card.filter(has_text=headline)).to_have_count(0)


def test_an_end_that_is_told_before_the_answer(person: Person) -> None:
    """The stream is late, too, and tells no more than the end: the card is not left behind as a running call."""
    page = person.sign_in()
    held: list[tuple[Route, APIResponse]] = []
    told: list[str] = []

    def hold_back(route: Route) -> None:
        answer = route.fetch()
        path = f"/ring-out/{answer.json()['id']}"
        eventually(lambda: "endTime" in person.ask("GET", path), "the end")
        told.append(f"event: ring-out\ndata: {json.dumps(person.ask('GET', path))}\n\n")
        held.append((route, answer))

    def tell(route: Route) -> None:
        if told:
            route.fulfill(content_type="text/event-stream", body=told.pop())
        else:
            route.abort()

    page.route(re.compile(r"/ring-out$"), hold_back)
    page.route(re.compile(r"/events$"), tell)
    page.reload()
    person.ready()
    with page.expect_response(re.compile(r"/events$")):
        person.call("busy")
    ((route, answer),) = held
    route.fulfill(response=answer)
    person.sees("They are busy")


def test_nothing_is_polled(person: Person) -> None:
    """While a phone rings, no request goes out: what happens comes by the stream."""
    page = person.sign_in()
    person.call("answers_slowly")
    person.has_seen("Ringing them", you="Answered", them="Ringing")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    person.sees("You are connected")
    expect(person.card.get_by_role("timer")).to_have_text(re.compile("0:0[1-9]"))
    assert asked == []
    person.press("Hang up")
    person.sees(re.compile("You ended the call"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("+4411", "+4411 is not a number that can be called."),
        ("999999", "Nobody has the number 999999."),
        ("911", "Emergency numbers cannot be called"),
    ],
)
def test_refusals_in_plain_words(person: Person, typed: str, words: str) -> None:
    page = person.sign_in()
    person.call(typed)
    expect(person.problem).to_contain_text(words)
    expect(person.field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".call")).to_have_count(0)
    person.field.press("1")
    expect(person.problem).to_be_hidden()


def test_history_redials_with_one_click(person: Person) -> None:
    page = person.sign_in()
    person.call("busy")
    person.sees("They are busy")
    page.reload()
    person.ready()
    page.get_by_role("button", name="Call (650) 555-0105 again").first.click()
    person.sees("They are busy")


def test_what_others_see_is_chosen_here(person: Person) -> None:
    page = person.sign_in()
    they_see = page.get_by_label("They see")
    expect(they_see.locator("option:checked")).to_have_text("(650) 555-0100")
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        they_see.select_option("Nothing")
    shown = person.ask("GET", "/caller-id")["byFeature"][0]
    assert (shown["feature"], shown["callerId"]) == ("RingOut", {"type": "Blocked"})
    page.reload()
    person.ready()
    expect(page.get_by_label("They see").locator("option:checked")).to_have_text("Nothing")


def test_signs_out(person: Person) -> None:
    page = person.sign_in()
    token = page.evaluate("JSON.parse(localStorage.getItem('ringout.session')).access")
    page.get_by_role("button", name="Settings").click()
    with page.expect_response(lambda answer: answer.url.endswith("/revoke")) as revoked:
        page.get_by_role("button", name="Sign out").click()
    assert revoked.value.ok
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate("localStorage.getItem('ringout.session')") is None
    status = page.evaluate(
        "async token => (await fetch('restapi/v1.0/account/~', {headers: {Authorization: `Bearer ${token}`}})).status",
        token,
    )
    assert status == 401


@pytest.mark.parametrize(
    ("choice", "other", "mode"),
    [
        ("All my phones at once", "rings", "Simultaneously"),
        ("My phones, one after another", "busy", "Sequentially"),
    ],
)
def test_several_phones_ring(person: Person, choice: str, other: str, mode: str) -> None:
    """Whatever stands before it in the list: the phone that answers is the caller's."""
    page = person.sign_in()
    number = {"rings": "6505550104", "busy": "6505550105"}[other]
    for old in person.ask("GET", "/forwarding-number")["records"]:
        person.ask("DELETE", f"/forwarding-number/{old['id']}")
    for one in (number, "6505550102"):
        person.ask("POST", "/forwarding-number", {"phoneNumber": one, "label": one, "type": "Other"})
    page.reload()
    person.ready()
    page.get_by_label("Ring me on").select_option(label=choice)
    eventually(lambda: person.ask("GET", RULE)["forwarding"]["ringingMode"] == mode, "the list to be kept")
    person.call("presses_nothing")
    person.sees("You are connected", you="Connected", them="Connected")
    expect(person.lane("You")).to_contain_text("(650) 555-0102")
    person.press("Hang up")
    person.sees(re.compile("^You ended the call"), you="Hung up", them="Hung up")
    page.get_by_role("button", name="Phones").click()
    page.get_by_role("button", name="Add a phone").click()
    page.get_by_label("Phone number").fill("650-555-0103")
    page.get_by_role("button", name="Save").click()
    eventually(lambda: len(person.ask("GET", RULE)["forwarding"]["rules"]) == 3, "the new phone in the list")
