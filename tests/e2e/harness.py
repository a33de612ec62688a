"""One test's world: a server, a caller's and a callee's phone, and what to print when something is wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from .api import Api, PlacedCall
from .baresip import BaresipPhone
from .crowd_phone import CrowdPhone
from .raw_phone import RawPhone
from .server import ServerProcess
from .shared import Exchange, Outlet
from .sipp import SippPhone

Phone = SippPhone | BaresipPhone | RawPhone | CrowdPhone
AnyPhone = TypeVar("AnyPhone", SippPhone, BaresipPhone, RawPhone, CrowdPhone)

# Statuses (caller, callee, call) by the moments of a RingOut's life.
PLACED = ("InProgress", "InProgress", "InProgress")
CALLER_UP = ("Success", "InProgress", "InProgress")
CONNECTED = ("Success", "Success", "Success")
ENDED = ("Finished", "Finished", "Success")


def need(program: str) -> None:
    """Skips the test by the program's name when it is not installed; with CI=true that is a failure."""
    if shutil.which(program) is None:
        message = f"{program} is not installed"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)


class World:
    """One test's phones and their server. Each number's trunk leads to that phone's port alone.

    As long as the test changes no setting the server is the shared one; `serve`, or a trunk with settings, makes one
    of the test's own.
    """

    def __init__(self, directory: Path, exchange: Exchange) -> None:
        self.directory = directory
        self.phones: list[Phone] = []
        self._exchange = exchange
        self._trunks: list[dict[str, Any]] = []
        self._needs_own = False
        self._own: ServerProcess | None = None
        self._own_api: Api | None = None
        self._placed: list[PlacedCall] = []
        self._log_start = 0

    # --- phones, before the server -----------------------------------------------------------------------------

    def sipp(self, name: str, *, transport: str = "udp", **settings: Any) -> SippPhone:
        """A SIPp phone. settings: of its trunk."""
        need("sipp")
        outlet = self._outlet(name, transport, settings)
        return self._add(SippPhone(name, outlet, self.directory))

    def raw(self, name: str, **settings: Any) -> RawPhone:
        """A phone whose every datagram the test writes itself."""
        return self._add(RawPhone(name, self._outlet(name, "udp", settings)))

    def crowd(self, name: str, seed: int) -> CrowdPhone:
        """A number behind which each call meets another kind of phone."""
        return self._add(CrowdPhone(name, self._outlet(name, "udp", {}), seed))

    def baresip(
        self, name: str, hum_hz: float, codecs: Sequence[str] = ("PCMU",), encryption: str = "", **settings: Any
    ) -> BaresipPhone:
        """A baresip phone that answers and hums."""
        need("baresip")
        return self._add(BaresipPhone(name, self._outlet(name, "udp", settings), hum_hz, codecs, encryption))

    def _outlet(self, name: str, transport: str, settings: dict[str, Any]) -> Outlet:
        outlet = self._exchange.take(transport)
        self._needs_own = self._needs_own or bool(settings)
        self._trunks.append(outlet.trunk(name, **settings))
        return outlet

    def _add(self, phone: AnyPhone) -> AnyPhone:
        self.phones.append(phone)
        return phone

    def alone(self) -> World:
        """This test's server shall not be the shared one."""
        self._needs_own = True
        return self

    # --- server and calls --------------------------------------------------------------------------------------

    def serve(self, rtp_ports: int = 64, **settings: Any) -> ServerProcess:
        """A server of the test's own; settings by table, e.g. call={"prompt_attempts": 1}."""
        self._own = ServerProcess(self.directory, self._trunks, settings, rtp_ports)
        return self._own.start()

    @property
    def server(self) -> ServerProcess:
        """The server of this test's calls."""
        if self._own is None and self._needs_own:
            self.serve()
        if self._own is not None:
            return self._own
        server = self._exchange.server
        self._log_start = self._log_start or len(server.log())
        return server

    @property
    def api(self) -> Api:
        server = self.server
        if self._own is None:
            return self._exchange.api
        if self._own_api is None:
            self._own_api = server.log_in()
        return self._own_api

    def place(self, caller: Phone, callee: Phone, **more: Any) -> PlacedCall:
        call = self.api.place(caller.number, callee.number, **more)
        self._placed.append(call)
        return call

    def log(self) -> str:
        """What the server wrote during this test."""
        server = self._own or self._exchange.started
        return server.log()[self._log_start :] if server is not None else ""

    def close(self) -> None:
        if self._own is not None:
            self._own.close()
        else:
            for call in self._placed:
                call.cancel()
        for phone in self.phones:
            phone.close()

    def report(self) -> str:
        return "\n".join([*(phone.report() for phone in self.phones), f"server log:\n{self.log()[-6000:]}"])
