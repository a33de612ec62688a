"""One UDP socket: read until dry or tired, send at once, learn of ICMP errors."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

Address = tuple[str, int]

_MAX_DATAGRAM: Final = 65535
_READ_LIMIT: Final = 64  # datagrams a turn, so that one busy socket starves nobody
_BUFFER_BYTES: Final = 4 << 20
_IP_RECVERR: Final = 11  # Linux; the socket module of Python 3.11 lacks both names
_IPV6_RECVERR: Final = 25
_ERROR_TYPES: Final = ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR))
# What the kernel says of a peer that nothing can be sent to at the moment, its own end included: the interface is down,
# or our address is gone from it (EINVAL), or the firewall forbids it.
_NO_WAY: Final = frozenset(
    (
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.EADDRNOTAVAIL,
        errno.EMSGSIZE,
        errno.EINVAL,
        errno.EACCES,
    )
)


class UdpListener:
    """Calls received(data, remote) for each datagram, unreachable(remote, refused) for each ICMP error, batch_over()
    after a batch. refused: that machine is there, and nothing listens on the port."""

    def __init__(
        self,
        host: str,
        port: int,
        received: Callable[[bytes, Address], None],
        unreachable: Callable[[Address, bool], None],
        batch_over: Callable[[], None],
    ) -> None:
        """Binds. Raises OSError."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._received = received
        self._unreachable = unreachable
        self._batch_over = batch_over
        self._watching = False
        self._error_seen = False
        self.dropped = 0  # datagrams that the full send buffer or the kernel refused; SIP sends again
        try:
            self._socket.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
            self._ask_for_errors(family)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has its own listener
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.local: Address = self._socket.getsockname()[:2]

    def _ask_for_errors(self, family: socket.AddressFamily) -> None:
        self._has_error_queue = True
        try:
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
            else:
                self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        except OSError:
            self._has_error_queue = False

    def start(self) -> None:
        """Begins to read in the running loop."""
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)
        self._watching = True

    def _read(self) -> None:
        receive = self._socket.recvfrom
        received = self._received
        count = 0
        for _ in range(_READ_LIMIT):
            try:
                data, remote = receive(_MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                self._error_seen = True
                self._read_errors()
                continue
            received(data, remote[:2])
            count += 1
        if self._error_seen or not count:  # nothing to read: the kernel woke us for its error queue
            self._read_errors()
            self._watch_again()
        self._batch_over()

    def _watch_again(self) -> None:
        """libuv stops watching a descriptor for good once the kernel reports an error on it (uv__poll_io and POLLERR),
        and an ICMP error is one: without this the listener would be deaf after the first phone that has gone."""
        self._error_seen = False
        if self._watching:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket.fileno())
            loop.add_reader(self._socket.fileno(), self._read)

    def _read_errors(self) -> None:
        """The error queue names the address that a datagram of ours did not reach."""
        while self._has_error_queue:
            try:
                _, notes, _, remote = self._socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            self._error_seen = True
            if remote:
                self._unreachable(remote[:2], _is_refusal(notes))

    def send(self, data: bytes, remote: Address) -> None:
        """Sends, or drops and counts, or calls unreachable when the kernel knows that nobody can be reached."""
        for _ in range(3):  # an error may belong to an earlier datagram: it is reported once and cleared
            try:
                self._socket.sendto(data, remote)
            except ConnectionRefusedError:
                self._read_errors()
            except OSError as error:
                self._error_seen = True  # it may have been a pending one, whose entry in the queue is still there
                self.dropped += 1
                if error.errno in _NO_WAY:
                    self._unreachable(remote, False)
                return
            else:
                return
        self.dropped += 1

    def close(self) -> None:
        if self._watching:
            self._watching = False
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()


def _is_refusal(notes: Iterable[tuple[int, int, bytes]]) -> bool:
    """notes: (level, type, data) of an entry of the error queue, whose data begins with ee_errno."""
    codes = [int.from_bytes(data[:4], sys.byteorder) for level, kind, data in notes if (level, kind) in _ERROR_TYPES]
    return errno.ECONNREFUSED in codes


def local_address_towards(remote: Address) -> str:
    """The IP that the routing table gives us on the way to remote. Sends nothing. Raises OSError."""
    family: Any = socket.AF_INET6 if ":" in remote[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(remote)
        return str(probe.getsockname()[0])
