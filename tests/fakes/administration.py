"""The administration in front of stores without a disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, MemoryAccounts, MemoryRingOuts, MemoryTokens, SetClock
from fakes.web import signing_key
from ringout.config import Config
from ringout.domain.account import Account, Client, Extension, Grant, OwnedNumber, UsageType
from ringout.service.accounts import Accounts
from ringout.service.administration.operations import OPERATIONS
from ringout.service.administration.parts import Administration
from ringout.service.funds import Funds
from ringout.service.ports import Directory
from ringout.service.tokens import IssuedTokens, Lifetimes, Tokens

BY_NAME = {operation.name: operation for operation in OPERATIONS}

ACCOUNT = Account(
    100000001,
    "+16505550100",
    company="Acme",
    numbers=(
        OwnedNumber(100000011, "+16505550110", UsageType.COMPANY),
        OwnedNumber(100000012, "+16505550120", UsageType.DIRECT, 100000102),
    ),
    blocked=("+1900",),
)
FILED = Extension(100000101, ACCOUNT.id, "101", from_config=True)
MADE = Extension(100000102, ACCOUNT.id, "102")
APP = Client("app", "hash of secret", scopes=("RingOut",), grants=(Grant.JWT, Grant.CODE))
FILED_APP = Client("filed", "hash of secret", scopes=("RingOut",), from_config=True)
ADMIN_APP = Client("admin", "hash of secret", scopes=("Admin",), grants=(Grant.CLIENT_CREDENTIALS,))
FULL = Directory((ACCOUNT,), (FILED, MADE), (ADMIN_APP, APP, FILED_APP))


@dataclass
class AdminWorld:
    """An administration and what lies below it."""

    admin: Administration
    account_store: MemoryAccounts
    token_store: MemoryTokens
    clock: SetClock

    async def run(self, name: str, fields: Mapping[str, Any] | None = None, **where: str) -> Any:
        """The operation of that name, with the names of its path (the account is ~ unless named) and the JSON fields of
        its body. Gives plain data, as JSON has it."""
        operation = BY_NAME[name]
        struct = operation.body or operation.query
        given = [] if struct is None else [msgspec.convert(dict(fields or {}), struct)]
        found = await operation.use(self.admin, {"account": "~", **where}, *given)
        if operation.is_list:
            found = [found.show(record) for record in found.records]
        return msgspec.json.decode(msgspec.json.encode(found))

    async def log_in(self, user: Extension) -> IssuedTokens:
        return await self.admin.tokens.open_session(APP, user, ("RingOut",), Lifetimes(), "")


async def make_administration(directory: Directory = FULL, config: Config = Config()) -> AdminWorld:  # noqa: B008
    clock, ids = SetClock(), CountingIds()
    account_store, token_store, ring_outs = MemoryAccounts(directory), MemoryTokens(), MemoryRingOuts()
    accounts = Accounts(account_store, directory)
    tokens = Tokens(token_store, accounts, clock, ids, signing_key())
    funds = await Funds.load(ring_outs.ledger, ring_outs, clock, config)
    admin = Administration(accounts, tokens, funds, QuickPasswords(), ids)
    return AdminWorld(admin, account_store, token_store, clock)
