"""Listeners as text, and which address of ours a peer is told."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from typing import Final

from ringout.net.udp_listener import local_address_towards
from ringout.sip.flow import WILDCARDS, Transport, is_transport

Address = tuple[str, int]

_MOST_KNOWN: Final = 1000  # peers whose way is remembered; looking it up costs a system call
_KNOWN_SECONDS: Final = 15.0  # interfaces come, go, and get other addresses while we run


def parse_listen(text: str) -> tuple[Transport, str, int]:
    """`udp:127.0.0.1:5060`, `tls:[::1]:0`. Raises ValueError."""
    transport, _, rest = text.partition(":")
    host, _, port_text = rest.rpartition(":")
    host = host.strip("[]")
    if not is_transport(transport) or not host or not port_text.isdigit() or int(port_text) > 65535:
        raise ValueError(f"not a transport:host:port: {text!r}")
    return transport, host, int(port_text)


def ip_of(host: str) -> str | None:
    """host in its one canonical form when it is an IP address, so that equal addresses are equal texts."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


class PublicAddress:
    """The address that a NAT in front of us shows outside. Peers in local_networks are on our side of it and are told
    our own address; all others are told the public one."""

    def __init__(self, public: str | None, local_networks: Sequence[str] = ()) -> None:
        """public: IP, None = there is no NAT. local_networks: such as `10.0.0.0/8`. Raises ValueError."""
        self.public = ip_of(public) if public else None
        self._is_ipv6 = ":" in (self.public or "")
        self._networks = [ipaddress.ip_network(text, strict=False) for text in local_networks]
        self._known: dict[str, bool] = {}  # by the peer's IP: whether it is outside

    def towards(self, remote: str, own: str) -> str:
        """What the peer with that IP is told instead of our own address."""
        if self.public is None or (":" in own) != self._is_ipv6:
            return own
        is_outside = self._known.get(remote)
        if is_outside is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            is_outside = self._known[remote] = self._is_outside(remote)
        return self.public if is_outside else own

    def _is_outside(self, remote: str) -> bool:
        try:
            address = ipaddress.ip_address(remote.partition("%")[0])
        except ValueError:
            return True
        return not any(address.version == network.version and address in network for network in self._networks)


class LocalAddresses:
    """What a Flow names as our end: of a wildcard listener the address on the way to the peer, then the public one."""

    def __init__(self, public: PublicAddress, clock: Callable[[], float] = time.monotonic) -> None:
        self._public = public
        self._clock = clock
        self._towards: dict[str, str] = {}  # by the peer's IP
        self._until = 0.0  # what is in it holds

    def is_fixed(self, host: str) -> bool:
        """Every peer is told the same."""
        return host not in WILDCARDS and self._public.public is None

    def towards(self, listener: Address, remote: Address) -> Address:
        """listener: its own address. Raises OSError: there is no route to remote."""
        host, port = listener
        if host in WILDCARDS:
            now = self._clock()
            if now >= self._until or len(self._towards) >= _MOST_KNOWN:
                self._towards.clear()
                self._until = now + _KNOWN_SECONDS
            found = self._towards.get(remote[0])
            if found is None:
                found = self._towards[remote[0]] = local_address_towards(remote)
            host = found
        return self._public.towards(remote[0], host), port

    def names(self, host: str) -> list[str]:
        """Every host that may stand for that listener, wildcards as they are."""
        public = self._public.public
        return [host, public] if public and (":" in public) == (":" in host) else [host]
