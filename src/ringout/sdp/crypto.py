"""Keys of SRTP in a description: `a=crypto` lines. Source: RFC 4568, RFC 7714 section 14.2 for the GCM suites."""

from __future__ import annotations

from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass, field

# Bytes of master key and salt together.
KEY_BYTES = {
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_128_GCM": 28,
    "AEAD_AES_256_GCM": 44,
}
MAX_LINES = 32  # crypto lines of one section that are looked at
_MAX_LENGTH = 512
_HARMLESS = ("WSH=", "-")  # a window size hint; whatever begins with "-" may be left aside (section 6.3.7)


@dataclass(frozen=True, slots=True)
class Crypto:
    """One crypto attribute. tag: 1 to 9 digits. key: master key and salt, KEY_BYTES of the suite."""

    tag: int
    suite: str
    key: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{b64encode(self.key).decode()}"

    @classmethod
    def parse(cls, value: str) -> Crypto | None:
        """None for a line that we cannot use: an unknown suite, several keys, a master key identifier, a session
        parameter that changes what the packets look like, or one that is malformed."""
        words = value.split()
        if len(value) > _MAX_LENGTH or len(words) < 3:
            return None
        tag, suite, keys = words[0], words[1].upper(), words[2]
        if not (tag.isascii() and tag.isdigit() and len(tag) <= 9) or suite not in KEY_BYTES:
            return None
        if not all(parameter.upper().startswith(_HARMLESS) for parameter in words[3:]):
            return None
        key = _inline(keys, KEY_BYTES[suite])
        return None if key is None else cls(int(tag), suite, key)


def _inline(text: str, length: int) -> bytes | None:
    method, _, rest = text.partition(":")
    encoded, *more = rest.split("|")
    # Not handled: a lifetime. The shortest that phones send, 2^20 packets, are six hours.
    if method.lower() != "inline" or any(":" in part for part in more) or ";" in rest:
        return None
    try:
        key = a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True)  # some leave the padding out
    except (Error, ValueError):
        return None
    return key if len(key) == length else None


def chosen(theirs: Sequence[str], ours: Sequence[Crypto]) -> tuple[Crypto, Crypto] | None:
    """The first usable line of the peer's whose suite is among ours, with our line of that suite: (theirs, ours).
    Whether the peer's line is an offer or an answer makes no difference: a tag that answers none of ours still has a
    suite. None = there is no common one."""
    for value in theirs[:MAX_LINES]:
        line = Crypto.parse(value)
        own = next((each for each in ours if line is not None and each.suite == line.suite), None)
        if line is not None and own is not None:
            return line, own
    return None
