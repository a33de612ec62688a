"""Both sides of TLS, as certificates make them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Any

from fakes.certificates import Authority, Issued
from fakes.sip_node import Node
from ringout.net.connection import ConnectionSettings
from ringout.net.sip_driver import SipDriverSettings
from ringout.net.tls import TlsFiles

OPTIONS = (
    b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def with_tls(issued: Issued | None, ca: Path | None, **more: Any) -> SipDriverSettings:
    certificate, key = (issued.certificate, issued.key) if issued else (None, None)
    return SipDriverSettings(
        ConnectionSettings(connect_seconds=5.0), TlsFiles(certificate, key, ca, **more), reload_seconds=0.02
    )


def both(authority: Authority, *names: str, **more: Any) -> SipDriverSettings:
    """Both sides show the same certificate for those names and trust the authority."""
    return with_tls(authority.issue(*names), authority.ca, **more)


async def ask_options(b: Node, context: ssl.SSLContext | None) -> int:
    """The serial number of the certificate by which an OPTIONS is answered; 0 = there is none."""
    serial, (_, writer) = await hold(b, context)
    await cut(writer)
    return serial


async def hold(
    b: Node, context: ssl.SSLContext | None
) -> tuple[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The same, with its connection. Raises OSError when none is to be had."""
    reader, writer = await asyncio.open_connection(*b.driver.listeners[0][1:], ssl=context)
    try:
        writer.write(OPTIONS)
        async with asyncio.timeout(30):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK")
    except asyncio.IncompleteReadError as error:
        await cut(writer)
        raise ConnectionResetError from error
    except OSError:
        await cut(writer)
        raise
    certificate = writer.get_extra_info("peercert")
    return int(certificate["serialNumber"], 16) if certificate else 0, (reader, writer)


async def cut(writer: asyncio.StreamWriter) -> None:
    """Without the end that TLS asks for."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
