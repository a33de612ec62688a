"""The server and the telephone world in one test: what the phones themselves report having heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ringout.app import Server
from ringout.cli.api_client import ApiClient
from ringout.cli.credentials import Credentials
from ringout.cli.snapshot import Snapshot, read_snapshot
from ringout.config import HttpConfig, SipConfig
from ringout.net.tasks import Tasks
from ringout.sandbox.account import load_secrets, sandbox_config
from ringout.sandbox.numbers import BY_KEY
from ringout.sandbox.world import World


class Place:
    """A server with the phones around it."""

    def __init__(self, server: Server, client: ApiClient, reports: asyncio.Queue[dict[str, Any]]) -> None:
        self.server = server
        self._client = client
        self._reports = reports

    async def call(self, from_: str, to: str, *, prompt: bool = False) -> Snapshot:
        body = await asyncio.to_thread(self._client.place, BY_KEY[to].number, BY_KEY[from_].number, None, prompt)
        return read_snapshot(body)

    async def get(self, ring_out_id: str) -> Snapshot:
        return read_snapshot(await asyncio.to_thread(self._client.get, ring_out_id))

    async def cancel(self, ring_out_id: str) -> None:
        await asyncio.to_thread(self._client.cancel, ring_out_id)

    async def joined(self, now: Snapshot) -> Snapshot:
        async with asyncio.timeout(30):
            while not now.joined:
                assert not now.ended, now
                await asyncio.sleep(0.1)
                now = await self.get(now.id)
        return now

    async def heard(self) -> dict[str, dict[str, Any]]:
        """What the next two phones report whose calls end, by number."""
        async with asyncio.timeout(20):
            pair = [await self._reports.get() for _ in range(2)]
        return {report["phone"]: report for report in pair}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    tasks = Tasks()
    reports: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    world = World("127.0.0.1", tasks, reports.put_nowait)
    await world.start()
    known = load_secrets(tmp_path)
    listen = ("udp:127.0.0.1:0", "tcp:127.0.0.1:0")
    server = Server(sandbox_config(tmp_path, HttpConfig(port=0), SipConfig(listen), world.trunks, known))
    await server.start()
    login = Credentials(server.http_url, known.client_id, known.client_secret, await server.issue_jwt("101"))
    yield Place(server, await asyncio.to_thread(ApiClient, login), reports)
    await server.stop()
    await world.close()
    await tasks.stop()


async def test_each_hears_the_other_and_nobody_else(place: Place) -> None:
    await place.joined(await place.call("answers", "hangs_up"))
    heard = await place.heard()
    caller, callee = BY_KEY["answers"], BY_KEY["hangs_up"]
    assert heard[caller.number]["heard_hz"] == callee.tone_hz
    assert heard[callee.number]["heard_hz"] == caller.tone_hz
    assert all(report["received"] > 100 and report["strange"] == 0 for report in heard.values())


async def test_the_1_joins_and_is_not_passed_on(place: Place) -> None:
    now = await place.call("presses_2_then_1", "presses_nothing", prompt=True)
    assert now.them.state == "waiting"
    await place.joined(now)
    await asyncio.sleep(1.0)  # of talk
    await place.cancel(now.id)
    heard = await place.heard()
    assert heard[BY_KEY["presses_nothing"].number]["digits"] == ""
    assert heard[BY_KEY["presses_nothing"].number]["heard_hz"] == BY_KEY["presses_2_then_1"].tone_hz


async def test_digits_pressed_during_the_call_reach_the_other_once_each(place: Place) -> None:
    now = await place.joined(await place.call("answers", "presses_2_then_1"))
    await asyncio.sleep(7)  # the second digit comes five seconds after the answer
    await place.cancel(now.id)
    assert (await place.heard())[BY_KEY["answers"].number]["digits"] == "21"


async def test_a_server_that_stops_hangs_its_phones_up(place: Place) -> None:
    await place.joined(await place.call("answers", "presses_nothing"))
    await place.server.stop()
    assert set(await place.heard()) == {BY_KEY["answers"].number, BY_KEY["presses_nothing"].number}
