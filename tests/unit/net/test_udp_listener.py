"""On uvloop, which the server runs on: libuv stops watching a socket on which the kernel reports an error."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvloop

from ringout.net.udp_listener import UdpListener


async def hears_after_errors(errors: int) -> tuple[list[bytes], list[tuple[str, int]]]:
    heard: list[bytes] = []
    unreachable: list[tuple[str, int]] = []
    turned: asyncio.Queue[None] = asyncio.Queue()
    listener = UdpListener(
        "127.0.0.1",
        0,
        lambda data, remote: heard.append(data),
        unreachable.append,
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
            async with asyncio.timeout(10):
                while len(heard) <= number:
                    await turned.get()
    listener.close()
    return heard, unreachable


@pytest.mark.parametrize("errors", [1, 2, 50])
def test_a_phone_that_is_gone_does_not_make_the_listener_deaf(errors: int) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        heard, unreachable = runner.run(hears_after_errors(errors))
    assert heard == [b"%d" % number for number in range(errors)]
    assert unreachable
