"""HTTP/1.1 keep-alive by hand: cheap enough never to be what is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import Any

from bench.numbers import callee_number, caller_number
from bench.open_loop import Placed

CONNECTIONS = 32


class HttpCallClient:
    """Places RingOuts over a pool of connections; a request waits in line when all are busy (its clock runs on)."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.placed = Placed()
        self._address = (host, port)
        self.token = token
        self._head = (
            "POST /restapi/v1.0/account/~/extension/~/ring-out HTTP/1.1\r\n"
            f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        )
        self._free: list[_Connection] = []
        self._waiting: deque[tuple[int, float]] = deque()

    async def open(self, connections: int = CONNECTIONS) -> None:
        """Makes connections until that many are idle. The server closes those that are idle for some seconds."""
        loop = asyncio.get_running_loop()
        while len(self._free) < connections:
            _, connection = await loop.create_connection(lambda: _Connection(self), *self._address)
            self._free.append(connection)

    def another(self) -> HttpCallClient:
        """A second client of the same user, with connections of its own."""
        return HttpCallClient(*self._address, self.token)

    def send(self, index: int) -> None:
        if self._free:
            self._write(self._free.pop(), index, time.time())
        else:
            self._waiting.append((index, time.time()))

    def answered(self, connection: _Connection, index: int, sent: float, status: int, body: bytes) -> None:
        self.placed.note(index, sent, status == 200, body)
        if self._waiting:
            self._write(connection, *self._waiting.popleft())
        else:
            self._free.append(connection)

    def lost(self, index: int, sent: float) -> None:
        """The server closed a connection with a request on it."""
        self.placed.note(index, sent, False, b"connection lost")

    def forget(self, connection: _Connection) -> None:
        """An idle connection was closed, by the server after some seconds or by us."""
        if connection in self._free:
            self._free.remove(connection)

    def close(self) -> None:
        for connection in tuple(self._free):
            connection.close()

    def _write(self, connection: _Connection, index: int, sent: float) -> None:
        body = (
            f'{{"from":{{"phoneNumber":"{caller_number(index)}"}},"to":{{"phoneNumber":"{callee_number(index)}"}},'
            '"playPrompt":false}'
        )
        connection.write(index, sent, f"{self._head}Content-Length: {len(body)}\r\n\r\n{body}".encode())


class _Connection(asyncio.Protocol):
    """One connection with at most one request on it."""

    def __init__(self, owner: HttpCallClient) -> None:
        self._owner = owner
        self._buffer = b""
        self._request: tuple[int, float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def write(self, index: int, sent: float, data: bytes) -> None:
        self._request = (index, sent)
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator or self._request is None:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(rest) >= length:
            (index, sent), self._request, self._buffer = self._request, None, b""
            self._owner.answered(self, index, sent, int(head[9:12]), rest)

    def connection_lost(self, _: Exception | None) -> None:
        if self._request is not None:
            self._owner.lost(*self._request)
        else:
            self._owner.forget(self)

    def close(self) -> None:
        self._transport.close()


async def request_once(
    host: str, port: int, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, Any]:
    """One request on a connection of its own; the status and the JSON of the answer (None without a body)."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(http_request(host, port, method, path, {"Connection": "close", **headers}, body))
    answer = await reader.read()
    writer.close()
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), json.loads(content) if content else None


def http_request(host: str, port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
