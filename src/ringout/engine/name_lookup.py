"""The names of gateways become addresses, once, before the first call. Calls themselves never wait for a resolver."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

from ringout.engine.gateways import Gateway

LOOKUP_SECONDS = 15.0  # all names together; the resolver's own patience with one server is 5


async def resolve_names(gateways: Iterable[Gateway]) -> None:
    """Fills in the addresses of gateways that are named. Raises OSError, with the name in it, for one that nobody
    knows: a trunk that cannot be reached should be noticed at the start, not by the first caller."""
    named = [gateway for gateway in gateways if not gateway.addresses]
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            for gateway in named:
                gateway.addresses = await _addresses_of(gateway)
    except TimeoutError as error:
        names = ", ".join(gateway.host for gateway in named if not gateway.addresses)
        raise OSError(f"no answer about these gateway names within {LOOKUP_SECONDS:g} seconds: {names}") from error


async def _addresses_of(gateway: Gateway) -> tuple[str, ...]:
    kind = socket.SOCK_DGRAM if gateway.transport == "udp" else socket.SOCK_STREAM
    try:
        found = await asyncio.get_running_loop().getaddrinfo(gateway.host, gateway.port, type=kind)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise OSError(f"the gateway name {gateway.host!r} cannot be resolved: {why}") from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
