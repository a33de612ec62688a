"""Who shows a user's name and password, and how often somebody may try. Shared by the password grant and the login
page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ringout.domain.account import Client, Extension
from ringout.domain.errors import GrantRefused, Unavailable
from ringout.service.accounts import Accounts
from ringout.service.attempts import Attempts
from ringout.service.passwords import Passwords
from ringout.service.ports import Clock

_MOST_AT_ONE_NAME = 200


@dataclass(slots=True)
class _Turns:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Logins:
    """Checks passwords. Nothing that comes back tells an unknown user from a wrong password."""

    def __init__(self, accounts: Accounts, passwords: Passwords, clock: Clock) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._attempts = Attempts(clock)
        self._turns: dict[str, _Turns] = {}

    async def check(self, client: Client, username: str, extension: str, password: str, address: str) -> Extension:
        """The user, who may use that client. address: IP of whoever asks. Raises GrantRefused (OAU-140, OAU-147), or
        Unavailable when too many logins wait."""
        name = self._accounts.login_name(username, extension)
        async with self._turn(name):  # one after another: guesses that arrive together are counted one by one
            if self._attempts.is_locked(name, address):
                raise GrantRefused("invalid_grant", "OAU-147", "Too many failed logins. Try again later.")
            found = self._accounts.find_login(username, extension)
            stored = found.password_hash if found else None
            is_right = await self._passwords.matches(password, stored)
            if not is_right or found is None or not self._may_use(found, client):
                self._attempts.failed(name, address)
                raise GrantRefused("invalid_grant", "OAU-140", "Invalid resource owner credentials.")
            self._attempts.succeeded(name, address)
            return found

    def is_address_locked(self, address: str) -> bool:
        return self._attempts.is_address_locked(address)

    def client_failed(self, address: str) -> None:
        """A wrong client secret counts for the address alone: nobody can lock an application out."""
        self._attempts.address_failed(address)

    def _may_use(self, extension: Extension, client: Client) -> bool:
        return self._accounts.is_enabled(extension.id) and client.account_id in (None, extension.account_id)

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        turns = self._turns.setdefault(name, _Turns())
        if turns.waiting >= _MOST_AT_ONE_NAME:
            raise Unavailable("Too many logins at the moment.", 2)
        turns.waiting += 1
        try:
            async with turns.lock:
                yield
        finally:
            turns.waiting -= 1
            if not turns.waiting:
                self._turns.pop(name, None)
