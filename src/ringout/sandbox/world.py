"""Starts the process of the simulated phones, hears what they report, and ends it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from ringout.config import TrunkConfig
from ringout.net.tasks import Tasks
from ringout.sandbox.numbers import BY_KEY
from ringout.sandbox.phone_process import CARRIERS

_START_SECONDS = 20.0
_STOP_SECONDS = 3.0
_OWN_CARRIER = {"carrier-down": "carrier_down", "carrier-silent": "silent"}


class WorldFailed(Exception):
    """The phones did not start, or their process ended. One plain sentence."""


class World:
    """The telephone world of one sandbox. host: a loopback address."""

    def __init__(self, host: str, tasks: Tasks, report: Callable[[dict[str, Any]], None]) -> None:
        self._host = host
        self._tasks = tasks
        self._report = report
        self._process: asyncio.subprocess.Process | None = None
        self._ports: list[int] = []
        self.ended = asyncio.Event()

    @property
    def trunks(self) -> tuple[TrunkConfig, ...]:
        """How a server reaches the phones: one trunk for all numbers, one each for those whose carrier fails."""
        return tuple(
            TrunkConfig(
                name=name,
                gateways=(f"sip:{self._host}:{port}",),
                prefixes=(BY_KEY[_OWN_CARRIER[name]].number,) if name in _OWN_CARRIER else ("+",),
            )
            for name, port in zip(CARRIERS, self._ports, strict=True)
        )

    async def start(self) -> None:
        """Returns when the phones are listening. Raises WorldFailed."""
        # A session of its own keeps signals for the server's group away: the phones must outlive the last BYE.
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ringout.sandbox.phone_process", self._host),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready = await self._process.stdout.readline()
            self._ports = msgspec.json.decode(ready)["listeners"]
        except (TimeoutError, msgspec.DecodeError, KeyError) as error:
            await self.close()
            raise WorldFailed("The simulated phones did not start.") from error
        self._tasks.start(self._listen(self._process.stdout), "phones' reports")

    async def _listen(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            self._report(msgspec.json.decode(line))
        self.ended.set()

    async def close(self) -> None:
        """Ends the process; kills it when it does not leave. Idempotent."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
