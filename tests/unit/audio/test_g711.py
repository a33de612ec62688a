"""mu-law and A-law, ITU-T G.711."""

from __future__ import annotations

from array import array

import pytest

from ringout.audio import g711


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_every_code_survives_decoding_and_encoding(codec: str) -> None:
    codes = bytes(range(256))
    again = g711.encode(g711.decode(codes, codec), codec)
    # mu-law has a second zero (0x7F), which reads as the first.
    assert again == (codes.replace(b"\x7f", b"\xff") if codec == "PCMU" else codes)


@pytest.mark.parametrize(
    ("codec", "code", "sample"),
    [("PCMU", 0x00, -32124), ("PCMU", 0x80, 32124), ("PCMU", 0xFF, 0), ("PCMA", 0x2A, -32256), ("PCMA", 0xAA, 32256)],
)
def test_extremes_are_the_standards(codec: str, code: int, sample: int) -> None:
    assert g711.decode(bytes((code,)), codec) == array("h", [sample])


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_nearest_level_is_chosen(codec: str) -> None:
    levels = sorted(set(g711.decode(bytes(range(256)), codec)))
    for sample in range(-32768, 32768, 97):
        (decoded,) = g711.decode(g711.encode(array("h", [sample]), codec), codec)
        assert abs(decoded - sample) == min(abs(level - sample) for level in levels)


def test_translation_goes_there_and_back() -> None:
    codes = bytes(range(256))
    there = codes.translate(g711.TRANSCODE["PCMU", "PCMA"]).translate(g711.TRANSCODE["PCMA", "PCMU"])
    pairs = zip(g711.decode(codes, "PCMU"), g711.decode(there, "PCMU"), strict=True)
    assert all(abs(a - b) <= max(8, abs(a) / 16) for a, b in pairs)
