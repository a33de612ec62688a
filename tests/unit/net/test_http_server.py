"""The limits of the HTTP server, over real sockets."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ringout.net.http_connection import HttpLimits
from ringout.net.http_server import HttpServer
from ringout.net.tasks import Tasks

LIMITS = HttpLimits(connections=3, head_bytes=2000, request_seconds=0.4, idle_seconds=1)
HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the method and the body that came."""
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    headers = [(b"content-length", b"%d" % len(body)), (b"x-method", scope["method"].encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    tasks = Tasks()
    server = HttpServer(echo, "127.0.0.1", 0, tasks, LIMITS)
    await server.start()
    yield server.port
    await server.close()
    await tasks.stop()


async def ask(port: int, data: bytes) -> bytes:
    """Everything that comes until the server closes, which it does because the request asks for it or is no good."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    try:
        writer.write(data)
        async with asyncio.timeout(20):
            while part := await reader.read(65536):
                got += part
    except ConnectionResetError:
        pass
    await close(writer)
    return got


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionResetError):
        await writer.wait_closed()


async def test_a_request_in_time(port: int) -> None:
    reply = await ask(port, HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi")
    assert reply.startswith(b"HTTP/1.1 200")
    assert reply.endswith(b"\r\n\r\nhi")


@pytest.mark.parametrize("field", [b"Upgrade: h2c", b"upgrade:h2c", b"UPGRADE: websocket"])
async def test_an_offer_to_upgrade_loses_no_body(port: int, field: bytes) -> None:
    """Java's HttpClient makes it on every request; the parser would take the body for the other protocol."""
    body = b"Upgrade: is a word\r\nupgrade: too\r\n"
    head = HEAD + field + b"\r\nConnection: close, Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAE\r\n"
    reply = await ask(port, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert reply.startswith(b"HTTP/1.1 200")
    assert reply.endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"POST",
        HEAD + b"X: ",
        HEAD + b"Content-Length: 9\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n",
    ],
)
async def test_a_request_that_never_ends_is_cut_off(port: int, start: bytes) -> None:
    assert not (await ask(port, start)).startswith(b"HTTP/1.1 2")


async def test_a_second_request_that_never_ends_is_cut_off(port: int) -> None:
    whole = HEAD + b"Content-Length: 0\r\n\r\n"
    assert (await ask(port, whole + b"\r\n")).count(b"HTTP/1.1 200") == 1
    assert (await ask(port, whole + HEAD)).count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize("head", [b"X: " + b"a" * 5000, b"".join(b"X%d: a\r\n" % n for n in range(400)), b"a" * 5000])
async def test_a_head_without_end_is_refused(port: int, head: bytes) -> None:
    reply = await ask(port, HEAD + head)
    assert reply.startswith(b"HTTP/1.1 431 ")
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["errors"][0]["errorCode"] == "AGW-431"


@pytest.mark.parametrize(
    ("method", "seen"),
    [(b"BREW", b"TRACE"), (b"get", b"TRACE"), (b"M-SEARCH", b"TRACE"), (b"PATCH", b"PATCH"), (b"TRACE", b"TRACE")],
)
async def test_a_method_that_nobody_knows_is_one_that_nobody_serves(port: int, method: bytes, seen: bytes) -> None:
    """And the next request of the same connection is read as ever."""
    one = method + b" /x HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nBREW /x"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(one)
        assert b"\r\nx-method: " + seen + b"\r\n" in await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(7) == b"BREW /x"
    await close(writer)


@pytest.mark.parametrize("data", [b"\xff\xfe\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"])
async def test_what_is_no_http_is_refused_in_the_envelope(port: int, data: bytes) -> None:
    reply = await ask(port, data)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["errors"][0]["errorCode"] == "CMN-104"


async def test_connections_are_counted(port: int) -> None:
    whole = HEAD + b"Content-Length: 0\r\n\r\n"
    held = []
    for _ in range(LIMITS.connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(whole)
        await reader.readuntil(b"\r\n\r\n")
        held.append(writer)
    closing = HEAD + b"Connection: close\r\nContent-Length: 0\r\n\r\n"
    assert await ask(port, closing) == b""
    await close(held.pop())
    while not (await ask(port, closing)).startswith(b"HTTP/1.1 200"):  # noqa: ASYNC110  until the server has seen it
        await asyncio.sleep(0)
    for writer in held:
        await close(writer)


# --- answers that are written bit by bit -----------------------------------------------------------------------------


class Endless:
    """An application that goes on with its answer for as long as somebody reads it. stop: it ends."""

    def __init__(self, piece: bytes) -> None:
        self._piece = piece
        self.stop = asyncio.Event()
        self.written = 0
        self.ended = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        gone = asyncio.get_running_loop().create_task(self._until_gone(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not self.stop.is_set() and not gone.done():
            await send({"type": "http.response.body", "body": self._piece, "more_body": True})
            self.written += len(self._piece)
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b""})
        gone.cancel()
        self.ended.set()

    async def _until_gone(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


@contextlib.asynccontextmanager
async def endless(piece: bytes) -> AsyncIterator[tuple[Endless, HttpServer, asyncio.StreamReader]]:
    """The application, its server, and the beginning of its answer."""
    tasks, app = Tasks(), Endless(piece)
    server = HttpServer(app, "127.0.0.1", 0, tasks, LIMITS)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**20)
    writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    yield app, server, reader
    await server.close()
    await close(writer)
    await tasks.stop()


async def test_an_answer_that_is_read_may_take_any_time() -> None:
    async with endless(b"x" * 100) as (app, _, reader):
        loop = asyncio.get_running_loop()
        until = loop.time() + 3 * LIMITS.request_seconds
        while loop.time() < until:
            assert await reader.readline() == b"64\r\n"
            assert await reader.readline() == b"x" * 100 + b"\r\n"
        app.stop.set()
        async with asyncio.timeout(20):
            while await reader.readline() != b"0\r\n":
                pass


async def test_an_answer_that_is_not_read_ends() -> None:
    async with endless(b"x" * 100_000) as (app, _, _reader):
        async with asyncio.timeout(20):
            await app.ended.wait()
        assert not app.stop.is_set()


async def test_the_end_waits_for_no_answer_that_is_not_read(caplog: pytest.LogCaptureFixture) -> None:
    async with endless(b"x" * 1_000_000) as (app, server, _):
        (connection,) = server._server.server_state.connections
        while not connection.is_blocked:  # type: ignore[union-attr]  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await server.close()
        assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []
        async with asyncio.timeout(20):
            await app.ended.wait()


async def test_connections_to_nowhere_end() -> None:
    """By the system, which hears nothing of the other side any more."""
    async with endless(b"x") as (app, server, _):
        (connection,) = server._server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        app.stop.set()


@pytest.mark.parametrize(("soft", "hard", "connections"), [(64, 600, 300), (600, 600, 300), (600, 601, 300)])
def test_the_limit_of_open_files_is_raised(soft: int, hard: int, connections: int) -> None:
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "from ringout.net.http_server import most_connections\n"
        "print(most_connections(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(connections), str(hard)]


@pytest.mark.parametrize(("hard", "connections"), [(600, 150), (8000, 2000), (16000, 2000)])
def test_sip_leaves_open_files_for_the_api_and_the_calls(hard: int, connections: int) -> None:
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, {hard}))\n"
        "from ringout.app import sip_driver_settings\n"
        "from ringout.config import SipConfig\n"
        "print(sip_driver_settings(SipConfig()).connections.most_connections)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(connections)]
