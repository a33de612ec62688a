"""One connection of SIP over TCP or TLS: bytes in any portions become whole messages, and a dead peer is noticed."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, cast

from ringout.sip.errors import MalformedStream
from ringout.sip.flow import Flow, host_port
from ringout.sip.framing import StreamFramer

Address = tuple[str, int]

log = logging.getLogger(__name__)

PING: Final = b"\r\n\r\n"  # RFC 5626 section 3.5.1
PONG: Final = b"\r\n"
MOST_CONNECTIONS: Final = 2000
MOST_WAITING_BYTES: Final = 1 << 20  # unsent, per connection: beyond that the peer does not read and is cut off
_QUIET_SECONDS: Final = 60  # then the system asks a peer that says nothing whether it is still there
_ASK_SECONDS: Final = 10
_ASK_TIMES: Final = 3
_UNACKNOWLEDGED_MS: Final = 30_000  # RFC 5482; instead of the quarter of an hour that the system would wait


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """keep_alive_seconds: of silence, after which we ask the peer of a connection that we opened, or of a WebSocket,
    whether it is there; 0 = never. pong_seconds: for its reply. connect_seconds: to be connected, handshakes included.
    first_message_seconds: for a stranger, from its connect to its first whole message. origins: web pages that may
    open a WebSocket; none = any."""

    max_message_bytes: int = 65536
    keep_alive_seconds: float = 30.0
    pong_seconds: float = 10.0  # RFC 5626 section 4.4.1
    connect_seconds: float = 5.0
    first_message_seconds: float = 30.0
    most_connections: int = MOST_CONNECTIONS
    origins: tuple[str, ...] = ()


class Owner(Protocol):
    """What a connection tells."""

    @property
    def settings(self) -> ConnectionSettings: ...

    def opened(self, connection: Connection) -> None: ...

    def received(self, messages: list[bytes], flow: Flow) -> None: ...

    def malformed(self, connection: Connection) -> None: ...

    def lost(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    """What connections of every kind have. Its flow is set once the peer is known."""

    def __init__(
        self,
        owner: Owner,
        flow: Flow | Callable[[asyncio.Transport], Flow],
        admits: Callable[[asyncio.Transport], bool] = lambda transport: True,
    ) -> None:
        """flow: of a connection that we open; or, of one that a peer opens, what makes it of the transport, and may
        raise OSError. admits: whether that peer may be spoken to; else the connection is cut, and its flow stays
        None."""
        self._owner = owner
        self._flow_source = flow
        self._admits = admits
        self._transport: asyncio.Transport | None = None
        self.is_inbound = not isinstance(flow, Flow)
        self.flow: Flow | None = None
        self.opened_at = 0.0
        self.used_at = 0.0  # last message, in either direction
        self.heard_at = 0.0  # last byte from the peer
        self.has_spoken = False  # the peer has sent a whole message
        self._asked_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        source = self._flow_source
        if not self._admits(self._transport):
            self._transport.abort()
            return
        try:
            self.flow = source if isinstance(source, Flow) else source(self._transport)
        except OSError:  # it has gone already
            self._transport.abort()
            return
        self.opened_at = self.used_at = self.heard_at = asyncio.get_running_loop().time()
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        self._asked_at = None
        if self.flow is not None:
            self._read(data, self.flow)

    def _read(self, data: bytes, flow: Flow) -> None:
        raise NotImplementedError

    def _deliver(self, messages: list[bytes], flow: Flow) -> None:
        self.has_spoken = True
        self.used_at = self.heard_at
        self._owner.received(messages, flow)

    def send(self, data: bytes) -> None:
        """One whole message."""
        raise NotImplementedError

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > MOST_WAITING_BYTES:
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self.flow is not None:
            self._owner.lost(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def look_after(self, now: float) -> None:
        """To be called now and then: asks the peer whether it is there, and gives up one that is not."""
        settings = self._owner.settings
        if self.is_inbound and not self.has_spoken and now >= self.opened_at + settings.first_message_seconds:
            self.abort()
        elif self._asked_at is not None:
            if now >= self._asked_at + settings.pong_seconds and self._must_answer:
                # A phone that leaves its network is nothing to look into; a gateway is.
                level = logging.INFO if self.is_inbound else logging.WARNING
                log.log(level, "%s no longer answers: its connection is closed", self._peer)
                self.abort()
        elif settings.keep_alive_seconds and now >= self.heard_at + settings.keep_alive_seconds and self._ask():
            self._asked_at = now

    def _ask(self) -> bool:
        """Sends a keep-alive; False = this is not ours to do."""
        raise NotImplementedError

    @property
    def _must_answer(self) -> bool:
        """Silence after a keep-alive means that the peer is dead."""
        raise NotImplementedError

    @property
    def _peer(self) -> str:
        return f"{self.flow.transport}:{host_port(self.flow.remote)}" if self.flow else "a peer"


class StreamConnection(Connection):
    """TCP or TLS. RFC 5626 section 4.4.1: the side that opened the connection pings with two empty lines, the other
    answers each ping with one."""

    def __init__(
        self,
        owner: Owner,
        flow: Flow | Callable[[asyncio.Transport], Flow],
        admits: Callable[[asyncio.Transport], bool] = lambda transport: True,
    ) -> None:
        super().__init__(owner, flow, admits)
        self._framer = StreamFramer(owner.settings.max_message_bytes)

    def _read(self, data: bytes, flow: Flow) -> None:
        framer = self._framer
        try:
            messages = framer.feed(data)
        except MalformedStream:
            self._owner.malformed(self)
            return
        if self.is_inbound and framer.take_ping():
            self._write(PONG)  # one for all of them: two in a row would be a ping
        if messages:
            self._deliver(messages, flow)

    def send(self, data: bytes) -> None:
        self.used_at = asyncio.get_running_loop().time()
        self._write(data)

    def _ask(self) -> bool:
        if self.is_inbound:
            return False
        self._write(PING)
        return True

    @property
    def _must_answer(self) -> bool:
        """Whoever has never answered one knows nothing of pings; then the system's own notice of a peer that
        acknowledges no byte must do."""
        return self._framer.has_seen_empty_line


def prepare(sock: socket.socket) -> None:
    """A peer that left its network says no goodbye: the system notices it by these. Connections that a listening socket
    accepts take them over from it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _QUIET_SECONDS),
        ("TCP_KEEPINTVL", _ASK_SECONDS),
        ("TCP_KEEPCNT", _ASK_TIMES),
        ("TCP_USER_TIMEOUT", _UNACKNOWLEDGED_MS),
        ("TCP_NODELAY", 1),
    ):
        if hasattr(socket, name):  # Linux has them all
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
