"""A server on a real socket, and clients that read its event streams."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from fakes.web import CONFIG, WebWorld, make_world
from ringout.config import HttpConfig
from ringout.net.http_connection import HttpLimits
from ringout.net.http_server import HttpServer
from ringout.net.tasks import Tasks

HOME = "/restapi/v1.0/account/~/extension/~"
LIMITS = HttpLimits(connections=40, request_seconds=0.4)
FEW = replace(CONFIG, http=HttpConfig(event_streams=4, event_streams_of_a_user=3))


@dataclass
class Event:
    """One block of a stream. comment: a line that begins with a colon."""

    id: str = ""
    event: str = ""
    data: str = ""
    comment: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Reading:
    """One request, read as it comes. headers: lower-case names."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.status = 0
        self.headers: dict[str, str] = {}

    async def begin(self) -> None:
        async with asyncio.timeout(20):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}

    async def event(self) -> Event | None:
        """The next block; None when the answer is complete."""
        found = Event()
        async with asyncio.timeout(20):
            size = int(await self._reader.readline(), 16)
            block = (await self._reader.readexactly(size + 2))[:-2].decode()
        if not size:
            return None
        assert block.endswith("\n\n"), "one block in one piece"
        for line in block.splitlines():
            name, _, value = line.partition(":")
            if line.startswith(":"):
                found.comment = True
            elif line:
                assert not getattr(found, name)
                setattr(found, name, value.removeprefix(" "))
        return found

    async def told(self) -> Any:
        """The next event's data; comments and blocks without data are no events."""
        while (event := await self.event()) is not None:
            if event.data:
                return event.json
        return None

    async def body(self) -> Any:
        async with asyncio.timeout(20):
            return json.loads(await self._reader.readexactly(int(self.headers["content-length"])))

    async def rest(self) -> bytes:
        async with asyncio.timeout(20):
            return await self._reader.read()

    async def leave(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


class Running:
    """The API behind our HTTP server. Everything opened here is closed in the end."""

    def __init__(self, world: WebWorld, server: HttpServer) -> None:
        self.world, self.server = world, server
        self._open: list[Reading] = []

    async def place(self) -> tuple[int, str]:
        """The number and the text that are a new RingOut's id."""
        placed = (await self.world.place()).json
        return placed["id"], placed["telephonySessionId"]

    async def change(self, ring_out_id: int, reason: str, *, ended: bool = False) -> None:
        row = self.world.store.rows[ring_out_id]
        callee = replace(row.callee, sip_reason=reason)
        await self.world.store.update(replace(row, callee=callee, ended_at=self.world.clock.wall() if ended else None))

    async def follow(self, what: str = "events", *, method: str = "GET", query: str = "", **headers: str) -> Reading:
        """what: under ring-out/."""
        named = {"authorization": f"Bearer {self.world.bearer}", **headers}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items() if value]
        head = "\r\n".join([f"{method} {HOME}/ring-out/{what}{query} HTTP/1.1", "Host: api.test", *lines])
        opened = Reading(*await asyncio.open_connection("127.0.0.1", self.server.port))
        self._open.append(opened)
        opened._writer.write(f"{head}\r\n\r\n".encode())
        await opened.begin()
        return opened

    async def get(self, text_id: str) -> Any:
        return (await self.world.ask("GET", f"{HOME}/ring-out/{text_id}", host="api.test")).json

    @property
    def open_streams(self) -> int:
        assert self.world.services is not None
        return self.world.services.events.open_streams

    async def until_streams(self, count: int) -> None:
        async with asyncio.timeout(20):
            while self.open_streams != count:  # noqa: ASYNC110  the count has no event
                await asyncio.sleep(0.005)

    async def until_blocked(self) -> int:
        """Changes of the one RingOut until the reader of its one stream is behind; says how many."""
        (connection,) = [c for c in self.server._server.server_state.connections if c.cycle]  # type: ignore[union-attr]
        (number,) = self.world.store.rows
        count = 0
        async with asyncio.timeout(60):
            while not connection.is_blocked:  # type: ignore[union-attr]
                count += 1
                await self.change(number, f"{count} " + "long " * 2000)
                await asyncio.sleep(0)
        return count

    async def leave(self) -> None:
        for opened in self._open:
            await opened.leave()


@contextlib.asynccontextmanager
async def running_with(config: Any = CONFIG, limits: HttpLimits = LIMITS) -> AsyncIterator[Running]:
    tasks = Tasks()
    world = await make_world(config)
    server = HttpServer(world.app, "127.0.0.1", 0, tasks, limits)
    await server.start()
    made = Running(world, server)
    try:
        yield made
    finally:
        await made.leave()
        assert world.services is not None
        world.services.events.close()
        await server.close()
        await tasks.stop()
        assert tasks.failures == 0
        assert made.open_streams == 0
