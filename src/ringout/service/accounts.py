"""The directory of accounts, extensions and applications, held in memory: it is small and asked on every request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from ringout.domain import phone
from ringout.domain.account import Account, Client, Device, Extension
from ringout.domain.dialer import DIALER
from ringout.service.ports import AccountStore, Directory, DirectoryChange, IdSource

Record = Account | Extension | Client
_LONGEST_NAME = 200


class Accounts:
    """What is stored, in memory. A change is durable before anybody sees it, and changes wait for each other.

    version: grows with every change, so that others can keep what they derived from the directory."""

    def __init__(self, store: AccountStore, directory: Directory) -> None:
        self._store = store
        self._changing = asyncio.Lock()
        self._accounts = {account.id: account for account in directory.accounts}
        self._extensions = {extension.id: extension for extension in directory.extensions}
        self._clients = {client.client_id: client for client in directory.clients}
        self._colleagues: dict[int, dict[str, Extension]] = {}
        self._by_email: dict[str, list[Extension]] = {}
        self._by_device: dict[str, tuple[Extension, Device]] = {}
        self.version = 0
        self._index()

    @classmethod
    async def load(cls, store: AccountStore) -> Accounts:
        return cls(store, await store.directory())

    # --- questions -----------------------------------------------------------------------------------------------

    def account(self, account_id: int) -> Account:
        """Raises KeyError."""
        return self._accounts[account_id]

    def accounts(self) -> Sequence[Account]:
        return tuple(self._accounts.values())

    def extension(self, extension_id: int) -> Extension:
        """Raises KeyError."""
        return self._extensions[extension_id]

    def extensions(self, account_id: int) -> Sequence[Extension]:
        return tuple(self._colleagues.get(account_id, {}).values())

    def extension_by_number(self, number: str) -> Extension:
        """The first account's extension with that number ("101"). Raises KeyError."""
        return self._colleagues[min(self._accounts)][number]

    def is_enabled(self, extension_id: int) -> bool:
        """Whether that user is there and may log in."""
        extension = self._extensions.get(extension_id)
        return extension is not None and extension.enabled and self._accounts[extension.account_id].enabled

    def client(self, client_id: str) -> Client | None:
        """The enabled client of that id; the dialer among them."""
        if client_id == DIALER.client_id:
            return DIALER
        client = self._clients.get(client_id)
        return client if client and client.enabled else None

    def clients(self) -> Sequence[Client]:
        """All, the disabled ones too."""
        return tuple(self._clients.values())

    def colleagues(self, account_id: int) -> Mapping[str, Extension]:
        """The account's extensions by their numbers."""
        return self._colleagues[account_id]

    def device(self, username: str) -> tuple[Extension, Device] | None:
        """The device with that user name, enabled or not, and whose it is."""
        return self._by_device.get(username)

    def users_with_email(self, text: str) -> Sequence[Extension]:
        """In any case of letters."""
        return tuple(self._by_email.get(_email(text), ()))

    def find_login(self, username: str, extension_number: str) -> Extension | None:
        """Whose login that is. username: an e-mail address that only one user has; or the main number or a number of
        the extension's own, in any written form; `MAIN*EXT` names the extension as well as extension_number does
        ("" = not given; the two must agree)."""
        wanted = extension_number.strip()
        if "@" in username:
            found = [e for e in self._by_email.get(_email(username), ()) if wanted in ("", e.number)]
            return found[0] if len(found) == 1 else None
        for account in self._accounts.values():
            try:
                number = phone.parse(username, account.country.upper())
            except ValueError:
                continue
            if wanted and number.extension and wanted != number.extension:
                return None
            login = self._find_in(account, number.e164, wanted or number.extension or "")
            if login is not None:
                return login
        return None

    def may_mean(self, username: str, user: Extension) -> bool:
        """Whether a text that is no number and no e-mail address, or one of that user's. Who else there is plays no
        part: the answer must not tell."""
        if "@" in username:
            return _email(username) == _email(user.contact.email)
        account = self._accounts[user.account_id]
        try:
            number = phone.parse(username, account.country.upper())
        except ValueError:
            return True
        if number.e164 != account.main_number and self._find_in(account, number.e164, "") != user:
            return False
        return number.extension in (None, user.number)

    def login_name(self, username: str, extension_number: str) -> str:
        """One text for all ways to write the same login, of users and of nobody alike: what failures are counted by.
        A national number counts as that of the first country that has such numbers: each way to write it has one name,
        however many countries there are."""
        wanted = extension_number.strip()
        if "@" not in username:
            for country in dict.fromkeys(account.country.upper() for account in self._accounts.values()):
                try:
                    number = phone.parse(username, country)
                except ValueError:
                    continue
                return f"{number.e164}*{wanted or number.extension or ''}"[:_LONGEST_NAME]
        return _email(username)[:_LONGEST_NAME]

    def _find_in(self, account: Account, e164: str, wanted: str) -> Extension | None:
        colleagues = self._colleagues[account.id]
        if e164 == account.main_number:
            if wanted:
                return colleagues.get(wanted)
            # The main number alone is unambiguous only while there is one user.
            return next(iter(colleagues.values())) if len(colleagues) == 1 else None
        for owned in account.numbers:
            if owned.number == e164 and owned.extension_id is not None:
                extension = self._extensions[owned.extension_id]
                return extension if wanted in ("", extension.number) else None
        return None

    # --- changes -------------------------------------------------------------------------------------------------

    async def change_account(self, account_id: int, change: Callable[[Account], Account]) -> Account:
        """Puts change(the account now) in its place; what change raises goes through, and nothing happens then.
        Raises KeyError, or OSError when the disk refuses."""
        async with self._changing:
            changed = change(self._accounts[account_id])
            await self._apply((changed,), ())
            return changed

    async def change_extension(self, extension_id: int, change: Callable[[Extension], Extension]) -> Extension:
        """The same for an extension."""
        async with self._changing:
            changed = change(self._extensions[extension_id])
            await self._apply((changed,), ())
            return changed

    async def change_client(self, client_id: str, change: Callable[[Client], Client]) -> Client:
        """The same for a client, enabled or not."""
        async with self._changing:
            changed = change(self._clients[client_id])
            await self._apply((changed,), ())
            return changed

    async def change(self, decide: Callable[[], tuple[Iterable[Record], Iterable[Record]]]) -> None:
        """For changes of several records. decide: looks at the directory, which does not change meanwhile, and gives
        the records to put and those to remove; what it raises goes through."""
        async with self._changing:
            put, remove = decide()
            await self._apply(tuple(put), tuple(remove))

    async def _apply(self, put: tuple[Record, ...], remove: tuple[Record, ...]) -> None:
        await self._store.change(DirectoryChange(put, remove))
        for record in remove:
            if isinstance(record, Client):
                del self._clients[record.client_id]
            elif isinstance(record, Extension):
                del self._extensions[record.id]
            else:
                del self._accounts[record.id]
        for record in put:
            if isinstance(record, Client):
                self._clients[record.client_id] = record
            elif isinstance(record, Extension):
                self._extensions[record.id] = record
            else:
                self._accounts[record.id] = record
        self._index()

    def _index(self) -> None:
        colleagues: dict[int, dict[str, Extension]] = {account_id: {} for account_id in self._accounts}
        by_email: dict[str, list[Extension]] = {}
        by_device: dict[str, tuple[Extension, Device]] = {}
        for extension in self._extensions.values():
            colleagues[extension.account_id][extension.number] = extension
            for device in extension.devices:
                by_device[device.username] = extension, device
            if extension.contact.email:
                by_email.setdefault(_email(extension.contact.email), []).append(extension)
        self._colleagues, self._by_email, self._by_device = colleagues, by_email, by_device
        self.version += 1

    # --- ids -----------------------------------------------------------------------------------------------------

    def new_id(self, ids: IdSource) -> int:
        """Nine or ten digits, like the ids that clients are used to; not that of anything here."""
        return new_id(ids, taken_ids(self._accounts.values(), self._extensions.values()))


def _email(text: str) -> str:
    return text.strip().casefold()


def taken_ids(accounts: Iterable[Account], extensions: Iterable[Extension]) -> set[int]:
    """Every numeric id in use."""
    taken: set[int] = set()
    for account in accounts:
        taken.add(account.id)
        taken.update(owned.id for owned in account.numbers)
    for extension in extensions:
        taken.add(extension.id)
        taken.update(int(forwarding.id) for forwarding in extension.forwarding_numbers)
        taken.update(int(device.id) for device in extension.devices)
    return taken


def new_id(ids: IdSource, taken: set[int]) -> int:
    """One that is not taken; it is taken afterwards."""
    while True:
        candidate = 100_000_000 + ids.number(30)
        if candidate not in taken:
            taken.add(candidate)
            return candidate
