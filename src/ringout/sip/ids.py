"""Where unpredictable identifiers come from: the pure code asks, the outermost layer answers."""

from __future__ import annotations

from typing import Protocol


class IdSource(Protocol):
    """Unpredictable identifiers for Call-IDs, tags, branches and client nonces. Tests pass a counting fake."""

    def token(self) -> str:
        """16 or more characters of [0-9a-z], at least 64 bits of them unpredictable (RFC 3261 section 19.3 asks 32)."""

    def number(self, bits: int) -> int:
        """0 <= number < 2**bits, unpredictable."""
