"""The API measure: GET and POST of a RingOut as fast as one processor answers, beside the plainest server there is."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import process_tree
from bench.http_client import http_request, request_once
from bench.numbers import callee_number, caller_number
from bench.ports import free_port, wait_for_tcp
from bench.ring_out_server import RingOutServer

CONNECTIONS = 32
WARM_UP_SECONDS = 1.0
KNOWN_RING_OUTS = 1000  # that the GETs ask for in turn
DIFFERENT_CALLS = 20_000  # pairs of numbers that the POSTs name in turn: no cache of numbers helps
COLLECTION = "/restapi/v1.0/account/~/extension/~/ring-out"


def compile_http_load(directory: Path) -> Path:
    """http_load.c made into a program in that directory."""
    program = directory / "http_load"
    source = Path(__file__).with_name("http_load.c")
    subprocess.run(["gcc", "-O2", "-o", str(program), str(source)], check=True)
    return program


class PlainServer:
    """bench.plain_server on one processor."""

    def __init__(self, directory: Path, core: int) -> None:
        self._directory = directory
        self._core = core
        self.http_port = 0
        self.pid = 0

    def start(self) -> None:
        self.http_port = free_port("tcp")
        database = self._directory / "plain.sqlite"
        command = ["taskset", "-c", str(self._core), sys.executable, "-m", "bench.plain_server"]
        self._process = subprocess.Popen([*command, str(self.http_port), str(database)])
        self.pid = self._process.pid
        wait_for_tcp("127.0.0.1", self.http_port, 30, self._process)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()


class ApiBench:
    """Our server without calls and the plain one, both on the same processor, asked in turns so that whatever the
    machine does meanwhile befalls both."""

    def __init__(self, directory: Path, program: Path, server_core: int, load_core: int) -> None:
        directory.mkdir(parents=True)
        unused = free_port("udp")
        self._ours = RingOutServer(directory / "ours", server_core, unused, unused, module="bench.silent_server")
        self._plain = PlainServer(directory, server_core)
        self._program = program
        self._directory = directory
        self._server_core = server_core
        self._load_core = load_core

    async def run(self, runs: int, seconds: float) -> dict[str, Any]:
        """Lists of runs: get and post, ours and plain; and the token check."""
        await self._ours.start()
        self._plain.start()
        try:
            loads = {
                "get": (await self._gets(), self._plain_gets()),
                "post": (self._posts(), self._plain_posts()),
            }
            found: dict[str, Any] = {name: {"ours": [], "plain": []} for name in loads}
            for _ in range(runs):
                for name, (ours, plain) in loads.items():
                    found[name]["ours"].append(await self._load(self._ours, ours, seconds))
                    found[name]["plain"].append(await self._load(self._plain, plain, seconds))
        finally:
            self._plain.stop()
            await self._ours.stop()
        found["token_check_us"] = self._token_checks(runs)
        return found

    def _token_checks(self, runs: int) -> list[float]:
        """Microseconds, once for each run."""
        unused = free_port("udp")
        config = RingOutServer(self._directory / "token", None, unused, unused).write_config()
        command = ["taskset", "-c", str(self._server_core), sys.executable, "-m", "bench.token_check"]
        done = subprocess.run([*command, str(config), str(runs)], stdout=subprocess.PIPE, check=True, text=True)
        found: list[float] = json.loads(done.stdout.splitlines()[-1])
        return found

    async def _load(self, server: RingOutServer | PlainServer, requests: bytes, seconds: float) -> dict[str, Any]:
        command = ["taskset", "-c", str(self._load_core), str(self._program)]
        command += [str(server.http_port), str(CONNECTIONS), str(seconds), str(WARM_UP_SECONDS)]
        before = process_tree.cpu_seconds(server.pid)
        load = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await load.communicate(requests)
        if load.returncode:
            raise RuntimeError(f"http_load failed: {self._ours.output()[-2000:]}")
        found: dict[str, Any] = json.loads(output)
        if found["wrong"]:
            raise RuntimeError(f"{found['wrong']} wrong answers, the first: {found['first_wrong']}")
        found["cpu_us"] = (process_tree.cpu_seconds(server.pid) - before) / found["all"] * 1e6
        return found

    async def _gets(self) -> bytes:
        """One GET for each of some stored RingOuts; the answer must name its id."""
        requests = []
        for index in range(KNOWN_RING_OUTS):
            status, placed = await request_once(
                "127.0.0.1", self._ours.http_port, "POST", COLLECTION, self._headers(), _call(index)
            )
            if status != 200:
                raise RuntimeError(f"not placed: {status} {placed}")
            path = f"{COLLECTION}/{placed['id']}"
            requests.append(_load_line(self._request(self._ours.http_port, "GET", path), f'"id":"{placed["id"]}"'))
        return b"".join(requests)

    def _posts(self) -> bytes:
        port = self._ours.http_port
        return b"".join(
            _load_line(self._request(port, "POST", COLLECTION, _call(index)), "InProgress")
            for index in range(DIFFERENT_CALLS)
        )

    def _plain_gets(self) -> bytes:
        port = self._plain.http_port
        return b"".join(
            _load_line(self._request(port, "GET", f"/ring-out/{index}"), f'"id":"{index}"')
            for index in range(KNOWN_RING_OUTS)
        )

    def _plain_posts(self) -> bytes:
        port = self._plain.http_port
        return b"".join(
            _load_line(self._request(port, "POST", "/ring-out", _call(index)), "InProgress")
            for index in range(DIFFERENT_CALLS)
        )

    def _request(self, port: int, method: str, path: str, body: bytes = b"") -> bytes:
        return http_request("127.0.0.1", port, method, path, self._headers(), body)

    def _headers(self) -> dict[str, str]:
        assert self._ours.client is not None
        return {"Authorization": f"Bearer {self._ours.client.token}", "Content-Type": "application/json"}


def _call(index: int) -> bytes:
    call = {"from": {"phoneNumber": caller_number(index)}, "to": {"phoneNumber": callee_number(index)}}
    return json.dumps(call).encode()


def _load_line(request: bytes, word: str) -> bytes:
    """One request as http_load.c reads it. word: what the body of its answer holds."""
    return f"{len(request)} {word}\n".encode() + request
