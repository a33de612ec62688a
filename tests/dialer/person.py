"""Somebody who uses the dialer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from sandbox.running import eventually

TIMEOUT_SECONDS = 20
# As artefacts: to be looked at by people.
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
# Keeps what the newest call has read like, for states that pass while a busy machine looks elsewhere.
_MEMORY = """
window.shown = [];
new MutationObserver(() => {
  const card = document.querySelector('.call');
  if (card) window.shown.push([...card.querySelectorAll('h2, .lane .state')].map((each) => each.textContent));
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
_NETWORK = "Failed to load resource"  # a refusal or a lost connection, which the page tells in its own words


class Person:
    """page: this person's tab. complaints: what went to the console, violations of the page's policy among it."""

    def __init__(self, context: BrowserContext, login: dict[str, Any]) -> None:
        self.context = context
        self.login = login
        self.complaints: list[str] = []
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.add_init_script(_MEMORY)
        self.page = context.new_page()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _NETWORK not in message.text:
            self.complaints.append(message.text)

    def leave(self) -> None:
        self.context.close()

    # --- the way in ----------------------------------------------------------------------------------------------

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.login["url"] + path)
        return self.page

    def sign_in(self, path: str = "/") -> Page:
        """From the bare address, or another one, to the dialer."""
        page = self.open(path)
        page.get_by_role("button", name="Sign in").click()
        page.locator("[name=username]").fill(self.login["username"])
        page.locator("[name=extension]").fill(self.login["extension"])
        page.locator("[name=password]").fill(self.login["password"])
        page.keyboard.press("Enter")
        self.ready()
        return page

    def ready(self) -> None:
        expect(self.page.locator("#app[data-ready]")).to_be_visible()

    # --- what one sees -------------------------------------------------------------------------------------------

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Number to call")

    @property
    def problem(self) -> Locator:
        return self.page.locator("#problem")

    @property
    def card(self) -> Locator:
        """The newest call."""
        return self.page.locator(".call").first

    def lane(self, name: str) -> Locator:
        return self.card.locator(".lane", has=self.page.get_by_role("heading", name=name, exact=True))

    def sees(self, headline: str | re.Pattern[str], you: str = "", them: str = "") -> None:
        """Waits until the newest call reads like that."""
        expect(self.card.get_by_role("heading", level=2)).to_have_text(headline)
        for name, words in (("You", you), ("Them", them)):
            if words:
                expect(self.lane(name).locator(".state")).to_have_text(words)

    def has_seen(self, headline: str, you: str, them: str) -> None:
        """The same for a state that may be over."""
        wanted = [headline, you, them]
        eventually(lambda: wanted in self.page.evaluate("window.shown"), f"the newest call to have read {wanted}")

    # --- what one does -------------------------------------------------------------------------------------------

    def number_of(self, who: str) -> str:
        """who: a phone of the sandbox, or a number."""
        found: str = self.login["numbers"].get(who, self.login["from"] if who == "from" else who)
        return found

    def call(self, who: str) -> None:
        self.field.fill(self.number_of(who))
        self.field.press("Enter")

    def press(self, name: str) -> None:
        self.card.get_by_role("button", name=name).click()

    def paste(self, text: str) -> None:
        """Into the field that has the focus."""
        self.page.evaluate(
            """text => {
                const clipboardData = new DataTransfer();
                clipboardData.setData('text/plain', text);
                const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
                if (document.activeElement.dispatchEvent(event)) document.execCommand('insertText', false, text);
            }""",
            text,
        )

    def goes_offline(self, offline: bool = True) -> None:
        """Chromium tells its pages, but not always where a machine is busy; so they are told once more."""
        self.context.set_offline(offline)
        self.page.evaluate("name => dispatchEvent(new Event(name))", "offline" if offline else "online")

    def choose_phone(self, who: str) -> None:
        choices = self.page.get_by_label("Ring me on")
        wanted = self.number_of(who)[-4:]
        choices.select_option(label=choices.locator("option", has_text=wanted).inner_text())

    # --- what the server knows -----------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the API with the page's own token. path: below the user's."""
        token = json.loads(self.page.evaluate("localStorage.getItem('ringout.session')"))["access"]
        answer = requests.request(
            method,
            f"{self.login['url']}/restapi/v1.0/account/~/extension/~{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def place(self, who: str, **fields: Any) -> str:
        """A RingOut from elsewhere; its id."""
        placed: str = self.ask("POST", "/ring-out", {"to": {"phoneNumber": self.number_of(who)}, **fields})["id"]
        return placed
