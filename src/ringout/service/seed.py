"""Brings what the configuration describes into the directory, at every start.

Each part of it - the account, an extension, a client - is applied when it is new in the file or has changed there;
otherwise what the users and the administration made of it since stands. What has gone from the file goes from the
directory. Passwords and secrets of the file always hold.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec

from ringout.config import AccountConfig, ClientConfig, Config, DeviceConfig, ExtensionConfig
from ringout.domain import caller_id, phone
from ringout.domain.account import (
    Account,
    CallerIdSettings,
    Client,
    Contact,
    Device,
    Extension,
    ForwardingNumber,
    Grant,
    OwnedNumber,
    RingingMode,
    RingList,
    RingRule,
    UsageType,
)
from ringout.domain.own_phones import is_address
from ringout.service.accounts import new_id, taken_ids
from ringout.service.device_secrets import with_password
from ringout.service.devices import with_device, without_device
from ringout.service.passwords import Passwords
from ringout.service.ports import AccountStore, Directory, DirectoryChange, IdSource


async def seed(store: AccountStore, config: Config, ids: IdSource, passwords: Passwords) -> None:
    """Raises ValueError with the text that is not a phone number, or the account that is there already."""
    known = await store.directory()
    seeding = _Seeding(config, known, ids, passwords)
    put: list[Account | Extension | Client] = []
    keep: set[int | str] = set()
    if config.account.extensions:
        account, extensions = await seeding.account_and_extensions(config.account)
        put += [account, *extensions]
        keep.update((account.id, *(e.id for e in extensions)))
    clients = [await seeding.client(described) for described in config.clients]
    put += clients
    keep.update(c.client_id for c in clients)
    remove: list[Account | Extension | Client] = [e for e in known.extensions if e.from_config and e.id not in keep]
    remove += [c for c in known.clients if c.from_config and c.client_id not in keep]
    await store.change(DirectoryChange(tuple(put), tuple(remove), seeding.applied))


class _Seeding:
    """One start. applied: digest of every part that the configuration has now."""

    def __init__(self, config: Config, known: Directory, ids: IdSource, passwords: Passwords) -> None:
        self._config = config
        self._known = known
        self._ids = ids
        self._passwords = passwords
        self._taken = taken_ids(known.accounts, known.extensions)
        self._country = config.call.country.upper()
        self.applied: dict[str, str] = {}

    async def account_and_extensions(self, described: AccountConfig) -> tuple[Account, list[Extension]]:
        old = next((a for a in self._known.accounts if a.from_config), None)
        call = self._config.call
        shared = replace(described, extensions=())
        direct = tuple((e.extension, e.caller_ids) for e in described.extensions)
        is_changed = self._is_changed("account", (shared, call.country, call.language, direct))
        main_number = self._number(described.main_number)
        if any(a.main_number == main_number and not a.from_config for a in self._known.accounts):
            why = f"[account] main_number: {main_number} is the main number of an account of `ringout admin` already"
            raise ValueError(f"{why}. Leave [account] out, or give it another number.")
        account_id = old.id if old else self._new_id()
        by_number = {e.number: e for e in self._known.extensions if e.account_id == account_id}
        extensions = [await self._extension(e, by_number.get(e.extension), account_id) for e in described.extensions]
        if old and not is_changed:
            gone = {e.id for e in by_number.values() if e.from_config} - {e.id for e in extensions}
            numbers = tuple(n for n in old.numbers if n.extension_id not in gone)
            return replace(old, numbers=numbers), extensions
        account = replace(
            old or Account(account_id, "", from_config=True),
            main_number=main_number,
            country=call.country,
            language=call.language,
            company=described.company,
            international=described.international,
            blocked=described.blocked,
            prepaid=described.balance is not None,
            numbers=self._numbers(described, old, extensions),
        )
        return account, extensions

    def _numbers(
        self, described: AccountConfig, old: Account | None, extensions: list[Extension]
    ) -> tuple[OwnedNumber, ...]:
        kept = {owned.number: owned.id for owned in old.numbers} if old else {}
        wanted = {self._number(text): (UsageType.COMPANY, None) for text in described.numbers}
        owners = {e.number: e.id for e in extensions}
        direct = {self._number(t): owners[e.extension] for e in described.extensions for t in e.caller_ids}
        numbers = [OwnedNumber(kept.get(n) or self._new_id(), n, usage) for n, (usage, _) in wanted.items()]
        numbers += [OwnedNumber(kept.get(n) or self._new_id(), n, UsageType.DIRECT, i) for n, i in direct.items()]
        return tuple(numbers)

    async def _extension(self, described: ExtensionConfig, old: Extension | None, account_id: int) -> Extension:
        key = f"extension {described.extension}"
        devices = tuple(replace(device, password="set") for device in described.devices)
        comparable = replace(described, password=_is_there(described.password), caller_ids=(), devices=devices)
        is_changed = self._is_changed(key, comparable)
        hashed = await self._hash(described.password, old.password_hash if old else None)
        if old and not is_changed:
            return self._with_devices(replace(old, password_hash=hashed or old.password_hash), described.devices)
        contact = (old.contact if old else Contact()).named(described.name)
        extension = replace(
            old or Extension(self._new_id(), account_id, described.extension, from_config=True),
            contact=replace(contact, email=described.email),
            password_hash=hashed,
            forwarding_numbers=self._forwarding_numbers(described, old),
            caller_id=CallerIdSettings(self._caller_id(described.caller_id)),
            from_config=True,
        )
        return _with_ring_list(self._with_devices(extension, described.devices), described)

    def _with_devices(self, extension: Extension, described: tuple[DeviceConfig, ...]) -> Extension:
        """With those that the file names, and no other that it once named. Their passwords always hold."""
        wanted = {device.username for device in described}
        for device in extension.devices:
            if device.from_config and device.username not in wanted:
                extension = without_device(extension, device.id)
        for one in described:
            self._refuse_foreign(one.username, extension)
            known = next((device for device in extension.devices if device.username == one.username), None)
            device = replace(
                known or Device(str(self._new_id()), one.username), name=one.name or one.username, from_config=True
            )
            extension = with_device(extension, with_password(device, one.password), str(self._new_id()))
        return extension

    def _refuse_foreign(self, username: str, extension: Extension) -> None:
        for other in self._known.extensions:
            if other.id != extension.id and any(
                device.username == username and not device.from_config for device in other.devices
            ):
                raise ValueError(
                    f"[[account.extensions.devices]] username: a device of extension {other.number} has the name "
                    f"{username!r} already. Give this one another."
                )

    def _forwarding_numbers(self, described: ExtensionConfig, old: Extension | None) -> tuple[ForwardingNumber, ...]:
        known = old.forwarding_numbers if old else ()
        kept = {phone.number or phone.address: phone for phone in known}
        wanted = dict.fromkeys(t if is_address(t) else self._number(t) for t in described.forwarding_numbers)
        listed = tuple(kept.get(text) or self._forwarding_number(text) for text in wanted)
        return (*listed, *(phone for phone in known if phone.device_id))

    def _forwarding_number(self, text: str) -> ForwardingNumber:
        number_id = str(self._new_id())
        return ForwardingNumber(number_id, "", address=text) if is_address(text) else ForwardingNumber(number_id, text)

    async def client(self, described: ClientConfig) -> Client:
        old = next((c for c in self._known.clients if c.client_id == described.client_id), None)
        comparable = replace(described, client_secret=_is_there(described.client_secret))
        is_changed = self._is_changed(f"client {described.client_id}", comparable)
        hashed = await self._hash(described.client_secret, old.secret_hash if old else None)
        if old and not is_changed:
            return replace(old, secret_hash=hashed)
        grants = (Grant.JWT, Grant.CODE, *((Grant.PASSWORD,) if described.password_grant else ()))
        return replace(
            old or Client(described.client_id),
            secret_hash=hashed,
            name=described.name,
            scopes=described.scopes,
            grants=grants,
            redirect_uris=described.redirect_uris,
            from_config=True,
        )

    async def _hash(self, secret: str | None, stored: str | None) -> str | None:
        if secret is None:
            return None
        if stored and await self._passwords.matches(secret, stored):
            return stored
        return await self._passwords.hash(secret)

    def _is_changed(self, key: str, described: object) -> bool:
        digest = hashlib.sha256(msgspec.json.encode(described)).hexdigest()
        self.applied[key] = digest
        return self._known.applied.get(key) != digest

    def _number(self, text: str) -> str:
        try:
            return phone.parse(text, self._country).e164
        except ValueError:
            raise ValueError(f"{text!r} is not a phone number") from None

    def _caller_id(self, text: str) -> str:
        return text if text in caller_id.CHOICES else self._number(text)

    def _new_id(self) -> int:
        return new_id(self._ids, self._taken)


def _with_ring_list(extension: Extension, described: ExtensionConfig) -> Extension:
    """With the list that the file describes: of all phones, one after another or at once."""
    if described.ring is None:
        return extension
    if described.ring == "first":
        return replace(extension, ring_list=RingList())
    mode = RingingMode.SIMULTANEOUSLY if described.ring == "at-once" else RingingMode.SEQUENTIALLY
    rules = tuple(RingRule((phone.id,), described.ring_count) for phone in extension.forwarding_numbers)
    return replace(extension, ring_list=RingList(mode, rules, described.ring_by_default))


def _is_there(secret: str | None) -> str | None:
    """What a digest may tell of a secret."""
    return None if secret is None else "set"
