"""Every resource below an account belongs to one user or one company: with another's id in the path it gives nothing,
whatever the role and the scopes."""

import re

import pytest

from fakes.people import SETTINGS, change_user, refusal
from fakes.web import WebWorld, make_world
from ringout.web.routes import RESOURCES

BELOW_ACCOUNTS = [(method, r.path) for r in RESOURCES if "{accountId}" in r.path for method in r.methods]
BELOW_EXTENSIONS = [(method, path) for method, path in BELOW_ACCOUNTS if "{extensionId}" in path]
BODY = {"userStatus": "Busy", "contact": {"firstName": "Mallory"}, "company": "Mine", "to": {"phoneNumber": "911"}}


@pytest.fixture
async def world() -> WebWorld:
    made = await make_world(SETTINGS)
    await change_user(made, admin=True)
    return made


def target(path: str, account: object = "~", extension: object = "~") -> str:
    filled = path.replace("{accountId}", str(account)).replace("{extensionId}", str(extension))
    return re.sub(r"\{\w+\}", "5", filled)


@pytest.mark.parametrize(("method", "path"), BELOW_ACCOUNTS)
async def test_nothing_without_a_token_or_with_a_foreign_account(world: WebWorld, method: str, path: str) -> None:
    before = world.accounts.version
    reply = await world.ask(method, target(path), BODY, authorization="")
    assert reply.status == 401
    reply = await world.ask(method, target(path), BODY, authorization="Bearer stolen")
    assert refusal(reply)[:2] == (401, "OAU-149")
    for foreign in (world.user.account_id + 1, world.user.id, 0, "x"):
        reply = await world.ask(method, target(path, account=foreign), BODY)
        assert refusal(reply) == (404, "CMN-102", "accountId")
    assert world.accounts.version == before


@pytest.mark.parametrize(("method", "path"), BELOW_EXTENSIONS)
async def test_nothing_of_a_colleague(world: WebWorld, method: str, path: str) -> None:
    before = world.accounts.version
    colleague = world.accounts.extension_by_number("104").id
    for other in (colleague, world.user.account_id, 5):
        reply = await world.ask(method, target(path, extension=other), BODY)
        assert refusal(reply)[:2] == (403, "CMN-404")
    assert world.accounts.version == before


@pytest.mark.parametrize(("method", "path"), BELOW_ACCOUNTS)
async def test_numeric_ids_of_ones_own_are_as_good_as_tildes(world: WebWorld, method: str, path: str) -> None:
    own = target(path, world.user.account_id, world.user.id)
    reply = await world.ask(method, own, {})
    assert reply.status < 500
    if reply.status >= 400:
        assert refusal(reply)[1] != "CMN-404"
        assert refusal(reply)[2] not in ("accountId", "extensionId")
