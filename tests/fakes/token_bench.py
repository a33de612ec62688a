"""Tokens over storage in memory, and one user to log in."""

from __future__ import annotations

from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, MemoryAccounts, MemoryTokens, SetClock
from fakes.web import CONFIG, signing_key
from ringout.domain.account import Client
from ringout.service.accounts import Accounts
from ringout.service.ports import Directory
from ringout.service.seed import seed
from ringout.service.tokens import IssuedTokens, Lifetimes, Tokens


class TokenBench:
    def __init__(self, accounts: Accounts, directory: Directory) -> None:
        self.directory = directory
        self.clock, self.store, self.accounts, self.ids = SetClock(), MemoryTokens(), accounts, CountingIds()
        self.user = accounts.extension_by_number("101")
        client = accounts.client("app")
        assert client is not None
        self.client: Client = client
        self.tokens = self.restarted()

    def restarted(self) -> Tokens:
        return Tokens(self.store, self.accounts, self.clock, self.ids, signing_key())

    async def open(self) -> IssuedTokens:
        return await self.tokens.open_session(self.client, self.user, ("RingOut",), Lifetimes(), "")


async def make_bench() -> TokenBench:
    store = MemoryAccounts()
    await seed(store, CONFIG, CountingIds(), QuickPasswords())
    return TokenBench(await Accounts.load(store), store.now)
