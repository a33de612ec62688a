"""What the operations work on, and how they find what their path names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ringout.domain.account import Account, Client, Device, Extension
from ringout.domain.errors import Conflict, NotFound, UnusableValue
from ringout.service.accounts import Accounts
from ringout.service.devices import NoRegistrations
from ringout.service.funds import Funds
from ringout.service.passwords import Passwords
from ringout.service.ports import IdSource, Registrations, TrunkProbe
from ringout.service.tokens import Tokens

Changed = TypeVar("Changed", Account, Extension, Client)

# The names in a path, e.g. {"account": "~", "user": "101"}.
Where = Mapping[str, str]

ONLY = "~"  # the only account; the only word for it, as in the paths of the API itself


@dataclass(frozen=True, slots=True)
class Administration:
    """The use cases that the operations are made of."""

    accounts: Accounts
    tokens: Tokens
    funds: Funds
    passwords: Passwords
    ids: IdSource
    trunks: TrunkProbe | None = None  # None = no server is running
    registrations: Registrations = field(default_factory=NoRegistrations)
    hosts: tuple[str, ...] = ()  # where phones may be that are SIP addresses

    def account(self, where: Where) -> Account:
        """Raises NotFound, or UnusableValue for ~ where there are several."""
        named = where["account"]
        everybody = self.accounts.accounts()
        if named == ONLY:
            if len(everybody) > 1:
                raise UnusableValue("account", named, "There are several accounts: name one by its id.")
            found = everybody[0] if everybody else None
        else:
            found = next((account for account in everybody if str(account.id) == named), None)
        if found is None:
            raise NotFound("account")
        return found

    def user(self, where: Where) -> Extension:
        """By id or by extension number: ids have nine digits or more, extension numbers eight at most."""
        account = self.account(where)
        named = where["user"]
        by_number = self.accounts.colleagues(account.id).get(named)
        if by_number is not None:
            return by_number
        for extension in self.accounts.extensions(account.id):
            if str(extension.id) == named:
                return extension
        raise NotFound("user")

    def client(self, where: Where) -> Client:
        """Enabled or not."""
        for client in self.accounts.clients():
            if client.client_id == where["client"]:
                return client
        raise NotFound("client")

    # Changes look for what they change under the directory's lock: it may have gone since the request came.

    async def change_account(self, where: Where, change: Callable[[Account], Account]) -> Account:
        """The account afterwards."""
        return await self._change(lambda: self.account(where), change)

    async def change_user(self, where: Where, change: Callable[[Extension], Extension]) -> Extension:
        return await self._change(lambda: self.user(where), change)

    async def change_client(self, where: Where, change: Callable[[Client], Client]) -> Client:
        return await self._change(lambda: self.client(where), change)

    async def _change(self, find: Callable[[], Changed], change: Callable[[Changed], Changed]) -> Changed:
        made: list[Changed] = []

        def decide() -> tuple[list[Changed], tuple[()]]:
            made.append(change(find()))
            return made, ()

        await self.accounts.change(decide)
        return made[0]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that may be long: the records in their order, and how one is shown. Only those that somebody looks at are
    made ready to be shown."""

    records: Sequence[Any]
    show: Callable[[Any], Any]


def refuse_from_config(record: Account | Extension | Client | Device, what: str) -> None:
    """Raises Conflict for what the configuration file describes: the next start would bring it back."""
    if record.from_config:
        raise Conflict(f"The configuration file describes {what}: change it there and start the server again.")
