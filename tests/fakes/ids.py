"""An IdSource that counts."""

from __future__ import annotations


class CountingIds:
    """token() gives `tok<prefix>00000000001` and so on; number() a fixed pseudo-random walk. The same in every run."""

    def __init__(self, prefix: str = "a") -> None:
        self._prefix = prefix
        self._count = 0
        self._state = 1

    def token(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count:015d}"

    def number(self, bits: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 11) % 2**bits
