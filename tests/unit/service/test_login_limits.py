"""What is kept of logins, and how many may wait, has a bound whatever comes."""

from __future__ import annotations

import asyncio

import pytest

from fakes.administration import APP, FULL, MADE
from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, MemoryAccounts, SetClock
from ringout.domain.account import Extension
from ringout.domain.errors import Unavailable
from ringout.service.accounts import Accounts
from ringout.service.browser_logins import BrowserLogins
from ringout.service.logins import Logins

MOST_LOGINS = 10_000
MOST_AT_ONE_NAME = 200


def accounts() -> Accounts:
    return Accounts(MemoryAccounts(FULL), FULL)


def test_the_oldest_of_very_many_browsers_has_to_sign_in_again() -> None:
    browsers = BrowserLogins(accounts(), SetClock(), CountingIds())
    cookies = [browsers.sign_in(MADE, "") for _ in range(MOST_LOGINS)]
    assert browsers.find(cookies[0])
    newest = browsers.sign_in(MADE, "")
    assert browsers.find(cookies[0]) is None
    assert browsers.find(cookies[1])
    assert browsers.find(newest)


class Gate(QuickPasswords):
    """Compares nothing before it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()

    async def matches(self, password: str, stored: str | None) -> bool:
        await self.open.wait()
        return False


async def test_so_many_wait_at_one_name_and_others_need_not() -> None:
    gate = Gate()
    logins = Logins(accounts(), gate, SetClock())

    async def attempt(username: str) -> Extension:
        return await logins.check(APP, username, "", "guess", "192.0.2.1")

    async with asyncio.timeout(20):
        waiting = [asyncio.ensure_future(attempt("ann@example.com")) for _ in range(MOST_AT_ONE_NAME)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await attempt("ann@example.com")
        other = asyncio.ensure_future(attempt("bob@example.com"))
        await asyncio.sleep(0)
        assert not other.done()
        gate.open.set()
        refused = await asyncio.gather(*waiting, other, return_exceptions=True)
        assert {type(error).__name__ for error in refused} == {"GrantRefused"}
        with pytest.raises(Exception, match="Too many failed"):  # the name has its turns again
            await attempt("ann@example.com")
