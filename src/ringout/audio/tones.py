"""Tones to play: ringback of the countries, keypad digits, hums."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from math import gcd, pi, sin

from ringout.audio.frame import RATE_HZ

LEVEL = 0.1  # of full scale for each ringback frequency, about -20 dBFS
DTMF_LEVEL = 0.2
DTMF = {
    digit: (row, column)
    for row, digits in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for column, digit in zip((1209, 1336, 1477, 1633), digits, strict=True)
}  # ITU-T Q.23


@dataclass(frozen=True, slots=True)
class Ringback:
    """frequencies_hz sound together. cadence_seconds: on, off, on, off ..., repeated; every entry a multiple of 20 ms.
    modulation_hz: the tone is switched in loudness that often, 0 = steady."""

    frequencies_hz: tuple[int, ...]
    cadence_seconds: tuple[float, ...]
    modulation_hz: int = 0


_COMMON_425_1_4 = Ringback((425,), (1.0, 4.0))
# Source: ITU-T E.180 supplement 2, "Various tones used in national networks", ringing tone.
RINGBACK = {
    "ar": _COMMON_425_1_4,
    "at": Ringback((420,), (1.0, 5.0)),
    "au": Ringback((413, 438), (0.4, 0.2, 0.4, 2.0)),
    "be": Ringback((425,), (1.0, 3.0)),
    "br": _COMMON_425_1_4,
    "ca": Ringback((440, 480), (2.0, 4.0)),
    "ch": _COMMON_425_1_4,
    "cn": Ringback((450,), (1.0, 4.0)),
    "cz": _COMMON_425_1_4,
    "de": _COMMON_425_1_4,
    "dk": _COMMON_425_1_4,
    "es": Ringback((425,), (1.5, 3.0)),
    "fi": _COMMON_425_1_4,
    "fr": Ringback((440,), (1.5, 3.5)),
    "gb": Ringback((400, 450), (0.4, 0.2, 0.4, 2.0)),
    "gr": _COMMON_425_1_4,
    "hu": Ringback((425,), (1.26, 3.74)),
    "ie": Ringback((400, 450), (0.4, 0.2, 0.4, 2.0)),
    "in": Ringback((400,), (0.4, 0.2, 0.4, 2.0)),
    "it": _COMMON_425_1_4,
    "jp": Ringback((400,), (1.0, 2.0), modulation_hz=15),
    "mx": _COMMON_425_1_4,
    "nl": _COMMON_425_1_4,
    "no": _COMMON_425_1_4,
    "nz": Ringback((400, 450), (0.4, 0.2, 0.4, 2.0)),
    "pl": Ringback((425,), (1.0, 4.0)),
    "pt": Ringback((425,), (1.0, 5.0)),
    "se": Ringback((425,), (1.0, 5.0)),
    "uk": Ringback((400, 450), (0.4, 0.2, 0.4, 2.0)),
    "us": Ringback((440, 480), (2.0, 4.0)),
    "za": Ringback((400, 450), (0.4, 0.2, 0.4, 2.0)),
}


def ringback(country: str) -> array[int]:
    """One whole round of the cadence, a whole number of 20 ms frames. country: ISO 3166 code (or "uk") in any case; an
    unknown one gets the tone of "us"."""
    tone = RINGBACK.get(country.lower(), RINGBACK["us"])
    sound = array("h")
    for index, seconds in enumerate(tone.cadence_seconds):
        if index % 2:
            sound.extend(silence(seconds))
        else:
            sound.extend(hum(tone.frequencies_hz, seconds, LEVEL, tone.modulation_hz))
    return sound


def hum(frequencies_hz: tuple[int, ...], seconds: float, level: float = 0.25, modulation_hz: int = 0) -> array[int]:
    """Sines that sound together. level: amplitude of each, as a share of full scale; the sum must stay under 1."""
    # The sum repeats after one period of the greatest common divisor, so only that much is computed.
    period = RATE_HZ // gcd(RATE_HZ, *frequencies_hz, *((modulation_hz,) if modulation_hz else ()))
    once = array("h", [_sample(n, frequencies_hz, level, modulation_hz) for n in range(period)])
    length = round(seconds * RATE_HZ)
    whole = once * (length // period + 1)
    return whole[:length]


def _sample(n: int, frequencies_hz: tuple[int, ...], level: float, modulation_hz: int) -> int:
    value = sum(sin(2 * pi * frequency * n / RATE_HZ) for frequency in frequencies_hz)
    if modulation_hz:
        value *= (1 + sin(2 * pi * modulation_hz * n / RATE_HZ)) / 2
    return round(32767 * level * value)


def silence(seconds: float) -> array[int]:
    return array("h", bytes(2 * round(seconds * RATE_HZ)))


def dtmf(digit: str, seconds: float = 0.1) -> array[int]:
    """The keypad tone of one digit. Raises KeyError for what is no digit. Source: ITU-T Q.23."""
    return hum(DTMF[digit.upper()], seconds, DTMF_LEVEL)
