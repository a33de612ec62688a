"""kill -9 at random moments while RingOuts of every kind are under way: nothing is lost, and no phone is left over."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import random
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .api import Answer, Api
from .harness import World
from .waiting import eventually

ROUNDS = int(os.environ.get("RINGOUT_CHAOS_ROUNDS", "3"))
CALLERS = 3  # threads that place calls at the same time


class Placing:
    """Places calls until the server is gone, and keeps every id that was answered with 200."""

    def __init__(self, api: Api, caller: str, callee: str) -> None:
        self._api, self._caller, self._callee = api, caller, callee
        self.paths: list[str] = []
        self.refused: list[Answer] = []
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        count = number
        while True:
            count += 1
            try:
                answer = self._api.post(self._caller, self._callee, prompt=count % 4 == 0)
            except (OSError, http.client.HTTPException):
                return
            if answer.code == 200:
                self.paths.append(answer.body["uri"].partition("/restapi")[2])
            else:
                self.refused.append(answer)
            time.sleep(0.01)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_is_lost_in_a_crash(world: World, seed: int) -> None:
    chance = random.Random(seed)
    caller, callee = world.crowd("caller", seed), world.crowd("callee", seed + 1000)
    # A phone whose last word got lost in the crash is waited for 64 times T1.
    server = world.serve(sip={"t1_seconds": 0.1})
    placing = Placing(world.api, caller.number, callee.number)
    time.sleep(chance.uniform(0.02, 0.8))  # the moment of the crash is the input of this test
    server.kill()
    crash = time.monotonic()
    placing.join()
    stored = answered_dialogs(server.directory / "data" / "ringout.sqlite")
    server.start()
    api = server.log_in()

    def all_ended() -> bool:
        return all(_ended(api.request("GET", "/restapi" + path)) for path in placing.paths)

    assert {answer.code for answer in placing.refused} <= {503}  # no media port free
    eventually(all_ended, "every RingOut that was accepted to have ended", 20)
    for phone in (caller, callee):
        eventually(lambda phone=phone: not phone.still_there(crash, stored), f"every {phone.name} to be free", 20)  # type: ignore[misc]


def answered_dialogs(database: Path) -> bytes:
    """What the server kept of the dialogs of all legs that were answered, one after the other."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        records = [json.loads(record) for (record,) in connection.execute("SELECT record FROM ring_outs")]
    legs = (record[party] for record in records for party in ("caller", "callee"))
    return b"\n".join(base64.b64decode(leg["dialog"]) for leg in legs if leg["answered_at"] and leg["dialog"])


def _ended(answer: Answer) -> bool:
    """Found, with true statuses and words for them from the first look on; whether its end is stored."""
    assert answer.code == 200, answer
    body: dict[str, Any] = answer.body
    status = body["status"]
    assert status["callStatus"] != "InProgress", body
    assert status["explanation"], body
    for party in ("caller", "callee"):
        is_open = status[f"{party}Status"] in ("InProgress", "Success") and status["callStatus"] == "Success"
        assert not is_open, body
    return "endTime" in body
