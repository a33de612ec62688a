"""An ASGI application behind a real HTTP server, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import uvicorn


class Served:
    """On a free port of loopback, in a thread with a loop of its own. app: what answers; begin may put another in its
    place at any time."""

    app: Any

    def __init__(self) -> None:
        self.url = ""
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._started.wait(60)
        assert self.url, "the server did not start: see the thread's exception"

    async def begin(self) -> None:
        """Sets app."""
        raise NotImplementedError

    def begin_anew(self) -> None:
        asyncio.run_coroutine_threadsafe(self.begin(), self._loop).result(20)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve())
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.begin()
        config = uvicorn.Config(
            self._answer, port=0, interface="asgi3", lifespan="off", log_config=None, access_log=False, ws="none"
        )
        self._server = uvicorn.Server(config)
        serving = asyncio.get_running_loop().create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  uvicorn offers no event for it
            await asyncio.sleep(0.005)
        host, port = self._server.servers[0].sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        self._started.set()
        await serving

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)
