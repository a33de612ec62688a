"""SIP over TCP: connections in and out, reused while they live (RFC 3261 section 18)."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, cast

from ringout.net.tasks import Tasks
from ringout.sip.errors import MalformedStream
from ringout.sip.flow import Flow
from ringout.sip.framing import StreamFramer

Address = tuple[str, int]

_log = logging.getLogger(__name__)

_MAX_CONNECTIONS: Final = 2000
_IDLE_SECONDS: Final = 900.0  # a call's own keep-alives are rarer than that; the peer finds our listener again
_CONNECT_SECONDS: Final = 5.0
_MAX_WAITING_BYTES: Final = 1 << 20  # unsent, per connection: beyond that the peer does not read and is cut off


class TcpConnection(asyncio.Protocol):
    """One connection. Bytes in any portions become whole messages."""

    def __init__(self, owner: TcpConnections, local: Address) -> None:
        """local: our listener's address, which stands for this connection in its Flow."""
        self._owner = owner
        self._local = local
        self._framer = StreamFramer(owner.max_message_bytes)
        self._transport: asyncio.Transport | None = None
        self.flow: Flow | None = None
        self.used_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        remote = cast(Address, transport.get_extra_info("peername")[:2])
        self.flow = Flow("tcp", self._local, remote)
        self.used_at = asyncio.get_running_loop().time()
        self._owner.opened(self, remote)

    def data_received(self, data: bytes) -> None:
        self.used_at = asyncio.get_running_loop().time()
        if self.flow is None:
            return
        try:
            messages = self._framer.feed(data)
        except MalformedStream:
            self._owner.malformed(self)
            return
        if messages:
            self._owner.received(messages, self.flow)

    def send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self.used_at = asyncio.get_running_loop().time()
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > _MAX_WAITING_BYTES:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self.flow is not None:
            self._owner.lost(self, self.flow)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class TcpConnections:
    """All TCP connections and listeners, found by the peer's address."""

    def __init__(
        self,
        received: Callable[[list[bytes], Flow], None],
        failed: Callable[[Flow], None],
        malformed: Callable[[], None],
        tasks: Tasks,
        max_message_bytes: int,
    ) -> None:
        self._received = received
        self._failed = failed
        self._malformed = malformed
        self._tasks = tasks
        self.max_message_bytes = max_message_bytes
        self._open: OrderedDict[Address, TcpConnection] = OrderedDict()
        self._waiting: dict[Address, list[bytes]] = {}  # by peers to which a connection is being made
        self._servers: list[asyncio.Server] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    async def listen(self, host: str, port: int) -> Address:
        """The address actually bound. Raises OSError."""
        loop = asyncio.get_running_loop()
        bound: list[Address] = []
        server = await loop.create_server(lambda: TcpConnection(self, bound[0]), host, port, start_serving=False)
        bound.append(server.sockets[0].getsockname()[:2])
        await server.start_serving()
        self._servers.append(server)
        if self._sweep is None:
            self._sweep = loop.call_later(_IDLE_SECONDS / 10, self._close_idle)
        return bound[0]

    def send(self, data: bytes, flow: Flow) -> None:
        """Over the open connection to that peer, or a new one. A peer that cannot be reached is reported as failed."""
        remote = flow.remote
        connection = self._open.get(remote)
        if connection is not None:
            connection.send(data)
            return
        if remote in self._waiting:
            if sum(map(len, self._waiting[remote])) < _MAX_WAITING_BYTES:
                self._waiting[remote].append(data)
            return
        self._waiting[remote] = [data]
        self._tasks.start(self._connect(flow), f"connect {remote[0]}:{remote[1]}")

    async def _connect(self, flow: Flow) -> None:
        remote = flow.remote
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                make = functools.partial(TcpConnection, self, flow.local)
                await loop.create_connection(make, remote[0], remote[1])
        except (OSError, TimeoutError):
            self._waiting.pop(remote, None)
            if not self._closed:
                self._failed(flow)
        finally:
            self._waiting.pop(remote, None)

    def opened(self, connection: TcpConnection, remote: Address) -> None:
        if self._closed:
            connection.close()
            return
        if len(self._open) >= _MAX_CONNECTIONS:
            oldest = min(self._open.values(), key=lambda known: known.used_at)
            oldest.close()
        self._open[remote] = connection
        for data in self._waiting.pop(remote, ()):
            connection.send(data)

    def received(self, messages: list[bytes], flow: Flow) -> None:
        self._received(messages, flow)

    def malformed(self, connection: TcpConnection) -> None:
        """The boundaries of the messages are lost, so the connection is of no use."""
        self._malformed()
        connection.close()

    def lost(self, connection: TcpConnection, flow: Flow) -> None:
        if self._open.get(flow.remote) is connection:
            del self._open[flow.remote]
            if not self._closed:
                self._failed(flow)

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in list(self._open.values()):
            if connection.used_at + _IDLE_SECONDS < loop.time():
                connection.close()
        self._sweep = loop.call_later(_IDLE_SECONDS / 10, self._close_idle)

    async def close(self) -> None:
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self._open.values()):
            connection.close()
        self._open.clear()

    def __len__(self) -> int:
        return len(self._open)
