"""SIP over TCP, TLS and WebSocket: listeners, and connections in and out, reused while they live (RFC 3261 18)."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol, cast

from ringout.net.addresses import Address, LocalAddresses, ip_of
from ringout.net.connection import MOST_WAITING_BYTES, Connection, ConnectionSettings, StreamConnection, prepare
from ringout.net.handshakes import Handshakes, reason_of
from ringout.net.tasks import Tasks
from ringout.net.tls import OtherDomain, Tls, is_name_mismatch, sip_domains
from ringout.net.websocket_connection import WebSocketConnection
from ringout.sip.flow import Flow, Transport, host_port, network_of

_log = logging.getLogger(__name__)

_BACKLOG: Final = 512
_LONGEST_SWEEP_SECONDS: Final = 5.0
_TIME_TO_SPEAK_SECONDS: Final = 2.0  # so long who has just connected counts as somebody who will say something


class Receiver(Protocol):
    """Who hears what connections bring."""

    def receive_stream(self, messages: list[bytes], flow: Flow) -> None: ...

    def flow_failed(self, flow: Flow, *, refused: bool = False) -> None: ...

    def count_malformed(self) -> None: ...


class _Listener:
    """One listening socket and what accepts from it, which a new certificate replaces."""

    def __init__(self, sock: socket.socket, transport: Transport, tasks: Tasks) -> None:
        self.socket = sock
        self.transport = transport
        self._tasks = tasks
        self.handshakes: Handshakes | None = None
        self._closed = False

    @property
    def local(self) -> Address:
        return cast(Address, self.socket.getsockname()[:2])

    def serve(self, make: Callable[[], Connection], context: ssl.SSLContext | None, seconds: float) -> None:
        """Accepts by that context from now on. What waits to be accepted is not lost, nor is any open connection."""
        if self._closed:
            return
        if self.handshakes is None:
            self.handshakes = Handshakes(self.socket, make, context, seconds, self._tasks)
        else:
            self.handshakes.context = context

    def close(self) -> None:
        self._closed = True
        if self.handshakes is not None and self.socket.fileno() >= 0:
            self.handshakes.close()
        self.socket.close()


class Connections:
    """All connections and their listeners, found by their Flow."""

    def __init__(
        self,
        receiver: Receiver,
        tasks: Tasks,
        addresses: LocalAddresses,
        settings: ConnectionSettings,
    ) -> None:
        self.settings = settings
        self.tls: Tls | None = None  # None = nobody is reached by TLS, and nobody reaches us by it
        self._receiver = receiver
        self._tasks = tasks
        self._addresses = addresses
        self._open: dict[Flow, Connection] = {}
        self._waiting: dict[Flow, list[bytes]] = {}  # to which a connection is being made
        self._listeners: list[_Listener] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    # Listening.

    def listen(self, transport: Transport, host: str, port: int) -> Address:
        """The address actually bound. Raises OSError, also for tls and wss without a certificate."""
        listener = _Listener(_listening_socket(host, port), transport, self._tasks)
        self._listeners.append(listener)
        self._serve(listener)
        return listener.local

    def _serve(self, listener: _Listener) -> None:
        context = None
        if listener.transport in ("tls", "wss"):
            context = self.tls.server if self.tls is not None else None
            if context is None:
                raise OSError(f"{listener.transport} needs a certificate: set tls_certificate and tls_key in [sip]")
        kind = WebSocketConnection if listener.transport in ("ws", "wss") else StreamConnection
        flow_of = functools.partial(self._inbound_flow, listener.transport, listener.local)
        listener.serve(lambda: kind(self, flow_of), context, self.settings.connect_seconds)

    def use_new_certificates(self) -> None:
        """To be called when the Tls has made new contexts."""
        for listener in self._listeners:
            if listener.transport in ("tls", "wss"):
                self._serve(listener)

    def _inbound_flow(self, transport: Transport, listener: Address, connection: asyncio.Transport) -> Flow:
        """Raises OSError when the peer has gone already."""
        peer = connection.get_extra_info("peername")
        if not peer:
            raise OSError("the peer has gone")
        remote = cast(Address, tuple(peer[:2]))
        return Flow(transport, self._addresses.towards(listener, remote), remote)

    # Sending.

    def send(self, data: bytes, flow: Flow) -> None:
        """Over the open connection of that flow, or a new one. A peer that cannot be reached is reported as failed."""
        connection = self._open.get(flow)
        if connection is not None:
            connection.send(data)
            return
        if flow in self._waiting:
            if sum(map(len, self._waiting[flow])) < MOST_WAITING_BYTES:
                self._waiting[flow].append(data)
            return
        if flow.is_websocket or (flow.secure and self.tls is None):
            self._receiver.flow_failed(flow)
            return
        self._waiting[flow] = [data]
        self._tasks.start(self._connect(flow), f"connect {host_port(flow.remote)}")

    async def _connect(self, flow: Flow) -> None:
        try:
            async with asyncio.timeout(self.settings.connect_seconds):
                await self._open_connection(flow)
        except (OSError, TimeoutError) as error:
            if isinstance(error, (ssl.SSLError, OtherDomain)):
                why = reason_of(error) if isinstance(error, ssl.SSLError) else error
                _log.warning("no TLS with %s as %s: %s", host_port(flow.remote), flow.name or "itself", why)
            self._waiting.pop(flow, None)
            if not self._closed:
                self._receiver.flow_failed(flow, refused=isinstance(error, ConnectionRefusedError))
        finally:
            self._waiting.pop(flow, None)

    async def _open_connection(self, flow: Flow) -> None:
        if flow.transport != "tls":
            make = functools.partial(StreamConnection, self, flow)
            await asyncio.get_running_loop().create_connection(make, sock=await self._connected(flow))
            return
        try:
            await self._open_tls(flow, by_uri=False)
        except ssl.SSLCertVerificationError as error:
            if not is_name_mismatch(error) or ip_of(flow.name) is not None:
                raise
            # The domain may stand in a URI entry, which the library does not read, and says so only by its refusal.
            if not await self._open_tls(flow, by_uri=True):
                raise

    async def _open_tls(self, flow: Flow, *, by_uri: bool) -> bool:
        """RFC 5922 section 7.1: where a certificate has URI entries of SIP domains they decide, else its entries of
        hosts. by_uri: only the former are looked for; False = there are none. Nothing is sent before that is known.

        Raises OtherDomain."""
        assert self.tls is not None
        name = flow.name or flow.remote[0].partition("%")[0]
        domains: set[str] = set()

        def admits(transport: asyncio.Transport) -> bool:
            domains.update(sip_domains(transport.get_extra_info("peercert")))
            return name.lower() in domains if domains and ip_of(name) is None else not by_uri

        _, connection = await asyncio.get_running_loop().create_connection(
            functools.partial(StreamConnection, self, flow, admits),
            sock=await self._connected(flow),
            ssl=self.tls.client_of_any_name if by_uri else self.tls.client,
            server_hostname=name,
        )
        if connection.flow is None and domains:
            raise OtherDomain(f"its certificate is for the SIP domains {', '.join(sorted(domains))}")
        return connection.flow is not None

    async def _connected(self, flow: Flow) -> socket.socket:
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_INET6 if ":" in flow.remote[0] else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            prepare(sock)
            with contextlib.suppress(OSError):  # the public address of a NAT is none of this machine's
                sock.bind((flow.local[0], 0))  # a gateway may know us by the address that we listen on
            await loop.sock_connect(sock, flow.remote)
        except BaseException:
            sock.close()
            raise
        return sock

    # What connections tell.

    def opened(self, connection: Connection) -> None:
        flow = connection.flow
        assert flow is not None
        if self._closed:
            connection.abort()
            return
        if len(self._open) >= self.settings.most_connections:
            self._make_room()
        self._open[flow] = connection
        for data in self._waiting.pop(flow, ()):
            connection.send(data)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(self._sweep_seconds, self._look_after_all)

    def received(self, messages: list[bytes], flow: Flow) -> None:
        self._receiver.receive_stream(messages, flow)

    def malformed(self, connection: Connection) -> None:
        """The boundaries of the messages are lost, so the connection is of no use."""
        self._receiver.count_malformed()
        connection.close()

    def lost(self, connection: Connection) -> None:
        flow = connection.flow
        if flow is not None and self._open.get(flow) is connection:
            del self._open[flow]
            if not self._closed:
                self._receiver.flow_failed(flow)

    def _make_room(self) -> None:
        """Strangers who say nothing go first, then of the address that has most the one that has been silent for
        longest, so that nobody can crowd out all others; ours last."""
        known = self._open
        of_address = Counter(network_of(flow.remote[0]) for flow, connection in known.items() if connection.is_inbound)
        lately = asyncio.get_running_loop().time() - _TIME_TO_SPEAK_SECONDS

        def dispensability(flow: Flow) -> tuple[bool, bool, int, bool, float]:
            it = known[flow]
            is_somebody = it.has_spoken or it.opened_at > lately
            return not it.is_inbound, is_somebody, -of_address[network_of(flow.remote[0])], it.has_spoken, it.used_at

        dispensable = known[min(known, key=dispensability)]
        self.lost(dispensable)
        dispensable.abort()

    # Care. A quiet connection is not closed for being quiet: the next request of a call or of a registered phone comes
    # by it, and behind a NAT by no other way.

    @property
    def _sweep_seconds(self) -> float:
        settings = self.settings
        times = (settings.keep_alive_seconds or _LONGEST_SWEEP_SECONDS, settings.pong_seconds)
        return min(_LONGEST_SWEEP_SECONDS, settings.first_message_seconds, *times) / 2

    def _look_after_all(self) -> None:
        self._sweep = None
        loop = asyncio.get_running_loop()
        for connection in list(self._open.values()):
            connection.look_after(loop.time())
        if self._open:
            self._sweep = loop.call_later(self._sweep_seconds, self._look_after_all)

    async def close(self) -> None:
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for listener in self._listeners:
            listener.close()
        for connection in list(self._open.values()):
            connection.close()
        self._open.clear()

    def __len__(self) -> int:
        return len(self._open)


def _listening_socket(host: str, port: int) -> socket.socket:
    """Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        prepare(listener)
        listener.setblocking(False)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
