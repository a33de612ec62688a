"""From where a leg's RTP may come."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Address = tuple[str, int]
Network = IPv4Network | IPv6Network


class Latch:
    """Who speaks first could be a stranger that sends to all ports. So a source counts when its IP is one that the
    phone's own signalling has shown: that of its SDP, or the one that its SIP comes from, which is where a phone behind
    a NAT really is. networks: from which anybody's may come, for carriers that name neither.

    Among those: the SDP's very address always wins; of others the first, and later only one with the known SSRC."""

    __slots__ = ("_networks", "_remote", "_signalling")

    def __init__(self, networks: tuple[Network, ...], remote: Address | None, signalling: str) -> None:
        """remote: of the SDP, None = it names no IP. signalling: "" = unknown."""
        self._networks = networks
        self._remote = remote
        self._signalling = signalling

    def admits(self, source: Address, current: Address | None, is_known: bool) -> bool:
        """Whether the stream may come from source from now on. current: from where it came so far, None = nothing did
        since the SDP. is_known: the packet carries the stream's SSRC."""
        if current is not None and source == current:
            return True
        if self._remote is not None and source[:2] == self._remote:
            return True
        return self._is_expected(source[0]) and (current is None or is_known)

    def _is_expected(self, ip: str) -> bool:
        if ip == self._signalling or (self._remote is not None and ip == self._remote[0]):
            return True
        if self._remote is None and not self._signalling:
            return True  # with nothing to go by at all the first one counts
        address = ip_address(ip.partition("%")[0])
        return any(address in network for network in self._networks)


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Raises ValueError for what is none."""
    return tuple(ip_network(text) for text in texts)
