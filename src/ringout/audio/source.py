"""Audio cut into what one packet carries."""

from __future__ import annotations

from array import array

from ringout.audio import g711

RATE_HZ = 8000
FRAME_SAMPLES = 160
FRAME_SECONDS = 0.02


def frames(samples: array[int], codec: str) -> list[bytes]:
    """Encoded frames of exactly 160 bytes; the last is filled up with silence. codec: PCMU or PCMA."""
    payload = g711.encode(samples, codec)
    payload += bytes((g711.SILENCE[codec],)) * (-len(payload) % FRAME_SAMPLES)
    return [payload[start : start + FRAME_SAMPLES] for start in range(0, len(payload), FRAME_SAMPLES)]
