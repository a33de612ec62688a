"""uvicorn on the loop that is already running: one loop owns SIP's sockets and HTTP's."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from ringout.net.http_connection import MOST_CONNECTIONS, HttpConnection, HttpLimits, connection_class
from ringout.net.tasks import Tasks

_GRACE_SECONDS = 2
_BACKLOG = 2048
_UNACKNOWLEDGED_MS = 30_000  # RFC 5482


class _Embedded(uvicorn.Server):
    """Leaves the signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """An ASGI application on one address."""

    def __init__(self, app: Any, host: str, port: int, tasks: Tasks, limits: HttpLimits | None = None) -> None:
        """limits: None = the usual ones, with most_connections."""
        self._limits = limits or HttpLimits(most_connections())
        config = uvicorn.Config(
            app,
            loop="none",
            http=connection_class(self._limits),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=self._limits.idle_seconds,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._host = host
        self._wanted_port = port
        self._server = _Embedded(config)
        self._tasks = tasks
        self._serving: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self.port = 0  # the actual one, once started

    async def start(self) -> None:
        """Returns when connections are accepted. Raises OSError with the address in its text."""
        listener = _listen(self._host, self._wanted_port)
        self.port = listener.getsockname()[1]
        self._serving = self._tasks.start(self._server.serve(sockets=[listener]), "http server")
        self._sweeping = self._tasks.start(self._sweep(), "sweep of slow http connections")

    async def close(self) -> None:
        """Answers what has been asked, for two seconds at most, and closes every connection."""
        serving, self._serving = self._serving, None
        if self._sweeping is not None:
            self._sweeping.cancel()
        if serving is not None:
            for connection in tuple(self._server.server_state.connections):
                if isinstance(connection, HttpConnection) and connection.is_blocked:
                    connection.transport.abort()  # its answer would not be through in two seconds either
            self._server.should_exit = True
            await serving

    async def _sweep(self) -> None:
        """Closes the connections whose client has kept us waiting for too long, wherever it hangs."""
        seconds = self._limits.request_seconds
        while True:
            await asyncio.sleep(seconds / 4)
            oldest = asyncio.get_running_loop().time() - seconds
            for connection in tuple(self._server.server_state.connections):
                since = connection.waits_since if isinstance(connection, HttpConnection) else None
                if since is not None and since < oldest:
                    connection.transport.abort()


def most_connections() -> int:
    """As many as half of the files that this process may have open, which are as many as the system lets it have from
    now on: the usual 1024 are for programs that are older than epoll."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, hard // 2)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that clients queue up from this moment on. Raises OSError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A phone that left its network says no goodbye: what it does not acknowledge ends its connections after this
        # time, instead of after the quarter of an hour that the system would wait. Connections take it over.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
