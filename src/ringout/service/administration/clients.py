"""Clients: the applications that may ask for tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.config import DEFAULT_SCOPES
from ringout.domain import scopes as permissions
from ringout.domain.account import Client, Grant
from ringout.domain.dialer import DIALER
from ringout.domain.errors import DuplicateValue, NotFound, UnusableValue
from ringout.service import field_checks
from ringout.service.administration import checks
from ringout.service.administration.parts import Administration, Listing, Where, refuse_from_config
from ringout.service.administration.secrets import SECRET
from ringout.service.token_text import new_token

MOST_CLIENTS = 10_000
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")  # what stands in a URL as it is


class AdminGrant(StrEnum):
    """Ways to a token, by short names."""

    JWT = "jwt"
    CODE = "authorization_code"
    PASSWORD = "password"


_GRANTS = {AdminGrant.JWT: Grant.JWT, AdminGrant.CODE: Grant.CODE, AdminGrant.PASSWORD: Grant.PASSWORD}


class AdminClient(Struct, rename="camel", omit_defaults=True):
    """An application. client_secret: only in the answer that follows its making. account: the only one whose users may
    log in with it; absent = everybody's."""

    client_id: str
    name: str
    confidential: bool
    admin: bool
    scopes: tuple[str, ...]
    grants: tuple[AdminGrant, ...]
    redirect_uris: tuple[str, ...]
    refresh_tokens: bool
    enabled: bool
    from_config: bool
    account: str | None = None
    client_secret: Annotated[str, Meta(description="Shown this once.", extra=SECRET)] | None = None


class AdminClientCreation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A new application."""

    client_id: Annotated[str, Meta(description="Letters, digits and . _ ~ -; empty = made up.")] = ""
    name: Annotated[str, Meta(description="Shown to users who are asked for their consent.")] = ""
    public: Annotated[bool, Meta(description="Without a secret, as in a browser or a phone.")] = False
    admin: Annotated[bool, Meta(description="For /admin/v1 instead of users' logins.")] = False
    scopes: (
        Annotated[tuple[str, ...], Meta(description="Permissions, e.g. RingOut ReadAccounts ReadCallLog.")] | UnsetType
    ) = UNSET
    grants: Annotated[tuple[AdminGrant, ...], Meta(description="jwt, authorization_code, password.")] | UnsetType = (
        UNSET
    )
    redirect_uris: Annotated[tuple[str, ...], Meta(description="Where the login page may send users back to.")] = ()
    refresh_tokens: Annotated[bool, Meta(description="Logins may be renewed.")] = True
    account: Annotated[str, Meta(description="Only this account's users may log in with it; empty = all.")] = ""


class AdminClientChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes."""

    name: Annotated[str, Meta(description="Shown to users who are asked for their consent.")] | UnsetType = UNSET
    scopes: (
        Annotated[tuple[str, ...], Meta(description="Permissions, e.g. RingOut ReadAccounts ReadCallLog.")] | UnsetType
    ) = UNSET
    grants: Annotated[tuple[AdminGrant, ...], Meta(description="jwt, authorization_code, password.")] | UnsetType = (
        UNSET
    )
    redirect_uris: Annotated[tuple[str, ...], Meta(description="Where the login page may send users back to.")] | (
        UnsetType
    ) = UNSET
    refresh_tokens: Annotated[bool, Meta(description="Logins may be renewed.")] | UnsetType = UNSET
    account: Annotated[str, Meta(description="Only this account's users may log in with it; empty = all.")] | (
        UnsetType
    ) = UNSET
    enabled: Annotated[bool, Meta(description="Whether it gets tokens.")] | UnsetType = UNSET


def shown(client: Client, secret: str | None = None) -> AdminClient:
    return AdminClient(
        client_id=client.client_id,
        name=client.name,
        confidential=client.secret_hash is not None,
        admin=Grant.CLIENT_CREDENTIALS in client.grants,
        scopes=client.scopes,
        grants=tuple(short for short, grant in _GRANTS.items() if grant in client.grants),
        redirect_uris=client.redirect_uris,
        refresh_tokens=client.refresh_tokens,
        enabled=client.enabled,
        from_config=client.from_config,
        account=None if client.account_id is None else str(client.account_id),
        client_secret=secret,
    )


async def list_clients(admin: Administration, where: Where) -> Listing:
    return Listing(admin.accounts.clients(), shown)


async def show_client(admin: Administration, where: Where) -> AdminClient:
    return shown(admin.client(where))


async def create_client(admin: Administration, where: Where, body: AdminClientCreation) -> AdminClient:
    client, secret = await new_client(admin, body)

    def decide() -> tuple[tuple[Client], tuple[()]]:
        everybody = admin.accounts.clients()
        checks.refuse_more(len(everybody), MOST_CLIENTS, "clients")
        if any(known.client_id == client.client_id for known in (*everybody, DIALER)):
            raise DuplicateValue("clientId", client.client_id)
        return (client,), ()

    await admin.accounts.change(decide)
    return shown(client, secret)


