"""Prompts and ringback as rtpengine plays them: paths on its machine, or WAV files sent along."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import pack

from ringout import logs
from ringout.audio import g711, tones
from ringout.audio.frame import RATE_HZ
from ringout.media import prompts
from ringout.media.rtpengine.commands import Message

# A WAV file goes along in one UDP datagram: 8 s of mu-law, which is a byte for each sample.
MOST_SAMPLES = 8 * RATE_HZ - 256
_MU_LAW = 7  # format tag, and the reason for the two bytes of extension size after the format


class Sounds:
    """directory: where the prompts lie on rtpengine's machine, laid out as `ringout prompts` lists them; "" = they are
    sent. override: our own directory of them, as in the configuration."""

    def __init__(self, directory: str, override: Path | None) -> None:
        self._directory = directory.rstrip("/")
        self._override = override
        self._read: dict[tuple[Path, ...], list[Message]] = {}  # by what is played, not by the asker's language
        self._ringbacks: dict[str, Message] = {}

    def prompts(self, names: Sequence[str], language: str) -> list[Message]:
        """What to play one after the other. A sound that there is not is left out, as is one whose file was damaged
        after the start."""
        found = tuple(path for name in names if (path := prompts.find(name, language, self._override)) is not None)
        if self._directory:
            return [{"file": f"{self._directory}/{path.parent.name}/{path.name}"} for path in found]
        if found not in self._read:
            self._read[found] = list(_files(_samples(found)))
        return self._read[found]

    def ringback(self, country: str) -> Message:
        """One round of that country's cadence."""
        country = country.lower() if country.lower() in tones.RINGBACK else "us"
        if country not in self._ringbacks:
            self._ringbacks[country] = next(_files(tones.ringback(country)))
        return self._ringbacks[country]


def _samples(paths: Sequence[Path]) -> array[int]:
    samples = array("h")
    for path in paths:
        try:
            samples += prompts.read(path)
        except prompts.BadPrompt as problem:
            logs.get("media").warning("a prompt cannot be played", trouble=str(problem))
    return samples


def _files(samples: array[int]) -> Iterator[Message]:
    for start in range(0, len(samples), MOST_SAMPLES):
        yield {"blob": wav_of_mu_law(samples[start : start + MOST_SAMPLES])}


def wav_of_mu_law(samples: array[int]) -> bytes:
    """A WAV file of one channel at RATE_HZ."""
    data = g711.encode(samples, "PCMU")
    form = pack("<HHIIHHH", _MU_LAW, 1, RATE_HZ, RATE_HZ, 1, 8, 0)
    body = b"WAVEfmt " + pack("<I", len(form)) + form + b"data" + pack("<I", len(data)) + data
    return b"RIFF" + pack("<I", len(body)) + body + b"\0" * (len(data) % 2)
