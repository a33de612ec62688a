"""On uvloop, which the server runs on: libuv stops watching a socket on which the kernel reports an error."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import Any

import pytest
import uvloop

from ringout.net.udp_listener import UdpListener


async def hears_after_errors(errors: int) -> tuple[list[bytes], set[bool]]:
    heard: list[bytes] = []
    refused: set[bool] = set()
    turned: asyncio.Queue[None] = asyncio.Queue()
    listener = UdpListener(
        "127.0.0.1",
        0,
        lambda data, remote: heard.append(data),
        lambda remote, is_refused: refused.add(is_refused),
        lambda: turned.put_nowait(None),
    )
    listener.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        nobody = gone.getsockname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        for number in range(errors):
            listener.send(b"INVITE", nobody)
            phone.sendto(b"%d" % number, listener.local)
            async with asyncio.timeout(30):
                while len(heard) <= number:
                    await turned.get()
    listener.close()
    return heard, refused


@pytest.mark.parametrize("errors", [1, 2, 50])
def test_a_phone_that_is_gone_does_not_make_the_listener_deaf(errors: int) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        heard, refused = runner.run(hears_after_errors(errors))
    assert heard == [b"%d" % number for number in range(errors)]
    assert refused == {True}


def send_with(monkeypatch: pytest.MonkeyPatch, code: int) -> tuple[list[Any], int]:
    """What is told as unreachable, and how many were dropped, when the kernel answers a datagram with that errno."""
    told: list[Any] = []
    listener = UdpListener("127.0.0.1", 0, lambda *_: None, lambda *what: told.append(what), lambda: None)

    def sendto(*arguments: Any) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "sendto", sendto, raising=False)
        listener.send(b"INVITE", ("192.0.2.9", 5060))
    listener.close()
    return told, listener.dropped


@pytest.mark.parametrize("code", [errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM, errno.EPERM])
def test_what_does_not_fit_into_the_buffers_is_dropped(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """As a network does it with datagrams: SIP sends again, and the next one may find room."""
    assert send_with(monkeypatch, code) == ([], 1)


@pytest.mark.parametrize(
    "code", [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EINVAL, errno.EMSGSIZE]
)
def test_where_no_way_leads_is_told_at_once(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    assert send_with(monkeypatch, code) == ([(("192.0.2.9", 5060), False)], 1)
