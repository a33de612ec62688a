"""The forms of a page without JavaScript, and what a person types into those of a login page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

# What stands on the button of whoever wants to go on.
AGREEING = re.compile(r"log ?in|sign ?in|allow|agree|accept|authori[sz]e|continue|yes", re.IGNORECASE)


@dataclass
class Button:
    """A submit button of a form."""

    name: str
    value: str
    text: str = ""


@dataclass
class Form:
    """fields: what would be sent if nobody typed anything. kinds: the type of each input by its name."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def button(self, what: re.Pattern[str]) -> Button:
        """The first button whose words, name or value match."""
        return next(b for b in self.buttons if what.search(f"{b.text} {b.name} {b.value}"))


def read_forms(page: str) -> list[Form]:
    """In the order of the page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._button: Button | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(Form(has.get("action", ""), has.get("method", "get").upper()))
        if not self.forms:
            return
        form = self.forms[-1]
        if tag == "input" and has.get("type") == "submit":
            form.buttons.append(Button(has.get("name", ""), has.get("value", ""), has.get("value", "")))
        elif tag == "input" and "name" in has:
            kind = has.get("type", "text")
            form.kinds[has["name"]] = kind
            if kind not in ("checkbox", "radio") or "checked" in has:
                form.fields[has["name"]] = has.get("value", "")
        elif tag == "button":
            self._button = Button(has.get("name", ""), has.get("value", ""))
            form.buttons.append(self._button)

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None


def typed_by_user(form: Form, login: dict[str, Any]) -> dict[str, str]:
    """What the person types: each visible field by its type and name."""
    typed = {}
    has_extension = any("extension" in name for name in form.kinds)
    for name, kind in form.kinds.items():
        if kind == "password":
            typed[name] = login["password"]
        elif "extension" in name and kind in ("text", "tel", "number"):
            typed[name] = login["extension"]
        elif kind in ("text", "tel", "email"):
            typed[name] = login["username"] if has_extension else f"{login['username']}*{login['extension']}"
    return typed
