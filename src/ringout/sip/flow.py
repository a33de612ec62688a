"""Where a message came from or goes to."""

from __future__ import annotations

from typing import Literal, NamedTuple

Transport = Literal["udp", "tcp"]


class Flow(NamedTuple):
    """One path between us and a peer, RFC 5626's word. Addresses are (IP text, port)."""

    transport: Transport
    local: tuple[str, int]  # our listener's, also for a TCP connection that we opened from another port
    remote: tuple[str, int]

    @property
    def reliable(self) -> bool:
        return self.transport == "tcp"


def host_port(address: tuple[str, int]) -> str:
    """`host:port` as SIP writes it, IPv6 in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
