"""Digits that come as SIP INFO: application/dtmf-relay ("Signal=5") and application/dtmf ("5")."""

from __future__ import annotations

_DIGITS = frozenset("0123456789*#ABCD")
_MAX_BODY_BYTES = 256
# The number of a telephone-event (RFC 4733 section 3.2), which some phones send instead of the sign.
_BY_EVENT = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}


def read_digit(content_type: str, body: bytes) -> str | None:
    """The digit of one INFO, 0-9 * # A-D. None: not about digits, or not a digit (a hook flash)."""
    media_type = content_type.partition(";")[0].strip().lower()
    if len(body) > _MAX_BODY_BYTES:
        return None
    text = body.decode("ascii", "replace").strip()
    if media_type == "application/dtmf":
        return _sign(text.partition("=")[2] or text)  # some send "Signal=5" here too
    if media_type == "application/dtmf-relay":
        for line in text.splitlines():
            name, equals, value = line.partition("=")
            if equals and name.strip().lower() == "signal":
                return _sign(value)
    return None


def _sign(text: str) -> str | None:
    sign = text.split("\n", 1)[0].strip().upper()
    sign = _BY_EVENT.get(sign, sign)
    return sign if sign in _DIGITS else None
