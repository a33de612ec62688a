"""SIP over WebSocket (RFC 7118), with a client that other people wrote, on both event loops."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from fakes.certificates import Authority
from fakes.sip_node import Node, answers, node, now
from ringout.net.connection import ConnectionSettings
from ringout.net.sip_driver import SipDriverSettings
from ringout.net.tls import TlsFiles
from ringout.sip.events import Answered, Ended, Failed, IncomingInvite
from ringout.sip.flow import Flow, NoFlow

ON_BOTH_LOOPS = True
SIP = Subprotocol("sip")
QUICK = SipDriverSettings(ConnectionSettings(max_message_bytes=2000, keep_alive_seconds=0.05, pong_seconds=0.1))
CALM = SipDriverSettings(ConnectionSettings(max_message_bytes=2000))
OPTIONS = (
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks\r\n"
    "From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n{0}\r\n"
)


@contextlib.asynccontextmanager
async def phone(listening: Node, **more: Any) -> AsyncIterator[ClientConnection]:
    """A client of the first listener."""
    transport, host, port = listening.driver.listeners[0]
    async with asyncio.timeout(20), connect(f"{transport}://{host}:{port}", **({"subprotocols": [SIP]} | more)) as it:
        yield it


def reply_to(request: str, code: int, *lines: str, body: str = "") -> str:
    """What a browser phone says to a request of ours."""
    kept = [ln for ln in request.split("\r\n") if ln.partition(":")[0] in ("Via", "From", "Call-ID", "CSeq")]
    to = next(ln for ln in request.split("\r\n") if ln.startswith("To:"))
    head = [f"SIP/2.0 {code} Whatever", *kept, to if ";tag=" in to else f"{to};tag=b", *lines]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", body])


def flow_of(listening: Node) -> Flow:
    """Of the one connection that is open."""
    (flow,) = listening.driver._connections._open
    return flow


async def test_a_request_and_its_response_are_one_message_each() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        assert ws.subprotocol == "sip"
        await ws.send(OPTIONS.format("Content-Length: 0\r\n"))
        answer = await ws.recv()
        assert isinstance(answer, str)
        assert answer.startswith("SIP/2.0 200 OK\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rec")


async def test_content_length_may_be_missing() -> None:
    """RFC 7118 section 5: the frame says where a message ends."""
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        await ws.send(OPTIONS.format(""))
        assert (await ws.recv())[:15] == "SIP/2.0 200 OK\r"


@pytest.mark.parametrize("size", [1, 50, 400])
async def test_a_message_in_fragments(size: int) -> None:
    text = OPTIONS.format("")
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        await ws.send(text[start : start + size] for start in range(0, len(text), size))
        assert (await ws.recv())[:15] == "SIP/2.0 200 OK\r"


async def test_a_message_in_binary_frames_and_what_is_no_utf8() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        await ws.send(OPTIONS.format("").encode().replace(b"branch=", b"x=\xff;branch="))
        answer = await ws.recv()
        assert isinstance(answer, bytes)
        assert b"x=\xff" in answer


@pytest.mark.parametrize("transport", ["ws", "wss"])
async def test_we_call_a_phone_over_the_connection_that_it_opened(transport: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("127.0.0.1")
    settings = SipDriverSettings(tls=TlsFiles(issued.certificate, issued.key))
    context = ssl.create_default_context(cafile=authority.ca) if transport == "wss" else None
    async with node("a", f"{transport}:127.0.0.1:0", settings=settings) as a, phone(a, ssl=context) as ws:
        await ws.send(OPTIONS.format(""))
        await ws.recv()
        a.agent.invite(
            flow=flow_of(a),
            uri="sip:q3@b7k.invalid;transport=ws",
            from_="<sip:a@x>",
            to="<sip:q3@x>",
            body=b"v=0",
            now=now(),
        )
        a.driver.flush()
        invite = str(await ws.recv())
        assert f"\r\nVia: SIP/2.0/{transport.upper()} 127.0.0.1:" in invite
        assert ";transport=ws>\r\n" in invite
        contact = "Contact: <sip:q3@b7k.invalid;transport=ws>"
        await ws.send(reply_to(invite, 200, contact, "Content-Type: application/sdp", body="v=0 answer"))
        session = (await a.wait_for(Answered)).session
        assert str(await ws.recv()).startswith("ACK sip:q3@b7k.invalid;transport=ws SIP/2.0\r\n")
        session.hang_up(now())
        a.driver.flush()
        bye = str(await ws.recv())
        assert bye.startswith("BYE ")
        await ws.send(reply_to(bye, 200))
        assert (await a.wait_for(Ended)).by == "local"


async def test_a_phone_calls_us() -> None:
    async with node("a", "ws:127.0.0.1:0", on_event=answers, settings=CALM) as a, phone(a) as ws:
        invite = OPTIONS.replace("OPTIONS", "INVITE").format("Contact: <sip:q3@b7k.invalid;transport=ws>\r\n")
        await ws.send(invite)
        codes = [str(await ws.recv())[8:11] for _ in range(3)]
        assert codes == ["100", "180", "200"]
        assert (await a.wait_for(IncomingInvite)).session.flow == flow_of(a)


async def test_when_the_connection_is_gone_the_request_fails_at_once() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a:
        async with phone(a) as ws:
            await ws.send(OPTIONS.format(""))
            await ws.recv()
            flow = flow_of(a)
        while len(a.driver._connections):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        connected: list[asyncio.StreamWriter] = []
        elsewhere = await asyncio.start_server(lambda _, writer: connected.append(writer), "127.0.0.1", 0)
        flow = flow._replace(remote=elsewhere.sockets[0].getsockname())  # as if it had taken the page's port
        a.agent.invite(flow=flow, uri="sip:q3@b7k.invalid", from_="<sip:a@x>", to="<sip:b@x>", now=now())
        a.driver.flush()
        assert (await a.wait_for(Failed)).cause == "transport"
        assert connected == []  # whoever has that port now is not told
        elsewhere.close()


async def test_a_call_under_way_fails_with_its_connection() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a:
        async with phone(a) as ws:
            await ws.send(OPTIONS.format(""))
            await ws.recv()
            a.agent.invite(flow=flow_of(a), uri="sip:q3@b7k.invalid", from_="<sip:a@x>", to="<sip:b@x>", now=now())
            a.driver.flush()
            await ws.recv()
        assert (await a.wait_for(Failed)).cause == "transport"


async def test_nobody_is_connected_to_by_websocket() -> None:
    async with node("a", "ws:127.0.0.1:0") as a:
        with pytest.raises(NoFlow):
            a.driver.flow_to("ws", "127.0.0.1", a.driver.listeners[0][2])


@pytest.mark.parametrize("offered", [None, [Subprotocol("xmpp")], [Subprotocol("SIP")]])
async def test_who_does_not_offer_sip_is_refused(offered: list[Subprotocol] | None) -> None:
    async with node("a", "ws:127.0.0.1:0") as a:
        with pytest.raises(InvalidStatus) as refused:
            async with phone(a, subprotocols=offered):
                pass
        assert refused.value.response.status_code == 400


_PAGES = itertools.count()
PAGES = SipDriverSettings(ConnectionSettings(origins=("https://ringout.example",)))


@pytest.mark.parametrize("origin", ["https://ringout.example", None])
async def test_pages_that_may_connect(origin: str | None) -> None:
    async with node("a", "ws:127.0.0.1:0", settings=PAGES) as a, phone(a, origin=Origin(origin) if origin else None):
        pass


@pytest.mark.parametrize("origin", ["https://evil.example", "http://ringout.example", "null"])
async def test_pages_that_may_not(origin: str) -> None:
    async with node("a", "ws:127.0.0.1:0", settings=PAGES) as a:
        with pytest.raises(InvalidStatus) as refused:
            async with phone(a, origin=Origin(origin)):
                pass
        assert refused.value.response.status_code == 403


async def test_a_page_that_may_not_connect_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async with node("a", "ws:127.0.0.1:0", settings=PAGES) as a:
        origin = f"https://page{next(_PAGES)}.example"  # told once in the life of the process
        for _ in range(2):
            with pytest.raises(InvalidStatus):
                async with phone(a, origin=Origin(origin)):
                    pass
    told = [record.getMessage() for record in caplog.records if origin in record.getMessage()]
    assert told == [f"a web page may not connect: its origin '{origin}' is not in [sip] websocket_origins"]


@pytest.mark.parametrize(
    ("start", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 426 "),
        (b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n", b""),
        (b"\x16\x03\x01\x00\xff\r\n\r\n", b""),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", b""),
    ],
)
async def test_what_is_no_websocket(start: bytes, answer: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with node("a", "ws:127.0.0.1:0") as a:
        reader, writer = await asyncio.open_connection(*a.driver.listeners[0][1:])
        writer.write(start)
        got = b""
        async with asyncio.timeout(30):
            with contextlib.suppress(ConnectionResetError):
                got = await reader.read()
        assert got.startswith(answer)
        writer.close()
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()
        assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


async def test_a_message_beyond_the_limit_ends_the_connection() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        with contextlib.suppress(ConnectionClosed):
            await ws.send("x" * 1000 for _ in range(100))
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        assert a.agent.counters["malformed"] == 1


async def test_junk_is_counted_and_the_connection_goes_on() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        await ws.send("\x00junk")
        await ws.send(OPTIONS.format(""))
        assert (await ws.recv())[:15] == "SIP/2.0 200 OK\r"
        assert a.agent.counters["malformed"] == 1


# --- keep-alives ------------------------------------------------------------------------------------------------------


async def test_an_empty_message_of_two_lines_is_a_ping() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        await ws.send("\r\n\r\n")
        assert await ws.recv() == "\r\n"
        await ws.send("\r\n")  # somebody's pong
        await ws.send(OPTIONS.format(""))
        assert (await ws.recv())[:15] == "SIP/2.0 200 OK\r"
        await (await ws.ping())  # and of WebSocket's own


async def test_we_ping_and_a_phone_that_answers_stays() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=QUICK) as a, phone(a) as ws:
        await ws.send(OPTIONS.format(""))
        await ws.recv()
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.6
        while loop.time() < until:
            await asyncio.sleep(0.05)
            assert len(a.driver._connections) == 1


async def test_a_phone_that_no_longer_answers_is_given_up() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=QUICK) as a, phone(a) as ws:
        await ws.send(OPTIONS.format(""))
        await ws.recv()
        ws.transport.pause_reading()
        async with asyncio.timeout(30):
            while len(a.driver._connections):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert a.agent.counters["transport_failed"] == 1
        ws.transport.abort()


async def test_the_end_of_the_server_is_told() -> None:
    async with node("a", "ws:127.0.0.1:0", settings=CALM) as a, phone(a) as ws:
        await ws.send(OPTIONS.format(""))
        await ws.recv()
        await a.driver.close()
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
