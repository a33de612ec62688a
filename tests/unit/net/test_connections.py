"""Connections that live long: pings and pongs, dead peers, strangers who say nothing, limits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator

import pytest

from fakes.sip_node import Node, answers, node
from ringout.net.connection import ConnectionSettings, prepare
from ringout.net.sip_driver import SipDriverSettings
from ringout.sip.events import Answered, ConnectionLost, Failed

ON_BOTH_LOOPS = True
LISTEN = "tcp:127.0.0.1:0"
PATIENT = SipDriverSettings(ConnectionSettings(keep_alive_seconds=0.05, pong_seconds=20.0))
QUICK = SipDriverSettings(ConnectionSettings(keep_alive_seconds=0.05, pong_seconds=0.1))
OPTIONS = (
    b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def gateway() -> AsyncIterator[tuple[int, asyncio.Queue[Streams]]]:
    """A port, and the connections that it accepts."""
    accepted: asyncio.Queue[Streams] = asyncio.Queue()
    server = await asyncio.start_server(lambda *streams: accepted.put_nowait(streams), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], accepted
    finally:
        server.close()


@contextlib.asynccontextmanager
async def stranger(listening: Node) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection(*listening.driver.listeners[0][1:])
    try:
        async with asyncio.timeout(20):
            yield reader, writer
    finally:
        await cut(writer)


async def cut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def until_open(listening: Node, count: int) -> None:
    async with asyncio.timeout(20):
        while len(listening.driver._connections) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


# --- pings (RFC 5626 section 4.4.1) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("portions", [[b"\r\n\r\n"], [b"\r\n", b"\r\n"], [b"\r", b"\n\r", b"\n"]])
async def test_a_ping_is_answered_whatever_portions_it_comes_in(portions: list[bytes]) -> None:
    async with node("a", LISTEN) as a, stranger(a) as (reader, writer):
        for portion in portions:
            writer.write(portion)
            await writer.drain()
            await asyncio.sleep(0.01)
        assert await reader.readexactly(2) == b"\r\n"
        writer.write(OPTIONS)
        assert await reader.readexactly(14) == b"SIP/2.0 200 OK"


async def test_one_empty_line_is_no_ping() -> None:
    async with node("a", LISTEN) as a, stranger(a) as (reader, writer):
        writer.write(b"\r\n" + OPTIONS + b"\r\n" + OPTIONS)
        for _ in range(2):
            assert (await reader.readuntil(b"\r\n\r\n"))[:14] == b"SIP/2.0 200 OK"


async def test_pings_do_not_count_as_junk() -> None:
    async with node("a", LISTEN) as a, stranger(a) as (reader, writer):
        writer.write(b"\r\n\r\n" * 50 + OPTIONS)
        answer = await reader.readuntil(b"200 OK")
        assert answer == b"\r\n" + b"SIP/2.0 200 OK"
        assert a.agent.counters["malformed"] == 0


async def test_we_ping_a_gateway_that_says_nothing() -> None:
    async with node("a", LISTEN, settings=PATIENT) as a, gateway() as (port, accepted):
        a.call("tcp", port)
        reader, writer = await accepted.get()
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\nv=0")
            for _ in range(3):
                assert await reader.readexactly(4) == b"\r\n\r\n"
                writer.write(b"\r\n")
        assert len(a.driver._connections) == 1
        await cut(writer)


async def test_a_gateway_that_has_answered_pings_and_stops_is_dead(caplog: pytest.LogCaptureFixture) -> None:
    async with node("a", LISTEN, settings=QUICK) as a, gateway() as (port, accepted):
        a.call("tcp", port)
        _, writer = await accepted.get()
        writer.write(b"\r\n")
        assert (await a.wait_for(Failed)).cause == "transport"
        assert (await a.wait_for(ConnectionLost)).flow.remote == ("127.0.0.1", port)
        await until_open(a, 0)
        assert f"tcp:127.0.0.1:{port} no longer answers" in caplog.text
        await cut(writer)


async def test_a_gateway_that_knows_no_pings_is_kept() -> None:
    async with node("a", LISTEN, settings=QUICK) as a, gateway() as (port, accepted):
        a.call("tcp", port)
        reader, writer = await accepted.get()
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\nv=0")
            for _ in range(3):  # longer than a pong would take
                assert await reader.readexactly(4) == b"\r\n\r\n"
                await asyncio.sleep(0.15)
                writer.write(b"SIP/2.0 100 Trying\r\nContent-Length: 0\r\n\r\n")
        assert len(a.driver._connections) == 1
        await cut(writer)


async def test_both_sides_are_ours() -> None:
    """Pings of the one are answered by the other, for as long as it takes."""
    settings = SipDriverSettings(ConnectionSettings(keep_alive_seconds=0.05, pong_seconds=0.5))
    async with (
        node("a", LISTEN, settings=settings) as a,
        node("b", LISTEN, on_event=answers, settings=settings) as b,
    ):
        a.call("tcp", b.driver.listeners[0][2])
        await a.wait_for(Answered)
        await asyncio.sleep(0.8)
        assert (len(a.driver._connections), len(b.driver._connections)) == (1, 1)


async def test_without_pings_there_is_silence() -> None:
    settings = SipDriverSettings(ConnectionSettings(keep_alive_seconds=0.0, pong_seconds=0.01))
    async with node("a", LISTEN, settings=settings) as a, gateway() as (port, accepted):
        a.call("tcp", port)
        reader, writer = await accepted.get()
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\nv=0")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        await cut(writer)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such option")
def test_the_system_looks_after_peers_that_vanish() -> None:
    with socket.socket() as sock:
        prepare(sock)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


async def test_what_we_accept_is_looked_after_as_well() -> None:
    async with node("a", LISTEN) as a, stranger(a):
        await until_open(a, 1)
        (connection,) = a.driver._connections._open.values()
        assert connection._transport is not None
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


# --- limits -----------------------------------------------------------------------------------------------------------


async def test_who_connects_and_says_nothing_is_cut_off() -> None:
    settings = SipDriverSettings(ConnectionSettings(first_message_seconds=0.1))
    async with node("a", LISTEN, settings=settings) as a, stranger(a) as (silent, _), stranger(a) as (other, writer):
        writer.write(OPTIONS)
        assert (await other.readuntil(b"\r\n\r\n"))[:14] == b"SIP/2.0 200 OK"
        with contextlib.suppress(ConnectionResetError):
            assert await silent.read() == b""
        assert len(a.driver._connections) == 1  # whoever has spoken may be silent


async def test_strangers_do_not_crowd_out_gateways_and_phones(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = SipDriverSettings(ConnectionSettings(most_connections=4))
    async with (
        node("a", LISTEN, settings=settings) as a,
        gateway() as (port, accepted),
        contextlib.AsyncExitStack() as on,
    ):
        a.call("tcp", port)
        _, to_gateway = await accepted.get()
        reader, writer = await on.enter_async_context(stranger(a))
        writer.write(OPTIONS)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(12):
            await on.enter_async_context(stranger(a))
        await until_open(a, 4)
        flows = [flow.remote for flow in a.driver._connections._open]
        assert ("127.0.0.1", port) in flows
        assert writer.get_extra_info("sockname") in flows
        assert not [event for event in a.events if isinstance(event, Failed)]
        await cut(to_gateway)


async def test_one_address_does_not_crowd_out_the_others() -> None:
    """Also when whoever is there says something by every connection."""
    settings = SipDriverSettings(ConnectionSettings(most_connections=6))
    async with node("a", LISTEN, settings=settings) as a, contextlib.AsyncExitStack() as on:
        phones = []
        for ip in ("127.0.0.2", "127.0.0.3"):
            streams = await asyncio.open_connection(*a.driver.listeners[0][1:], local_addr=(ip, 0))
            on.push_async_callback(cut, streams[1])
            phones.append((ip, *streams))
        for _, reader, writer in phones:
            writer.write(OPTIONS)
            await reader.readuntil(b"\r\n\r\n")
        for _ in range(20):
            reader, writer = await on.enter_async_context(stranger(a))
            writer.write(OPTIONS)
            await reader.readuntil(b"\r\n\r\n")
        left = [flow.remote[0] for flow in a.driver._connections._open]
        assert sorted(left) == ["127.0.0.1"] * 4 + ["127.0.0.2", "127.0.0.3"]
        for _, reader, writer in phones:
            writer.write(OPTIONS)
            assert (await reader.readuntil(b"\r\n\r\n"))[:14] == b"SIP/2.0 200 OK"


async def test_a_peer_that_does_not_read_is_cut_off() -> None:
    async with node("a", LISTEN) as a, stranger(a) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until_open(a, 1)
        (flow,) = a.driver._connections._open
        for _ in range(200):
            a.driver._connections.send(b"x" * 65536, flow)
        await until_open(a, 0)
