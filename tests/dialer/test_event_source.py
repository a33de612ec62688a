"""The browser's own EventSource on an event stream: it hears the end, comes back once, and stays away."""

from __future__ import annotations

from typing import Any

import requests
from playwright.sync_api import Browser

from sandbox.running import Sandbox

SECONDS = 20
HOME = "/restapi/v1.0/account/~/extension/~/ring-out"
# Resolves when the browser has given up for good (readyState 2).
LISTEN = """url => new Promise(resolve => {
  const heard = [];
  const source = new EventSource(url);
  source.addEventListener('ring-out', event => heard.push([event.lastEventId, JSON.parse(event.data)]));
  source.onerror = () => source.readyState === 2 && resolve(heard);
})"""


def access_token(login: dict[str, Any]) -> str:
    answer = requests.post(
        f"{login['url']}/restapi/oauth/token",
        auth=(login["client_id"], login["client_secret"]),
        data={"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": login["jwt"]},
        timeout=SECONDS,
    )
    token: str = answer.json()["access_token"]
    return token


def test_an_event_source_stops_after_the_end(sandbox: Sandbox, browser: Browser) -> None:
    login = sandbox.login
    token = access_token(login)
    made = requests.post(
        f"{login['url']}{HOME}",
        headers={"Authorization": f"Bearer {token}"},
        json={"to": {"phoneNumber": login["numbers"]["busy"]}},
        timeout=SECONDS,
    ).json()
    page = browser.new_page()
    answers: list[tuple[int, str | None]] = []
    page.on(
        "response",
        lambda answer: (
            answers.append((answer.status, answer.request.headers.get("last-event-id")))
            if "/events" in answer.url
            else None
        ),
    )
    page.goto(f"{login['url']}/healthz")
    heard = page.evaluate(LISTEN, f"{login['url']}{HOME}/{made['id']}/events?access_token={token}")
    page.close()
    assert heard[-1][1]["status"]["calleeStatus"] == "Busy"
    assert ["endTime" in told for _, told in heard].count(True) == 1
    assert [status for status, _ in answers] == [200, 204]
