"""Two sounds on loopback hear each other's tone, count packets, and pass digits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ringout.sandbox.sound import Metronome, Sound
from ringout.sdp.offer_answer import Negotiated

TONES = (600, 1000)


def towards(port: int, codec: str = "PCMU", *, may_send: bool = True) -> Negotiated:
    return Negotiated("127.0.0.1", port, codec, 0 if codec == "PCMU" else 8, 101, may_send, True)


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not fact():  # noqa: ASYNC110  packets arrive without telling anybody else
            await asyncio.sleep(0.005)


async def pair(codec: str) -> tuple[Sound, Sound]:
    metronome = Metronome(asyncio.get_running_loop())
    low, high = (Sound(metronome, tone, TONES, ssrc=tone) for tone in TONES)
    low.connect(towards(high.port, codec))
    high.connect(towards(low.port, codec))
    return low, high


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_each_hears_the_other_s_tone(codec: str) -> None:
    low, high = await pair(codec)
    await until(lambda: low.heard_hz is not None and high.heard_hz is not None)
    low.close()
    high.close()
    assert (low.heard_hz, high.heard_hz) == (1000, 600)
    assert abs(low.sent - high.sent) <= 1
    assert low.strange == high.strange == 0


async def test_a_press_is_heard_once_and_interrupts_nothing() -> None:
    low, high = await pair("PCMU")
    low.press("1")
    await until(lambda: bool(high.digits) and high.received > 20)
    low.press("#")
    await until(lambda: len(high.digits) > 1 and high.received > 40)
    low.close()
    high.close()
    assert high.digits == "1#"


async def test_on_hold_it_is_silent_and_goes_on_afterwards() -> None:
    low, high = await pair("PCMU")
    await until(lambda: high.received > 3)
    low.connect(towards(high.port, may_send=False))
    sent = low.sent
    await until(lambda: low.received > 20)
    assert low.sent == sent
    low.connect(towards(high.port))
    await until(lambda: low.sent > sent + 3)
    low.close()
    high.close()


async def test_a_stranger_s_packets_are_not_counted_as_heard() -> None:
    low, high = await pair("PCMU")
    stranger = Sound(low._metronome, 1000, TONES, ssrc=3)
    stranger.connect(towards(low.port))
    await until(lambda: low.strange > 3)
    low.connect(towards(1, may_send=False))
    received = low.received
    await until(lambda: low.strange > 10)
    assert low.received == received
    for sound in (low, high, stranger):
        sound.close()
