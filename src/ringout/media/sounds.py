"""Sounds ready to send: prompts, ringback, keypad tones, each encoded once for each codec."""

from __future__ import annotations

from array import array
from pathlib import Path

from ringout.audio import g711, tones
from ringout.audio.frame import FRAME_SAMPLES
from ringout.media import prompts


class Sound:
    """Some audio in both codecs, a whole number of frames; encoded when first asked for."""

    __slots__ = ("_encoded", "_samples")

    def __init__(self, samples: array[int]) -> None:
        self._samples = samples
        self._samples.extend(array("h", bytes(2 * (-len(samples) % FRAME_SAMPLES))))
        self._encoded: dict[str, bytes] = {}

    def encoded(self, codec: str) -> bytes:
        """codec: PCMU or PCMA."""
        if codec not in self._encoded:
            self._encoded[codec] = g711.encode(self._samples, codec)
        return self._encoded[codec]


class Sounds:
    """Every sound of a worker. Each is read when first used: that takes about a millisecond, once."""

    def __init__(self, override: Path | None) -> None:
        self._override = override
        self._prompts: dict[tuple[str, str], Sound] = {}
        self._ringbacks: dict[str, Sound] = {}
        self._digits: dict[str, Sound] = {}

    def prompt(self, name: str, language: str) -> Sound | None:
        """None = there is no such prompt. Raises BadPrompt when its file was damaged after the start."""
        sound = self._prompts.get((name, language))
        if sound is None:
            path = prompts.find(name, language, self._override)
            if path is None:
                return None
            sound = self._prompts[name, language] = Sound(prompts.read(path))
        return sound

    def ringback(self, country: str) -> Sound:
        """One round of that country's cadence."""
        if country not in self._ringbacks:
            self._ringbacks[country] = Sound(tones.ringback(country))
        return self._ringbacks[country]

    def digit(self, digit: str) -> Sound:
        """The keypad tone and the pause after it."""
        if digit not in self._digits:
            self._digits[digit] = Sound(tones.dtmf(digit, 0.1) + tones.silence(0.06))
        return self._digits[digit]
