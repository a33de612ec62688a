"""Speaks to an ASGI application without a socket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Reply:
    """headers: lower-case names, the last of equal ones."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: Any,
    method: str,
    target: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    chunks: list[bytes] | None = None,
    client: str = "127.0.0.1",
) -> Reply:
    """One request. chunks: the body in pieces, without a Content-Length. client: IP that it comes from, which is gone
    when the request is: a stream of events ends after what there is at once."""
    path, _, query = target.partition("?")
    pieces = [body] if chunks is None else list(chunks)
    named = {"host": "api.test:8080", **{k.lower(): v for k, v in (headers or {}).items()}}
    if chunks is None:
        named.setdefault("content-length", str(len(body)))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in named.items()],
        "server": ("127.0.0.1", 8080),
        "client": (client, 1),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        part = pieces.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(pieces)}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    await app(scope, receive, send)
    first, *bodies = sent
    assert first["type"] == "http.response.start"
    assert {event["type"] for event in bodies} == {"http.response.body"}
    assert [event.get("more_body", False) for event in bodies] == [True] * (len(bodies) - 1) + [False]
    pairs = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in first["headers"]}
    return Reply(first["status"], pairs, b"".join(event["body"] for event in bodies))
