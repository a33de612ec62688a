"""Hears the digits that rtpengines tell: a JSON object in a UDP datagram for each press, at its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Collection

from msgspec import DecodeError, Struct, json

from ringout.media.rtpengine.client import Address
from ringout.rtp.telephone_event import DIGITS

_MAX_DATAGRAM = 4096
_READ_LIMIT = 64  # datagrams a turn, so that whoever floods this socket keeps no call waiting


class Press(Struct, frozen=True):
    """event: number of RFC 4733 section 3.2. duration: ms. volume: dBm0 with the sign dropped."""

    callid: str
    source_tag: str
    event: int
    duration: int = 0
    volume: int = 0

    @property
    def digit(self) -> str | None:
        """None = no key of a telephone."""
        return DIGITS[self.event] if 0 <= self.event < len(DIGITS) else None


_decode = json.Decoder(Press).decode


class DtmfLog:
    """told: called with each press that is read. from_: the IPs that are listened to; what others send is dropped and
    counted, as is what cannot be read."""

    def __init__(self, address: Address, from_: Collection[str], told: Callable[[Press], None]) -> None:
        """Binds. Raises OSError."""
        self._told = told
        self._from = frozenset(from_)
        self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind(address)
        except OSError as error:
            self._socket.close()
            raise OSError(f"the digits of rtpengine cannot be heard on {address[0]}:{address[1]}: {error}") from error
        self.address: Address = self._socket.getsockname()[:2]
        self._loop.add_reader(self._socket.fileno(), self._read)

    def _read(self) -> None:
        for _ in range(_READ_LIMIT):
            try:
                data, source = self._socket.recvfrom(_MAX_DATAGRAM)
            except OSError:
                return
            try:
                if source[0] not in self._from:
                    raise ValueError(source[0])
                press = _decode(data)
            except (DecodeError, ValueError, RecursionError):
                self.dropped += 1
            else:
                self._told(press)

    def close(self) -> None:
        """Idempotent."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
