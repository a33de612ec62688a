"""The real IdSource of service.ports and ringout.sip."""

from __future__ import annotations

import secrets


class RandomIds:
    """Identifiers from the operating system's randomness."""

    __slots__ = ()

    def token(self) -> str:
        """20 hexadecimal digits, 80 bits."""
        return secrets.token_hex(10)

    def number(self, bits: int) -> int:
        return secrets.randbits(bits)
