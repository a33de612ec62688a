"""The asyncio shell of the SIP user agent: sockets, one loop timer, and turns.

A turn: feed what was read, send, deliver events (whose receiver may call verbs), send again, arm the timer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Sequence
from typing import Final

from ringout.net.tasks import Tasks
from ringout.net.tcp_connections import TcpConnections
from ringout.net.udp_listener import UdpListener, local_address_towards
from ringout.sip.events import Event
from ringout.sip.flow import Flow, Transport
from ringout.sip.user_agent import UserAgent

Address = tuple[str, int]

_log = logging.getLogger(__name__)

_WILDCARDS: Final = ("0.0.0.0", "::")
_MAX_ROUNDS: Final = 100  # of events that cause events in one turn; the rest waits for the next turn


class SipDriver:
    """Owns the sockets. on_event is called on the loop, once per event, in order; what it raises is logged."""

    def __init__(
        self,
        user_agent: UserAgent,
        on_event: Callable[[Event], None],
        tasks: Tasks,
        max_message_bytes: int = 65536,
    ) -> None:
        self._user_agent = user_agent
        self._on_event = on_event
        self._udp: dict[Address, UdpListener] = {}
        self._tcp = TcpConnections(
            self._receive_stream, self._flow_failed, self._count_malformed, tasks, max_message_bytes
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._in_turn = False
        self._rerun = False
        self._closed = False
        self.listeners: list[tuple[Transport, str, int]] = []

    async def start(self, listen: Sequence[str]) -> None:
        """Binds every `transport:host:port` (IPv6 in brackets, port 0 = any). Raises OSError naming the address, or
        ValueError for a text that is none."""
        self._loop = asyncio.get_running_loop()
        for text in listen:
            transport, host, port = parse_listen(text)
            try:
                if transport == "udp":
                    local = self._open_udp(host, port)
                else:
                    local = await self._tcp.listen(host, port)
            except OSError as error:
                await self.close()
                raise OSError(error.errno, f"cannot listen on {text}: {error.strerror or error}") from error
            self.listeners.append((transport, *local))
        self._user_agent.listeners[:] = [
            (transport, host, port) for transport, host, port in self.listeners if host not in _WILDCARDS
        ]

    def _open_udp(self, host: str, port: int) -> Address:
        listener: UdpListener

        def received(data: bytes, remote: Address) -> None:
            self._receive(data, Flow("udp", local_for(remote), remote))

        def unreachable(remote: Address) -> None:
            self._flow_failed(Flow("udp", local, remote))

        listener = UdpListener(host, port, received, unreachable, self.flush)
        local = listener.local
        if host in _WILDCARDS:
            known: dict[str, Address] = {}

            def local_for(remote: Address) -> Address:
                if remote[0] not in known:
                    if len(known) > 1000:
                        known.clear()
                    known[remote[0]] = (local_address_towards(remote), local[1])
                return known[remote[0]]
        else:

            def local_for(remote: Address) -> Address:
                return local

        self._udp[local] = listener
        listener.start()
        return local

    def flow_to(self, transport: Transport, host: str, port: int) -> Flow:
        """The way to a peer from the first listener of that transport and address family.

        Raises LookupError when there is no such listener, or when host is no IP: sending to a name would have the whole
        server wait for a resolver.
        """
        if not _is_ip(host):
            raise LookupError(f"{host} is no IP address")
        for kind, local_host, local_port in self.listeners:
            if kind == transport and (":" in local_host) == (":" in host):
                if local_host in _WILDCARDS:
                    try:
                        local_host = local_address_towards((host, port))
                    except OSError as error:
                        raise LookupError(f"no route to {host}") from error
                return Flow(transport, (local_host, local_port), (host, port))
        raise LookupError(f"no {transport} listener for {host}")

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

    def _receive_stream(self, messages: list[bytes], flow: Flow) -> None:
        for message in messages:
            self._receive(message, flow)
        self.flush()

    def _flow_failed(self, flow: Flow) -> None:
        self._guard(self._user_agent.transport_failed, flow, self._now())
        self.flush()

    def _count_malformed(self) -> None:
        self._user_agent.counters["malformed"] += 1

    def _send(self, data: bytes, flow: Flow) -> None:
        if flow.transport == "tcp":
            self._tcp.send(data, flow)
            return
        listener = self._udp.get(flow.local) or self._substitute(flow.local)
        if listener is not None:
            listener.send(data, flow.remote)
        else:
            self._user_agent.counters["unsendable"] += 1

    def _substitute(self, local: Address) -> UdpListener | None:
        """For a wildcard listener, and for a flow of an earlier process that listened elsewhere."""
        candidates = [known for known in self._udp.values() if (":" in known.local[0]) == (":" in local[0])]
        same_port = [known for known in candidates if known.local[1] == local[1]]
        return next(iter(same_port or candidates), None)

    async def close(self) -> None:
        """Closes every socket. Nothing is sent or delivered any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for listener in self._udp.values():
            listener.close()
        await self._tcp.close()


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def parse_listen(text: str) -> tuple[Transport, str, int]:
    """`udp:127.0.0.1:5060`, `tcp:[::1]:0`. Raises ValueError."""
    transport, _, rest = text.partition(":")
    host, _, port_text = rest.rpartition(":")
    host = host.strip("[]")
    if transport not in ("udp", "tcp") or not host or not port_text.isdigit() or int(port_text) > 65535:
        raise ValueError(f"not a transport:host:port: {text!r}")
    return ("udp" if transport == "udp" else "tcp"), host, int(port_text)
