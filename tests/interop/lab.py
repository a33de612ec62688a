"""One test's laboratory: a RingOut server, foreign servers, phones with a voice, and what to print when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TypeVar

from e2e.api import Api, PlacedCall
from e2e.baresip import BaresipPhone
from e2e.harness import CONNECTED, ENDED
from e2e.raw_phone import RawPhone
from e2e.rtp_phone import RtpPhone
from e2e.server import ServerProcess
from e2e.shared import Outlet
from e2e.sipp import SippPhone
from e2e.tones import from_now_on, level, parts_with, share
from e2e.waiting import eventually
from fakes.ports import free_port

from .programs import need

CALLER, CALLEE = "+16505552001", "+16505552002"
LOW_HZ, HIGH_HZ = 600, 1000  # the caller's phone hums the first, the callee's the second


class Part(Protocol):
    """Whatever is started for a test."""

    def close(self) -> None: ...

    def report(self) -> str: ...


AnyPart = TypeVar("AnyPart", bound=Part)


class Lab:
    """Everything that a test starts is added here, and ended in the opposite order."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._parts: list[Part] = []
        self.server: ServerProcess | None = None
        self._api: Api | None = None

    def add(self, part: AnyPart) -> AnyPart:
        """part: to be closed at the end, and reported when the test fails."""
        self._parts.append(part)
        return part

    def port(self) -> int:
        return free_port()

    # --- phones --------------------------------------------------------------------------------------------------

    def outlet(self, number: str, transport: str = "udp") -> Outlet:
        return Outlet(number, free_port(), transport)

    def sipp(self, number: str, transport: str = "udp") -> SippPhone:
        need("sipp")
        return self.add(SippPhone(number.lstrip("+"), self.outlet(number, transport), self.directory))

    def raw(self, number: str) -> RawPhone:
        return self.add(RawPhone(number.lstrip("+"), self.outlet(number)))

    def baresip(self, number: str, hum_hz: float) -> BaresipPhone:
        need("baresip")
        return self.add(BaresipPhone(number.lstrip("+"), self.outlet(number), hum_hz))

    # --- the product ---------------------------------------------------------------------------------------------

    def ring_out(
        self, *trunks: dict[str, Any], rtp_ports: int = 64, ipv6: bool = False, **settings: Any
    ) -> ServerProcess:
        """Starts the server. trunks: one without prefixes serves every number; settings by table. ipv6: it listens on
        ::1 as well, and its media are there."""
        if ipv6:
            settings["sip"] = {"listen": ["udp:127.0.0.1:PORT", "udp:[::1]:PORT", "tcp:[::1]:PORT"]}
            settings["media"] = {"address": "::1"}
        complete = [{"name": f"trunk-{n}", **trunk} for n, trunk in enumerate(trunks)]
        self.server = ServerProcess(self.directory, complete, settings, rtp_ports)
        return self.server.start()

    @property
    def api(self) -> Api:
        assert self.server is not None
        if self._api is None:
            self._api = self.server.log_in()
        return self._api

    def place(self, caller: str = CALLER, callee: str = CALLEE, **more: Any) -> PlacedCall:
        return self.api.place(caller, callee, **more)

    def one_call(self) -> None:
        """A RingOut that works, from its beginning to its end."""
        call = self.place()
        call.until(CONNECTED)
        call.cancel()
        call.until(ENDED)

    def until_logged(self, words: str, seconds: float = 20.0) -> None:
        """Waits for those words in the server's log."""
        server = self.server
        assert server is not None
        eventually(lambda: words in server.log(), f"{words!r} in the server's log", seconds)

    def has_rtp_port(self, port: int) -> bool:
        """Whether it is one of RingOut's."""
        assert self.server is not None
        return port in self.server.rtp_ports

    # --- the end -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        if self.server is not None:
            self.server.close()
        for part in reversed(self._parts):
            part.close()

    def report(self) -> str:
        log = self.server.log()[-6000:] if self.server else "not started"
        return "\n".join([*(part.report() for part in self._parts), f"server log:\n{log}"])


def hears(phone: RtpPhone | BaresipPhone, hz: float, but_not: float, seconds: float = 1.0) -> None:
    """For `seconds` from now on what the phone hears is that tone, loud enough, and not the other one."""
    length = round(8000 * seconds)

    def all_heard() -> list[int]:
        heard = phone.heard()
        return heard[1] if isinstance(heard, tuple) else heard

    new = from_now_on(all_heard)

    def there() -> bool:
        part = new()[-length:]
        return len(part) == length and parts_with(part, hz) >= 0.7 and share(part, but_not) < 0.02 < level(part) / 50000

    eventually(there, f"{hz} Hz and not {but_not} Hz at the phone")
