"""The files of TLS: what is no good in them, and what takes effect when they change."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.certificates import Authority
from fakes.sip_node import Node, answers, node
from fakes.tls import OPTIONS, ask_options, both, cut, hold
from ringout.net.tls import Tls, TlsFiles
from ringout.sip.events import Answered

ON_BOTH_LOOPS = True
LISTEN = "tls:127.0.0.1:0"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


# --- a new certificate ------------------------------------------------------------------------------------------------


async def until_served(b: Node, context: ssl.SSLContext, other_than: int) -> int:
    """Until new connections are shown another certificate."""
    async with asyncio.timeout(30):
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
        async with asyncio.timeout(30):
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
        async with asyncio.timeout(30):
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
        async with asyncio.timeout(30):
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
