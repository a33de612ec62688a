"""Tones for ears made of arithmetic: make one, measure one, G.711 both ways. Shares no code with the product."""

from __future__ import annotations

import math
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

RATE_HZ = 8000


def sine(hz: float, seconds: float, amplitude: int = 8000) -> list[int]:
    """Samples of 16 bits at 8 kHz."""
    return [round(amplitude * math.sin(2 * math.pi * hz * n / RATE_HZ)) for n in range(round(seconds * RATE_HZ))]


def share(samples: Sequence[int], hz: float) -> float:
    """How much of the energy is at hz (Goertzel): 1.0 = nothing else, 0.0 = none of it. Silence gives 0.0."""
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hz / RATE_HZ)
    one = two = 0.0
    for sample in samples:
        one, two = sample + factor * one - two, one
    power = one * one + two * two - factor * one * two
    return 2 * power / (energy * len(samples))


def parts_with(samples: Sequence[int], hz: float) -> float:
    """Of the tenths of a second in there, the part (0.0 to 1.0) that holds mostly that tone. Unlike `share` it forgives
    a phone whose jitter buffer drops or repeats a frame, which shifts the tone's phase."""
    blocks = [samples[start : start + 800] for start in range(0, len(samples) - 799, 800)]
    return sum(share(block, hz) > 0.8 for block in blocks) / len(blocks) if blocks else 0.0


def from_now_on(heard: Callable[[], Sequence[int]]) -> Callable[[], Sequence[int]]:
    """What a phone hears after this: what it has heard before a hold, say, proves nothing about the time after it.
    heard: all samples so far, or of its latest recording."""
    known = len(heard())

    def new() -> Sequence[int]:
        nonlocal known
        samples = heard()
        if len(samples) < known:  # a recording of its own, begun since
            known = 0
        return samples[known:]

    return new


def level(samples: Sequence[int]) -> float:
    """Root mean square, 0 to 32767."""
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0


def _expand(code: int) -> int:
    """G.711 mu-law (ITU-T G.711 table 2) to a linear sample of 16 bits."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return 0x84 - magnitude if code & 0x80 else magnitude - 0x84


def _expand_a(code: int) -> int:
    """G.711 A-law (ITU-T G.711 table 1) to a linear sample of 16 bits."""
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
    magnitude = mantissa + 8 if exponent == 0 else (mantissa + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


MU_LAW = [_expand(code) for code in range(256)]
A_LAW = [_expand_a(code) for code in range(256)]
_TABLES = {0: MU_LAW, 8: A_LAW}


def decode(payload: bytes, payload_type: int = 0) -> list[int]:
    table = _TABLES[payload_type]
    return [table[byte] for byte in payload]


def encode(samples: Sequence[int], payload_type: int = 0) -> bytes:
    """By search for the nearest code: slow, obviously right. Repeated values are looked up once."""
    table = _TABLES[payload_type]
    nearest = {value: min(range(256), key=lambda code: abs(table[code] - value)) for value in set(samples)}
    return bytes(nearest[sample] for sample in samples)


def write_wav(path: Path, samples: Sequence[int]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


def read_wav(path: Path) -> tuple[int, list[int]]:
    """(rate in Hz, samples of the first channel). The file may still be growing, its header untrue."""
    data = path.read_bytes()
    rate, channels = int.from_bytes(data[24:28], "little"), int.from_bytes(data[22:24], "little")
    start = data.index(b"data") + 8
    step = 2 * channels
    body = data[start : start + (len(data) - start) // step * step]
    return rate, [int.from_bytes(body[n : n + 2], "little", signed=True) for n in range(0, len(body), step)]
