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


class _Embedded(uvicorn.Server):
    """Leaves the signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """An ASGI application on one address."""

    def __init__(self, app: Any, host: str, port: int, tasks: Tasks, limits: HttpLimits | None = None) -> None:
        """limits: None = as many connections as half of the files that this process may have open."""
        self._limits = limits or HttpLimits(min(MOST_CONNECTIONS, _open_files() // 2))
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
            self._server.should_exit = True
            await serving

    async def _sweep(self) -> None:
        """Closes the connections whose request is not through after its time, wherever it hangs."""
        seconds = self._limits.request_seconds
        while True:
            await asyncio.sleep(seconds / 4)
            oldest = asyncio.get_running_loop().time() - seconds
            for connection in tuple(self._server.server_state.connections):
                since = connection.busy_since if isinstance(connection, HttpConnection) else None
                if since is not None and since < oldest:
                    connection.transport.abort()


def _open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that clients queue up from this moment on. Raises OSError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
