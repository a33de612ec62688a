"""SIP over TLS with real certificates, on both event loops: who is trusted, who is not, and what replaces a certificate
without a restart."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from fakes.certificates import Authority
from fakes.sip_node import Node, answers, node, now
from fakes.tls import OPTIONS, ask_options, both, cut, with_tls
from ringout.net import handshakes
from ringout.sip.events import Answered, Confirmed, Ended, Failed
from ringout.sip.flow import Flow

ON_BOTH_LOOPS = True
LISTEN = "tls:127.0.0.1:0"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_a_call_from_invite_to_bye(authority: Authority) -> None:
    settings = both(authority, "sip.ringout.example")
    async with node("a", LISTEN, settings=settings) as a, node("b", LISTEN, on_event=answers, settings=settings) as b:
        session = a.call("tls", b.driver.listeners[0][2], name="sip.ringout.example")
        assert (await a.wait_for(Answered)).body == b"v=0 answer"
        await b.wait_for(Confirmed)
        assert session.contact == f"Contact: <sip:ringout@127.0.0.1:{a.driver.listeners[0][2]};transport=tls>\r\n"
        (called,) = b.agent.sessions.values()
        called.hang_up(now())  # by the connection that the caller opened
        b.driver.flush()
        assert (await a.wait_for(Ended)).by == "remote"
        assert (len(a.driver._connections), len(b.driver._connections)) == (1, 1)


async def test_a_sips_uri_over_ipv6(authority: Authority) -> None:
    settings = both(authority, "::1")
    async with (
        node("a", "tls:[::1]:0", settings=settings) as a,
        node("b", "tls:[::1]:0", on_event=answers, settings=settings) as b,
    ):
        port = b.driver.listeners[0][2]
        session = a.call("tls", port, host="::1", uri=f"sips:b@[::1]:{port}")
        await a.wait_for(Answered)
        assert session.contact == f"Contact: <sips:ringout@[::1]:{a.driver.listeners[0][2]}>\r\n"


@pytest.mark.parametrize(
    ("names", "expected_name", "trusted"),
    [
        (("sip.ringout.example",), "sip.ringout.example", True),
        (("*.ringout.example",), "sip.ringout.example", True),
        (("127.0.0.1",), "", True),  # "" = the address itself
        (("other.example", "127.0.0.1"), "127.0.0.1", True),
        (("other.example",), "sip.ringout.example", False),
        (("other.example",), "", False),
        (("*.example",), "sip.ringout.example", False),
        (("127.0.0.2",), "", False),
        # RFC 5922 section 7.1: URI entries of SIP domains decide where there are any; no wildcards in them (7.2).
        (("sip:ringout.example",), "ringout.example", True),
        (("SIP:RingOut.example;transport=tls",), "ringout.EXAMPLE", True),
        (("host.example", "sip:other.example", "sip:ringout.example"), "ringout.example", True),
        (("https://ringout.example", "ringout.example", "sip:x@other.example"), "ringout.example", True),
        (("127.0.0.1", "sip:other.example"), "", True),
        (("ringout.example", "sip:other.example"), "ringout.example", False),
        (("*.ringout.example", "sip:other.example"), "sip.ringout.example", False),
        (("sip:ann@ringout.example",), "ringout.example", False),
        (("sips:ringout.example",), "ringout.example", False),
        (("https://ringout.example",), "ringout.example", False),
        (("sip:*.ringout.example",), "sip.ringout.example", False),
        (("sip:ringout.example",), "sip.ringout.example", False),
        (("sip:127.0.0.1",), "", False),
    ],
)
async def test_whose_name_a_certificate_must_hold(
    authority: Authority, names: tuple[str, ...], expected_name: str, trusted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    settings = both(authority, *names)
    async with node("a", LISTEN, settings=settings) as a, node("b", LISTEN, on_event=answers, settings=settings) as b:
        a.call("tls", b.driver.listeners[0][2], name=expected_name)
        if trusted:
            await a.wait_for(Answered)
        else:
            assert (await a.wait_for(Failed)).cause == "transport"
            assert b.events == [], "nothing was said to it"
            assert "no TLS with 127.0.0.1" in caplog.text
            assert "mismatch" in caplog.text or "its certificate is for the SIP domains " in caplog.text


async def test_a_stranger_s_certificate_and_an_old_one_are_refused(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger").issue("127.0.0.1", file="stranger-server")
    old = authority.issue("127.0.0.1", file="old", expired=True)
    for issued in (stranger, old):
        async with (
            node("a", LISTEN, settings=both(authority, "a.example")) as a,
            node("b", LISTEN, on_event=answers, settings=with_tls(issued, authority.ca)) as b,
        ):
            a.call("tls", b.driver.listeners[0][2])
            assert (await a.wait_for(Failed)).cause == "transport"
            assert b.events == []


@pytest.mark.parametrize("domain", ["sip:ringout.example", "ringout.example"])
async def test_a_stranger_s_certificate_for_the_right_domain_is_refused(
    authority: Authority, tmp_path: Path, domain: str
) -> None:
    """A URI entry is as good as a host's, and no better."""
    stranger = Authority(tmp_path, "stranger").issue(domain, file="stranger-server")
    old = authority.issue(domain, file="old", expired=True)
    for issued in (stranger, old):
        async with (
            node("a", LISTEN, settings=both(authority, "a.example")) as a,
            node("b", LISTEN, on_event=answers, settings=with_tls(issued, authority.ca)) as b,
        ):
            a.call("tls", b.driver.listeners[0][2], name="ringout.example")
            assert (await a.wait_for(Failed)).cause == "transport"
            assert b.events == []


