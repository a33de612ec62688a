"""The asyncio shell of the SIP user agent: listeners, one loop timer, and turns.

A turn: feed what was read, send, deliver events (whose receiver may call verbs), send again, arm the timer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ringout import logs
from ringout.net.addresses import Address, LocalAddresses, PublicAddress, ip_of, parse_listen
from ringout.net.connection import ConnectionSettings
from ringout.net.connections import Connections
from ringout.net.tasks import Tasks
from ringout.net.tls import Tls, TlsFiles
from ringout.net.udp_listener import UdpListener
from ringout.sip.events import Event
from ringout.sip.flow import Flow, NoFlow, Transport
from ringout.sip.user_agent import UserAgent

_log = logging.getLogger(__name__)
_news = logs.get("sip")

_MAX_ROUNDS: Final = 100  # of events that cause events in one turn; the rest waits for the next turn


@dataclass(frozen=True, slots=True)
class SipDriverSettings:
    """public_address: see PublicAddress. reload_seconds: how often the files of TLS are looked at."""

    connections: ConnectionSettings = field(default_factory=ConnectionSettings)
    tls: TlsFiles = field(default_factory=TlsFiles)
    public_address: PublicAddress = field(default_factory=lambda: PublicAddress(None))
    reload_seconds: float = 30.0


class SipDriver:
    """Owns the sockets. on_event is called on the loop, once per event, in order; what it raises is logged."""

    def __init__(
        self,
        user_agent: UserAgent,
        on_event: Callable[[Event], None],
        tasks: Tasks,
        settings: SipDriverSettings | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._on_event = on_event
        self._tasks = tasks
        self._settings = settings or SipDriverSettings()
        self._addresses = LocalAddresses(self._settings.public_address)
        self._udp: list[UdpListener] = []
        self._udp_from: dict[Address, UdpListener] = {}  # by what a Flow names as our end
        self._tls: Tls | None = None
        self._connections = Connections(self, tasks, self._addresses, self._settings.connections)
        self._reload_timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._in_turn = False
        self._rerun = False
        self._closed = False
        self.listeners: list[tuple[Transport, str, int]] = []

    async def start(self, listen: Sequence[str]) -> None:
        """Binds every `transport:host:port` (IPv6 in brackets, port 0 = any). Raises OSError naming the address or the
        file of TLS that is no good, or ValueError for a text that is none."""
        self._loop = asyncio.get_running_loop()
        wanted = [parse_listen(text) for text in listen]
        if any(transport in ("tls", "wss") for transport, _, _ in wanted):
            self._tls = self._connections.tls = Tls(self._settings.tls)
            self._reload_timer = self._loop.call_later(self._settings.reload_seconds, self._look_at_certificates)
        for text, (transport, host, port) in zip(listen, wanted, strict=True):
            try:
                if transport == "udp":
                    local = self._open_udp(host, port)
                else:
                    local = self._connections.listen(transport, host, port)
            except OSError as error:
                await self.close()
                why = f"cannot listen on {text}: {error.strerror or error}"
                raise (OSError(why) if error.errno is None else OSError(error.errno, why)) from error
            self.listeners.append((transport, *local))
        self._user_agent.listeners[:] = [
            (transport, name, port) for transport, host, port in self.listeners for name in self._addresses.names(host)
        ]

    def _open_udp(self, host: str, port: int) -> Address:
        listener: UdpListener
        addresses = self._addresses

        def unreachable(remote: Address, refused: bool) -> None:
            self.flow_failed(Flow("udp", local, remote), refused=refused)

        if addresses.is_fixed(host):

            def received(data: bytes, remote: Address) -> None:
                self._receive(data, Flow("udp", local, remote))
        else:

            def received(data: bytes, remote: Address) -> None:
                try:
                    ours = addresses.towards(local, remote)
                except OSError:  # the route has gone since the datagram came
                    ours = local
                self._receive(data, Flow("udp", ours, remote))

        listener = UdpListener(host, port, received, unreachable, self.flush)
        local = listener.local
        self._udp.append(listener)
        self._udp_from[local] = listener
        listener.start()
        return local

    def flow_to(self, transport: Transport, host: str, port: int, name: str = "") -> Flow:
        """The way to a peer from the first listener of that transport and address family. name: whom the peer's
        certificate must name, "" = that IP; only TLS heeds it.

        Raises NoFlow when there is no such listener, when host is no IP: sending to a name would have the whole
        server wait for a resolver, and for WebSocket, by which only peers connect.
        """
        ip = ip_of(host)
        if ip is None:
            raise NoFlow(f"{host} is no IP address")
        if transport in ("ws", "wss"):
            raise NoFlow(f"nobody can be connected to by {transport}")
        for kind, local_host, local_port in self.listeners:
            if kind == transport and (":" in local_host) == (":" in ip):
                try:
                    local = self._addresses.towards((local_host, local_port), (ip, port))
                except OSError as error:
                    raise NoFlow(f"no route to {host}") from error
                # With the IP as its name the flow is not that of a connection which somebody there opened to us.
                return Flow(transport, local, (ip, port), (name or ip) if transport == "tls" else "")
        raise NoFlow(f"no {transport} listener for {host}")

    # Certificates.

    def reload_certificates(self, *, forced: bool = True) -> None:
        """New connections begin with what the files hold now; files that are no good are logged, and the old stay.
        forced: False = only if they have changed."""
        if self._tls is None or self._closed:
            return
        try:
            is_new = self._tls.reload(forced=forced)
        except OSError as error:
            _log.error("the TLS certificate stays as it was: %s", error)
            return
        if is_new:
            _news.info("new TLS certificate in force")
            self._connections.use_new_certificates()

    def _look_at_certificates(self) -> None:
        self.reload_certificates(forced=False)
        if self._loop is not None and not self._closed:
            self._reload_timer = self._loop.call_later(self._settings.reload_seconds, self._look_at_certificates)

    # Turns.

    def flush(self) -> None:
        """To be called after verbs outside on_event: sends, delivers events, arms the timer. Harmless at any time."""
        if self._in_turn:
            self._rerun = True
            return
        if self._closed:
            return
        self._in_turn = True
        user_agent = self._user_agent
        try:
            for _ in range(_MAX_ROUNDS):
                self._rerun = False
                for data, flow in user_agent.datagrams_to_send():
                    self._guard(self._send, data, flow)
                for event in user_agent.events():
                    self._deliver(event)
                if not (self._rerun or user_agent.has_output):
                    break
        finally:
            self._in_turn = False
        self._arm()

    def _deliver(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - one call's fault must not stop the others
            self._user_agent.counters["event_errors"] += 1
            _log.exception("a receiver of SIP events failed on %s", type(event).__name__)

    def _arm(self) -> None:
        deadline = self._user_agent.next_deadline()
        timer = self._timer
        if deadline is None or self._loop is None:
            return  # a timer that is still set finds nothing to do
        if timer is not None:
            if self._timer_at <= deadline:
                return
            timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_at(deadline, self._time_passed)

    def _time_passed(self) -> None:
        self._timer = None
        if self._loop is not None and not self._closed:
            self._guard(self._user_agent.pass_time, self._now())
            self.flush()

    def _now(self) -> float:
        return self._loop.time() if self._loop is not None else 0.0

    def _guard(self, action: Callable[..., None], *arguments: object) -> None:
        """A fault of ours in one message costs that message, not the server."""
        try:
            action(*arguments)
        except Exception:  # noqa: BLE001 - see above
            self._user_agent.counters["internal_errors"] += 1
            _log.exception("the SIP user agent failed in %s", getattr(action, "__name__", "a call"))

    # What sockets bring.

    def _receive(self, data: bytes, flow: Flow) -> None:
        self._guard(self._user_agent.receive_datagram, data, flow, self._now())

    def receive_stream(self, messages: list[bytes], flow: Flow) -> None:
        for message in messages:
            self._receive(message, flow)
        self.flush()

    def flow_failed(self, flow: Flow, *, refused: bool = False) -> None:
        self._guard(self._user_agent.transport_failed, flow, self._now(), refused)
        self.flush()

    def count_malformed(self) -> None:
        self._user_agent.counters["malformed"] += 1

    def _send(self, data: bytes, flow: Flow) -> None:
        if flow.transport != "udp":
            self._connections.send(data, flow)
            return
        listener = self._udp_from.get(flow.local) or self._substitute(flow.local)
        if listener is not None:
            listener.send(data, flow.remote)
        else:
            self._user_agent.counters["unsendable"] += 1

    def _substitute(self, local: Address) -> UdpListener | None:
        """For a wildcard listener, a public address, and a flow of an earlier process that listened elsewhere."""
        candidates = [known for known in self._udp if (":" in known.local[0]) == (":" in local[0])]
        same_port = [known for known in candidates if known.local[1] == local[1]]
        for listener in same_port or candidates:
            self._udp_from[local] = listener
            return listener
        return None

    async def close(self) -> None:
        """Closes every socket. Nothing is sent or delivered any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._reload_timer is not None:
            self._reload_timer.cancel()
            self._reload_timer = None
        for listener in self._udp:
            listener.close()
        await self._connections.close()
