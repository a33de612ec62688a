"""Two hundred clients at the same time, each with a user of its own, against one server process and real phones. Every
answer that any of them gets must be about its own login, its own RingOut and its own phones."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ringout.sandbox.numbers import BY_KEY, DEFAULT_FROM

CLIENTS = 200
WITH_PASSWORD = 24  # the others log in by JWT: hashing two hundred passwords takes many seconds of processor time
POLL_SECONDS = 0.4
HOME = "/restapi/v1.0/account/~/extension/~"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

# Whom the clients call in turn, and how such a call ends: caller, callee, call.
ENDS = (
    ("busy", ("Success", "Busy", "CannotReach")),
    ("declines", ("Success", "Rejected", "CannotReach")),
    ("unknown", ("Success", "NoSuchUser", "CannotReach")),
    ("busy", ("Success", "Busy", "CannotReach")),
    ("hangs_up", ("Finished", "Finished", "Success")),
)
_ORDER = ("InProgress", "Success", "Finished")  # of a leg that comes up


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    directory = tmp_path_factory.mktemp("crowd")
    command = [sys.executable, str(Path(__file__).with_name("crowd_server.py")), str(directory / "data")]
    command += [str(CLIENTS), str(WITH_PASSWORD)]
    with (
        (directory / "stderr").open("wb") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (directory / "stderr").read_text()
        yield json.loads(line)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert (directory / "stderr").read_text() == ""


class Client:
    """One user's application, suspicious of every answer."""

    def __init__(self, crowd: dict[str, Any], number: int) -> None:
        self._crowd = crowd
        self._user = crowd["users"][number]
        key, self._end = ENDS[number % len(ENDS)]
        self._to = BY_KEY[key].number
        self._twin, self._kind = (("ringout", int), ("ring-out", str))[number // len(ENDS) % 2]
        self.session_id = ""
        self.uri = ""
        self.token = ""

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Logs in, places a RingOut and polls it to its end."""
        await self._log_in(http)
        body = {"to": {"phoneNumber": self._to}, "playPrompt": False}
        placed = await self._ask(http, "POST", f"{self._crowd['url']}{HOME}/{self._twin}", json=body)
        assert isinstance(placed["id"], self._kind)
        self.uri = placed["uri"]
        assert self.uri == (
            f"{self._crowd['url']}/restapi/v1.0/account/{self._crowd['account_id']}"
            f"/extension/{self._user['extension_id']}/{self._twin}/{placed['id']}"
        )
        before = self._checked(placed, placed["id"])
        while "endTime" not in placed:
            await asyncio.sleep(POLL_SECONDS)
            placed = await self._ask(http, "GET", self.uri)
            now = self._checked(placed, placed["id"])
            assert _is_after(now[0], before[0]), (before, now)
            assert _is_after(now[1], before[1]), (before, now)
            before = now
        assert before == self._end

    async def look_at(self, http: aiohttp.ClientSession, other: Client) -> None:
        """Another user's RingOut, by its uri and by its id under one's own name: both refused."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        mine = f"{self._crowd['url']}{HOME}/{other._twin}/{other.uri.rpartition('/')[2]}"
        for url, status, code in ((other.uri, 403, "CMN-404"), (mine, 404, "CMN-102")):
            for method in ("GET", "DELETE"):
                async with http.request(method, url, headers=bearer) as answer:
                    body = await answer.json()
                    assert (answer.status, body["errors"][0]["errorCode"]) == (status, code)
                    assert "status" not in body

    async def _log_in(self, http: aiohttp.ClientSession) -> None:
        client = {name: self._crowd[name] for name in ("client_id", "client_secret")}
        if "jwt" in self._user:
            form = {"grant_type": JWT_GRANT, "assertion": self._user["jwt"]}
        else:
            form = {
                "grant_type": "password",
                "username": self._crowd["main_number"],
                "extension": self._user["extension"],
                "password": self._user["password"],
            }
        async with http.post(f"{self._crowd['url']}/restapi/oauth/token", data={**client, **form}) as answer:
            token = await answer.json()
            assert answer.status == 200, token
        assert token["owner_id"] == self._user["extension_id"]
        self.session_id, self.token = token["session_id"], token["access_token"]
        me = await self._ask(http, "GET", self._crowd["url"] + HOME)
        assert (str(me["id"]), me["extensionNumber"]) == (self._user["extension_id"], self._user["extension"])

    async def _ask(self, http: aiohttp.ClientSession, method: str, url: str, **more: Any) -> dict[str, Any]:
        async with http.request(method, url, headers={"Authorization": f"Bearer {self.token}"}, **more) as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status == 200, body
            return body

    def _checked(self, ring_out: dict[str, Any], ring_out_id: int | str) -> tuple[str, str, str]:
        """Its statuses, once it is sure that it is ours."""
        status = ring_out["status"]
        assert (ring_out["id"], ring_out["uri"]) == (ring_out_id, self.uri)
        assert status["caller"]["phoneNumber"] == DEFAULT_FROM.number
        assert status["callee"]["phoneNumber"] == self._to
        return status["callerStatus"], status["calleeStatus"], status["callStatus"]


def _is_after(now: str, before: str) -> bool:
    """Whether a leg may go from one status to the other."""
    if now == before:
        return True
    if now in _ORDER:
        return before in _ORDER and _ORDER.index(now) > _ORDER.index(before)
    return before == "InProgress"


async def test_two_hundred_clients_log_in_place_and_poll(crowd: dict[str, Any]) -> None:
    clients = [Client(crowd, number) for number in range(CLIENTS)]
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        await asyncio.gather(*(client.run(http) for client in clients))
        assert len({client.session_id for client in clients}) == CLIENTS
        assert len({client.token for client in clients}) == CLIENTS
        assert len({client.uri for client in clients}) == CLIENTS
        others = clients[1:] + clients[:1]
        await asyncio.gather(*(one.look_at(http, other) for one, other in zip(clients, others, strict=True)))
