"""Digits that rtpengines tell: who is listened to, and what a flood of others costs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from ringout.media.rtpengine import dtmf_log
from ringout.media.rtpengine.dtmf_log import DtmfLog, Press

PRESS = b'{"callid": "call", "source_tag": "caller", "event": 5, "duration": 100}'


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


async def until(log: DtmfLog, told: list[Press], count: int) -> None:
    async with asyncio.timeout(30):
        while log.dropped + len(told) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"callid": "x"}',
        b'{"callid": 1, "source_tag": "x", "event": 1}',
        b'{"callid": "x", "source_tag": "x", "event": 1e999}',
        b'{"x": ' + b"[" * 4000,
        b'{"callid": "x", "source_tag": "x", "event": ' + b"[" * 4000,
        b'{"callid": "\xff", "source_tag": "x", "event": 1}',
        PRESS + b" " * 5000,
    ],
)
async def test_what_is_no_press_is_dropped(sender: socket.socket, data: bytes) -> None:
    told: list[Press] = []
    log = DtmfLog(("127.0.0.1", 0), {"127.0.0.1"}, told.append)
    sender.sendto(data, log.address)
    sender.sendto(PRESS, log.address)
    await until(log, told, 2)
    log.close()
    assert log.dropped == (0 if data.startswith(PRESS) else 1)
    assert told[-1].digit == "5"


async def test_a_key_that_no_telephone_has(sender: socket.socket) -> None:
    told: list[Press] = []
    log = DtmfLog(("127.0.0.1", 0), {"127.0.0.1"}, told.append)
    for event in (b"-1", b"16", b"9" * 3000):
        sender.sendto(PRESS.replace(b'"event": 5', b'"event": ' + event), log.address)
    await until(log, told, 3)
    log.close()
    assert [press.digit for press in told] == [None, None, None]


async def test_others_are_not_listened_to_and_keep_nobody_waiting(sender: socket.socket) -> None:
    told: list[Press] = []
    log = DtmfLog(("127.0.0.1", 0), {"192.0.2.1"}, told.append)
    for _ in range(100):
        sender.sendto(PRESS, log.address)
    log._read()
    assert log.dropped == dtmf_log._READ_LIMIT, "then the others have their turn"
    await until(log, told, 100)
    log.close()
    assert told == []
