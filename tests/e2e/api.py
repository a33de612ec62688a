"""A small client of the RingOut API: log in, place, look, wait for a fact, cancel. Keeps every status that it saw."""

from __future__ import annotations

import base64
import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from .waiting import eventually

Statuses = tuple[str, str, str]  # caller, callee, call
_RING_OUT = "/restapi/v1.0/account/~/extension/~/ringout"


@dataclass(frozen=True)
class Answer:
    """One HTTP response."""

    code: int
    headers: dict[str, str]  # lower-case names
    body: Any


class Api:
    """Bound to one server and one user."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._bearer = ""

    def log_in(self, client: tuple[str, str], username: str, extension: str, password: str) -> None:
        """The password grant."""
        basic = base64.b64encode(":".join(client).encode()).decode()
        form = {"grant_type": "password", "username": username, "extension": extension, "password": password}
        answer = self.request(
            "POST",
            "/restapi/oauth/token",
            urlencode(form),
            {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.code == 200, answer
        self._bearer = answer.body["access_token"]

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request; a body that is not text is sent as JSON."""
        headers = dict(headers or {})
        if self._bearer:
            headers.setdefault("Authorization", f"Bearer {self._bearer}")
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self._host, self._port, timeout=20)
        with closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            data = response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
        is_json = "json" in found.get("content-type", "")
        return Answer(response.status, found, json.loads(data) if is_json and data else data)

    # --- the verbs -----------------------------------------------------------------------------------------------

    def post(self, caller: str, callee: str, *, prompt: bool = False, **more: Any) -> Answer:
        """POST as it comes, refusals included."""
        body = {"from": {"phoneNumber": caller}, "to": {"phoneNumber": callee}, "playPrompt": prompt, **more}
        return self.request("POST", _RING_OUT, body)

    def place(self, caller: str, callee: str, *, prompt: bool = False, **more: Any) -> PlacedCall:
        """A RingOut that the server must accept."""
        answer = self.post(caller, callee, prompt=prompt, **more)
        assert answer.code == 200, answer
        return PlacedCall(self, answer.body)


class PlacedCall:
    """One RingOut that was accepted."""

    def __init__(self, api: Api, first: Any) -> None:
        self._api = api
        self.id = first["id"]
        self.path = urlsplit(first["uri"]).path
        self.last = first
        self.life: list[Statuses] = [self.statuses]  # each change once, in order

    @property
    def statuses(self) -> Statuses:
        status = self.last["status"]
        return status["callerStatus"], status["calleeStatus"], status["callStatus"]

    def get(self) -> Answer:
        return self._api.request("GET", self.path)

    def look(self) -> Statuses:
        """The statuses now."""
        answer = self.get()
        assert answer.code == 200, answer
        self.last = answer.body
        if self.statuses != self.life[-1]:
            self.life.append(self.statuses)
        return self.statuses

    def cancel(self) -> int:
        """DELETE; says the HTTP status."""
        return self._api.request("DELETE", self.path).code

    def until(self, *statuses: Statuses, seconds: float = 30.0) -> Statuses:
        """Polls until one of these is there."""

        def there() -> Statuses | None:
            return found if (found := self.look()) in statuses else None

        try:
            return eventually(there, f"RingOut {self.id} to be {' or '.join(map(str, statuses))}", seconds)
        except AssertionError as reason:
            raise AssertionError(f"{reason}; it lived {self.life}, {json.dumps(self.last)}") from None

    def lived(self, *expected: Statuses) -> None:
        """The expected statuses in this order and no others. A poll may have missed one that passed at once, so what
        was seen must be a subsequence; the first and the last must have been seen."""
        remaining = iter(expected)
        assert all(seen in remaining for seen in self.life), f"lived {self.life}, expected {expected}"
        assert self.life[0] == expected[0]
        assert self.life[-1] == expected[-1], f"lived {self.life}, expected {expected}"

    def leg(self, party: str) -> dict[str, Any]:
        """The extra facts of one leg (SIP code, sentence, times) as last seen."""
        found: dict[str, Any] = self.last["status"][party]
        return found
