"""Gateways of the trunks, and which of them rest."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ringout.sip.errors import SipError
from ringout.sip.flow import Transport
from ringout.sip.uri import SipUri

REST_AFTER_FAULT_SECONDS = 30.0  # a gateway that gave no answer at all would cost every call its whole time-out
MAX_REST_SECONDS = 3600.0  # however long a Retry-After is


@dataclass(slots=True)
class Gateway:
    """One next hop. host without brackets; resting_until in monotonic seconds. addresses: the IPs of host, of which the
    first with a listener of its family is used; none = a name that has not been resolved."""

    transport: Transport
    host: str
    port: int
    resting_until: float = 0.0
    addresses: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 5060 else f"{host}:{self.port}"

    def uri(self, user: str = "") -> str:
        """user: escaped; "" = the gateway itself."""
        transport = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:{user}@{self.address}{transport}" if user else f"sip:{self.address}{transport}"

    def rest(self, now: float, seconds: float) -> None:
        """Others are preferred for so long; it is still used when all of them rest, because then nothing is better."""
        self.resting_until = now + min(max(seconds, 0.0), MAX_REST_SECONDS)


def parse_gateway(text: str) -> Gateway:
    """text: sip:host[:port][;transport=udp|tcp]. Raises ValueError with one plain sentence."""
    try:
        uri = SipUri.parse(text)
    except SipError as error:
        raise ValueError(f"The gateway {text!r} is not a SIP URI.") from error
    transport = transport_of(uri)
    if transport is None:
        raise ValueError(f"The gateway {text!r} asks for a transport that is not supported: use udp or tcp.")
    host = uri.host.strip("[]")
    return Gateway(transport, host, uri.port or 5060, addresses=(host,) if _is_ip(host) else ())


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def transport_of(uri: SipUri) -> Transport | None:
    """How the host of uri is reached; None: not over UDP or TCP."""
    if uri.scheme != "sip":
        return None
    named = uri.transport or "udp"
    return "udp" if named == "udp" else "tcp" if named == "tcp" else None


def in_order(gateways: list[Gateway], now: float) -> list[Gateway]:
    """As configured, those that rest last."""
    if all(gateway.resting_until <= now for gateway in gateways):
        return gateways
    return sorted(gateways, key=lambda gateway: gateway.resting_until > now)
