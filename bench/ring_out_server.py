"""The server under test: `ringout serve` as a user starts it, with a configuration for the measures."""

from __future__ import annotations

import asyncio
import base64
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from bench.http_client import HttpCallClient, request_once
from bench.ports import free_port, wait_for_tcp

CONFIG = Path(__file__).with_name("ringout.toml")


FIRST_USER = 1001


class RingOutServer:
    """One `ringout serve`. core: the processor it and its workers are pinned to; None = wherever it likes. users:
    further extensions, from FIRST_USER on, whose passwords are password_of. module: the program to run."""

    name = "RingOut"

    def __init__(
        self,
        directory: Path,
        core: int | None,
        caller_port: int,
        callee_port: int,
        *,
        users: int = 0,
        module: str = "ringout",
    ) -> None:
        self._directory = directory
        self._core = core
        self._users = range(FIRST_USER, FIRST_USER + users)
        self._module = module
        self._ports = {"caller_port": caller_port, "callee_port": callee_port}
        self.http_port = 0
        self.pid = 0
        self.client: HttpCallClient | None = None

    async def start(self) -> None:
        self._launch(self.write_config())
        try:
            wait_for_tcp("127.0.0.1", self.http_port, 30, self._process)
            self.client = HttpCallClient("127.0.0.1", self.http_port, await self._token())
            await self.client.open()
        except (OSError, RuntimeError) as error:
            await self.stop()
            raise RuntimeError(f"{error}: {self.output()[-2000:]}") from error

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when it has not drained after a few seconds."""
        if self.client is not None:
            self.client.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(self._process.wait, 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def output(self) -> str:
        return (self._directory / "output").read_text(errors="replace")

    def write_config(self) -> Path:
        """The configuration file, with fresh ports."""
        self.http_port = free_port("tcp")
        self._directory.mkdir(parents=True, exist_ok=True)
        values = {"data": self._directory / "data", "http_port": self.http_port, "sip_port": free_port("udp")}
        text = CONFIG.read_text()
        for name, value in {**values, **self._ports}.items():
            text = text.replace(f"@{name}@", str(value))
        for user in self._users:
            text += f'\n[[account.extensions]]\nextension = "{user}"\npassword = "{password_of(user)}"\n'
        file = self._directory / "ringout.toml"
        file.write_text(text)
        return file

    def _launch(self, config: Path) -> None:
        pin = [] if self._core is None else ["taskset", "-c", str(self._core)]
        command = [*pin, sys.executable, "-m", self._module, "serve", "--config", str(config)]
        with (self._directory / "output").open("ab") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.pid = self._process.pid

    async def _token(self) -> str:
        status, answer = await request_once("127.0.0.1", self.http_port, *login_request(101, "bench-password-1"))
        if status != 200:
            raise RuntimeError(f"no access token: {status} {answer}")
        return str(answer["access_token"])


def password_of(user: int) -> str:
    """Of one of the further extensions."""
    return f"bench-password-{user}"


def login_request(extension: int, password: str) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path, headers and body of a password grant."""
    basic = base64.b64encode(b"bench:bench-client-secret-1").decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    body = f"grant_type=password&username={quote('+16505550100')}&extension={extension}&password={password}"
    return "POST", "/restapi/oauth/token", headers, body.encode()
