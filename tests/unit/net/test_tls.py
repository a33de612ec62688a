"""SIP over TLS with real certificates, on both event loops: who is trusted, who is not, and what replaces a certificate
without a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.certificates import Authority, Issued
from fakes.sip_node import Node, answers, node, now
from ringout.net import handshakes
from ringout.net.connection import ConnectionSettings
from ringout.net.sip_driver import SipDriverSettings
from ringout.net.tls import Tls, TlsFiles
from ringout.sip.events import Answered, Confirmed, Ended, Failed
from ringout.sip.flow import Flow

ON_BOTH_LOOPS = True
LISTEN = "tls:127.0.0.1:0"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def with_tls(issued: Issued | None, ca: Path | None, **more: Any) -> SipDriverSettings:
    certificate, key = (issued.certificate, issued.key) if issued else (None, None)
    return SipDriverSettings(
        ConnectionSettings(connect_seconds=5.0), TlsFiles(certificate, key, ca, **more), reload_seconds=0.02
    )


def both(authority: Authority, *names: str, **more: Any) -> SipDriverSettings:
    """Both sides show the same certificate for those names and trust the authority."""
    return with_tls(authority.issue(*names), authority.ca, **more)


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
            assert "no TLS with 127.0.0.1" in caplog.text
            assert "mismatch" in caplog.text


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
        async with asyncio.timeout(10):
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
        async with asyncio.timeout(10):
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
        async with asyncio.timeout(10):
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


async def test_without_descriptors_a_listener_rests(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handshakes, "_REST_SECONDS", 0.05)
    refused = [OSError(24, "Too many open files")]

    def accept(sock: socket.socket) -> Any:
        if refused:
            raise refused.pop()
        return accepting(sock)

    accepting = socket.socket.accept
    monkeypatch.setattr(socket.socket, "accept", accept)
    async with node("b", LISTEN, settings=both(authority, "127.0.0.1")) as b:
        assert await ask_options(b, ssl.create_default_context(cafile=authority.ca))
    assert caplog.text.count("no connection can be accepted") == 1


OPTIONS = (
    b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


async def ask_options(b: Node, context: ssl.SSLContext) -> int:
    """The serial number of the certificate by which an OPTIONS is answered."""
    serial, (_, writer) = await hold(b, context)
    await cut(writer)
    return serial


async def hold(b: Node, context: ssl.SSLContext) -> tuple[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The same, with its connection. Raises OSError when none is to be had."""
    reader, writer = await asyncio.open_connection(*b.driver.listeners[0][1:], ssl=context)
    try:
        writer.write(OPTIONS)
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK")
    except asyncio.IncompleteReadError as error:
        await cut(writer)
        raise ConnectionResetError from error
    except OSError:
        await cut(writer)
        raise
    return int(writer.get_extra_info("peercert")["serialNumber"], 16), (reader, writer)


