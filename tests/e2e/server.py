"""The product as its users start it: `python -m ringout serve --config FILE`, a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fakes.ports import free_port

from .api import Api
from .waiting import eventually, is_listening

MAIN_NUMBER = "+16505550100"
EXTENSION, PASSWORD = "101", "correct horse 9"
CLIENT = ("e2e-client", "e2e-secret")


def to_toml(table: dict[str, Any], path: str = "") -> str:
    """A dict of scalars, lists of scalars, dicts and lists of dicts as TOML."""
    plain, nested = [], []
    for name, value in table.items():
        full = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            nested.append(f"[{full}]\n{to_toml(value, full)}")
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
            nested += [f"[[{full}]]\n{to_toml(one, full)}" for one in value]
        else:
            plain.append(f"{name} = {_scalar(value)}")
    return "\n".join([*plain, *nested]) + "\n"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_scalar(one) for one in value) + "]"
    if isinstance(value, (int, float)):
        return repr(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


class ServerProcess:
    """A RingOut server with its own ports and data directory; can be killed and started again on the same data.

    PORT in `[sip] listen` is the port that is found free for SIP."""

    def __init__(
        self,
        directory: Path,
        trunks: Sequence[dict[str, Any]],
        settings: dict[str, Any],
        rtp_ports: int = 128,
    ) -> None:
        self.directory = directory
        self._trunks, self._changes, self._rtp_ports = trunks, settings, rtp_ports
        self._log_path = directory / "server.log"
        self._config = directory / "ringout.toml"
        self._process: subprocess.Popen[bytes] | None = None
        self._choose_ports()

    def _choose_ports(self) -> None:
        self.http_port, self.sip_port, self._first_rtp = free_port(), free_port(), free_port(self._rtp_ports)
        self._config.write_text(to_toml(self._settings()))

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "data_dir": str(self.directory / "data"),
            "http": {"host": "127.0.0.1", "port": self.http_port},
            "limits": {"light": 0, "medium": 0, "heavy": 0, "auth": 0},
            "sip": {"listen": [f"udp:127.0.0.1:{self.sip_port}", f"tcp:127.0.0.1:{self.sip_port}"]},
            "media": {"address": "127.0.0.1", "first_port": self._first_rtp},
            "call": {},
            "phones": {},
            "trunks": list(self._trunks),
            "account": {
                "main_number": MAIN_NUMBER,
                "extensions": [{"extension": EXTENSION, "password": PASSWORD, "name": "E2E"}],
            },
            "clients": [{"client_id": CLIENT[0], "client_secret": CLIENT[1], "password_grant": True}],
        }
        settings["media"]["last_port"] = self._first_rtp + self._rtp_ports - 1
        for table, values in self._changes.items():
            if isinstance(values, list):
                settings[table] = values
            elif table == "extension":
                settings["account"]["extensions"][0].update(values)
            else:
                settings[table].update(values)
        settings["sip"]["listen"] = [one.replace("PORT", str(self.sip_port)) for one in settings["sip"]["listen"]]
        return settings

    @property
    def rtp_ports(self) -> range:
        return range(self._first_rtp, self._first_rtp + self._rtp_ports)

    def start(self) -> ServerProcess:
        """Returns when the API and SIP are open. Where another program was faster on a port, other ports are tried."""
        for _ in range(4):
            self._spawn()
            eventually(lambda: not self.is_running or self._is_open(), "the server to open its ports", 60)
            if self.is_running:
                return self
            if "could be bound" not in self.log() and "in use" not in self.log():
                break
            self._choose_ports()
        raise AssertionError(f"the server ended\n{self.log()}")

    def _spawn(self) -> None:
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ringout", "serve", "--config", str(self._config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                env={name: value for name, value in os.environ.items() if not name.startswith("RINGOUT_")},
            )  # fmt: skip

    def _is_open(self) -> bool:
        return is_listening("tcp", self.http_port, self.pid) and is_listening("udp", self.sip_port, self.pid)

    def log_in(self) -> Api:
        api = Api("127.0.0.1", self.http_port)
        api.log_in(CLIENT, MAIN_NUMBER, EXTENSION, PASSWORD)
        return api

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def children(self) -> list[int]:
        """Process ids of the server's own child processes (its media workers)."""
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def kill(self) -> None:
        """kill -9, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """SIGTERM; returns at once."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 30.0) -> int:
        """The exit code."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server does not end\n{self.log()}") from None

    def close(self) -> None:
        """Ends the server whatever it is doing. Its media workers end by themselves when it is gone."""
        if self.is_running:
            self.kill()

    def log(self) -> str:
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""