async def test_without_a_ca_of_ones_own_the_system_s_count(authority: Authority) -> None:
    issued = authority.issue("127.0.0.1")
    async with (
        node("a", LISTEN, settings=with_tls(issued, None)) as a,
        node("b", LISTEN, on_event=answers, settings=with_tls(issued, None)) as b,
    ):
        a.call("tls", b.driver.listeners[0][2])
        assert (await a.wait_for(Failed)).cause == "transport"


async def test_verification_can_be_turned_off(authority: Authority) -> None:
    issued = authority.issue("nobody.example")
    async with (
        node("a", LISTEN, settings=with_tls(issued, None, verify=False)) as a,
        node("b", LISTEN, on_event=answers, settings=with_tls(issued, None)) as b,
    ):
        a.call("tls", b.driver.listeners[0][2])
        await a.wait_for(Answered)


@pytest.mark.parametrize("shown", ["ours", "a stranger's"])
async def test_mutual_tls(authority: Authority, tmp_path: Path, shown: str) -> None:
    server = with_tls(authority.issue("127.0.0.1"), authority.ca, client_certificates=True)
    signer = authority if shown == "ours" else Authority(tmp_path, "stranger")
    client = with_tls(signer.issue("phone.example", file="client"), authority.ca)
    async with node("a", LISTEN, settings=client) as a, node("b", LISTEN, on_event=answers, settings=server) as b:
        a.call("tls", b.driver.listeners[0][2])
        if shown == "ours":
            await a.wait_for(Answered)
        else:
            assert (await a.wait_for(Failed)).cause == "transport"
            assert b.events == []


