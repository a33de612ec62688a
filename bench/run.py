"""Runs the measures and prints one table: `python -m bench.run [MEASURE ...]`; see --help."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import measures
from bench.api import ApiBench, compile_http_load
from bench.asterisk_server import AsteriskServer
from bench.events import events
from bench.measures import MakeServer, median
from bench.media import MediaBench, compile_load
from bench.report import print_table
from bench.ring_out_server import RingOutServer
from bench.storm import login_storm

MEASURES = ("cpu", "rate", "latency", "memory", "media", "api", "storm", "events")
CPU_RATE = 100.0  # calls per second at which the processor time per call is taken
LATENCY_RATE = 50.0
HELD_CALLS = 1000
RATES = [100.0, 150, 200, 250, 300, 350, 400, 450, 500, 600, 700]
MEDIA_CALLS = [250, 300, 350, 400, 500, 600]
MEDIA_P99_MS = 3.0  # the steps end with the first that is slower or loses a packet


class Bench:
    """Where the measures run, how often and how long."""

    def __init__(self, arguments: argparse.Namespace, directory: Path) -> None:
        self._runs = arguments.runs
        self._seconds = arguments.seconds
        self._rates = arguments.rates
        self._directory = directory
        self._asterisk = arguments.asterisk
        self._server_core = 0
        self._load_core = max(os.sched_getaffinity(0))
        self.found: dict[str, Any] = {"machine": _machine(), "RingOut": {}, "Asterisk": {}}

    async def signalling(self, wanted: list[str]) -> None:
        """Every signalling measure on ours and on the peer."""
        for name, make in self._servers():
            found = self.found[name]
            for measure in (m for m in MEASURES[:4] if m in wanted):
                _say(f"{name}: {measure}")
                directory = self._directory / f"{name}-{measure}"
                directory.mkdir()
                found[measure] = await getattr(self, f"_{measure}")(make, directory)

    async def media(self) -> None:
        """Ours only: bridged calls with RTP."""
        program = compile_load(self._directory)
        found: dict[str, list[dict[str, Any]]] = {"idle": [], "saturated": []}
        self.found["RingOut"]["media"] = found
        bench = MediaBench(self._directory / "media", program, self._server_core, self._load_core)
        await bench.start()
        try:
            for calls in MEDIA_CALLS:
                _say(f"RingOut: media, {calls} calls")
                await bench.add_calls(calls)
                found["idle"].append(_median_run([await bench.run(self._seconds) for _ in range(self._runs)]))
                if found["idle"][-1]["lost"] or found["idle"][-1]["p99_ms"] > MEDIA_P99_MS:
                    break
        finally:
            await bench.stop()
        bench = MediaBench(self._directory / "saturated", program, self._server_core, self._load_core)
        await bench.start()
        try:
            await bench.add_calls(MEDIA_CALLS[0])
            found["saturated"] = await self._saturated(bench)
        finally:
            await bench.stop()

    async def _saturated(self, bench: MediaBench) -> list[dict[str, Any]]:
        """The API at its limit: first beside the media processes' processor, then on the very same one."""
        found = []
        for api_core, where in ((self._load_core, "another"), (self._server_core, "the same")):
            _say(f"RingOut: media with the API saturated on {where} processor")
            bench.move_workers(self._server_core, api_core)
            runs = [await bench.run_saturated(self._seconds) for _ in range(self._runs)]
            found.append({"api_processor": where, **_median_run(runs)})
        return found

    async def api(self) -> None:
        """Ours beside the plainest server: the API without calls."""
        _say("RingOut: API")
        program = compile_http_load(self._directory)
        bench = ApiBench(self._directory / "api", program, self._server_core, self._load_core)
        runs = await bench.run(self._runs, self._seconds)
        found: dict[str, Any] = {"token_check_us": median(runs["token_check_us"]), "runs": runs}
        for name in ("get", "post"):
            found[name] = {who: _median_run([_figures(r) for r in runs[name][who]]) for who in ("ours", "plain")}
        self.found["RingOut"]["api"] = found

    async def storm(self) -> None:
        """Ours only: calls with RTP while people log in."""
        _say("RingOut: login storm")
        cores = (self._server_core, self._load_core)
        program = compile_load(self._directory)
        runs = await login_storm(self._directory / "storm", program, cores, self._runs, self._seconds)
        self.found["RingOut"]["storm"] = {kind: _median_run(runs[kind]) for kind in runs} | {"runs": runs}

    async def events(self) -> None:
        """Ours only: calls while clients listen."""
        _say("RingOut: event streams")
        found = await events(self._directory / "events", self._server_core, self._runs, self._seconds)
        kinds = {kind: _median_run(found[kind]) for kind in ("alone", "crowded")}
        self.found["RingOut"]["events"] = {**found, **kinds, "runs": {kind: found[kind] for kind in kinds}}

    def _servers(self) -> list[tuple[str, MakeServer]]:
        servers: list[tuple[str, MakeServer]] = [
            ("RingOut", lambda directory, *ports: RingOutServer(directory, self._server_core, *ports))
        ]
        root = self._asterisk
        if root is not None:
            self.found["machine"]["Asterisk"] = AsteriskServer(root, 0, 0, 0).version()
            servers.append(("Asterisk", lambda _, *ports: AsteriskServer(root, self._server_core, *ports)))
        return servers

    async def _cpu(self, make: MakeServer, directory: Path) -> dict[str, Any]:
        runs = await measures.cpu_per_call(make, directory, CPU_RATE, self._runs, self._seconds)
        return {"cpu_ms_per_call": median([r.cpu_ms_per_call for r in runs]), "runs": [asdict(r) for r in runs]}

    async def _rate(self, make: MakeServer, directory: Path) -> dict[str, Any]:
        runs = await measures.highest_rate(make, directory, self._rates, self._seconds)
        best = max((run for run in runs if run.good), key=lambda run: run.rate, default=None)
        return {
            "calls_per_second": best.rate if best else 0.0,
            "cpu_ms_per_call": best.cpu_ms_per_call if best else 0.0,
            "runs": [asdict(r) for r in runs],
        }

    async def _latency(self, make: MakeServer, directory: Path) -> dict[str, Any]:
        runs = []
        for number in range(self._runs):
            runs.append(await measures.latency(make, directory / str(number), LATENCY_RATE, self._seconds))
        return _median_run(runs)

    async def _memory(self, make: MakeServer, directory: Path) -> dict[str, Any]:
        return await measures.memory(make, directory, HELD_CALLS)


