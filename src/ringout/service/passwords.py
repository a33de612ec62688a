"""Password hashes, computed where they do not stop the phones: in threads of low priority, a few at a time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import argon2

from ringout.domain.errors import Unavailable

_AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
_MOST_WAITING = 256  # each takes 25 ms or so of one thread
_MOST_REMEMBERED = 1000
_MOST_CHARACTERS = 1024
_LOW_PRIORITY = 10  # beside busy threads a tenth of a core is left; at 19 logins would starve there
# Of a password that nobody has: what a stranger's is compared with, so that it takes as long as a user's.
_DECOY = "$argon2id$v=19$m=19456,t=2,p=1$kn6Z8Bk33VP7ZPurJTsdjA$Zs6ZwlVcC3wA9ibhaEm14fUoaCC+kIka7o+ywvjm2no"


class Passwords:
    """Argon2id with the memory and time that OWASP asks for as a minimum: 19 MiB, two passes, 25 ms or so."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._threads = ThreadPoolExecutor(_AT_ONCE, "passwords", _yield_to_the_phones)
        self._waiting = 0
        self._right_before: dict[str, bytes] = {}  # stored hash -> SHA-256 of the secret
        self._checking: dict[tuple[str, bytes], asyncio.Future[bool]] = {}

    async def hash(self, password: str) -> str:
        """A PHC string with a fresh salt, of as many characters as matches looks at. Raises Unavailable as it does."""
        hashed: str = await asyncio.shield(self._start(self._hasher.hash, password[:_MOST_CHARACTERS]))
        return hashed

    async def matches(self, password: str, stored: str | None) -> bool:
        """Takes the same time when there is nothing to compare with (stored None), so that a stopwatch cannot tell
        users from strangers. Raises Unavailable when too many logins wait already."""
        right: bool = await asyncio.shield(self._start(self._verify, password[:_MOST_CHARACTERS], stored))
        return right

    async def matches_secret(self, secret: str, stored: str) -> bool:
        """The same for a client's secret, which comes with every token request: one that was right before is compared
        with its digest in memory, and many who show the same one at once wait for one comparison."""
        shown = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        known = self._right_before.get(stored)
        if known is not None and hmac.compare_digest(known, shown):
            return True
        key = (stored, shown)
        running = self._checking.get(key)
        if running is None:
            running = self._start(self._verify, secret[:_MOST_CHARACTERS], stored)
            self._checking[key] = running
            running.add_done_callback(lambda done: self._learn(key, done))
        return await asyncio.shield(running)

    def _learn(self, key: tuple[str, bytes], done: asyncio.Future[bool]) -> None:
        del self._checking[key]
        if done.cancelled() or not done.result():
            return
        if len(self._right_before) >= _MOST_REMEMBERED:
            self._right_before.clear()
        self._right_before[key[0]] = key[1]

    def _start(self, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Shield what this gives: whoever stops waiting does not stop the thread."""
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("Too many logins at the moment.", 2)
        self._waiting += 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        running.add_done_callback(self._ended)
        return running

    def _ended(self, done: object) -> None:
        self._waiting -= 1

    def _verify(self, password: str, stored: str | None) -> bool:
        try:
            self._hasher.verify(stored or _DECOY, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return stored is not None


def _yield_to_the_phones() -> None:
    """For the thread that calls it. Elsewhere than on Linux a priority is the whole process's: nothing is done."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)
