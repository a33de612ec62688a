"""A browser without JavaScript, as much of one as a login page needs: cookies, forms, buttons, redirects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests

from fakes.forms import AGREEING, Button, Form, read_forms, typed_by_user

TIMEOUT_SECONDS = 20
_MOST_PAGES = 8


@dataclass(frozen=True)
class Page:
    """What the browser shows. forms: in order."""

    status: int
    url: str
    text: str
    forms: list[Form]


class Browser:
    """One person's browser. Leaving for an address that starts with `away` ends its walk: nobody listens there."""

    def __init__(self, away: str) -> None:
        self._away = away
        self._session = requests.Session()
        self.left_to = ""  # the address that it was sent away to

    def open(self, url: str) -> Page:
        """Follows redirects, up to the one that leads away."""
        return self._walk("GET", url, None)

    def submit(self, page: Page, form: Form, button: Button | None = None, **typed: str) -> Page:
        """Sends the form with the typed fields and the pressed button."""
        data = {**form.fields, **typed}
        if button is not None and button.name:
            data[button.name] = button.value
        return self._walk(form.method, urljoin(page.url, form.action or page.url), data)

    def _walk(self, method: str, url: str, data: dict[str, str] | None) -> Page:
        for _ in range(_MOST_PAGES):
            sent: dict[str, Any] = {"data": data} if method == "POST" else {"params": data}
            answer = self._session.request(method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **sent)
            if not answer.is_redirect:
                return Page(answer.status_code, url, answer.text, read_forms(answer.text))
            url, method, data = urljoin(url, answer.headers["Location"]), "GET", None
            if url.startswith(self._away):
                self.left_to = url
                return Page(answer.status_code, url, "", [])
        raise AssertionError(f"{_MOST_PAGES} redirects, the last to {url}")


def log_in_and_agree(url: str, redirect_uri: str, login: dict[str, Any]) -> str:
    """Walks through whatever pages the login has, as a person who wants in. The address with the code in it.

    login: username, extension and password of the user."""
    browser = Browser(redirect_uri)
    page = browser.open(url)
    for _ in range(_MOST_PAGES):
        if browser.left_to:
            return browser.left_to
        assert page.status == 200, page.text
        assert page.forms, page.text
        form = page.forms[0]
        page = browser.submit(page, form, form.button(AGREEING), **typed_by_user(form, login))
    raise AssertionError(f"still on the way after {_MOST_PAGES} forms: {page.text}")
