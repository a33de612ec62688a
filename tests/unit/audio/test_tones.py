"""Tones made and found."""

from __future__ import annotations

from array import array
from pathlib import Path
from random import Random

import pytest

from ringout.audio import tones
from ringout.audio.goertzel import DtmfDetector, power, share


@pytest.mark.parametrize("country", sorted(tones.RINGBACK))
def test_ringback_of_each_country_is_whole_frames_of_its_frequencies_then_silence(country: str) -> None:
    tone = tones.RINGBACK[country]
    sound = tones.ringback(country.upper())
    assert len(sound) % 160 == 0
    assert len(sound) == round(sum(tone.cadence_seconds) * 8000)
    first = sound[: round(tone.cadence_seconds[0] * 8000)]
    for frequency in tone.frequencies_hz:
        assert power(first, frequency) > 1e6
    assert not any(sound[-160:])
    assert max(sound) < 16000


def test_unknown_country_rings_as_the_us() -> None:
    assert tones.ringback("zz") == tones.ringback("us")


def test_share_tells_tones_apart() -> None:
    hum = tones.hum((600,), 0.02)
    assert share(hum, 600) > 0.99
    assert share(hum, 1000) < 0.01
    assert share(tones.silence(0.02), 600) == 0.0


@pytest.mark.parametrize("digit", sorted(tones.DTMF))
@pytest.mark.parametrize("offset", [0, 37])
def test_forty_milliseconds_of_each_digit_are_found_once(digit: str, offset: int) -> None:
    detector = DtmfDetector()
    sound = array("h", bytes(2 * offset)) + tones.dtmf(digit, 0.04) + tones.silence(0.06) + tones.dtmf(digit, 0.3)
    heard = [found for start in range(0, len(sound), 160) for found in detector.receive(sound[start : start + 160])]
    assert heard == [digit, digit]


def test_noise_hums_and_ringback_hold_no_digit() -> None:
    random = Random(1)
    noise = array("h", [random.randint(-8000, 8000) for _ in range(16000)])
    for sound in (noise, tones.ringback("us"), tones.hum((697,), 0.5), tones.hum((600, 1000), 0.5)):
        assert DtmfDetector().receive(sound) == []


def test_the_reference_page_lists_every_country() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "ringback-tones.md"
    rows = []
    for country, tone in tones.RINGBACK.items():
        frequencies = " + ".join(map(str, tone.frequencies_hz))
        if tone.modulation_hz:
            frequencies += f", modulated by {tone.modulation_hz}"
        rows.append(f"| {country} | {frequencies} | {', '.join(f'{seconds:g}' for seconds in tone.cadence_seconds)} |")
    assert page.read_text().splitlines()[-len(rows) :] == rows
