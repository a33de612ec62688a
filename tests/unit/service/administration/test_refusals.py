"""Everything that an administrator may not do: the error, the field that it names, and that nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.administration import make_administration
from ringout.domain.errors import (
    BadNumber,
    BadParameter,
    Conflict,
    DuplicateValue,
    ForwardingNumberRefused,
    MissingParameter,
    NotFound,
    RingOutError,
    UnusableValue,
)

U101, U102 = {"user": "101"}, {"user": "102"}

REFUSALS: list[tuple[str, dict[str, str], dict[str, Any], type[RingOutError], str | None]] = [
    # what the path names is not there
    ("adminReadAccount", {"account": "999"}, {}, NotFound, "account"),
    ("adminListUsers", {"account": "x"}, {}, NotFound, "account"),
    ("adminReadUser", {"user": "999"}, {}, NotFound, "user"),
    ("adminUpdateUser", {"user": "100000999"}, {}, NotFound, "user"),
    ("adminSetPassword", {"user": "999"}, {"generate": True}, NotFound, "user"),
    ("adminDeleteUser", {"user": "999"}, {}, NotFound, "user"),
    ("adminListJwts", {"user": "999"}, {}, NotFound, "user"),
    ("adminDeleteJwt", {**U102, "jwt": "nonsense"}, {}, NotFound, "jwt"),
    ("adminReadClient", {"client": "nobody"}, {}, NotFound, "client"),
    ("adminUpdateClient", {"client": "nobody"}, {"name": "x"}, NotFound, "client"),
    ("adminDeleteClient", {"client": "nobody"}, {}, NotFound, "client"),
    ("adminRotateSecret", {"client": "nobody"}, {}, NotFound, "client"),
    ("adminUpdateNumber", {"number": "+19"}, {}, NotFound, "number"),
    ("adminDeleteNumber", {"number": "5"}, {}, NotFound, "number"),
    ("adminUpdateForwardingNumber", {**U102, "phone": "5"}, {}, NotFound, "forwardingNumber"),
    ("adminDeleteForwardingNumber", {**U102, "phone": "5"}, {}, NotFound, "forwardingNumber"),
    ("adminRemoveBlocked", {"prefix": "+44"}, {}, NotFound, "prefix"),
    # accounts
    ("adminCreateAccount", {}, {"mainNumber": "nonsense"}, UnusableValue, "mainNumber"),
    ("adminCreateAccount", {}, {"mainNumber": "+16505550100*101"}, UnusableValue, "mainNumber"),
    ("adminCreateAccount", {}, {"mainNumber": "650 555 0100"}, DuplicateValue, "mainNumber"),
    ("adminCreateAccount", {}, {"mainNumber": "+16505550110"}, DuplicateValue, "mainNumber"),
    ("adminCreateAccount", {}, {"mainNumber": "+16505550177", "country": "xx"}, UnusableValue, "country"),
    ("adminCreateAccount", {}, {"mainNumber": "+16505550177", "language": "?"}, UnusableValue, "language"),
    ("adminCreateAccount", {}, {"mainNumber": "+16505550177", "company": "x" * 129}, UnusableValue, "company"),
    ("adminCreateAccount", {}, {"mainNumber": "+16505550177", "company": "a\nb"}, UnusableValue, "company"),
    ("adminCreateAccount", {}, {"mainNumber": "+16505550177", "email": "a b@c"}, UnusableValue, "email"),
    ("adminUpdateAccount", {}, {"mainNumber": "+16505550120"}, DuplicateValue, "mainNumber"),
    ("adminUpdateAccount", {}, {"country": "usa"}, UnusableValue, "country"),
    ("adminAddBlocked", {}, {"prefixes": ["1900"]}, UnusableValue, "prefixes"),
    ("adminAddBlocked", {}, {"prefixes": ["+"]}, UnusableValue, "prefixes"),
    ("adminAddBlocked", {}, {"prefixes": [f"+1{n:04}" for n in range(1001)]}, Conflict, None),
    ("adminAddBalance", {}, {"units": 0}, BadParameter, "units"),
    ("adminAddBalance", {}, {"units": 10**16}, BadParameter, "units"),
    ("adminAddBalance", {}, {"units": -1}, Conflict, None),
    ("adminAddBalance", {}, {"units": 1, "note": "x" * 201}, UnusableValue, "note"),
    ("adminListBalanceEntries", {}, {"limit": 0}, UnusableValue, "limit"),
    ("adminListBalanceEntries", {}, {"limit": 1001}, UnusableValue, "limit"),
    ("adminListBalanceEntries", {}, {"before": -1}, UnusableValue, "before"),
    ("adminListBalanceEntries", {}, {"before": 2**63}, UnusableValue, "before"),
    # numbers
    ("adminCreateNumber", {}, {"number": "x"}, UnusableValue, "number"),
    ("adminCreateNumber", {}, {"number": "+16505550100"}, DuplicateValue, "number"),
    ("adminCreateNumber", {}, {"number": "(650) 555-0120"}, DuplicateValue, "number"),
    ("adminCreateNumber", {}, {"number": "+16505550130", "user": "999"}, UnusableValue, "user"),
    ("adminCreateNumber", {}, {"number": "+16505550130", "label": "x" * 129}, UnusableValue, "label"),
    ("adminUpdateNumber", {"number": "+16505550110"}, {"user": "999"}, UnusableValue, "user"),
    # users
    ("adminCreateUser", {}, {"extension": "101"}, DuplicateValue, "extension"),
    ("adminCreateUser", {}, {"extension": ""}, UnusableValue, "extension"),
    ("adminCreateUser", {}, {"extension": "123456789"}, UnusableValue, "extension"),
    ("adminCreateUser", {}, {"extension": "12a"}, UnusableValue, "extension"),
    ("adminCreateUser", {}, {"extension": "911"}, UnusableValue, "extension"),
    ("adminCreateUser", {}, {"extension": "103", "email": "x@"}, UnusableValue, "email"),
    ("adminCreateUser", {}, {"extension": "103", "firstName": "a\x00"}, UnusableValue, "firstName"),
    ("adminCreateUser", {}, {"extension": "103", "password": "short"}, UnusableValue, "password"),
    ("adminCreateUser", {}, {"extension": "103", "password": "x" * 129}, UnusableValue, "password"),
    ("adminUpdateUser", U102, {"extension": "101"}, DuplicateValue, "extension"),
    ("adminUpdateUser", U101, {"extension": "104"}, Conflict, None),
    ("adminUpdateUser", U102, {"timezone": "Mars/Phobos"}, UnusableValue, "timezone"),
    ("adminUpdateUser", U102, {"country": "zz"}, UnusableValue, "country"),
    ("adminUpdateUser", U102, {"language": "klingon!"}, UnusableValue, "language"),
    ("adminSetPassword", U102, {}, MissingParameter, "password"),
    ("adminSetPassword", U102, {"password": "1234567"}, UnusableValue, "password"),
    ("adminDeleteUser", U101, {}, Conflict, None),
    ("adminUpdateCallerId", U101, {"ringOut": "+16505550120"}, UnusableValue, "ringOut"),  # of 102
    ("adminUpdateCallerId", U102, {"ringOut": "+14155550123"}, UnusableValue, "ringOut"),
    ("adminUpdateCallerId", U102, {"ringOut": "somebody"}, UnusableValue, "ringOut"),
    ("adminCreateForwardingNumber", U102, {"phoneNumber": "x"}, BadNumber, "phoneNumber"),
    ("adminCreateForwardingNumber", U102, {"phoneNumber": "+16505550100"}, ForwardingNumberRefused, "phoneNumber"),
    (
        "adminCreateForwardingNumber", U102, {"phoneNumber": "+16505550199", "type": "Other"},
        ForwardingNumberRefused, "label",
    ),
    # applications and credentials
    ("adminCreateClient", {}, {"clientId": "app"}, DuplicateValue, "clientId"),
    ("adminCreateClient", {}, {"clientId": "a/b"}, UnusableValue, "clientId"),
    ("adminCreateClient", {}, {"scopes": ["Everything"]}, UnusableValue, "scopes"),
    ("adminCreateClient", {}, {"scopes": ["Admin"]}, UnusableValue, "scopes"),
    ("adminCreateClient", {}, {"redirectUris": ["/callback"]}, UnusableValue, "redirectUris"),
    ("adminCreateClient", {}, {"redirectUris": ["https://a.example/#x"]}, UnusableValue, "redirectUris"),
    ("adminCreateClient", {}, {"redirectUris": ["https://"]}, UnusableValue, "redirectUris"),
    ("adminCreateClient", {}, {"redirectUris": ["https://[x"]}, UnusableValue, "redirectUris"),
    ("adminCreateClient", {}, {"redirectUris": ["javascript:alert(1)"]}, UnusableValue, "redirectUris"),
    ("adminCreateClient", {}, {"redirectUris": ["data:text/html,x"]}, UnusableValue, "redirectUris"),
    ("adminCreateClient", {}, {"redirectUris": ["https://a.example/" + "x" * 2000]}, UnusableValue, "redirectUris"),
    ("adminCreateClient", {}, {"redirectUris": [f"https://a.example/{n}" for n in range(33)]}, Conflict, None),
    ("adminCreateClient", {}, {"account": "999"}, UnusableValue, "account"),
    ("adminCreateClient", {}, {"admin": True, "public": True}, UnusableValue, "public"),
    ("adminCreateClient", {}, {"admin": True, "scopes": ["RingOut"]}, UnusableValue, "scopes"),
    ("adminCreateClient", {}, {"admin": True, "grants": ["jwt"]}, UnusableValue, "grants"),
    ("adminUpdateClient", {"client": "admin"}, {"grants": ["jwt"]}, UnusableValue, "grants"),
    ("adminUpdateClient", {"client": "admin"}, {"scopes": ["RingOut"]}, UnusableValue, "scopes"),
    ("adminUpdateClient", {"client": "app"}, {"scopes": ["Admin"]}, UnusableValue, "scopes"),
    ("adminUpdateClient", {"client": "app"}, {"redirectUris": ["x"]}, UnusableValue, "redirectUris"),
    ("adminDeleteClient", {"client": "filed"}, {}, Conflict, None),
    ("adminRotateSecret", {"client": "filed"}, {}, Conflict, None),
    ("adminCreateJwt", U102, {"days": 0}, UnusableValue, "days"),
    ("adminCreateJwt", U102, {"days": 3651}, UnusableValue, "days"),
    ("adminCreateJwt", U102, {"client": "nobody"}, UnusableValue, "client"),
    ("adminCreateJwt", U102, {"label": "x\ty"}, UnusableValue, "label"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "where", "fields", "error", "parameter"), REFUSALS)
async def test_refused(
    name: str, where: dict[str, str], fields: dict[str, Any], error: type[RingOutError], parameter: str | None
) -> None:
    world = await make_administration()
    before = world.account_store.now
    with pytest.raises(error) as refused:
        await world.run(name, fields, **where)
    assert type(refused.value) is error
    assert getattr(refused.value, "parameter", None) == parameter
    assert world.account_store.now == before
    assert world.token_store.jwts == []


async def test_the_only_account_must_be_named_where_there_are_two() -> None:
    world = await make_administration()
    second = await world.run("adminCreateAccount", {"mainNumber": "+16505550177"})
    with pytest.raises(UnusableValue) as refused:
        await world.run("adminListUsers")
    assert (refused.value.parameter, refused.value.value) == ("account", "~")
    assert await world.run("adminListUsers", account=second["id"]) == []
    assert len(await world.run("adminListUsers", account="100000001")) == 2


async def test_an_email_address_belongs_to_one_user_of_all_accounts() -> None:
    world = await make_administration()
    await world.run("adminUpdateUser", {"email": "Ann@Example.com"}, user="102")
    second = await world.run("adminCreateAccount", {"mainNumber": "+16505550177"})
    for name, where in (("adminCreateUser", {"account": second["id"]}), ("adminUpdateUser", U101)):
        fields = {"email": "ann@example.COM"} | ({"extension": "101"} if name == "adminCreateUser" else {})
        where = {"account": "100000001", **where}
        with pytest.raises(DuplicateValue) as refused:
            await world.run(name, fields, **where)
        assert refused.value.parameter == "email"
    await world.run("adminUpdateUser", {"email": "ann@example.com"}, account="100000001", user="102")  # her own


async def test_no_user_has_more_than_a_hundred_jwts() -> None:
    world = await make_administration()
    for _ in range(100):
        await world.run("adminCreateJwt", {}, user="102")
    with pytest.raises(Conflict):
        await world.run("adminCreateJwt", {}, user="102")


async def test_what_the_disk_refuses_has_not_happened() -> None:
    world = await make_administration()
    world.account_store.disk_full = True
    with pytest.raises(OSError, match="full"):
        await world.run("adminCreateUser", {"extension": "103"})
    assert [user["extension"] for user in await world.run("adminListUsers")] == ["101", "102"]
