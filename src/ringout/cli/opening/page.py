"""Asks in a small page of this user's own browser: a desktop starts programs where no terminal is.

The page is served to one browser, once, on loopback. Its address holds a ticket that is worth nothing after the first
use, because other users of the machine can read the arguments of the browser; what follows is asked with a secret that
stands in the page alone. Nothing calls but a POST with that secret, which no other page can send.
"""

from __future__ import annotations

import http.server
import json
import os
import secrets
import sys
import threading
import webbrowser
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any

from ringout.cli.failures import UNREACHABLE, CommandFailed
from ringout.cli.opening.target import Target
from ringout.cli.snapshot import Lane, Snapshot

ANSWER_SECONDS = 300.0  # a question that nobody answers is a no
OPEN_SECONDS = 60.0  # a browser may have to be started
_FAREWELL_SECONDS = 5.0  # for the page to fetch how it ended
_READ_SECONDS = 10.0
_LONGEST_ANSWER = 100  # bytes
SECRET_HEADER = "X-Ringout-Page"
_FILES = {"/page.js": "text/javascript", "/page.css": "text/css"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def has_display() -> bool:
    """Whether a browser has somewhere to open a page."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class AskingPage:
    """Use as a context manager. Shows the call too; it is the wish of `watch` as well."""

    def __init__(self) -> None:
        self.asked = self.met = False
        self._ticket: str | None = secrets.token_urlsafe(24)
        self._secret = secrets.token_urlsafe(24)
        self._lock = threading.Lock()
        self._opened, self._answered, self._undone, self._farewell = (threading.Event() for _ in range(4))
        self._agreed = False
        self._state: dict[str, Any] = {"phase": "opening"}
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def wish(self) -> AskingPage:
        return self

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Good for one visit."""
        return f"{self.origin}/{self._ticket}"

    def __enter__(self) -> AskingPage:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened.is_set() and self._state["phase"] == "ended":
            self._farewell.wait(_FAREWELL_SECONDS)
        self._server.shutdown()
        self._server.server_close()

    def open(self) -> None:
        """Returns when a browser has the page. Raises CommandFailed."""
        if not webbrowser.open(self.url):
            raise CommandFailed(
                "no browser could be started to ask in; `ringout open` in a terminal asks there.", UNREACHABLE
            )
        if not self._opened.wait(OPEN_SECONDS):
            raise CommandFailed("no browser has opened the page that asks; nothing was called.", UNREACHABLE)

    # --- what the command does ------------------------------------------------------------------------------------

    def agrees(self, target: Target, server: str) -> bool:
        self._become("question", number=target.number, place=target.place, server=server, remarks=target.remarks())
        self._answered.wait(ANSWER_SECONDS)
        if not self._agreed:
            self._become("ended", sentence="Nothing was called.")
        return self._agreed

    def is_undone(self, seconds: int) -> bool:
        self._become("counting", seconds=seconds)
        undone = self._undone.wait(seconds)
        if undone:
            self._become("ended", sentence="Undone: nothing was called.")
        return undone

    def show(self, now: Snapshot, elapsed_seconds: float) -> None:
        phase = "ended" if now.ended else "live"
        lanes = {"you": _lane(now.you), "them": _lane(now.them)}
        self._become(phase, elapsed=int(elapsed_seconds), joined=now.joined, sentence=_outcome(now), **lanes)

    def fail(self, sentence: str) -> None:
        if self._state["phase"] != "ended":
            self._become("ended", sentence=f"{sentence[:1].upper()}{sentence[1:]}", failed=True)

    def _become(self, phase: str, **facts: Any) -> None:
        with self._lock:
            self._state = {**self._state, **facts, "phase": phase}

    # --- what the browser asks for --------------------------------------------------------------------------------

    def visit(self, path: str) -> bytes | None:
        """The page, for who brings the ticket first."""
        with self._lock:
            if self._ticket is None or not secrets.compare_digest(path.encode(), f"/{self._ticket}".encode()):
                return None
            self._ticket = None
        self._opened.set()
        text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
        return text.replace("{secret}", self._secret).encode()

    def is_ours(self, secret: str) -> bool:
        return secrets.compare_digest(secret.encode(), self._secret.encode())

    def state(self) -> dict[str, Any]:
        with self._lock:
            return self._state

    def told(self, state: dict[str, Any]) -> None:
        """The page has it."""
        if state["phase"] == "ended":
            self._farewell.set()

    def answer(self, word: str) -> bool:
        """What was pressed. False: there is no such button now."""
        with self._lock:
            phase = self._state["phase"]
        if word in ("call", "dismiss") and phase == "question":
            self._agreed = word == "call"
            self._answered.set()
        elif word == "undo" and phase == "counting":
            self._undone.set()
        elif word == "hang up" and phase == "live":
            self.asked = True
        else:
            return False
        return True

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        page = self

        class Handler(_Handler):
            asking = page

        return Handler


class _Handler(http.server.BaseHTTPRequestHandler):
    asking: AskingPage
    timeout = _READ_SECONDS
    server_version, sys_version = "RingOut", ""

    def do_GET(self) -> None:
        if not self._is_for_us():
            return
        if self.path in _FILES:
            self._send(HTTPStatus.OK, Path(__file__).with_name(self.path[1:]).read_bytes(), _FILES[self.path])
        elif self.path == "/state":
            if self._is_the_page():
                state = self.asking.state()
                self._send(HTTPStatus.OK, json.dumps(state).encode(), "application/json")
                self.asking.told(state)
        elif (page := self.asking.visit(self.path)) is not None:
            self._send(HTTPStatus.OK, page, "text/html; charset=utf-8")
        else:
            self._send(HTTPStatus.NOT_FOUND, b"This page is gone. Click the link again.\n", "text/plain")

    def do_POST(self) -> None:
        if not self._is_for_us() or not self._is_the_page():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_ANSWER:
            self._send(HTTPStatus.BAD_REQUEST)
            return
        word = self.rfile.read(int(length)).decode("ascii", "replace")
        known = self.path == "/answer" and self.asking.answer(word)
        self._send(HTTPStatus.NO_CONTENT if known else HTTPStatus.CONFLICT)

    def _is_for_us(self) -> bool:
        """A name in the Host header that leads here is somebody else's page (DNS rebinding)."""
        if self.headers.get("Host") == self.asking.origin.removeprefix("http://"):
            return True
        self._send(HTTPStatus.MISDIRECTED_REQUEST)
        return False

    def _is_the_page(self) -> bool:
        if self.asking.is_ours(self.headers.get(SECRET_HEADER, "")):
            return True
        self._send(HTTPStatus.FORBIDDEN)
        return False

    def _send(self, status: HTTPStatus, body: bytes = b"", media_type: str = "text/plain") -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def _lane(lane: Lane) -> dict[str, str]:
    return {"number": lane.number, "state": lane.state, "sentence": lane.sentence}


def _outcome(now: Snapshot) -> str:
    if not now.ended:
        return ""
    return (
        "The call has ended." if now.joined else now.sentence or now.them.sentence or now.you.sentence or "Not joined."
    )
