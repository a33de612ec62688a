"""The signalling measures: processor time per call, the highest rate, latency, memory. One fresh server for each."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench import process_tree
from bench.open_loop import CallClient, Placed, place_at, until
from bench.ports import free_port
from bench.python_phones import PythonPhones
from bench.sipp_phones import SippPair

HOLD_SECONDS = 2.0


class Server(Protocol):
    """Who is measured."""

    name: str
    pid: int

    @property
    def client(self) -> CallClient | None:
        """There once started."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


MakeServer = Callable[[Path, int, int], Server]  # directory, caller's port, callee's port


@dataclass(frozen=True)
class LoadRun:
    """One run at one rate with SIPp phones."""

    rate: float
    calls: int
    failed: int  # refused by the server, failed at a phone, or not ended in time
    retransmissions: int
    cpu_ms_per_call: float
    cpu_share: float  # of one processor while calls were being placed
    request_p99_ms: float
    why: str = ""

    @property
    def good(self) -> bool:
        """Nothing failed, and nothing was so late that a phone had to repeat itself."""
        return not self.failed and not self.retransmissions


def percentile(values: list[float], share: float) -> float:
    """0 for an empty list."""
    ordered = sorted(values)
    return ordered[round((len(ordered) - 1) * share)] if ordered else 0.0


async def load_run(server: Server, ports: tuple[int, int], directory: Path, rate: float, seconds: float) -> LoadRun:
    """seconds of calls at rate; waits for their ends. A running server is given."""
    count = round(rate * seconds)
    phones = SippPair(*ports, HOLD_SECONDS, directory)
    assert server.client is not None
    cpu = process_tree.cpu_seconds(server.pid)
    placed = await place_at(server.client, rate, count)
    share = (process_tree.cpu_seconds(server.pid) - cpu) / placed.seconds
    await until(lambda: phones.ended() >= count, HOLD_SECONDS + 4, 0.1)
    spent = process_tree.cpu_seconds(server.pid) - cpu
    why = placed.first_refusal or phones.callee.errors()[:300] or phones.caller.errors()[:300]
    caller, callee = phones.stop()
    return LoadRun(
        rate,
        count,
        count - min(placed.accepted, caller.succeeded, callee.succeeded),
        caller.retransmissions + callee.retransmissions,
        spent / count * 1000,
        share,
        percentile(placed.latencies, 0.99) * 1000,
        why,
    )


async def cpu_per_call(make: MakeServer, directory: Path, rate: float, runs: int, seconds: float) -> list[LoadRun]:
    """The same run several times on one server, after a short one that does not count."""
    ports = (free_port("udp"), free_port("udp"))
    server = make(directory, *ports)
    await server.start()
    try:
        await load_run(server, ports, directory, 50, 2)
        return [await load_run(server, ports, directory, rate, seconds) for _ in range(runs)]
    finally:
        await server.stop()


async def highest_rate(make: MakeServer, directory: Path, rates: list[float], seconds: float) -> list[LoadRun]:
    """Up the rates until one is not good; each gets a second chance, on a fresh server."""
    found: list[LoadRun] = []
    for rate in rates:
        run = await _first_good(make, directory, rate, seconds)
        found.append(run)
        if not run.good:
            break
    return found


async def _first_good(make: MakeServer, directory: Path, rate: float, seconds: float) -> LoadRun:
    for attempt in range(2):
        ports = (free_port("udp"), free_port("udp"))
        server = make(directory / f"{rate:g}-{attempt}", *ports)
        await server.start()
        try:
            await load_run(server, ports, directory, 50, 1)
            run = await load_run(server, ports, directory, rate, seconds)
        finally:
            await server.stop()
        if run.good:
            break
    return run


async def latency(make: MakeServer, directory: Path, rate: float, seconds: float) -> dict[str, float]:
    """Milliseconds at a moderate rate, with the phones that ask the kernel for the times."""
    phones = PythonPhones(HOLD_SECONDS)
    server = make(directory, *phones.ports)
    await server.start()
    try:
        assert server.client is not None
        await place_at(server.client, rate, round(rate * 2), first=1_000_000)
        count = round(rate * seconds)
        placed = await place_at(server.client, rate, count)
        await until(lambda: phones.ended >= count + round(rate * 2), HOLD_SECONDS + 4)
    finally:
        await server.stop()
        phones.close()
    return call_latencies(placed, phones)


def call_latencies(placed: Placed, phones: PythonPhones, first: int = 0) -> dict[str, float]:
    """Of the calls with index first and above. Times in milliseconds."""
    callers, callees = ({i: leg for i, leg in legs.items() if i >= first} for legs in phones.legs)
    from_request = [leg.invited - placed.sent_at[i] for i, leg in callers.items() if i in placed.sent_at]
    from_answer = [leg.invited - placed.accepted_at[i] for i, leg in callers.items() if i in placed.accepted_at]
    to_callee = [leg.invited - callers[i].answered for i, leg in callees.items() if i in callers]
    found: dict[str, float] = {"calls": placed.accepted, "refused": placed.refused}
    for name, times in (
        ("request", placed.latencies),
        ("request_to_caller_invite", from_request),
        ("accepted_to_caller_invite", from_answer),
        ("caller_answer_to_callee_invite", to_callee),
    ):
        found[f"{name}_p50_ms"] = percentile(times, 0.5) * 1000
        found[f"{name}_p99_ms"] = percentile(times, 0.99) * 1000
        found[f"{name}_max_ms"] = percentile(times, 1.0) * 1000
    return found


async def memory(make: MakeServer, directory: Path, held: int) -> dict[str, float]:
    """Growth of the whole tree's proportional set size by that many calls that are up at once."""
    rate = 100.0
    hold_seconds = held / rate + 6
    ports = (free_port("udp"), free_port("udp"))
    server = make(directory, *ports)
    await server.start()
    try:
        await load_run(server, ports, directory, rate, 2)  # pools, caches and code that every server fills once
        before = process_tree.memory_kb(server.pid)
        phones = SippPair(*ports, hold_seconds, directory)
        assert server.client is not None
        placed = await place_at(server.client, rate, held)
        await asyncio.sleep(2)
        during = process_tree.memory_kb(server.pid)
        await asyncio.sleep(hold_seconds)
        after = process_tree.memory_kb(server.pid)
        caller, callee = phones.stop()
    finally:
        await server.stop()
    return {
        "held": min(placed.accepted, caller.arrived, callee.arrived),
        "failed": held - min(placed.accepted, caller.succeeded, callee.succeeded),
        "idle_kb": before,
        "per_call_kb": (during - before) / held,
        "kept_per_ended_call_kb": (after - before) / held,
    }


def median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0
