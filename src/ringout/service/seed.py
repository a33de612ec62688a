"""Brings the accounts and applications that the configuration describes into the database, at every start."""

from __future__ import annotations

import hashlib

from ringout.config import AccountConfig, ClientConfig, Config, ExtensionConfig
from ringout.domain import phone
from ringout.domain.account import Account, Client, Extension, ForwardingNumber
from ringout.service.passwords import Passwords
from ringout.service.ports import AccountStore, Directory, IdSource

_CALLER_ID_CHOICES = ("main", "current", "blocked")


async def seed(store: AccountStore, config: Config, ids: IdSource, passwords: Passwords) -> None:
    """The directory becomes what the configuration describes. Extensions keep their ids; one that is not named any
    more is gone, and so are a client's rights: whoever deletes a user there expects no login of it to work.
    Raises ValueError with the text that is not a phone number."""
    known = await store.directory()
    country = config.call.country.upper()
    account = Account(
        id=known.accounts[0].id if known.accounts else _new_id(ids, set()),
        main_number=_number(config.account.main_number, country),
        country=config.call.country,
        language=config.call.language,
    )
    extensions = await _extensions(config.account, account, known, ids, passwords)
    await store.save(Directory((account,), extensions, tuple(map(_client, config.clients))))


async def _extensions(
    wanted: AccountConfig, account: Account, known: Directory, ids: IdSource, passwords: Passwords
) -> tuple[Extension, ...]:
    old_by_number = {e.number: e for e in known.extensions if e.account_id == account.id}
    taken = {e.id for e in known.extensions} | {account.id}
    taken.update(int(f.id) for e in known.extensions for f in e.forwarding_numbers)
    extensions = []
    for described in wanted.extensions:
        old = old_by_number.get(described.extension)
        extensions.append(
            Extension(
                id=old.id if old else _new_id(ids, taken),
                account_id=account.id,
                number=described.extension,
                name=described.name,
                password_hash=await _password_hash(described, old, passwords),
                forwarding_numbers=_forwarding_numbers(described, old, account.country.upper(), ids, taken),
                caller_ids=tuple(_number(n, account.country.upper()) for n in described.caller_ids),
                caller_id=_caller_id(described.caller_id, account.country.upper()),
            )
        )
    return tuple(extensions)


async def _password_hash(described: ExtensionConfig, old: Extension | None, passwords: Passwords) -> str | None:
    if described.password is None:
        return None
    if old and old.password_hash and await passwords.matches(described.password, old.password_hash):
        return old.password_hash
    return await passwords.hash(described.password)


def _forwarding_numbers(
    described: ExtensionConfig, old: Extension | None, country: str, ids: IdSource, taken: set[int]
) -> tuple[ForwardingNumber, ...]:
    kept = {f.number: f for f in old.forwarding_numbers} if old else {}
    numbers = dict.fromkeys(_number(n, country) for n in described.forwarding_numbers)
    return tuple(kept.get(n) or ForwardingNumber(str(_new_id(ids, taken)), n) for n in numbers)


def _client(described: ClientConfig) -> Client:
    secret = described.client_secret
    # A client secret is a random string of many bits, so that a fast hash is enough for it.
    digest = None if secret is None else hashlib.sha256(secret.encode()).digest()
    return Client(described.client_id, digest, described.scopes, described.password_grant)


def _number(text: str, country: str) -> str:
    try:
        return phone.parse(text, country).e164
    except ValueError:
        raise ValueError(f"{text!r} is not a phone number") from None


def _caller_id(text: str, country: str) -> str:
    return text if text in _CALLER_ID_CHOICES else _number(text, country)


def _new_id(ids: IdSource, taken: set[int]) -> int:
    """Nine or ten digits, like the ids that clients are used to."""
    while True:
        candidate = 100_000_000 + ids.number(30)
        if candidate not in taken:
            taken.add(candidate)
            return candidate
