"""An application that has its users sign in on the login page."""

from __future__ import annotations

from dataclasses import replace

from fakes.browser import Browser
from fakes.web import CLIENT, CONFIG, MAIN, PASSWORD, SECRET, WebWorld
from ringout.config import ClientConfig

HOME = "https://crm.example/callback"
OTHER = "https://crm.example/other?tab=1"
NAME = "Acme <b>CRM</b>"
WITH_REDIRECTS = replace(
    CONFIG,
    clients=(
        ClientConfig(CLIENT, SECRET, NAME, ("RingOut", "EditExtensions"), True, (HOME, OTHER)),
        ClientConfig("public", None, "Phone app", ("RingOut",), False, ("com.example.app:/back",)),
    ),
)
ASKED = {"response_type": "code", "client_id": CLIENT, "redirect_uri": HOME, "state": "a b&c=%41+/é"}
LOGIN = {"username": MAIN, "extension": "101", "password": PASSWORD}


async def signed_in(browser: Browser, **more: str) -> Browser:
    await browser.visit({**ASKED, **more})
    return await browser.submit("sign_in", LOGIN)


async def exchange(world: WebWorld, code: str, **more: str) -> dict[str, str]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": HOME}
    reply = await world.log_in({**form, "client_id": CLIENT, "client_secret": SECRET, **more})
    body: dict[str, str] = reply.json
    return body