async def cut(writer: asyncio.StreamWriter) -> None:
    """Without the end that TLS asks for."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


# --- a new certificate ------------------------------------------------------------------------------------------------


async def until_served(b: Node, context: ssl.SSLContext, other_than: int) -> int:
    """Until new connections are shown another certificate."""
    async with asyncio.timeout(10):
        while (serial := await ask_options(b, context)) == other_than:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return serial


async def test_a_new_certificate_is_taken_up_without_a_restart(authority: Authority) -> None:
    settings = both(authority, "127.0.0.1")
    async with node("b", LISTEN, settings=settings) as b:
        context = ssl.create_default_context(cafile=authority.ca)
        first, held = await hold(b, context)
        port = b.driver.listeners[0][2]
        authority.issue("127.0.0.1")
        await until_served(b, context, first)
        assert b.driver.listeners[0][2] == port
        reader, writer = held
        writer.write(OPTIONS)  # the connection of before goes on
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK")
        await cut(writer)


async def test_a_new_certificate_may_come_from_a_new_authority(authority: Authority, tmp_path: Path) -> None:
    """Both for whom we trust and for what we show, over mutual TLS."""
    settings = both(authority, "127.0.0.1", client_certificates=True)
    async with node("a", LISTEN, settings=settings) as a, node("b", LISTEN, on_event=answers, settings=settings) as b:
        a.call("tls", b.driver.listeners[0][2])
        await a.wait_for(Answered)
        successor = Authority(tmp_path)  # writes over the file of the old one
        successor.issue("127.0.0.1")
        for one in (a, b):
            one.driver.reload_certificates()
            for connection in list(one.driver._connections._open.values()):
                connection.abort()
        a.events.clear()
        async with asyncio.timeout(10):
            while not any(isinstance(event, Answered) for event in a.events):
                a.call("tls", b.driver.listeners[0][2])
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("broken", ["certificate", "key", "ca", "mismatch", "gone"])
async def test_files_that_are_no_good_leave_everything_as_it_was(
    authority: Authority, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings = both(authority, "127.0.0.1")
    files = settings.tls
    assert files.certificate is not None
    assert files.key is not None
    async with node("b", LISTEN, settings=settings) as b:
        context = ssl.create_default_context(cafile=authority.ca)
        first = await ask_options(b, context)
        if broken == "gone":
            files.certificate.unlink()
        elif broken == "mismatch":
            authority.issue("127.0.0.1", file="other").key.replace(files.key)
        else:
            getattr(files, broken).write_text("no PEM")
        async with asyncio.timeout(10):
            while "stays as it was" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await ask_options(b, context) == first
        assert caplog.text.count("stays as it was") == 1  # once for each change
        authority.issue("127.0.0.1")
        if broken == "ca":
            files.ca.write_bytes(Authority(files.ca.parent).ca.read_bytes())
            b.driver.reload_certificates()
            await asyncio.sleep(0)
        else:
            await until_served(b, context, first)


# --- the files --------------------------------------------------------------------------------------------------------


def of_key(authority: Authority) -> TlsFiles:
    issued = authority.issue("a.example", passphrase="secret")
    return TlsFiles(issued.certificate, issued.key)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (lambda a: TlsFiles(a.ca.parent / "none.pem"), "cannot use the certificate .*none.pem: No such file"),
        (lambda a: TlsFiles(a.ca), "cannot use the certificate"),
        (lambda a: TlsFiles(a.issue("x").certificate, a.ca), "with the key .*authority.pem"),
        (of_key, "the key is encrypted"),
        (lambda a: TlsFiles(ca=a.issue("x").key), "as certificate authorities"),
        (lambda a: TlsFiles(ca=a.ca.parent / "none.pem"), "as certificate authorities: No such file"),
    ],
)
def test_a_file_that_is_no_good_is_named(
    authority: Authority, files: Callable[[Authority], TlsFiles], message: str
) -> None:
    with pytest.raises(OSError, match=message):
        Tls(files(authority))


def test_the_key_may_stand_in_the_certificate_s_file(authority: Authority) -> None:
    issued = authority.issue("a.example")
    issued.certificate.write_bytes(issued.certificate.read_bytes() + issued.key.read_bytes())
    assert Tls(TlsFiles(issued.certificate)).server is not None


def test_a_file_behind_a_link_is_watched_too(authority: Authority, tmp_path: Path) -> None:
    """Certificates that are renewed by a program mostly stand behind a symbolic link."""
    first = authority.issue("a.example", file="first")
    link = tmp_path / "live.pem"
    link.symlink_to(first.certificate)
    key = tmp_path / "live.key"
    key.symlink_to(first.key)
    tls = Tls(TlsFiles(link, key))
    assert not tls.reload()
    second = authority.issue("a.example", file="second")
    for path, target in ((link, second.certificate), (key, second.key)):
        path.unlink()
        path.symlink_to(target)
    assert tls.reload()
    assert not tls.reload()
    assert tls.reload(forced=True)


def test_nothing_older_than_tls_1_2() -> None:
    tls = Tls(TlsFiles())
    assert tls.client.minimum_version == ssl.TLSVersion.TLSv1_2
    assert tls.client.verify_mode is ssl.CERT_REQUIRED
    assert tls.client.check_hostname


def test_an_encrypted_key_does_not_ask_the_terminal(authority: Authority) -> None:
    """It would wait for ever."""
    files = of_key(authority)
    program = (
        "from pathlib import Path\nfrom ringout.net.tls import Tls, TlsFiles\n"
        f"Tls(TlsFiles(Path({str(files.certificate)!r}), Path({str(files.key)!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
        env=os.environ,
        check=False,
    )
    assert "the key is encrypted" in done.stderr
