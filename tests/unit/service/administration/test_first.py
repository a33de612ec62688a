"""The first account: whole or not at all."""

from __future__ import annotations

import asyncio

import pytest

from fakes.administration import AdminWorld, make_administration
from ringout.domain.account import Grant
from ringout.domain.errors import Conflict, ForwardingNumberRefused, RingOutError, UnusableValue
from ringout.service.administration.first import FirstAccount, FirstSecrets, make_first_account
from ringout.service.ports import Directory

BLOCKED = ("+1900",)


async def first(world: AdminWorld, left: list[tuple[str, str]] | None = None, **fields: object) -> FirstSecrets:
    wanted = FirstAccount(**{"main_number": "(650) 555-0100", "phone": "650 555 0101", **fields})  # type: ignore[arg-type]
    keep = left if left is not None else []
    return await make_first_account(world.admin, wanted, BLOCKED, lambda *login: keep.append(login))


async def test_everything_that_a_call_needs() -> None:
    world = await make_administration(Directory())
    left: list[tuple[str, str]] = []
    made = await first(world, left, company="Acme", first_name="Ann", email="ann@example.com")
    now = world.account_store.now
    (account,), (user,) = now.accounts, now.extensions
    assert (account.main_number, account.blocked, account.international) == ("+16505550100", BLOCKED, False)
    assert (user.number, user.admin, user.default_phone, user.contact.first_name) == (
        "101",
        True,
        "+16505550101",
        "Ann",
    )
    assert user.password_hash == f"hash of {made.password}"
    clients = {client.client_id: client for client in now.clients}
    application, administrator = clients[made.client_id], clients[made.admin_client_id]
    assert application.secret_hash == f"hash of {made.client_secret}"
    assert Grant.PASSWORD not in application.grants
    assert administrator.scopes == ("Admin",)
    assert left == [(made.admin_client_id, made.admin_client_secret)]
    assert world.admin.tokens.jwts.owner(made.jwt, made.client_id).id == user.id


async def test_the_password_grant_is_there_for_who_asks_for_it() -> None:
    world = await make_administration(Directory())
    made = await first(world, password_grant=True, phone="")
    client = world.admin.accounts.client(made.client_id)
    assert client is not None
    assert Grant.PASSWORD in client.grants
    assert made.phone is None


async def test_there_is_only_one_first_account() -> None:
    world = await make_administration(Directory())
    await first(world)
    before = world.account_store.now
    with pytest.raises(Conflict):
        await first(world, main_number="+16505550177")
    assert world.account_store.now == before


@pytest.mark.parametrize(
    ("fields", "error", "parameter"),
    [
        ({"main_number": "x"}, UnusableValue, "mainNumber"),
        ({"country": "xx"}, UnusableValue, "country"),
        ({"extension": "abc"}, UnusableValue, "extension"),
        ({"email": "nobody"}, UnusableValue, "email"),
        ({"phone": "+16505550100"}, ForwardingNumberRefused, "phoneNumber"),
        ({"company": "x" * 200}, UnusableValue, "company"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_made(
    fields: dict[str, object], error: type[RingOutError], parameter: str
) -> None:
    world = await make_administration(Directory())
    left: list[tuple[str, str]] = []
    with pytest.raises(error) as refused:
        await first(world, left, **fields)
    assert getattr(refused.value, "parameter", None) == parameter
    assert (world.account_store.now, world.token_store.jwts, left) == (Directory(), [], [])


async def test_after_a_full_disk_it_can_be_tried_again() -> None:
    world = await make_administration(Directory())
    world.account_store.disk_full = True
    with pytest.raises(OSError, match="full"):
        await first(world)
    assert world.account_store.now == Directory()
    world.account_store.disk_full = False
    made = await first(world)
    assert world.admin.tokens.jwts.owner(made.jwt, made.client_id).number == "101"


async def test_of_two_at_the_same_time_one_wins() -> None:
    world = await make_administration(Directory())
    both = await asyncio.gather(first(world), first(world), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["Conflict", "FirstSecrets"]
    assert len(world.account_store.now.accounts) == 1
