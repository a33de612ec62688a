"""Password hashes, computed where they do not stop the phones: in threads, a few at a time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac

import argon2

from ringout.domain.errors import Unavailable

_AT_ONCE = 2
_MOST_WAITING = 32
_MOST_REMEMBERED = 1000


class Passwords:
    """Argon2id with the memory and time that OWASP asks for as a minimum: 19 MiB, two passes, 25 ms or so."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._decoy: str | None = None
        self._right_before: dict[str, bytes] = {}  # stored hash -> SHA-256 of the secret

    async def hash(self, password: str) -> str:
        """A PHC string with a fresh salt."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Takes the same time when there is nothing to compare with (stored None), so that a stopwatch cannot tell
        users from strangers. Raises Unavailable when too many logins wait already."""
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("Too many logins at the moment.", 2)
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(self._verify, password, stored)
        finally:
            self._waiting -= 1

    async def matches_secret(self, secret: str, stored: str) -> bool:
        """The same for a client's secret, which comes with every token request: one that was right before is compared
        with its digest in memory."""
        shown = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        known = self._right_before.get(stored)
        if known is not None and hmac.compare_digest(known, shown):
            return True
        if not await self.matches(secret[:1024], stored):
            return False
        if len(self._right_before) >= _MOST_REMEMBERED:
            self._right_before.clear()
        self._right_before[stored] = shown
        return True

    def _verify(self, password: str, stored: str | None) -> bool:
        if self._decoy is None:
            self._decoy = self._hasher.hash("nobody has this password")
        try:
            self._hasher.verify(stored or self._decoy, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return stored is not None
