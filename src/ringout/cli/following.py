"""What happens to a RingOut, as the server tells it: one request for the whole call, where asking again and again would
soon be more than a server allows."""

from __future__ import annotations

import queue
import threading
from http.client import NO_CONTENT, HTTPException, HTTPResponse
from typing import Any, Protocol

import msgspec

from ringout.cli.failures import CommandFailed, Later

REOPEN_SECONDS = 1.0  # after a stream that broke
ASK_SECONDS = 5.0  # between two questions, where the server has no stream to spare


class Server(Protocol):
    """Both raise CommandFailed. follow: opens the event stream (docs/reference/http.md); get: the state of now."""

    def follow(self, ring_out_id: str, last_event_id: str, /) -> HTTPResponse: ...

    def get(self, ring_out_id: str, /) -> dict[str, Any]: ...


class Following:
    """One RingOut from now to its end. A thread hears, so that whoever watches can also hear Ctrl-C."""

    def __init__(self, server: Server, ring_out_id: str) -> None:
        self._server = server
        self._ring_out_id = ring_out_id
        self._told: queue.SimpleQueue[dict[str, Any] | CommandFailed] = queue.SimpleQueue()
        self._last_event_id = ""
        self._stopped = threading.Event()
        # Nobody waits for it: it may be hearing of nothing, for ten seconds.
        threading.Thread(target=self._run, daemon=True).start()

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next state, as GET tells it; None: nothing has changed for so long. Raises CommandFailed."""
        try:
            told = self._told.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(told, CommandFailed):
            raise told
        return told

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                wait = self._try()
                if wait is None:
                    return
                self._stopped.wait(wait)
        except CommandFailed as failure:
            self._told.put(failure)

    def _try(self) -> float | None:
        """How long to wait before another one, in seconds; None = all has been told."""
        try:
            with self._server.follow(self._ring_out_id, self._last_event_id) as answer:
                return None if answer.status == NO_CONTENT or self._hear(answer) else REOPEN_SECONDS
        except Later as later:
            if later.seconds is not None:  # every request until then would make it longer
                return later.seconds
            wait = ASK_SECONDS
        except (OSError, HTTPException):
            wait = REOPEN_SECONDS  # what was missed is told on the next one, unless a proxy holds it back to the end
        return None if self._tell(self._server.get(self._ring_out_id)) else wait

    def _tell(self, state: dict[str, Any]) -> bool:
        """Whether that was the end."""
        self._told.put(state)
        return "endTime" in state

    def _hear(self, answer: HTTPResponse) -> bool:
        """Whether the end was told."""
        for line in answer:
            if self._stopped.is_set():
                return True
            name, _, value = line.rstrip(b"\r\n").partition(b": ")
            if name == b"id":
                self._last_event_id = value.decode("latin-1")
            elif name == b"data" and self._tell(msgspec.json.decode(value, type=dict[str, Any])):
                return True
        return False
