"""The directory of accounts, extensions and applications, held in memory: it is small and asked on every request."""

from __future__ import annotations

from collections.abc import Mapping

from ringout.domain import phone
from ringout.domain.account import Account, Client, Extension
from ringout.service.ports import AccountStore, Directory


class Accounts:
    """A snapshot of the stored directory."""

    def __init__(self, directory: Directory) -> None:
        self._accounts = {account.id: account for account in directory.accounts}
        self._extensions = {extension.id: extension for extension in directory.extensions}
        self._clients = {client.client_id: client for client in directory.clients}
        self._colleagues: dict[int, dict[str, Extension]] = {account.id: {} for account in directory.accounts}
        for extension in directory.extensions:
            self._colleagues[extension.account_id][extension.number] = extension

    @classmethod
    async def load(cls, store: AccountStore) -> Accounts:
        return cls(await store.directory())

    def account(self, account_id: int) -> Account:
        """Raises KeyError."""
        return self._accounts[account_id]

    def extension(self, extension_id: int) -> Extension:
        """Raises KeyError."""
        return self._extensions[extension_id]

    def extension_by_number(self, number: str) -> Extension:
        """The first account's extension with that number ("101"). Raises KeyError."""
        return self._colleagues[min(self._accounts)][number]

    def knows_extension(self, extension_id: int) -> bool:
        return extension_id in self._extensions

    def client(self, client_id: str) -> Client | None:
        return self._clients.get(client_id)

    def colleagues(self, account_id: int) -> Mapping[str, Extension]:
        """The account's extensions by their numbers."""
        return self._colleagues[account_id]

    def find_login(self, username: str, extension_number: str) -> Extension | None:
        """Whose login that is. username: the main number or a number of the extension's own, in any written form;
        `MAIN*EXT` names the extension as well as extension_number does ("" = not given)."""
        for account in self._accounts.values():
            try:
                number = phone.parse(username, account.country.upper())
            except ValueError:
                return None
            wanted = extension_number.strip() or number.extension or ""
            found = self._find_in(account, number.e164, wanted)
            if found is not None:
                return found
        return None

    def _find_in(self, account: Account, e164: str, wanted: str) -> Extension | None:
        colleagues = self._colleagues[account.id]
        if e164 == account.main_number:
            if wanted:
                return colleagues.get(wanted)
            # The main number alone is unambiguous only while there is one user.
            return next(iter(colleagues.values())) if len(colleagues) == 1 else None
        for extension in colleagues.values():
            if e164 in extension.caller_ids and wanted in ("", extension.number):
                return extension
        return None