async def new_client(admin: Administration, body: AdminClientCreation) -> tuple[Client, str | None]:
    """The client, checked but for what depends on others, and its secret unless it is public."""
    client_id = body.client_id or admin.ids.token()
    if not _CLIENT_ID.fullmatch(client_id):
        raise UnusableValue("clientId", client_id, "A client id has 1 to 128 letters, digits and . _ ~ - .")
    if body.admin:
        client = _administrator(client_id, body)
    else:
        client = Client(
            client_id,
            scopes=_scopes(DEFAULT_SCOPES if isinstance(body.scopes, UnsetType) else body.scopes),
            grants=(Grant.JWT, Grant.CODE) if isinstance(body.grants, UnsetType) else _grants(body.grants),
            redirect_uris=checks.redirect_uris(body.redirect_uris, "redirectUris"),
            refresh_tokens=body.refresh_tokens,
            account_id=_account_id(admin, body.account),
        )
    client = replace(client, name=field_checks.line(body.name, "name"))
    if body.public:
        return client, None
    secret = new_token(admin.ids)
    return replace(client, secret_hash=await admin.passwords.hash(secret)), secret


def _administrator(client_id: str, body: AdminClientCreation) -> Client:
    why = "A client for the administration has no secretless, user or login settings."
    for name, is_given in (
        ("public", body.public),
        ("scopes", body.scopes is not UNSET),
        ("grants", body.grants is not UNSET),
        ("redirectUris", bool(body.redirect_uris)),
        ("account", bool(body.account)),
    ):
        if is_given:
            raise UnusableValue(name, "", why)
    grants = (Grant.CLIENT_CREDENTIALS,)
    return Client(client_id, scopes=(permissions.ADMIN,), grants=grants, refresh_tokens=False)


async def update_client(admin: Administration, where: Where, body: AdminClientChange) -> AdminClient:
    values = _checked(admin, body)

    def change(old: Client) -> Client:
        if Grant.CLIENT_CREDENTIALS in old.grants:
            for name in values.keys() - {"name", "enabled"}:
                raise UnusableValue(_in_json(name), "", "A client for the administration has no such setting.")
        return checks.changed(old, values)

    return shown(await admin.change_client(where, change))


def _checked(admin: Administration, body: AdminClientChange) -> dict[str, Any]:
    values = checks.given(body, account="account_id")
    check: dict[str, Callable[[Any], Any]] = {
        "name": lambda text: field_checks.line(text, "name"),
        "scopes": _scopes,
        "grants": _grants,
        "redirect_uris": lambda uris: checks.redirect_uris(uris, "redirectUris"),
        "account_id": lambda named: _account_id(admin, named),
    }
    return {name: check[name](value) if name in check else value for name, value in values.items()}


async def rotate_secret(admin: Administration, where: Where) -> AdminClient:
    """A new secret in the place of the old one. A public client becomes a confidential one. Users' sessions go on;
    those of a client of the administration end, since whoever had the old secret needed nothing else."""
    refuse_from_config(admin.client(where), "this client and its secret")
    secret = new_token(admin.ids)
    hashed = await admin.passwords.hash(secret)
    changed = await admin.change_client(where, lambda old: replace(old, secret_hash=hashed))
    await admin.tokens.close_own_sessions(changed.client_id)
    return shown(changed, secret)


async def delete_client(admin: Administration, where: Where) -> None:
    """Its sessions end with it: a token counts only while its client is there."""

    def decide() -> tuple[tuple[()], tuple[Client]]:
        client = admin.client(where)
        refuse_from_config(client, "this client")
        return (), (client,)

    await admin.accounts.change(decide)
    await admin.tokens.remove_expired()


def _scopes(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order given."""
    found = tuple(dict.fromkeys(texts))
    for text in found:
        if text == permissions.ADMIN:
            raise UnusableValue(
                "scopes", text, "It is for clients of the administration, which users do not log in with."
            )
        if text not in permissions.PERMISSIONS:
            raise UnusableValue("scopes", text, f"One of {', '.join(permissions.PERMISSIONS)}.")
    return found


def _grants(short: Iterable[AdminGrant]) -> tuple[Grant, ...]:
    return tuple(_GRANTS[name] for name in dict.fromkeys(short))


def _account_id(admin: Administration, named: str) -> int | None:
    if not named.strip():
        return None
    try:
        return admin.account({"account": named.strip()}).id
    except NotFound:
        raise UnusableValue("account", named, "There is no such account.") from None


def _in_json(name: str) -> str:
    return "account" if name == "account_id" else checks.in_json(name)
