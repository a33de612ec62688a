"""The events measure: what 500 open event streams cost, whether they delay calls, and how late they tell.

A share of the streams belongs to the user who places all the calls, so every change of every call goes out as often as
one user may listen; the others are open and silent, as most are.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import process_tree
from bench.http_client import http_request, request_once
from bench.measures import HOLD_SECONDS, call_latencies, percentile
from bench.numbers import index_of
from bench.open_loop import place_at, until
from bench.python_phones import PythonPhones
from bench.ring_out_server import FIRST_USER, RingOutServer, login_request, password_of

STREAMS = 500
STREAMS_OF_A_USER = 20  # http.event_streams_of_a_user, as it is when nobody sets it
CALLS_PER_SECOND = 50.0
WARM_UP_CALLS = 100
_PATH = "/restapi/v1.0/account/~/extension/~/ring-out/events"
_TIMES = ("dialedTime", "ringingTime", "answeredTime", "endedTime")


class _Listener(asyncio.Protocol):
    """One stream. Only one of a user's is read closely: the load must not be what is measured."""

    def __init__(self, request: bytes, closely: bool) -> None:
        self._request = request
        self._closely = closely
        self._buffer = b""
        self._newest: dict[str, float] = {}  # by RingOut: the newest time in its last event
        self.is_open = False
        self.events = 0
        self.behind: list[float] = []  # seconds from the newest time in an event to its arrival
        self.answers: dict[int, float] = {}  # by index of the call: arrival of the event with the callee's answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self.is_open = self.is_open or data.startswith(b"HTTP/1.1 200")
        self.events += data.count(b"event: ring-out")
        if self._closely:
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            for line in lines:
                if line.startswith(b"data: "):
                    self._note(json.loads(line[6:]), now)

    def _note(self, told: dict[str, Any], now: float) -> None:
        legs = [told["status"][party] for party in ("caller", "callee")]
        times = [_seconds(leg[name]) for leg in legs for name in _TIMES if name in leg]
        times += [_seconds(told["endTime"])] if "endTime" in told else []
        newest = max(times, default=0.0)
        if newest > self._newest.get(told["id"], 0.0):
            self._newest[told["id"]] = newest
            self.behind.append(now - newest)
        if "answeredTime" in legs[1]:
            self.answers.setdefault(index_of(legs[1]["phoneNumber"]), now)


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


async def events(directory: Path, core: int, runs: int, seconds: float) -> dict[str, Any]:
    """Lists of runs without and with the streams, in turns, so that whatever the machine does meanwhile befalls both.
    stream_kb, told_kb: memory of one stream, open and after the calls."""
    phones = PythonPhones(HOLD_SECONDS)
    server = RingOutServer(directory, core, *phones.ports, users=STREAMS // STREAMS_OF_A_USER - 1)
    await server.start()
    memory: list[float] = []

    def weigh() -> None:
        memory.append(process_tree.memory_kb(server.pid))

    found: dict[str, list[dict[str, Any]]] = {"alone": [], "crowded": []}
    try:
        first = await _warm_up(server)
        tokens = await _tokens(server)
        for _ in range(runs):
            weigh()
            found["alone"].append(await _calls(server, phones, first, seconds))
            first += round(CALLS_PER_SECOND * seconds)
            weigh()
            listeners = await _listen(server, tokens)
            weigh()
            found["crowded"].append(await _heard(server, phones, listeners, first, seconds))
            first += round(CALLS_PER_SECOND * seconds)
            weigh()
            for listener in listeners:
                listener.transport.close()
            await asyncio.sleep(1)
    finally:
        await server.stop()
        phones.close()
    return {**found, **_per_stream(*memory[:4])}


def _per_stream(fresh: float, called: float, opened: float, told: float) -> dict[str, float]:
    """Of the first two runs: later ones find the memory that the first have taken from the system. What as many calls
    that nobody hears of leave behind does not count."""
    per_stream = (opened - called) / STREAMS
    grown = (told - opened) - (called - fresh)
    return {"stream_kb": per_stream, "told_kb": per_stream + grown / STREAMS}


async def _warm_up(server: RingOutServer) -> int:
    """Calls that do not count; the index of the next one."""
    assert server.client is not None
    await place_at(server.client, CALLS_PER_SECOND, WARM_UP_CALLS)
    await asyncio.sleep(HOLD_SECONDS + 1)
    return WARM_UP_CALLS


async def _calls(server: RingOutServer, phones: PythonPhones, first: int, seconds: float) -> dict[str, Any]:
    client = server.client
    assert client is not None
    await client.open()
    count = round(CALLS_PER_SECOND * seconds)
    ended, cpu = phones.ended, process_tree.cpu_seconds(server.pid)
    placed = await place_at(client, CALLS_PER_SECOND, count, first=first)
    await until(lambda: phones.ended >= ended + count, HOLD_SECONDS + 4)
    spent = process_tree.cpu_seconds(server.pid) - cpu
    return call_latencies(placed, phones, first) | {"cpu_ms_per_call": spent / count * 1000}


async def _heard(
    server: RingOutServer, phones: PythonPhones, listeners: list[_Listener], first: int, seconds: float
) -> dict[str, Any]:
    """The same with what the listeners hear of it."""
    close = listeners[0]
    for listener in listeners:
        listener.events = 0
    close.behind.clear()
    found = await _calls(server, phones, first, seconds)
    await asyncio.sleep(0.5)  # the last events
    answers = phones.legs[1]
    behind = [at - answers[index].answered for index, at in close.answers.items() if index >= first]
    for name, times in (("answer_told", behind), ("told", close.behind)):
        found[f"{name}_p50_ms"] = percentile(times, 0.5) * 1000
        found[f"{name}_p99_ms"] = percentile(times, 0.99) * 1000
        found[f"{name}_max_ms"] = percentile(times, 1.0) * 1000
    found["calls_heard"] = len(behind)
    found["events_per_second"] = sum(listener.events for listener in listeners) / seconds
    return found


async def _tokens(server: RingOutServer) -> list[str]:
    """Of the user who places the calls, and of the others."""
    assert server.client is not None
    found = [server.client.token]
    for user in range(FIRST_USER, FIRST_USER + STREAMS // STREAMS_OF_A_USER - 1):
        request = login_request(user, password_of(user))
        status, answer = await request_once("127.0.0.1", server.http_port, *request)
        if status != 200:
            raise RuntimeError(f"no access token: {status} {answer}")
        found.append(str(answer["access_token"]))
    return found


async def _listen(server: RingOutServer, tokens: list[str]) -> list[_Listener]:
    """The streams, all open. Raises RuntimeError."""
    loop = asyncio.get_running_loop()
    address = ("127.0.0.1", server.http_port)
    listeners: list[_Listener] = []
    for token in tokens:
        request = http_request(*address, "GET", _PATH, {"Authorization": f"Bearer {token}"})
        for _ in range(STREAMS_OF_A_USER):
            closely = not listeners
            _, listener = await loop.create_connection(lambda r=request, c=closely: _Listener(r, c), *address)
            listeners.append(listener)
    if not await until(lambda: all(listener.is_open for listener in listeners), 10):
        raise RuntimeError(f"{sum(listener.is_open for listener in listeners)} of {STREAMS} streams are open")
    await asyncio.sleep(1)
    return listeners
