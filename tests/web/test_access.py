"""Who may do what: tokens, ids in the path, scopes."""

import re
from dataclasses import replace
from typing import Any

import pytest

from fakes.web import CONFIG, JWT_GRANT, WebWorld, make_world
from ringout.domain import scopes as permissions
from ringout.web.routes import RESOURCES

METHODS = [
    ("POST", "/ringout"),
    ("GET", "/ringout/5"),
    ("DELETE", "/ring-out/s-00000000000005"),
    ("GET", "/ring-out/s-00000000000005/events"),
]


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


def codes(reply: Any) -> tuple[int, str, str]:
    (only,) = reply.json["errors"]
    return reply.status, reply.json["errorCode"], only["errorCode"]


@pytest.mark.parametrize(("method", "path"), METHODS)
async def test_without_a_good_token(world: WebWorld, method: str, path: str) -> None:
    target = world.home + path
    reply = await world.ask(method, target, authorization="")
    assert codes(reply) == (401, "AGW-401", "AGW-401")
    assert reply.headers["www-authenticate"].startswith("Bearer realm=")
    for wrong in ("Bearer x", "Bearer", "bearer  ", "Bearer \xff"):
        assert codes(await world.ask(method, target, authorization=wrong)) == (401, "TokenInvalid", "OAU-149")
    assert codes(await world.ask(method, target, authorization="Basic eDp5")) == (401, "OAU-151", "OAU-151")
    reply = await world.ask(method, target + "?access_token=x", authorization="")
    assert codes(reply) == (401, "TokenInvalid", "OAU-149")
    world.clock.pass_seconds(3600)
    reply = await world.ask(method, target)
    assert codes(reply) == (401, "TokenExpired", "OAU-128")
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path"), METHODS)
async def test_ids_in_the_path(world: WebWorld, method: str, path: str) -> None:
    account, extension = world.user.account_id, world.user.id
    other = world.accounts.extension_by_number("102").id

    async def asked(account_id: object, extension_id: object) -> Any:
        return await world.ask(method, f"/restapi/v1.0/account/{account_id}/extension/{extension_id}{path}")

    for wrong in (account + 1, "x", extension, "%7E1", "-1"):
        reply = await asked(wrong, "~")
        assert codes(reply) == (404, "InvalidParameter", "CMN-102")
        assert reply.json["message"] == "Resource for parameter [accountId] is not found"
    for wrong in (other, extension + 12345, account):
        assert codes(await asked("~", wrong)) == (403, "InsufficientPermissions", "CMN-404")
    assert (await asked("~", "x")).json["parameterName"] == "extensionId"
    for mine in ((account, extension), ("~", extension), (account, "~"), ("%7E", "~")):
        assert (await asked(*mine)).json.get("parameterName") not in ("accountId", "extensionId")


@pytest.mark.parametrize(("method", "path"), METHODS)
async def test_the_scope_ring_out_is_needed(world: WebWorld, method: str, path: str) -> None:
    jwt = await world.tokens.jwts.issue(world.user.id, "x")
    form = {"grant_type": JWT_GRANT, "assertion": jwt, "client_id": "reader", "client_secret": "reads"}
    token = (await world.log_in(form)).json["access_token"]
    reply = await world.ask(method, world.home + path, authorization=f"Bearer {token}")
    assert codes(reply) == (403, "InsufficientPermissions", "CMN-401")
    assert reply.json["permissionName"] == reply.json["errors"][0]["permissionName"] == "RingOut"
    assert reply.headers["www-authenticate"].endswith('error="insufficient_scope", scope="RingOut"')
    assert reply.json["message"] == "In order to call this API endpoint, application needs to have [RingOut] permission"


NEEDING = [(method, r.path, o.permission) for r in RESOURCES for method, o in r.methods.items() if o.permission]
# What every application may ask, whatever it was registered for.
FREE = (
    "/authz-profile", "/authz-profile/check", "/dialing-plan", "/number-parser/parse", "/link/parse",
    "/dictionary/country", "/dictionary/timezone", "/dictionary/language", "/userinfo",
)  # fmt: skip


def test_what_needs_no_permission() -> None:
    free = {r.path for r in RESOURCES for o in r.methods.values() if o.login and not o.permission}
    assert {path for path in free if not re.sub(r"/\{\w+Id\}$", "", path).endswith(FREE)} == set()


async def bearer_with(world: WebWorld, scopes: tuple[str, ...]) -> str:
    await world.accounts.change_client("reader", lambda client: replace(client, scopes=scopes))
    jwt = await world.tokens.jwts.issue(world.user.id, "x")
    form = {"grant_type": JWT_GRANT, "assertion": jwt, "client_id": "reader", "client_secret": "reads"}
    return str((await world.log_in(form)).json["access_token"])


@pytest.mark.parametrize(("method", "path", "permission"), NEEDING)
async def test_every_operation_needs_its_permission_and_no_other(method: str, path: str, permission: str) -> None:
    """All others that there are do not make up for it."""
    world = await make_world(CONFIG)
    target = re.sub(r"\{\w+\}", "5", path.replace("{accountId}", "~").replace("{extensionId}", "~"))
    others = tuple(one for one in permissions.PERMISSIONS if permission not in permissions.expand((one,)))
    bearer = await bearer_with(world, others)
    before = world.accounts.version
    reply = await world.ask(method, target, {}, authorization=f"Bearer {bearer}")
    assert codes(reply) == (403, "InsufficientPermissions", "CMN-401")
    assert reply.json["permissionName"] == permission
    assert (world.accounts.version, world.engine.steps) == (before, [])
    bearer = await bearer_with(world, (permission,))
    reply = await world.ask(method, target, {}, authorization=f"Bearer {bearer}")
    assert reply.status < 400 or reply.json["errors"][0]["errorCode"] != "CMN-401"


async def test_a_renewed_session_kills_the_old_token(world: WebWorld) -> None:
    jwt = await world.tokens.jwts.issue(world.user.id, "x")
    client = {"client_id": "public"}
    first = (await world.log_in({"grant_type": JWT_GRANT, "assertion": jwt, **client})).json
    await world.log_in({"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **client})
    reply = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {first['access_token']}")
    assert reply.status == 401
