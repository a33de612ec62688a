"""WAV files of telephone quality and the naming of all others."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.audio import tones, wav

GOOD = wav.write(tones.hum((600,), 0.02))


def other(channels: int = 1, width: int = 2, rate: int = 8000) -> bytes:
    """A file as the standard library writes it."""
    with io.BytesIO() as target, wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(320))
        file.close()
        return target.getvalue()


def test_reads_back_and_as_the_standard_library_does() -> None:
    assert wav.read(GOOD) == tones.hum((600,), 0.02)
    with wave.open(io.BytesIO(GOOD)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.readframes(160) == tones.hum((600,), 0.02).tobytes()
    assert len(wav.read(other())) == 160


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a WAV"),
        (b"OggS" + bytes(40), "not a WAV"),
        (GOOD[:-2], "truncated"),
        (GOOD[:20], "truncated"),
        (GOOD[:12], "no sound"),
        (other(channels=2), "mono"),
        (other(rate=16000), "16000 Hz; it must be 8000"),
        (other(width=1), "8 bits"),
        (GOOD[:20] + b"\x07\x00" + GOOD[22:], "PCM"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(wav.BadWav, match=reason):
        wav.read(data)


def test_other_chunks_are_read_over() -> None:
    assert wav.read(GOOD[:12] + b"LIST\x03\x00\x00\x00abc\x00" + GOOD[12:]) == tones.hum((600,), 0.02)


@settings(max_examples=100)
@given(st.integers(0, len(GOOD)), st.binary(min_size=1, max_size=4))
def test_any_damage_gives_samples_or_the_one_error(position: int, damage: bytes) -> None:
    try:
        wav.read(GOOD[:position] + damage + GOOD[position + len(damage) :])
    except wav.BadWav:
        pass
