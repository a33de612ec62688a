"""The storm measure: what fifty people who log in with their passwords at the same time do to the calls that are up.

A password takes 25 ms of a processor to check, on purpose. The server and its media worker share one processor with
those checks. Each run is measured twice, without and with the storm: RTP of bridged calls, and new calls at a low rate
whose INVITEs the phones time.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bench.http_client import request_once
from bench.measures import call_latencies
from bench.media import WARM_UP_SECONDS, MediaBench
from bench.open_loop import place_at
from bench.ring_out_server import FIRST_USER, login_request, password_of

LOGINS_AT_ONCE = 50
BRIDGED_CALLS = 100
CALLS_PER_SECOND = 20.0
MEDIA_KEYS = ("sent", "received", "lost", "p50_ms", "p99_ms", "max_ms", "media_cpu_share", "api_process_cpu_share")


class _Storm:
    """Fifty users, each of whom logs in again as soon as that was answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stopped = False
        self.logins = 0
        self.refused = 0

    async def blow(self, seconds: float) -> None:
        """Returns when the last login of that time is answered."""
        users = range(FIRST_USER, FIRST_USER + LOGINS_AT_ONCE)
        until = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(self._log_in(user, until) for user in users))

    async def _log_in(self, user: int, until: float) -> None:
        request = login_request(user, password_of(user))
        while asyncio.get_running_loop().time() < until:
            status, _ = await request_once("127.0.0.1", self._port, *request)
            self.logins += status == 200
            self.refused += status != 200


async def login_storm(
    directory: Path, program: Path, cores: tuple[int, int], runs: int, seconds: float
) -> dict[str, list[dict[str, Any]]]:
    """Runs without and with the storm in turns, on one server. cores: the server's and the load's."""
    bench = MediaBench(directory, program, *cores, users=LOGINS_AT_ONCE)
    await bench.start()
    found: dict[str, list[dict[str, Any]]] = {"calm": [], "storm": []}
    try:
        await bench.add_calls(BRIDGED_CALLS)
        for run in range(2 * runs):
            kind = ("calm", "storm")[run % 2]
            first = BRIDGED_CALLS + run * round(CALLS_PER_SECOND * seconds)
            found[kind].append(await _run(bench, kind == "storm", first, seconds))
    finally:
        await bench.stop()
    return found


async def _run(bench: MediaBench, stormy: bool, first: int, seconds: float) -> dict[str, Any]:
    """One run. first: index of the first new call."""
    client = bench.server.client
    assert client is not None
    await client.open()
    storm = _Storm(bench.server.http_port)
    whole = seconds + WARM_UP_SECONDS

    async def new_calls() -> dict[str, float]:
        await asyncio.sleep(WARM_UP_SECONDS)
        placed = await place_at(client, CALLS_PER_SECOND, round(CALLS_PER_SECOND * seconds), first=first)
        await asyncio.sleep(0.5)  # the last INVITE
        return call_latencies(placed, bench.phones, first)

    media, signalling, _ = await asyncio.gather(bench.run(seconds), new_calls(), storm.blow(whole if stormy else 0.0))
    found = {key: media[key] for key in MEDIA_KEYS} | signalling
    return found | {"logins_per_second": storm.logins / whole, "logins_refused": storm.refused}
