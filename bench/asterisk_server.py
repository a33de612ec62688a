"""Asterisk as the peer: same calls, same phones, a configuration of only what these calls need."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path

from bench.ami_client import AmiClient
from bench.ports import free_port, wait_for_tcp

TEMPLATES = Path(__file__).parent / "asterisk"


class AsteriskServer:
    """One Asterisk of the directory that install_asterisk.sh has made."""

    name = "Asterisk"

    def __init__(self, root: Path, core: int, caller_port: int, callee_port: int) -> None:
        self._root = root
        self._core = core
        self._ports = {"caller_port": caller_port, "callee_port": callee_port}
        self.pid = 0
        self.client: AmiClient | None = None

    def version(self) -> str:
        command = ["chroot", str(self._root), "/usr/sbin/asterisk", "-V"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("~")[0].strip()

    async def start(self) -> None:
        ami_port = free_port("tcp")
        self._launch(self._write_files(ami_port))
        try:
            wait_for_tcp("127.0.0.1", ami_port, 20, self._process)
            await asyncio.sleep(0.5)
            loop = asyncio.get_running_loop()
            _, self.client = await loop.create_connection(AmiClient, "127.0.0.1", ami_port)
            if not await self.client.logged_in:
                raise RuntimeError("Asterisk refused the manager login")
        except (OSError, RuntimeError):
            await self.stop()
            raise

    async def stop(self) -> None:
        if self.client is not None:
            self.client.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(self._process.wait, 10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _write_files(self, ami_port: int) -> Path:
        """The configuration inside the root; answers the directory as Asterisk sees it."""
        inside = Path(f"/run/ringout-bench-{os.getpid()}")
        self._directory = self._root / inside.relative_to("/")
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        modules = next(self._root.glob("usr/lib/*/asterisk/modules")).relative_to(self._root)
        values = {"inside": inside, "modules": f"/{modules}", "ami_port": ami_port, "sip_port": free_port("udp")}
        for template in TEMPLATES.iterdir():
            text = template.read_text()
            for name, value in {**values, **self._ports}.items():
                text = text.replace(f"@{name}@", str(value))
            (self._directory / template.name).write_text(text)
        return inside

    def _launch(self, inside: Path) -> None:
        command = ["taskset", "-c", str(self._core), "chroot", str(self._root)]
        command += ["/usr/sbin/asterisk", "-f", "-q", "-C", f"{inside}/asterisk.conf"]
        with (self._directory / "output").open("wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.pid = self._process.pid
