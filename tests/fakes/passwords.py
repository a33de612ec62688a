"""Password hashes that cost nothing, for tests of something else."""

from __future__ import annotations

import asyncio

from ringout.service.passwords import Passwords


class QuickPasswords(Passwords):
    """Hashes that say what they are of, in no time."""

    async def hash(self, password: str) -> str:
        await asyncio.sleep(0)  # others have their turn, as while a thread computes
        return f"hash of {password}"

    async def matches(self, password: str, stored: str | None) -> bool:
        return stored == f"hash of {password}"

    async def matches_secret(self, secret: str, stored: str) -> bool:
        return await self.matches(secret, stored)
