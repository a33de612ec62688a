"""One server for all tests of a pytest process that change no setting: a start costs what a hundred calls do."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.ports import free_port, give_back

from .api import Api
from .server import ServerProcess

_UDP_OUTLETS, _TCP_OUTLETS = 200, 12


@dataclass(eq=False)
class Outlet:
    """Where a phone can be plugged in: a number, and the port that its trunk leads to. Holds the port until a phone
    takes it, so that no other process does."""

    number: str
    port: int
    transport: str

    def __post_init__(self) -> None:
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        self._holder = socket.socket(socket.AF_INET, kind)
        self._holder.bind(("127.0.0.1", self.port))

    def release(self) -> None:
        """The port is closed from now on; a phone may bind it."""
        self._holder.close()

    @property
    def gateway(self) -> str:
        return f"sip:127.0.0.1:{self.port}" + (";transport=tcp" if self.transport == "tcp" else "")

    def trunk(self, name: str, **settings: Any) -> dict[str, Any]:
        """The trunk that serves this number alone. more_gateways: tried after the outlet's own."""
        gateways = [self.gateway, *settings.pop("more_gateways", [])]
        return {"name": name, "gateways": gateways, "prefixes": [self.number], **settings}


class Exchange:
    """Outlets that are used once each, and the server that knows them all, started when it is first needed."""

    def __init__(self, new_directory: Callable[[], Path]) -> None:
        self._new_directory = new_directory
        self.started: ServerProcess | None = None
        self._api: Api | None = None
        self._all: list[Outlet] = []
        self._free: dict[str, list[Outlet]] = {}
        self._plug_in()

    def _plug_in(self) -> None:
        kinds = ["udp"] * _UDP_OUTLETS + ["tcp"] * _TCP_OUTLETS
        self._all = []  # filled one by one, so that `close` frees those of an attempt that failed
        for n, transport in enumerate(kinds):
            self._all.append(Outlet(f"+1650555{2000 + n}", free_port(keep=True), transport))
        self._free = {kind: [outlet for outlet in self._all if outlet.transport == kind] for kind in ("udp", "tcp")}

    def renew(self) -> None:
        """To be called between tests: new outlets and a new server when few outlets are left."""
        if any(len(free) < 10 for free in self._free.values()):
            self.close()
            self._plug_in()

    def take(self, transport: str) -> Outlet:
        return self._free[transport].pop()

    @property
    def server(self) -> ServerProcess:
        if self.started is None or not self.started.is_running:
            trunks = [outlet.trunk(f"outlet-{outlet.port}") for outlet in self._all]
            self.started = ServerProcess(self._new_directory(), trunks, {}).start()
            self._api = None
        return self.started

    @property
    def api(self) -> Api:
        server = self.server
        if self._api is None:
            self._api = server.log_in()
        return self._api

    def close(self) -> None:
        for outlet in self._all:
            outlet.release()
        if self.started is not None:
            self.started.close()
            self.started = None
        give_back(outlet.port for outlet in self._all)