async def test_who_shows_no_certificate_is_not_let_in_by_mutual_tls(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    server = with_tls(authority.issue("127.0.0.1"), authority.ca, client_certificates=True)
    async with node("b", LISTEN, settings=server) as b:
        context = ssl.create_default_context(cafile=authority.ca)
        for _ in range(3):  # who fails without end does not fill the log
            with pytest.raises(OSError):
                await ask_options(b, context)
    told = [record.getMessage() for record in caplog.records if "no TLS" in record.getMessage()]
    assert told == ["no TLS with 127.0.0.1, who connected: peer did not return a certificate (0 more untold)"]


async def test_the_name_is_sent_ahead_for_servers_that_have_several(authority: Authority) -> None:
    asked: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issued = authority.issue("sip.ringout.example", "127.0.0.1")
    context.load_cert_chain(issued.certificate, issued.key)
    context.sni_callback = lambda _, name, __: asked.append(name)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with node("a", LISTEN, settings=both(authority, "a.example")) as a:
        for name in ("sip.ringout.example", ""):
            a.events.clear()
            a.call("tls", server.sockets[0].getsockname()[1], name=name)
            await a.wait_for(Failed)
    server.close()
    assert asked == ["sip.ringout.example", None]  # RFC 6066 section 3: no literal addresses


async def test_a_connection_verified_for_one_name_does_not_serve_another(authority: Authority) -> None:
    settings = both(authority, "one.example")
    async with node("a", LISTEN, settings=settings) as a, node("b", LISTEN, on_event=answers, settings=settings) as b:
        a.call("tls", b.driver.listeners[0][2], name="one.example")
        await a.wait_for(Answered)
        a.call("tls", b.driver.listeners[0][2], name="two.example")
        assert (await a.wait_for(Failed)).cause == "transport"


async def test_what_a_peer_opened_is_not_taken_for_what_we_would_open(authority: Authority) -> None:
    """Whoever connects to us from a gateway's address has proven nothing."""
    settings = both(authority, "127.0.0.1")
    async with node("b", LISTEN, settings=settings) as b:
        _, writer = await asyncio.open_connection(
            *b.driver.listeners[0][1:], ssl=ssl.create_default_context(cafile=authority.ca)
        )
        port = writer.get_extra_info("sockname")[1]
        flow = b.driver.flow_to("tls", "127.0.0.1", port)
        opened = b.driver._connections._open
        async with asyncio.timeout(30):
            while Flow("tls", flow.local, flow.remote) not in opened:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert flow not in opened
        await cut(writer)


@pytest.mark.parametrize("listen", ["tls:127.0.0.1:0", "wss:127.0.0.1:0"])
async def test_without_a_certificate_nobody_is_listened_to(listen: str) -> None:
    with pytest.raises(OSError, match=rf"cannot listen on {listen}: .* needs a certificate: set tls_certificate"):
        await Node("a").driver.start([listen])


async def test_what_is_no_tls_is_not_answered(authority: Authority) -> None:
    async with node("b", LISTEN, settings=both(authority, "127.0.0.1")) as b:
        reader, writer = await asyncio.open_connection(*b.driver.listeners[0][1:])
        writer.write(OPTIONS)
        async with asyncio.timeout(30):
            assert b"SIP" not in await reader.read()
        writer.close()
        await writer.wait_closed()
        assert len(b.driver._connections) == 0


@pytest.mark.parametrize("transport", ["tls", "wss"])
async def test_handshakes_that_never_end_hold_only_so_much(
    authority: Authority, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshakes, "MOST_HANDSHAKES", 5)
    async with node("b", f"{transport}:127.0.0.1:0", settings=both(authority, "127.0.0.1")) as b:
        address = b.driver.listeners[0][1:]
        (listener,) = b.driver._connections._listeners
        assert listener.handshakes is not None
        silent = [await asyncio.open_connection(*address) for _ in range(30)]
        async with asyncio.timeout(30):
            for reader, _ in silent[:25]:  # the oldest are given up at once, not after their time
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
            while len(listener.handshakes) > 5 or len(b.tasks) > 6:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            reader, writer = await asyncio.open_connection(
                *address, ssl=ssl.create_default_context(cafile=authority.ca)
            )
        for _, other in [*silent, (reader, writer)]:
            await cut(other)


@pytest.mark.parametrize("transport", ["tls", "tcp"])
async def test_without_descriptors_a_listener_rests(
    authority: Authority, transport: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It neither spins nor ends: whoever connects meanwhile waits, and is served."""
    monkeypatch.setattr(handshakes, "_REST_SECONDS", 0.05)
    refused = [OSError(24, "Too many open files")]

    def accept(sock: socket.socket) -> Any:
        if refused:
            raise refused.pop()
        return accepting(sock)

    accepting = socket.socket.accept
    monkeypatch.setattr(socket.socket, "accept", accept)
    context = ssl.create_default_context(cafile=authority.ca) if transport == "tls" else None
    async with node("b", f"{transport}:127.0.0.1:0", settings=both(authority, "127.0.0.1")) as b:
        await ask_options(b, context)
    assert caplog.text.count("no connection can be accepted") == 1
