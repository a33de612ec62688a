"""A company with everything in it, and an application that may do everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.web import CLIENT, COLLEAGUE, CONFIG, MAIN, PHONE, SECRET, USER, WebWorld, make_world
from ringout.config import AccountConfig, ClientConfig, ExtensionConfig
from ringout.domain.account import Extension, Principal
from ringout.domain.ring_out import LegRecord, RingOut

COMPANY_NUMBER = "+16505550166"
TOLL_FREE = "+18005550177"
FOREIGN_PHONE = "+442071838750"
CALLEE = "+14155550199"
SCOPES = (
    "RingOut", "ReadAccounts", "EditAccounts", "EditExtensions", "EditUserCredentials", "ReadPresence", "EditPresence",
)  # fmt: skip
ABROAD = ExtensionConfig("104", None, "Ann Abroad", "ann@example.com", (FOREIGN_PHONE,))
SETTINGS = replace(
    CONFIG,
    account=AccountConfig(
        MAIN,
        extensions=(USER, COLLEAGUE, ABROAD),
        company="Example Ltd",
        numbers=(COMPANY_NUMBER, TOLL_FREE),
    ),
    clients=(
        ClientConfig(CLIENT, SECRET, password_grant=True, scopes=SCOPES),
        ClientConfig("reader", "reads", scopes=("ReadAccounts",)),
        ClientConfig("caller", "calls", scopes=("RingOut",)),
    ),
)

ACCOUNT = "/restapi/v1.0/account/~"
EXTENSION = f"{ACCOUNT}/extension/~"


async def people_world() -> WebWorld:
    return await make_world(SETTINGS)


async def bearer_of(world: WebWorld, client: str, secret: str, number: str = "101") -> str:
    """A token of that application and user."""
    jwt = await world.tokens.jwts.issue(world.accounts.extension_by_number(number).id, "test")
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    form = {"grant_type": grant, "assertion": jwt, "client_id": client, "client_secret": secret}
    token: str = (await world.log_in(form)).json["access_token"]
    return token


async def change_user(world: WebWorld, number: str = "101", **fields: Any) -> Extension:
    extension = world.accounts.extension_by_number(number)
    return await world.accounts.change_extension(extension.id, lambda old: replace(old, **fields))


def principal_of(extension: Extension) -> Principal:
    return Principal(extension.account_id, extension.id, CLIENT, "session", frozenset(SCOPES))


def place_live(world: WebWorld, ring_out_id: int = 1000, number: str = "101", **fields: Any) -> RingOut:
    """A RingOut of that user, ringing unless told otherwise."""
    extension = world.accounts.extension_by_number(number)
    ring_out = RingOut(
        id=ring_out_id,
        account_id=extension.account_id,
        extension_id=extension.id,
        node="test",
        caller=LegRecord(PHONE),
        callee=LegRecord(CALLEE),
        caller_id=MAIN,
        play_prompt=False,
        created_at=world.clock.wall(),
    )
    world.store.rows[ring_out_id] = replace(ring_out, **fields)
    return world.store.rows[ring_out_id]


def refusal(reply: Any) -> tuple[int, str, str | None]:
    """Status, inner code, and the parameter or permission that is named."""
    (only,) = reply.json["errors"]
    return reply.status, only["errorCode"], only.get("parameterName") or only.get("permissionName")
