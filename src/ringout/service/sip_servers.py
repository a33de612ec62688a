"""Where a phone finds the SIP listeners of this server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from ringout.config import Config
from ringout.sip.flow import WILDCARDS, host_port


class SipServer(NamedTuple):
    """transport: udp, tcp, tls, ws or wss. proxy: host:port, IPv6 in brackets."""

    transport: str
    proxy: str


class SipServers:
    """What a phone is told. listeners: (transport, host, port) as really bound; asked each time."""

    def __init__(self, config: Config, listeners: Callable[[], Sequence[tuple[str, str, int]]]) -> None:
        self._phones = config.phones
        self._public = urlsplit(config.http.public_url).hostname if config.http.public_url else None
        self._listeners = listeners
        self._rings_browsers = config.media.engine == "rtpengine"  # our own engine has no DTLS-SRTP

    def domain(self, asked: str) -> str:
        """Host of the phones' addresses. asked: the host by which the phone asks this server, without port."""
        return self._phones.domain or self._public or asked

    @property
    def stun(self) -> tuple[str, ...]:
        return self._phones.stun

    def all(self, asked: str) -> list[SipServer]:
        """As configured, else as bound; a listener on all addresses is at the host that the phone asks. Without those
        by WebSocket when nothing that registers there could be rung."""
        found = self._all(asked)
        return found if self._rings_browsers else [one for one in found if one.transport not in ("ws", "wss")]

    def _all(self, asked: str) -> list[SipServer]:
        if self._phones.reached_at:
            return [SipServer(*text.split(":", 1)) for text in self._phones.reached_at]
        host = self._public or asked
        return [
            SipServer(transport, host_port((host if local in WILDCARDS else local, port)))
            for transport, local, port in self._listeners()
        ]
