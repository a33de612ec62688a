"""Where a message came from or goes to."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network
from typing import Final, Literal, NamedTuple, TypeGuard, get_args

Transport = Literal["udp", "tcp", "tls", "ws", "wss"]
TRANSPORTS: Final[tuple[Transport, ...]] = get_args(Transport)


class Flow(NamedTuple):
    """One path between us and a peer, RFC 5626's word. Addresses are (IP text, port)."""

    transport: Transport
    local: tuple[str, int]  # our listener's, also for a TCP connection that we opened from another port
    remote: tuple[str, int]
    name: str = ""  # the host that the peer's certificate must name (TLS that we open); "" = the remote IP

    @property
    def reliable(self) -> bool:
        return self.transport != "udp"

    @property
    def way(self) -> tuple[Transport, tuple[str, int], str]:
        """What flows to the same peer share, whatever our own end is called: it may be a wildcard's."""
        return self.transport, self.remote, self.name

    @property
    def secure(self) -> bool:
        """The hop is encrypted, as a `sips:` URI asks (RFC 3261 section 26.2.2)."""
        return self.transport in ("tls", "wss")

    @property
    def is_websocket(self) -> bool:
        """Only the peer opens these: what is sent goes over the connection that it holds, or nowhere (RFC 7118)."""
        return self.transport in ("ws", "wss")


class NoFlow(Exception):
    """Nothing of ours leads to that place. Says why."""


Listeners = list[tuple[Transport, str, int]]  # transport, IP (a wildcard among them), port
WILDCARDS: Final = ("0.0.0.0", "::")


def is_transport(text: str) -> TypeGuard[Transport]:
    return text in TRANSPORTS


def default_port(transport: Transport) -> int:
    """The port of a URI that names none (RFC 3261 section 19.1.2, RFC 7118 section 5.4)."""
    return {"tls": 5061, "ws": 80, "wss": 443}.get(transport, 5060)


def flow_by(transport: Transport, flow: Flow, remote: tuple[str, int], listeners: Listeners) -> Flow | None:
    """To remote by another transport than flow's, from the listener that is nearest to flow's own; None: there is no
    such listener of remote's address family."""
    of_family = [it for it in listeners if it[0] == transport and (":" in it[1]) == (":" in remote[0])]
    for _, host, port in of_family:
        if host == flow.local[0]:
            return Flow(transport, (host, port), remote, flow.name)
    for _, host, port in of_family:
        if host not in WILDCARDS:
            return Flow(transport, (host, port), remote, flow.name)
        if (":" in flow.local[0]) == (":" in host):
            return Flow(transport, (flow.local[0], port), remote, flow.name)
    return None


def own_uri(user: str, flow: Flow, *, sips: bool = False) -> str:
    """`sip:user@host:port;transport=...`: where the peer of flow finds us again. user: escaped, "" = none. sips: the
    scheme `sips:`, which a request to a `sips:` URI must have in its Contact (RFC 3261 section 8.1.1.8)."""
    transport = {"udp": "", "tls": "" if sips else ";transport=tls", "wss": ";transport=ws"}.get(
        flow.transport, f";transport={flow.transport}"
    )
    return f"{'sips' if sips else 'sip'}:{user}{'@' if user else ''}{host_port(flow.local)}{transport}"


def host_port(address: tuple[str, int]) -> str:
    """`host:port` as SIP writes it, IPv6 in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@lru_cache(4096)
def network_of(ip: str) -> str:
    """By what strangers are counted: a customer has 2**64 addresses of IPv6 or more, so its network stands for all."""
    if ":" not in ip:
        return ip
    address = IPv6Address(ip)
    return str(address.ipv4_mapped or IPv6Network((address.packed[:8].ljust(16, b"\0"), 64)))
