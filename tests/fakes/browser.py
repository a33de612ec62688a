"""A browser without JavaScript: follows no redirect, keeps one cookie, reads and sends forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fakes.asgi import Reply, ask
from fakes.web import FORM

AUTHORIZE = "/restapi/oauth/authorize"


class Form(HTMLParser):
    """The fields and buttons of the first form of a page, and all of the page's text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._ended = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if self._ended:
            return
        if tag == "input":
            self.fields[given["name"] or ""] = given.get("value") or ""
        elif tag == "button":
            self.buttons.append(given["value"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._ended = self._ended or tag == "form"

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass
class Browser:
    """reply: the last one."""

    app: Any
    address: str = "198.51.100.1"
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"accept": "text/html,*/*;q=0.8"})
    reply: Reply = field(default_factory=lambda: Reply(0, {}, b""))

    @property
    def form(self) -> Form:
        return Form(self.reply.body.decode())

    @property
    def landed(self) -> dict[str, str]:
        """What the query of the redirect says."""
        assert self.reply.status == 302, self.reply
        parts = parse_qs(urlsplit(self.reply.headers["location"]).query, keep_blank_values=True)
        return {name: value for name, (value,) in parts.items()}

    async def visit(self, given: dict[str, str] | str, **headers: str) -> Browser:
        query = given if isinstance(given, str) else urlencode(given)
        return await self._ask("GET", f"{AUTHORIZE}?{query}", b"", headers)

    async def submit(self, step: str, filled: dict[str, str] | None = None, **headers: str) -> Browser:
        body = urlencode({**self.form.fields, **(filled or {}), "step": step}).encode()
        return await self._ask("POST", AUTHORIZE, body, {"content-type": FORM, **headers})

    async def post(self, body: str, **headers: str) -> Browser:
        return await self._ask("POST", AUTHORIZE, body.encode(), {"content-type": FORM, **headers})

    async def code_for(self, asked: dict[str, str], login: dict[str, str]) -> str:
        """What the application gets whose user signs in and agrees."""
        await self.visit(asked)
        await self.submit("sign_in", login)
        return (await self.submit("allow")).landed["code"]

    async def _ask(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Browser:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        named = {**self.headers, **({"cookie": jar} if jar else {}), **headers}
        named = {name.replace("_", "-"): value for name, value in named.items()}
        self.reply = await ask(self.app, method, target, body, named, client=self.address)
        set_cookie = self.reply.headers.get("set-cookie")
        if set_cookie:
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return self
