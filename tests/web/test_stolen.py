"""What a thief gets: nothing. Stolen, expired and foreign access tokens, tried from outside on every kind of resource,
with the code that tells an honest client what happened."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from fakes.stolen import (
    APP,
    CALL,
    FOREIGN,
    HOME,
    LOGIN,
    RESOURCES,
    assert_good,
    assert_no_token,
    assert_useless,
    by_password,
    refresh,
    token_of,
    world_of_thieves,
)
from fakes.web import FORM, JWT_GRANT, WebWorld
from ringout.domain.account import Account, Contact, Extension, ForwardingNumber


@pytest.fixture
async def world() -> WebWorld:
    return await world_of_thieves()


# --- access tokens ----------------------------------------------------------------------------------------------------


async def test_made_up_tokens(world: WebWorld) -> None:
    good = (await by_password(world))["access_token"]
    for wrong in ("x", "null", good[:-1], good + "A", good.swapcase(), "A" * 4000):
        await assert_useless(world, wrong)
    await assert_good(world, good)


async def test_an_expired_token(world: WebWorld) -> None:
    issued = await by_password(world)
    world.clock.pass_seconds(issued["expires_in"] - 1)
    await assert_good(world, issued["access_token"])
    world.clock.pass_seconds(1)
    await assert_useless(world, issued["access_token"], "OAU-128")


@pytest.mark.parametrize("shown", ["access_token", "refresh_token"])
async def test_after_a_logout(world: WebWorld, shown: str) -> None:
    """Either token ends the whole session, and no other one."""
    issued, other = await by_password(world), await by_password(world)
    body = urlencode({"token": issued[shown], **APP}).encode()
    reply = await world.ask("POST", "/restapi/oauth/revoke", body, authorization="", content_type=FORM)
    assert reply.status == 200
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))
    await assert_good(world, other["access_token"])


async def test_a_foreign_client_cannot_log_anybody_out(world: WebWorld) -> None:
    issued = await by_password(world)
    body = urlencode({"token": issued["access_token"], **FOREIGN}).encode()
    await world.ask("POST", "/restapi/oauth/revoke", body, authorization="", content_type=FORM)
    await assert_good(world, issued["access_token"])


async def test_after_a_new_password(world: WebWorld) -> None:
    issued = await by_password(world)
    new = {"password": "another correct horse 7"}
    reply = await world.ask("PUT", HOME, new, authorization=f"Bearer {issued['access_token']}")
    assert reply.status == 200, reply.body
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))
    assert_no_token(await world.log_in({"grant_type": "password", **LOGIN, **APP}), codes=("OAU-140",))
    await by_password_with(world, new["password"])


async def by_password_with(world: WebWorld, password: str) -> dict[str, Any]:
    return await token_of(world, {"grant_type": "password", **LOGIN, "password": password, **APP})


async def test_after_the_user_was_switched_off(world: WebWorld) -> None:
    issued = await by_password(world)
    await world.accounts.change_extension(world.user.id, lambda extension: replace(extension, enabled=False))
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])))
    assert_no_token(await world.log_in({"grant_type": "password", **LOGIN, **APP}), codes=("OAU-140",))


async def test_after_the_client_was_switched_off(world: WebWorld) -> None:
    issued = await by_password(world)
    await world.accounts.change_client("honest", lambda client: replace(client, enabled=False))
    await assert_useless(world, issued["access_token"])
    assert_no_token(await world.log_in(refresh(issued["refresh_token"])), "invalid_client")


async def test_the_sixth_login_ends_the_first(world: WebWorld) -> None:
    first, *others = [await by_password(world) for _ in range(6)]
    await assert_useless(world, first["access_token"])
    for issued in others:
        await assert_good(world, issued["access_token"])


async def test_no_other_credential_is_an_access_token(world: WebWorld) -> None:
    issued = await by_password(world)
    personal = await world.tokens.jwts.issue(world.user.id, "x")
    secret = base64.b64encode(b"honest:honest-secret").decode()
    for other in (issued["refresh_token"], personal, issued["session_id"], "honest-secret", secret):
        await assert_useless(world, other)


async def test_a_connection_token_is_no_access_token(world: WebWorld) -> None:
    issued = await by_password(world)
    bearer = f"Bearer {issued['access_token']}"
    reply = await world.ask("POST", "/restapi/oauth/wstoken", authorization=bearer)
    await assert_useless(world, reply.json["ws_access_token"])


# --- somebody else's things -------------------------------------------------------------------------------------------


async def another_account(world: WebWorld) -> Extension:
    """A user of another company, with a RingOut of its own."""
    account = Account(700_000_001, "+12125550100")
    phone = ForwardingNumber("700000003", "+12125550101", "Desk")
    user = Extension(700_000_002, account.id, "101", Contact("Else"), forwarding_numbers=(phone,))
    await world.accounts.change(lambda: ((account, user), ()))
    return user


async def place_as(world: WebWorld, user: Extension) -> dict[str, Any]:
    personal = await world.tokens.jwts.issue(user.id, "x")
    issued = await token_of(world, {"grant_type": JWT_GRANT, "assertion": personal, **APP})
    body = {"from": {"phoneNumber": "+12125550101"}, "to": {"phoneNumber": "+14155550177"}}
    reply = await world.ask("POST", f"{HOME}/ringout", body, authorization=f"Bearer {issued['access_token']}")
    assert reply.status == 200, reply.body
    placed: dict[str, Any] = reply.json
    return placed


async def test_another_extension_and_another_account(world: WebWorld) -> None:
    colleague, stranger = world.accounts.extension_by_number("102"), await another_account(world)
    bearer = f"Bearer {(await by_password(world))['access_token']}"
    before = world.accounts.version
    own = f"/account/{world.user.account_id}/extension/{world.user.id}"
    for path, status, code in (
        (f"/account/~/extension/{colleague.id}", 403, "CMN-404"),
        (f"/account/{colleague.account_id}/extension/{colleague.id}", 403, "CMN-404"),
        (f"/account/~/extension/{stranger.id}", 403, "CMN-404"),
        (f"/account/{stranger.account_id}/extension/{stranger.id}", 404, "CMN-102"),
        (f"/account/{stranger.account_id}/extension/~", 404, "CMN-102"),
        (f"/account/~/extension/{world.user.id}%2F..%2F{colleague.id}", 404, None),
        (f"/account/~/extension/{world.user.id}/../{colleague.id}", 404, None),
        (f"/account/~/extension/{world.user.id},{colleague.id}", 404, None),
        (f"/account/~/extension/0{world.user.id}", 403, None),
    ):
        for method, target, body in RESOURCES:
            if not target.startswith(HOME):
                continue
            asked = target.replace("/account/~/extension/~", path)
            reply = await world.ask(method, asked, body, authorization=bearer)
            assert reply.status == status, (method, asked, reply.body)
            assert code is None or reply.json["errors"][0]["errorCode"] == code, (method, asked)
    assert world.engine.placed == []
    assert world.accounts.version == before
    assert (await world.ask("GET", f"/restapi/v1.0{own}", authorization=bearer)).status == 200


async def test_another_user_s_ring_out(world: WebWorld) -> None:
    placed = await place_as(world, await another_account(world))
    bearer = f"Bearer {(await by_password(world))['access_token']}"
    for method in ("GET", "DELETE"):
        reply = await world.ask(method, f"{HOME}/ringout/{placed['id']}", authorization=bearer)
        assert (reply.status, reply.json["errors"][0]["errorCode"]) == (404, "CMN-102")
    unknown = await world.ask("GET", f"{HOME}/ringout/{placed['id'] + 1}", authorization=bearer)
    mine = await world.ask("GET", f"{HOME}/ringout/{placed['id']}", authorization=bearer)
    assert mine.body == unknown.body  # whether it exists is not told
    assert world.engine.cancelled == []


async def test_another_user_s_phones_and_numbers(world: WebWorld) -> None:
    stranger = await another_account(world)
    bearer = f"Bearer {(await by_password(world))['access_token']}"
    foreign_id = stranger.forwarding_numbers[0].id
    for method, body in (("GET", b""), ("PUT", {"phoneNumber": "+14155550123"}), ("DELETE", b"")):
        reply = await world.ask(method, f"{HOME}/forwarding-number/{foreign_id}", body, authorization=bearer)
        assert reply.status == 404, (method, reply.body)
    call = {"from": {"forwardingNumberId": foreign_id}, "to": {"phoneNumber": "+14155550199"}}
    assert (await world.ask("POST", f"{HOME}/ringout", call, authorization=bearer)).status == 404
    call = {**CALL, "callerId": {"phoneNumber": "+12125550100"}}
    assert (await world.ask("POST", f"{HOME}/ringout", call, authorization=bearer)).status == 403
    assert world.engine.placed == []
    assert world.accounts.extension(stranger.id) == stranger
