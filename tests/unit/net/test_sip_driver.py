"""The SIP shell on loopback: UDP, TCP in any portions, refused ports, faulty receivers."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from fakes.sip_node import Node, answers, node, now
from ringout.engine.gateways import parse_gateway
from ringout.net.addresses import parse_listen
from ringout.net.tasks import Tasks
from ringout.sip.events import Answered, Confirmed, Ended, Event, Failed
from ringout.sip.flow import Flow, NoFlow


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_from_invite_to_bye(transport: str) -> None:
    async with (
        node("a", f"{transport}:127.0.0.1:0") as a,
        node("b", f"{transport}:127.0.0.1:0", on_event=answers) as b,
    ):
        session = a.call(transport, b.driver.listeners[0][2])
        assert (await a.wait_for(Answered)).body == b"v=0 answer"
        await b.wait_for(Confirmed)
        session.hang_up(now())
        a.driver.flush()
        assert (await a.wait_for(Ended)).by == "local"
        assert (await b.wait_for(Ended)).by == "remote"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_the_called_side_hangs_up(transport: str) -> None:
    async with (
        node("a", f"{transport}:127.0.0.1:0") as a,
        node("b", f"{transport}:127.0.0.1:0", on_event=answers) as b,
    ):
        a.call(transport, b.driver.listeners[0][2])
        confirmed = await b.wait_for(Confirmed)
        confirmed.session.hang_up(now())
        b.driver.flush()
        assert (await a.wait_for(Ended)).by == "remote"


async def test_several_listeners_and_the_right_one_for_each_peer() -> None:
    async with node("a", "udp:127.0.0.1:0", "tcp:127.0.0.1:0", "udp:[::1]:0") as a:
        transports = [(transport, host) for transport, host, _ in a.driver.listeners]
        assert transports == [("udp", "127.0.0.1"), ("tcp", "127.0.0.1"), ("udp", "::1")]
        assert a.driver.flow_to("udp", "::1", 5060).local == ("::1", a.driver.listeners[2][2])
        assert a.driver.flow_to("tcp", "127.0.0.1", 5060).local == ("127.0.0.1", a.driver.listeners[1][2])
        with pytest.raises(NoFlow):
            a.driver.flow_to("tcp", "::1", 5060)


async def test_a_name_is_never_looked_up_on_the_way_out() -> None:
    async with node("a", "udp:127.0.0.1:0") as a:
        for host in ("localhost", "999.1.1.1", "gw.example"):
            with pytest.raises(NoFlow):
                a.driver.flow_to("udp", host, 5060)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_over_ipv6(transport: Any) -> None:
    async with (
        node("a", f"{transport}:[::1]:0") as a,
        node("b", f"{transport}:[::1]:0", on_event=answers) as b,
    ):
        gateway = parse_gateway(f"sip:[::1]:{b.driver.listeners[0][2]}")
        a.agent.invite(
            flow=a.driver.flow_to(transport, *gateway.hops[0].remote),
            uri=gateway.uri("7"),
            from_="<sip:a@[::1]>",
            to="<sip:7@[::1]>",
            body=b"v=0",
            now=now(),
        )
        a.driver.flush()
        answered = await a.wait_for(Answered)
        await b.wait_for(Confirmed)
        (restored_elsewhere,) = b.agent.sessions.values()
        restored_elsewhere.hang_up(now())
        b.driver.flush()
        assert (await a.wait_for(Ended)).by == "remote"
        assert b'["::1",' in answered.session.stored()


async def test_a_datagram_that_cannot_be_sent_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with node("a", "udp:127.0.0.1:0") as a, node("b", "udp:127.0.0.1:0", on_event=answers) as b:
        a.agent.layer.send(b"x", Flow("udp", ("127.0.0.1", a.driver.listeners[0][2]), ("127.0.0.1", 1 << 20)))
        a.call("udp", b.driver.listeners[0][2])
        await a.wait_for(Answered)
        assert a.agent.counters["internal_errors"] == 1


async def test_a_wildcard_listener_names_the_address_that_the_peer_can_reach() -> None:
    async with node("a", "udp:0.0.0.0:0") as a, node("b", "udp:0.0.0.0:0", on_event=answers) as b:
        a.call("udp", b.driver.listeners[0][2])
        await a.wait_for(Answered)
        await b.wait_for(Confirmed)
        (session,) = a.agent.sessions.values()
        assert f"@127.0.0.1:{a.driver.listeners[0][2]}>" in session.contact


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_port_where_nobody_listens_fails_the_call_at_once(transport: str) -> None:
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    async with node("a", f"{transport}:127.0.0.1:0") as a:
        a.call(transport, port)
        failed = await a.wait_for(Failed)
        assert (failed.code, failed.cause, failed.refused) == (503, "transport", True)


async def test_a_connection_that_breaks_off_is_no_closed_port() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with node("a", "tcp:127.0.0.1:0") as a:
        a.call("tcp", server.sockets[0].getsockname()[1])
        failed = await a.wait_for(Failed)
        assert (failed.code, failed.cause, failed.refused) == (503, "transport", False)
    server.close()


async def test_an_address_in_use_is_named() -> None:
    async with node("a", "udp:127.0.0.1:0") as a:
        port = a.driver.listeners[0][2]
        with pytest.raises(OSError, match=f"udp:127.0.0.1:{port}"):
            await Node("b").driver.start([f"udp:127.0.0.1:{port}"])


@pytest.mark.parametrize("text", ["", "udp", "udp:5060", "sctp:1.2.3.4:5060", "udp:1.2.3.4:x", "udp:1.2.3.4:99999"])
def test_a_listener_that_cannot_be_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_listen(text)


async def test_a_receiver_that_raises_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def trips(event: Event) -> None:
        raise RuntimeError("receiver")

    async with node("a", "udp:127.0.0.1:0", on_event=trips) as a, node("b", "udp:127.0.0.1:0", on_event=answers) as b:
        a.call("udp", b.driver.listeners[0][2])
        await a.wait_for(Answered)
        await b.wait_for(Confirmed)
        assert a.agent.counters["event_errors"] == 2
        assert "receiver" in caplog.text


async def test_junk_from_the_network_is_counted_and_the_next_call_works() -> None:
    async with node("a", "udp:127.0.0.1:0") as a, node("b", "udp:127.0.0.1:0", on_event=answers) as b:
        port = b.driver.listeners[0][2]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for number in range(200):
                stranger.sendto(bytes([number]) * number, ("127.0.0.1", port))
        a.call("udp", port)
        await a.wait_for(Answered)
        assert b.agent.counters["malformed"] > 150


OPTIONS = (
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{0}\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:x@y>\r\nCall-ID: c{0}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nbody"
)


@pytest.mark.parametrize("portion", [1, 7, 100, 10_000])
async def test_tcp_in_any_portions(portion: int) -> None:
    async with node("b", "tcp:127.0.0.1:0") as b:
        reader, writer = await asyncio.open_connection("127.0.0.1", b.driver.listeners[0][2])
        stream = "\r\n\r\n".join(OPTIONS.format(number) for number in range(3)).encode()
        for start in range(0, len(stream), portion):
            writer.write(stream[start : start + portion])
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            for _ in range(3):
                answer = await reader.readuntil(b"\r\n\r\n")
                assert answer.lstrip(b"\r\n").startswith(b"SIP/2.0 200 OK")  # pongs between them
        writer.close()
        await writer.wait_closed()


async def test_tcp_without_content_length_is_closed() -> None:
    async with node("b", "tcp:127.0.0.1:0") as b:
        reader, writer = await asyncio.open_connection("127.0.0.1", b.driver.listeners[0][2])
        writer.write(b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h\r\n\r\n")
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        assert b.agent.counters["malformed"] == 1
        writer.close()
        await writer.wait_closed()


async def test_tcp_reuses_its_connection_and_makes_a_new_one_after_a_close() -> None:
    async with node("a", "tcp:127.0.0.1:0") as a, node("b", "tcp:127.0.0.1:0", on_event=answers) as b:
        port = b.driver.listeners[0][2]
        for _ in range(2):
            a.events.clear()
            session = a.call("tcp", port)
            await a.wait_for(Answered)
            assert len(a.driver._connections) == 1
            session.hang_up(now())
            a.driver.flush()
            await a.wait_for(Ended)
        next(iter(b.driver._connections._open.values())).close()
        a.events.clear()
        session = a.call("tcp", port)  # goes down with the old connection
        await a.wait_for(Failed)
        assert session.state == "terminated"
        a.events.clear()
        a.call("tcp", port)
        await a.wait_for(Answered)


@pytest.mark.parametrize("listens", [("udp",), ("udp", "tcp")])
async def test_a_large_invite_goes_by_tcp_where_the_peer_has_it(listens: tuple[str, ...]) -> None:
    """Both on one port, as a peer's are; without TCP there the same call goes by UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with (
        node("a", "udp:127.0.0.1:0", "tcp:127.0.0.1:0") as a,
        node("b", *(f"{transport}:127.0.0.1:{port}" for transport in listens), on_event=answers) as b,
    ):
        a.agent.invite(
            flow=a.driver.flow_to("udp", "127.0.0.1", port),
            uri=f"sip:b@127.0.0.1:{port}",
            from_="<sip:a@x>",
            to="<sip:b@x>",
            body=b"v=0\r\n" + b"a=x\r\n" * 500,
            now=now(),
        )
        a.driver.flush()
        await a.wait_for(Answered)
        await b.wait_for(Confirmed)
        assert len(b.driver._connections) == len(listens) - 1
        (called,) = b.agent.sessions.values()
        assert called.flow.transport == listens[-1]


