"""WAV files of telephone quality. Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF)."""

from __future__ import annotations

import sys
from array import array
from struct import Struct

from ringout.audio.frame import RATE_HZ

_FORMAT = Struct("<HHIIHH")
_PCM = 1


class BadWav(Exception):
    """The file cannot be played. reason: one plain sentence that says what it is and what it must be."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read(data: bytes) -> array[int]:
    """The samples of an 8000 Hz, mono, 16 bit PCM file. Raises BadWav for anything else, a truncated file included."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadWav("It is not a WAV file.")
    format_seen = False
    offset = 12
    while offset + 8 <= len(data):
        name = data[offset : offset + 4]
        size = int.from_bytes(data[offset + 4 : offset + 8], "little")
        body = data[offset + 8 : offset + 8 + size]
        if len(body) < size:
            raise BadWav(f"It is truncated: {size} bytes are announced and {len(body)} are there.")
        if name == b"fmt ":
            _check_format(body)
            format_seen = True
        elif name == b"data":
            if not format_seen:
                raise BadWav("Its sound comes before its format.")
            return _samples(body)
        offset += 8 + size + size % 2
    raise BadWav("It is truncated: there is no sound in it.")


def write(samples: array[int]) -> bytes:
    """A whole file, 8000 Hz, mono, 16 bit."""
    sound = array("h", samples)
    if sys.byteorder == "big":
        sound.byteswap()
    body = sound.tobytes()
    form = _FORMAT.pack(_PCM, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    riff = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + len(body).to_bytes(4, "little") + body
    return b"RIFF" + len(riff).to_bytes(4, "little") + riff


def _check_format(body: bytes) -> None:
    if len(body) < _FORMAT.size:
        raise BadWav("It is truncated: its format is cut off.")
    encoding, channels, rate, _, _, bits = _FORMAT.unpack_from(body)
    if encoding != _PCM:
        raise BadWav(f"Its encoding is {encoding}; it must be PCM (1).")
    if channels != 1:
        raise BadWav(f"It has {channels} channels; it must be mono.")
    if rate != RATE_HZ:
        raise BadWav(f"Its rate is {rate} Hz; it must be {RATE_HZ} Hz.")
    if bits != 16:
        raise BadWav(f"It has {bits} bits a sample; it must have 16.")


def _samples(body: bytes) -> array[int]:
    if not body or len(body) % 2:
        raise BadWav("It is truncated: its sound is not a whole number of samples.")
    sound = array("h", body)
    if sys.byteorder == "big":
        sound.byteswap()
    return sound
