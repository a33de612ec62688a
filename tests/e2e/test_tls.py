"""The server as it is started, over TLS and WebSocket: phones of other people behind it, and a renewed certificate."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import socket
import ssl
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from fakes.certificates import Authority
from fakes.ports import free_port

from .baresip import BaresipPhone
from .harness import CONNECTED, ENDED, World
from .test_baresip import hears
from .waiting import eventually

OPTIONS = (
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{0} 127.0.0.1:9;branch=z9hG4bKq;rport\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def serve(world: World, authority: Authority, *listen: str, file: str = "ringout") -> None:
    """With these listeners besides UDP."""
    issued = authority.issue("127.0.0.1", file=file)
    world.serve(
        sip={
            "listen": ["udp:127.0.0.1:PORT", *listen],
            "tls_certificate": str(issued.certificate),
            "tls_key": str(issued.key),
            "tls_ca": str(authority.ca),
        }
    )


def by_tls(
    world: World, authority: Authority, name: str, hum_hz: float, certified_for: str = "127.0.0.1"
) -> BaresipPhone:
    """A baresip phone whose trunk leads to it by TLS alone."""
    phone = world.baresip(name, hum_hz)
    port = phone.port + 1  # where it opens TLS; ports given out here are even
    world._trunks[-1]["gateways"] = [
        f"sip:127.0.0.1:{port};transport=tls"
    ]  # this baresip cannot answer to a sips: Contact
    issued = authority.issue(certified_for, file=name)
    both = issued.certificate.with_suffix(".both")
    both.write_bytes(issued.certificate.read_bytes() + issued.key.read_bytes())
    config = phone._directory / "config"
    text = config.read_text().replace("sip_transports udp,tcp", "sip_transports udp,tcp,tls")
    config.write_text(f"{text}sip_certificate {both}\n")
    return phone.answers()


@pytest.mark.baresip
def test_two_phones_by_tls_hear_each_other(world: World, authority: Authority) -> None:
    caller = by_tls(world, authority, "caller", 600)
    callee = by_tls(world, authority, "callee", 1000)
    serve(world, authority, f"tls:127.0.0.1:{free_port()}")
    call = world.place(caller, callee)
    call.until(CONNECTED)
    hears(caller, 1000, 600)
    hears(callee, 600, 1000)
    caller.hang_up()
    call.until(ENDED)


@pytest.mark.baresip
def test_a_phone_with_somebody_else_s_certificate_is_not_called(world: World, authority: Authority) -> None:
    caller = by_tls(world, authority, "caller", 600, certified_for="somebody-else.test")
    serve(world, authority, f"tls:127.0.0.1:{free_port()}")
    call = world.place(caller, caller)
    eventually(lambda: call.look()[2] == "CannotReach", "the call to fail")
    eventually(lambda: "no TLS with 127.0.0.1" in world.log(), "the server to say why")
    assert "established" not in caller.screen()


def shown(port: int, authority: Authority) -> int:
    """The serial number of the certificate by which an OPTIONS is answered."""
    context = ssl.create_default_context(cafile=authority.ca)
    with (
        socket.create_connection(("127.0.0.1", port), 20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(OPTIONS.format("TLS").encode())
        assert secure.recv(4096).startswith(b"SIP/2.0 200 OK\r\n")
        certificate = secure.getpeercert()
        assert certificate is not None
        return int(str(certificate["serialNumber"]), 16)


def test_a_renewed_certificate_is_in_force_after_sighup(world: World, authority: Authority) -> None:
    port = free_port()
    serve(world, authority, f"tls:127.0.0.1:{port}")
    before = shown(port, authority)
    authority.issue("127.0.0.1", file="ringout")
    os.kill(world.server.pid, signal.SIGHUP)
    eventually(lambda: shown(port, authority) != before, "the new certificate")
    eventually(lambda: "new TLS certificate in force" in world.log(), "the server to say so")
    assert world.server.is_running


@pytest.mark.baresip
def test_a_renewed_certificate_does_not_touch_a_call_that_is_up(world: World, authority: Authority) -> None:
    caller = by_tls(world, authority, "caller", 600)
    callee = by_tls(world, authority, "callee", 1000)
    port = free_port()
    serve(world, authority, f"tls:127.0.0.1:{port}")
    call = world.place(caller, callee)
    call.until(CONNECTED)
    before = shown(port, authority)
    authority.issue("127.0.0.1", file="ringout")
    os.kill(world.server.pid, signal.SIGHUP)
    eventually(lambda: shown(port, authority) != before, "the new certificate")
    hears(caller, 1000, 600)
    hears(callee, 600, 1000)
    assert call.look() == CONNECTED
    caller.hang_up()  # by the connection of before
    call.until(ENDED)
    assert world.log().count("no TLS with") == 0


def test_a_server_ends_with_its_terminal(world: World) -> None:
    """The same signal, sent by the system."""
    world.serve().kill()
    ours, its = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "ringout", "serve", "--config", str(world.server._config)],
            stdin=its, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=world.directory, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        ) as server:  # fmt: skip
            try:
                assert server.stderr is not None
                assert b'"event":"ready"' in server.stderr.readline()
                os.close(ours)
                assert server.wait(30) == 0
            finally:
                server.kill()
    finally:
        os.close(its)


def test_websockets_of_the_server(world: World, authority: Authority) -> None:
    open_port, secure_port = free_port(), free_port()
    serve(world, authority, f"ws:127.0.0.1:{open_port}", f"wss:127.0.0.1:{secure_port}")
    context = ssl.create_default_context(cafile=authority.ca)
    for address, tls in ((f"ws://127.0.0.1:{open_port}", None), (f"wss://127.0.0.1:{secure_port}/sip", context)):
        assert asyncio.run(answer_by_websocket(address, tls)).startswith("SIP/2.0 200 OK\r\n")


async def answer_by_websocket(address: str, tls: ssl.SSLContext | None) -> str:
    """To an OPTIONS. Not with the client of websockets.sync: a thread of it reads while another writes, and a TLS
    connection of this Python loses what is written just then."""
    async with asyncio.timeout(30), connect(address, subprotocols=[Subprotocol("sip")], ssl=tls) as ws:
        await ws.send(OPTIONS.format("WSS"))
        return str(await ws.recv())