async def test_a_connection_comes_from_the_address_that_we_listen_on() -> None:
    """A gateway may know us by it."""
    async with (
        node("a", "tcp:127.0.0.3:0") as a,
        node("b", "tcp:127.0.0.1:0", on_event=answers) as b,
    ):
        a.call("tcp", b.driver.listeners[0][2])
        await a.wait_for(Answered)
        (flow,) = b.driver._connections._open
        assert flow.remote[0] == "127.0.0.3"


async def test_a_tcp_connection_that_breaks_fails_the_call_in_progress() -> None:
    async with node("a", "tcp:127.0.0.1:0") as a:
        async with asyncio.timeout(30):
            server = await asyncio.start_server(lambda reader, writer: writer.transport.abort(), "127.0.0.1", 0)
            a.call("tcp", server.sockets[0].getsockname()[1])
            assert (await a.wait_for(Failed)).cause == "transport"
            server.close()


async def test_tasks_report_what_goes_wrong(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError("oops")

    tasks = Tasks()
    await asyncio.wait([tasks.start(fails(), "the failing one")])
    await asyncio.sleep(0)
    assert tasks.failures == 1
    assert "the failing one" in caplog.text
    sleeping = tasks.start(asyncio.sleep(1000), "sleeper")
    await tasks.stop()
    assert sleeping.cancelled()
    assert len(tasks) == 0
