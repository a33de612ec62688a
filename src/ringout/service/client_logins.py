"""Which application speaks to the token endpoint, and whether it is the one it says."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringout.domain.account import Client
from ringout.domain.errors import GrantRefused
from ringout.service.accounts import Accounts
from ringout.service.logins import Logins
from ringout.service.passwords import Passwords

_LONGEST_ECHO = 100


@dataclass(frozen=True, slots=True)
class ClientLogin:
    """What a client showed of itself: from HTTP Basic, from the form, or from both (they must agree then)."""

    client_id: str
    secret: str | None = field(repr=False)


class ClientLogins:
    """A confidential client shows its secret; a public one has none, and what it shows as one is not looked at."""

    def __init__(self, accounts: Accounts, passwords: Passwords, logins: Logins) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._logins = logins

    async def check(self, login: ClientLogin | None, address: str) -> Client:
        """Raises GrantRefused (OAU-153, OAU-146, OAU-148), or Unavailable when too many logins wait."""
        if login is None:
            raise GrantRefused(
                "invalid_client", "OAU-153", "Client authentication is required", "client_id", client_rejected=True
            )
        client = self._accounts.client(login.client_id)
        if client is None:
            raise unknown_client(login.client_id, client_rejected=True)
        if client.secret_hash is None:
            return client
        if not login.secret:
            raise _wrong_secret()
        if self._logins.is_address_locked(address):
            raise GrantRefused(
                "invalid_client", "OAU-148", "Too many failed logins. Try again later.", client_rejected=True
            )
        if not await self._passwords.matches_secret(login.secret, client.secret_hash):
            self._logins.client_failed(address)
            raise _wrong_secret()
        return client


def unknown_client(client_id: str, *, client_rejected: bool) -> GrantRefused:
    value = client_id[:_LONGEST_ECHO]
    return GrantRefused("invalid_client", "OAU-153", "Invalid client: {value}", "client_id", client_rejected, value)


def _wrong_secret() -> GrantRefused:
    return GrantRefused("invalid_client", "OAU-146", "Invalid client credentials", client_rejected=True)
