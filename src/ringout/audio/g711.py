"""mu-law and A-law by table look-up. Source: ITU-T G.711, tables 1a to 2b."""

from __future__ import annotations

from array import array
from operator import itemgetter


def _ulaw_value(code: int) -> int:
    """The 14-bit value of one code, scaled to 16 bits."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -magnitude if code & 0x80 else magnitude


def _alaw_value(code: int) -> int:
    """The 13-bit value of one code, scaled to 16 bits."""
    code ^= 0x55
    exponent = code >> 4 & 7
    magnitude = (code & 0x0F) << 4 | 8
    if exponent:
        magnitude = (magnitude | 0x100) << exponent - 1
    return magnitude if code & 0x80 else -magnitude


_VALUES = {
    "PCMU": array("h", [_ulaw_value(code) for code in range(256)]),
    "PCMA": array("h", [_alaw_value(code) for code in range(256)]),
}


def _nearest(values: array[int]) -> bytes:
    """65536 codes, indexed by the sample modulo 65536 (so a negative sample indexes from the end)."""
    levels = sorted((value, code) for code, value in enumerate(values) if not (value == 0 and code == 0x7F))
    codes = bytearray(65536)
    position = 0
    for sample in range(-32768, 32768):
        while position + 1 < len(levels) and 2 * sample >= levels[position][0] + levels[position + 1][0]:
            position += 1
        codes[sample & 0xFFFF] = levels[position][1]
    return bytes(codes)


_CODES = {codec: _nearest(values) for codec, values in _VALUES.items()}


def encode(samples: array[int], codec: str) -> bytes:
    """One byte for each sample. codec: PCMU or PCMA."""
    if len(samples) < 2:
        return bytes(_CODES[codec][sample] for sample in samples)
    return bytes(itemgetter(*samples)(_CODES[codec]))


def decode(payload: bytes, codec: str) -> array[int]:
    """One sample for each byte."""
    if len(payload) < 2:
        return array("h", [_VALUES[codec][code] for code in payload])
    return array("h", itemgetter(*payload)(_VALUES[codec]))


# bytes.translate tables, 256 bytes each: payload.translate(TRANSCODE["PCMU", "PCMA"])
TRANSCODE = {
    ("PCMU", "PCMA"): encode(_VALUES["PCMU"], "PCMA"),
    ("PCMA", "PCMU"): encode(_VALUES["PCMA"], "PCMU"),
}
