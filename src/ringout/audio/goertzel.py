"""Finds tones in linear audio: Goertzel's recurrence, one frequency at a time."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import cos, pi

from ringout.audio.frame import RATE_HZ
from ringout.audio.tones import DTMF

BLOCK_SAMPLES = 102  # 12.75 ms: narrow enough to part the keypad's rows, short enough for two blocks in a 40 ms tone
_ROWS = (697, 770, 852, 941)
_COLUMNS = (1209, 1336, 1477, 1633)
_DIGITS = {frequencies: digit for digit, frequencies in DTMF.items()}
_MIN_POWER = 400_000.0  # mean square of a block, about -34 dBFS
_ENERGY_SHARE = 0.70
_TWIST = 10 ** (9 / 10)  # 9 dB between row and column
_COEFFICIENTS = {frequency: 2 * cos(2 * pi * frequency / RATE_HZ) for frequency in (*_ROWS, *_COLUMNS)}


def power(samples: Sequence[int], frequency_hz: float) -> float:
    """The mean square that a sine of that frequency contributes to the block, in samples squared."""
    return _power(samples, 2 * cos(2 * pi * frequency_hz / RATE_HZ))


def share(samples: Sequence[int], frequency_hz: float) -> float:
    """How much of the block's energy lies at that frequency: about 1.0 for a pure tone, 0.0 for silence."""
    total = sum(sample * sample for sample in samples)
    return power(samples, frequency_hz) * len(samples) / total if total else 0.0


def _power(samples: Sequence[int], coefficient: float) -> float:
    first = second = 0.0
    for sample in samples:
        first, second = sample + coefficient * first - second, first
    return 2 * (first * first + second * second - coefficient * first * second) / len(samples) ** 2


class DtmfDetector:
    """Hears keypad digits in audio that arrives in pieces of any length. A digit is told once, when a second block in a
    row holds it, and again only after two blocks without it."""

    __slots__ = ("_candidate", "_left", "_told")

    def __init__(self) -> None:
        self._left = array("h")
        self._candidate: str | None = None
        self._told: str | None = None

    def receive(self, samples: array[int]) -> list[str]:
        """The digits that began, in order."""
        self._left.extend(samples)
        heard = []
        offset = 0
        while offset + BLOCK_SAMPLES <= len(self._left):
            digit = _digit(self._left[offset : offset + BLOCK_SAMPLES])
            offset += BLOCK_SAMPLES
            if digit is not None and digit == self._candidate and digit != self._told:
                self._told = digit
                heard.append(digit)
            elif digit is None and self._candidate is None:
                self._told = None
            self._candidate = digit
        del self._left[:offset]
        return heard


def _digit(block: array[int]) -> str | None:
    energy = sum(sample * sample for sample in block) / len(block)
    if energy < _MIN_POWER:
        return None
    row_power, row = max((_power(block, _COEFFICIENTS[frequency]), frequency) for frequency in _ROWS)
    column_power, column = max((_power(block, _COEFFICIENTS[frequency]), frequency) for frequency in _COLUMNS)
    if row_power + column_power < _ENERGY_SHARE * energy:
        return None
    if row_power > _TWIST * column_power or column_power > _TWIST * row_power:
        return None
    return _DIGITS[row, column]
