"""Calls of the sandbox as a client hears of them: pushed, from the first state to the end and why."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from .running import Sandbox

SECONDS = 20
HOME = "/restapi/v1.0/account/~/extension/~"


class User:
    """Logged in at a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._login = sandbox.login
        self.numbers: dict[str, str] = sandbox.login["numbers"]
        self._http = requests.Session()
        answer = self._http.post(
            f"{self._login['url']}/restapi/oauth/token",
            auth=(self._login["client_id"], self._login["client_secret"]),
            data={"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._login["jwt"]},
            timeout=SECONDS,
        )
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self._http.request(method, f"{self._login['url']}{HOME}/ring-out{path}", json=body, timeout=SECONDS)

    def place(self, who: str, **more: Any) -> str:
        """who: of the sandbox's numbers. The id."""
        answer = self.ask("POST", "", {"to": {"phoneNumber": self.numbers[who]}, **more})
        assert answer.status_code == 200, answer.text
        made: str = answer.json()["id"]
        return made

    def follow(self, path: str, last_event_id: str = "") -> Iterator[tuple[str, Any]]:
        """(id, data) of each event, up to the end of the stream."""
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        url = f"{self._login['url']}{HOME}/ring-out{path}/events"
        with self._http.get(url, headers=headers, stream=True, timeout=SECONDS) as answer:
            assert answer.status_code == 200, answer.text
            event_id = ""
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                name, _, value = line.partition(": ")
                if name == "id":
                    event_id = value
                elif name == "data":
                    yield event_id, json.loads(value)

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def user(sandbox: Sandbox) -> Iterator[User]:
    logged_in = User(sandbox)
    yield logged_in
    logged_in.close()


def statuses(told: Any) -> tuple[str, str, str]:
    status = told["status"]
    return status["callerStatus"], status["calleeStatus"], status["callStatus"]


def test_the_phone_of_the_callee_is_busy(user: User) -> None:
    made = user.place("busy")
    events = list(user.follow(f"/{made}"))
    lives = [statuses(told) for _, told in events]
    assert lives[0] in (("InProgress", "InProgress", "InProgress"), ("Success", "InProgress", "InProgress"))
    assert lives[-1] == ("Success", "Busy", "CannotReach")
    last = events[-1][1]
    assert last == user.ask("GET", f"/{made}").json()
    assert "endTime" in last
    assert ["endTime" in told for _, told in events].count(True) == 1
    assert last["status"]["callee"]["sipCode"] == 486
    assert last["status"]["explanation"] == "The callee's phone is busy (486 Busy Here)."
    ids = [event_id for event_id, _ in events]
    assert ids == sorted(set(ids))


def test_an_answered_call_up_to_the_hang_up(user: User) -> None:
    made = user.place("answers")
    lives = []
    for _, told in user.follow(f"/{made}"):
        lives.append(statuses(told))
        if lives[-1] == ("Success", "Success", "Success") and lives.count(lives[-1]) == 1:
            assert told["status"]["callee"]["answeredTime"]
            assert user.ask("DELETE", f"/{made}").status_code == 204
    assert ("Success", "Success", "Success") in lives
    assert lives[-1] == ("Finished", "Finished", "Success")
    assert told == user.ask("GET", f"/{made}").json()
    assert told["status"]["endedBy"] == "user"


def test_ringing_is_told_while_the_phone_rings(user: User) -> None:
    made = user.place("rings")
    for _, told in user.follow(f"/{made}"):
        if "ringingTime" in told["status"]["callee"] and "endTime" not in told:
            user.ask("DELETE", f"/{made}")
    assert told["status"]["callee"]["ringingTime"] < told["status"]["callee"]["endedTime"]
    assert told["status"]["callStatus"] != "Success"


def until_the_end(stream: Iterator[tuple[str, Any]], ring_out_id: str) -> list[tuple[str, Any]]:
    """Its events, up to the last one."""
    found = []
    for event_id, told in stream:
        if told["id"] == ring_out_id:
            found.append((event_id, told))
            if "endTime" in told:
                return found
    raise AssertionError(f"the stream ended before {ring_out_id}: {found}")


def test_one_stream_for_all_calls_and_coming_back_to_it(user: User) -> None:
    stream = user.follow("")
    first = user.place("busy")
    heard = until_the_end(stream, first)
    second = user.place("hangs_up")
    told = until_the_end(user.follow(f"/{second}"), second)
    missed = until_the_end(user.follow("", heard[-1][0]), second)
    assert statuses(missed[0][1]) == ("InProgress", "InProgress", "InProgress"), "from its very beginning"
    # A reader may be told several changes in one, never one twice; whoever comes back is told every single one.
    assert all(event in missed for event in told)
    assert missed[-1] == told[-1] == until_the_end(stream, second)[-1]
    for position, (event_id, _) in enumerate(heard[:-1]):
        again = until_the_end(user.follow("", event_id), first)
        assert all(event in again for event in heard[position + 1 :])
        assert not any(event in again for event in heard[: position + 1])


def test_the_server_ends_with_its_streams(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    """The last thing that they tell is the end of the calls."""
    sandbox = start_sandbox()
    user = User(sandbox)
    made = user.place("rings")
    heard: list[Any] = []
    begun = threading.Event()

    def listen() -> None:
        for _, told in user.follow(""):
            heard.append(told)
            begun.set()

    listening = threading.Thread(target=listen)
    listening.start()
    assert begun.wait(SECONDS)
    sandbox.process.send_signal(signal.SIGTERM)
    code, _ = sandbox.end()  # the second signal: the call is not waited for
    listening.join(SECONDS)
    assert not listening.is_alive()
    assert code == 0
    assert heard[-1]["id"] == made
    assert "endTime" in heard[-1]
    assert heard[-1]["status"]["endedBy"] == "server"
    log = (tmp_path / "stderr").read_text()
    assert "Traceback" not in log
    assert "graceful shutdown exceeded" not in log
    user.close()
