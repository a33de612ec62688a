"""Ears for Opus: the decoder of libopus, which comes with baresip."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterable

from .tones import RATE_HZ

_LONGEST = RATE_HZ * 120 // 1000  # samples of the longest packet


def decode(payloads: Iterable[bytes]) -> list[int]:
    """Samples at 8 kHz of packets in order."""
    library = ctypes.CDLL(ctypes.util.find_library("opus") or "libopus.so.0")
    library.opus_decoder_create.restype = ctypes.c_void_p
    decoder = ctypes.c_void_p(library.opus_decoder_create(RATE_HZ, 1, ctypes.byref(ctypes.c_int())))
    buffer = (ctypes.c_int16 * _LONGEST)()
    samples: list[int] = []
    try:
        for payload in payloads:
            count = library.opus_decode(decoder, payload, len(payload), buffer, _LONGEST, 0)
            assert count > 0, f"libopus cannot decode {payload.hex()}: {count}"
            samples += buffer[:count]
    finally:
        library.opus_decoder_destroy(decoder)
    return samples
