"""A link that loses, doubles and reorders: nobody hears anything else than what was sent, and the figures are right."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from contract.conftest import OpenCall
from contract.rtp_peer import until
from ringout.domain.quality import LegQuality
from ringout.domain.status import Party
from ringout.rtp.packet import RtpPacket


def faulty(count: int, seed: int) -> list[int]:
    """Indexes of packets in the order of their arrival. The first and the last arrive as they should."""
    chance = Random(seed)
    arrivals: list[tuple[float, int]] = [(-1.0, 0), (count + 9.0, count - 1)]
    for index in range(1, count - 1):
        if chance.random() < 0.1:
            continue
        arrivals.append((index + (chance.uniform(0, 4) if chance.random() < 0.1 else 0), index))
        if chance.random() < 0.05:
            arrivals.append((index + chance.uniform(0, 3), index))
    return [index for _, index in sorted(arrivals)]


@pytest.mark.parametrize("seed", range(3))
async def test_faulty_link(open_call: OpenCall, seed: int) -> None:
    call, count = open_call(), 400
    call.connect_both()
    call.session.bridge()
    await asyncio.sleep(0.02)
    order = faulty(count, seed)
    for sent, index in enumerate(order):
        payload = index.to_bytes(4, "big") * 40
        packet = RtpPacket(0, 65400 + index, 0xFFFFFC00 + 160 * index, call.caller.ssrc, payload)
        call.caller.send_bytes(packet.encode())
        await until(lambda: sent - len(call.callee.received) < 100)  # noqa: B023 - no socket's buffer overflows
    await until(lambda: len(call.callee.received) == len(order))
    came = [(int.from_bytes(packet.payload[:4], "big"), packet) for packet in call.callee.packets]
    assert [index for index, _ in came] == order
    assert all(packet.payload == packet.payload[:4] * 40 for _, packet in came)
    # Order, gaps and spacing are those of the source: a listener's jitter buffer can put them right.
    assert len({(packet.sequence - index) & 0xFFFF for index, packet in came}) == 1
    assert len({(packet.timestamp - 160 * index) & 0xFFFFFFFF for index, packet in came}) == 1
    call.session.close()
    await until(lambda: any(fact[0] == "quality" for fact in call.listener.heard))
    told = next(fact[2] for fact in call.listener.heard if fact[:2] == ("quality", Party.CALLER))
    assert isinstance(told, LegQuality)
    copies = len(order) - len(set(order))
    assert (told.received, told.lost) == (len(order), count - len(set(order)) - copies)
    assert told.mos < 4.2
