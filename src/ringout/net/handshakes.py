"""Accepts connections, by TLS or in the open.

The loop's own server tells of one by TLS only once its handshake is over, so whoever begins handshakes and never ends
them could hold every descriptor of this process; and when there is none left uvloop's accepts and closes whoever comes
as long as it has its one spare descriptor, and without it spins."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ringout.net.tasks import Tasks

MOST_HANDSHAKES: Final = 500  # of one listener at the same time; for one more the one that lasts longest is given up
_MOST_A_TURN: Final = 64  # so that who connects without end starves nobody
_REST_SECONDS: Final = 1.0  # when the system has no descriptor left
_QUIET_SECONDS: Final = 10.0  # after a line of the log: whoever fails without end fills no log

_log = logging.getLogger(__name__)


def reason_of(error: ssl.SSLError) -> str:
    """Why a handshake has failed, in OpenSSL's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or str(error)).lower().replace("_", " ")


class Handshakes:
    """Of one listening socket, which stays its owner's. context: that of the next handshake; None = there are none."""

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
        seconds: float,
        tasks: Tasks,
    ) -> None:
        """make: the protocol of a connection, whose handshake has succeeded. seconds: that a handshake may last."""
        self._socket = listening
        self._make = make
        self.context = context
        self._seconds = seconds
        self._tasks = tasks
        self._loop = asyncio.get_running_loop()
        self._under_way: dict[socket.socket, None] = {}  # oldest first
        self._rest: asyncio.TimerHandle | None = None
        self._quiet_until = 0.0
        self._untold = 0
        self._loop.add_reader(listening.fileno(), self._accept)

    def __len__(self) -> int:
        return len(self._under_way)

    def _accept(self) -> None:
        for _ in range(_MOST_A_TURN):
            try:
                accepted, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                _log.error("no connection can be accepted: %s", error)
                self._loop.remove_reader(self._socket.fileno())
                self._rest = self._loop.call_later(_REST_SECONDS, self._go_on)
                return
            accepted.setblocking(False)
            self._under_way[accepted] = None
            if len(self._under_way) > MOST_HANDSHAKES:
                self._give_up(next(iter(self._under_way)))
            self._tasks.start(self._shake_hands(accepted, address[0]), "an accepted connection")

    def _go_on(self) -> None:
        self._loop.add_reader(self._socket.fileno(), self._accept)

    async def _shake_hands(self, accepted: socket.socket, host: str) -> None:
        try:
            seconds = None if self.context is None else self._seconds
            await self._loop.connect_accepted_socket(
                self._make, accepted, ssl=self.context, ssl_handshake_timeout=seconds
            )
        except OSError as error:  # the peer does not speak TLS, shows no certificate, or has gone
            accepted.close()
            if isinstance(error, ssl.SSLError):
                self._tell(host, error)
        finally:
            self._under_way.pop(accepted, None)

    def _tell(self, host: str, error: ssl.SSLError) -> None:
        now = self._loop.time()
        if now < self._quiet_until:
            self._untold += 1
            return
        _log.warning("no TLS with %s, who connected: %s (%d more untold)", host, reason_of(error), self._untold)
        self._quiet_until, self._untold = now + _QUIET_SECONDS, 0

    def _give_up(self, accepted: socket.socket) -> None:
        """The handshake reads an end, and fails by itself."""
        del self._under_way[accepted]
        with suppress(OSError):
            accepted.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Before the listening socket is closed. Handshakes under way may end."""
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._socket.fileno())
