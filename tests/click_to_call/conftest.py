"""A running server, and pages of another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from browser import chromium
from sandbox.running import Sandbox

__all__ = ["chromium"]

Publish = Callable[..., str]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("click-to-call"))
    yield running
    running.end()


@pytest.fixture
def publish() -> Iterator[Publish]:
    """publish(html, header=value ...) -> the address of that page. Underscores of headers stand for dashes."""
    pages: dict[str, tuple[bytes, dict[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, headers = pages.get(self.path, (b"", {}))
            self.send_response(200)  # for the icon that browsers ask for, too
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def publish(html: str, **headers: str) -> str:
            path = f"/page{len(pages)}"
            pages[path] = (html.encode(), {name.replace("_", "-"): value for name, value in headers.items()})
            return f"http://127.0.0.1:{server.server_port}{path}"

        yield publish
        server.shutdown()
        thread.join()