def _median_run(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each number over the runs; what is lost or refused is the worst instead."""
    worst = ("lost", "refused", "strays", "deaf_legs", "requests_refused", "logins_refused", "wrong")
    return {key: max(r[key] for r in runs) if key in worst else median([r[key] for r in runs]) for key in runs[0]}


def _figures(run: dict[str, Any]) -> dict[str, float]:
    return {key: value for key, value in run.items() if not isinstance(value, str)}


def _machine() -> dict[str, str]:
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    release = Path("/etc/os-release").read_text()
    system = next(line for line in release.splitlines() if line.startswith("PRETTY_NAME="))
    sipp = subprocess.run(["sipp", "-v"], capture_output=True, text=True, check=False).stdout.split()
    return {
        "processor": f"{os.cpu_count()} x {cpu.partition(': ')[2]}",
        "system": f"{system.partition('=')[2].strip(chr(34))}, Linux {os.uname().release}",
        "Python": sys.version.split()[0],
        "SIPp": next((word.rstrip(".") for word in sipp if word.startswith("v")), ""),
    }


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measures the running server on loopback.")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {' '.join(MEASURES)}; default: all")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--seconds", type=float, default=8, help="length of each run")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, help="calls per second, upwards")
    parser.add_argument("--asterisk", type=Path, help="root that install_asterisk.sh has made; without it no peer")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures are written")
    arguments = parser.parse_args()
    unknown = set(arguments.measures) - set(MEASURES)
    if unknown:
        parser.error(f"no such measure: {' '.join(sorted(unknown))}")
    arguments.measures = arguments.measures or list(MEASURES)
    return arguments


async def _main() -> None:
    arguments = _arguments()
    directory = Path(tempfile.mkdtemp(prefix="ringout-bench-"))
    bench = Bench(arguments, directory)
    try:
        await bench.signalling(arguments.measures)
        if "media" in arguments.measures:
            await bench.media()
        if "api" in arguments.measures:
            await bench.api()
        if "storm" in arguments.measures:
            await bench.storm()
        if "events" in arguments.measures:
            await bench.events()
    finally:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(bench.found, indent=2) + "\n")
        shutil.rmtree(directory, ignore_errors=True)
    print_table(bench.found)


if __name__ == "__main__":
    asyncio.run(_main())
