"""The media measure: bridged G.711 calls with real RTP, loss and added latency, with the API idle and saturated."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from bench import process_tree
from bench.open_loop import Placed, place_at, until
from bench.python_phones import BUSY_FROM, PythonPhones
from bench.ring_out_server import RingOutServer

WARM_UP_SECONDS = 1.0  # latching, first packets: sent but not counted
SATURATING_CONNECTIONS = 16


def compile_load(directory: Path) -> Path:
    """rtp_load.c made into a program in that directory."""
    program = directory / "rtp_load"
    source = Path(__file__).with_name("rtp_load.c")
    subprocess.run(["gcc", "-O2", "-o", str(program), str(source)], check=True)
    return program


class MediaBench:
    """One server with calls that stay up, loaded with RTP once or several times."""

    def __init__(self, directory: Path, program: Path, server_core: int, load_core: int, users: int = 0) -> None:
        """users: further extensions of the server, for logins."""
        self._program = program
        self._load_core = load_core
        self.phones = PythonPhones(None)
        self.server = RingOutServer(directory, server_core, *self.phones.ports, users=users)
        self._pairs: list[tuple[int, int, int, int]] = []
        self._placed = 0

    async def start(self) -> None:
        await self.server.start()

    async def stop(self) -> None:
        await self.server.stop()
        self.phones.close()

    async def add_calls(self, total: int) -> None:
        """More calls until that many are bridged. Raises RuntimeError when some do not come up."""
        client = self.server.client
        assert client is not None
        await client.open()
        missing = total - self._placed
        placed = await place_at(client, 50, missing, first=self._placed)
        callers, callees = self.phones.legs
        if not await until(lambda: len(callees) >= total, 5) or placed.refused:
            raise RuntimeError(f"{total} calls wanted, {len(callees)} are up: {placed.first_refusal}")
        for index in range(self._placed, total):
            ours = self.phones.rtp_port(0, index), self.phones.rtp_port(1, index)
            self._pairs.append((ours[0], callers[index].remote_rtp, ours[1], callees[index].remote_rtp))
        self._placed = total
        await asyncio.sleep(1)

    async def run(self, seconds: float) -> dict[str, Any]:
        """RTP on every call that is up; counts of packets, added latency, processor shares."""
        table = "".join(f"{a} {b} {c} {d}\n" for a, b, c, d in self._pairs)
        command = ["taskset", "-c", str(self._load_core), str(self._program), str(seconds), str(WARM_UP_SECONDS)]
        before, start = process_tree.cpu_by_process(self.server.pid), time.monotonic()
        load = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await load.communicate(table.encode())
        elapsed = time.monotonic() - start
        after = process_tree.cpu_by_process(self.server.pid)
        if load.returncode:
            raise RuntimeError("rtp_load failed")
        found: dict[str, Any] = json.loads(output)
        found["lost"] = found["sent"] - found["received"]
        shares = {pid: (after[pid] - before.get(pid, 0.0)) / elapsed for pid in after}
        found["api_process_cpu_share"] = shares.pop(self.server.pid)
        found["media_cpu_share"] = sum(shares.values())
        return found

    async def run_saturated(self, seconds: float) -> dict[str, Any]:
        """The same while clients place RingOuts as fast as they are answered (to a phone that is busy)."""
        saturation = _Saturation(self.server)
        await saturation.start()
        try:
            await asyncio.sleep(1)
            found = await self.run(seconds)
        finally:
            saturation.stop()
        found["requests_per_second"] = saturation.rate()
        found["requests_refused"] = saturation.refused()
        await asyncio.sleep(1)
        return found

    def move_workers(self, worker_core: int, api_core: int) -> None:
        """The media processes on one processor, the rest of the server on another."""
        _pin(self.server.pid, api_core)
        for pid in process_tree.descendants(self.server.pid)[1:]:
            _pin(pid, worker_core)


class _Saturation:
    """Closed loop: every answered request is followed by the next at once."""

    def __init__(self, server: RingOutServer) -> None:
        assert server.client is not None
        self._client = server.client.another()
        self._next = BUSY_FROM
        self._stopped = False
        self._placed = _Endless(self)
        self._began = 0.0
        self._seconds = 0.0

    async def start(self) -> None:
        self._client.placed = self._placed
        await self._client.open(SATURATING_CONNECTIONS)
        self._began = time.monotonic()
        for _ in range(SATURATING_CONNECTIONS):
            self.send_next()

    def send_next(self) -> None:
        if not self._stopped:
            self._next += 1
            self._client.send(self._next)

    def stop(self) -> None:
        self._stopped = True
        self._seconds = time.monotonic() - self._began

    def rate(self) -> float:
        return self._placed.answered / self._seconds

    def refused(self) -> int:
        return self._placed.refused


class _Endless(Placed):
    """Asks for the next request when one is answered; keeps only counts."""

    def __init__(self, owner: _Saturation) -> None:
        super().__init__()
        self._owner = owner

    def note(self, index: int, sent: float, accepted: bool, answer: bytes) -> None:
        self.accepted += accepted
        self.refused += not accepted
        asyncio.get_running_loop().call_soon(self._owner.send_next)


def _pin(pid: int, core: int) -> None:
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core})
