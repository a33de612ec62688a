"""A prepaid account that may not call abroad, in front of a fake call engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from fakes.served import Served
from fakes.web import CONFIG, MAIN, PASSWORD, make_world
from ringout.config import RateConfig

from .person import Person


class PrepaidServer(Served):
    """A minute of both legs costs 5,000 units. balance: None = the account is not prepaid."""

    balance: int | None = 12_000

    async def begin(self) -> None:
        account = replace(CONFIG.account, balance=self.balance, international=False)
        rates = (RateConfig("+1", 1000), RateConfig("+1415", 4000))
        self.app = (await make_world(replace(CONFIG, account=account, rates=rates))).app


@pytest.fixture(scope="module")
def server() -> Iterator[PrepaidServer]:
    running = PrepaidServer()
    yield running
    running.stop()


@pytest.fixture
def payer(server: PrepaidServer, browser: Browser) -> Iterator[Person]:
    login = {"url": server.url, "username": MAIN, "extension": "101", "password": PASSWORD, "numbers": {}, "from": ""}
    somebody = Person(browser.new_context(locale="en-US"), login)
    yield somebody
    somebody.leave()
    assert somebody.complaints == []


def test_shows_what_is_left_and_why_a_call_is_refused(payer: Person) -> None:
    page = payer.sign_in()
    balance = page.locator("#balance")
    expect(balance).to_have_text("Balance: 12,000")
    payer.call("+14155550199")
    expect(balance).to_have_text("Balance: 7,000")  # its first minute is set aside
    payer.call("+14155550198")
    expect(balance).to_have_text("Balance: 2,000")
    payer.call("+14155550197")
    expect(payer.problem).to_have_text("Your balance does not cover the first minute of this call.")
    payer.call("+442079460958")
    expect(payer.problem).to_have_text("Calls abroad are switched off for you. Your administrator can allow them.")


def test_an_account_without_one_shows_none(payer: Person, server: PrepaidServer) -> None:
    server.balance = None
    server.begin_anew()
    payer.sign_in()
    expect(payer.page.locator("#balance")).to_be_hidden()
