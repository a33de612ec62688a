"""What each operation does, and that what it shows is what is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.administration import ADMIN_APP, APP, FILED, MADE, make_administration
from ringout.domain.account import Extension, Grant, UsageType
from ringout.domain.errors import TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.administration.operations import OPERATIONS
from ringout.service.tokens import Lifetimes

U102 = {"user": "102"}


def test_every_operation_has_its_own_words_and_url() -> None:
    for kinds in (
        [o.name for o in OPERATIONS],
        [o.command for o in OPERATIONS],
        [(o.method, o.path) for o in OPERATIONS],
    ):
        assert len(kinds) == len(set(kinds))


# --- accounts ------------------------------------------------------------------------------------------------------


async def test_an_account_is_made_shown_and_changed() -> None:
    world = await make_administration()
    made = await world.run(
        "adminCreateAccount",
        {"mainNumber": "020 7946 0000", "country": "GB", "company": " Beta ", "international": True},
    )
    assert (made["mainNumber"], made["country"], made["company"]) == ("+442079460000", "gb", "Beta")
    assert made["blocked"] > 0
    where = {"account": made["id"]}
    changed = await world.run("adminUpdateAccount", {"mainNumber": "020 7946 0001", "prepaid": True}, **where)
    assert (changed["mainNumber"], changed["prepaid"], changed["company"]) == ("+442079460001", True, "Beta")
    assert await world.run("adminReadAccount", **where) == changed
    assert changed in await world.run("adminListAccounts")
    assert [account.id for account in world.account_store.now.accounts] == [100000001, int(made["id"])]


async def test_a_disabled_account_logs_its_users_out() -> None:
    world = await make_administration()
    token = (await world.log_in(MADE)).access_token
    await world.run("adminUpdateAccount", {"enabled": False})
    with pytest.raises(TokenInvalid):
        world.admin.tokens.principal(token)
    assert world.token_store.by_id == {}


async def test_features_of_the_account_and_of_a_user() -> None:
    world = await make_administration()
    assert await world.run("adminReadFeatures") == {"ringOut": True, "international": False}
    assert await world.run("adminUpdateFeatures", {"international": True}) == {"ringOut": True, "international": True}
    off = {"ringOut": False, "international": True}
    assert await world.run("adminUpdateUserFeatures", {"ringOut": False}, **U102) == off
    assert await world.run("adminReadUserFeatures", **U102) == off
    account, user = world.account_store.now.accounts[0], world.admin.accounts.extension(MADE.id)
    assert (account.international, account.ring_out, user.ring_out, user.international) == (True, True, False, True)


async def test_prefixes_are_blocked_once_and_opened_one_by_one() -> None:
    world = await make_administration()
    added = await world.run("adminAddBlocked", {"prefixes": ["+44 20", "+1900"]})
    assert added == {"prefixes": ["+1900", "+4420"]}
    await world.run("adminRemoveBlocked", prefix="+1900")
    assert await world.run("adminListBlocked") == {"prefixes": ["+4420"]}


async def test_the_balance_and_its_entries() -> None:
    world = await make_administration()
    await world.run("adminAddBalance", {"units": 500, "note": "paid"})
    assert await world.run("adminAddBalance", {"units": -200}) == {
        "prepaid": False, "balance": 300, "reserved": 0, "available": 300,
    }  # fmt: skip
    newest, oldest = await world.run("adminListBalanceEntries")
    assert (newest["amount"], oldest["amount"], oldest["note"], oldest["kind"]) == (-200, 500, "paid", "top_up")
    assert oldest["time"] == "2027-01-15T08:00:00.000Z"
    assert await world.run("adminListBalanceEntries", {"before": int(newest["id"])}) == [oldest]
    assert await world.run("adminListBalanceEntries", {"limit": 1}) == [newest]


# --- numbers -------------------------------------------------------------------------------------------------------


async def test_a_number_is_added_given_away_and_taken_back() -> None:
    world = await make_administration()
    made = await world.run("adminCreateNumber", {"number": "(650) 555-0130", "user": "102", "label": "desk"})
    assert (made["number"], made["usage"], made["user"]) == ("+16505550130", "DirectNumber", "102")
    assert await world.run("adminUpdateCallerId", {"ringOut": "650 555 0130"}, **U102) == {"ringOut": "+16505550130"}
    given = await world.run("adminUpdateNumber", {"user": "101"}, number=made["id"])
    assert (given["user"], given["label"]) == ("101", "desk")
    assert await world.run("adminReadCallerId", **U102) == {"ringOut": "main"}  # it is no longer hers to show
    company = await world.run("adminUpdateNumber", {"user": "", "callerId": False}, number="+16505550130")
    assert (company["usage"], company.get("user"), company["callerId"]) == ("CompanyNumber", None, False)
    await world.run("adminDeleteNumber", number="+16505550130")
    assert "+16505550130" not in [number["number"] for number in await world.run("adminListNumbers")]


async def test_a_number_that_goes_is_shown_by_nobody_any_more() -> None:
    world = await make_administration()
    await world.run("adminUpdateCallerId", {"ringOut": "+16505550110"}, user="101")
    await world.run("adminUpdateCallerId", {"ringOut": "blocked"}, **U102)
    await world.run("adminDeleteNumber", number="100000011")
    assert [e.caller_id.ring_out for e in world.account_store.now.extensions] == ["main", "blocked"]


# --- users ---------------------------------------------------------------------------------------------------------


async def test_a_user_is_made_with_a_password_that_is_shown_once() -> None:
    world = await make_administration()
    made = await world.run(
        "adminCreateUser",
        {
            "extension": " 103 ",
            "firstName": "Ann",
            "lastName": "Example",
            "email": "a@b.example",
            "generatePassword": True,
        },
    )
    assert (made["extension"], made["name"], made["hasPassword"]) == ("103", "Ann Example", True)
    stored = world.admin.accounts.extension(int(made["id"]))
    assert stored.password_hash == f"hash of {made.pop('password')}"
    assert await world.run("adminReadUser", user="103") == await world.run("adminReadUser", user=made["id"]) == made
    given = await world.run("adminCreateUser", {"extension": "104", "password": " blanks count "})
    assert "password" not in given
    assert world.admin.accounts.extension(int(given["id"])).password_hash == "hash of  blanks count "
    bare = await world.run("adminCreateUser", {"extension": "105"})
    assert bare["hasPassword"] is False


async def test_a_user_is_changed_by_what_is_named_only() -> None:
    world = await make_administration()
    first = await world.run(
        "adminUpdateUser", {"firstName": "Bob", "timezone": "Europe/Paris", "country": "FR"}, **U102
    )
    await world.run("adminUpdateUser", {"extension": "202", "admin": True}, **U102)
    stored = world.admin.accounts.extension(MADE.id)
    assert (stored.number, stored.contact.first_name, stored.admin) == ("202", "Bob", True)
    assert (stored.regional.timezone, stored.regional.country) == ("Europe/Paris", "fr")
    await world.run("adminUpdateUser", {"timezone": ""}, user="202")
    assert world.admin.accounts.extension(MADE.id).regional.timezone is None
    assert first["numbers"] == ["+16505550120"]


@pytest.mark.parametrize("fields", [{"password": "a new password"}, {"generate": True}])
async def test_a_new_password_ends_the_users_sessions_and_no_others(fields: dict[str, object]) -> None:
    world = await make_administration()
    hers, his = await world.log_in(MADE), await world.log_in(FILED)
    shown = await world.run("adminSetPassword", fields, **U102)
    assert ("password" in shown) is ("generate" in fields)
    new = shown.get("password", fields.get("password"))
    assert world.admin.accounts.extension(MADE.id).password_hash == f"hash of {new}"
    with pytest.raises(TokenInvalid):
        world.admin.tokens.principal(hers.access_token)
    assert world.admin.tokens.principal(his.access_token).extension_id == FILED.id


async def test_a_user_that_goes_leaves_nothing_that_opens_anything() -> None:
    world = await make_administration()
    session = await world.log_in(MADE)
    jwt = (await world.run("adminCreateJwt", {"label": "x"}, **U102))["jwt"]
    await world.run("adminDeleteUser", **U102)
    with pytest.raises(TokenInvalid):
        world.admin.tokens.principal(session.access_token)
    with pytest.raises(ValueError):
        world.admin.tokens.jwts.owner(jwt, APP.client_id)
    assert (world.token_store.by_id, world.token_store.jwts) == ({}, [])
    account = world.account_store.now.accounts[0]
    assert [(o.number, o.usage, o.extension_id) for o in account.numbers] == [
        ("+16505550110", UsageType.COMPANY, None),
        ("+16505550120", UsageType.COMPANY, None),
    ]
    assert world.account_store.now.extensions == (FILED,)


async def test_what_the_configuration_describes_can_be_changed() -> None:
    world = await make_administration()
    await world.run("adminUpdateUser", {"firstName": "Zed", "extension": "101"}, user="101")
    await world.run("adminUpdateClient", {"name": "Zed's"}, client="filed")
    assert world.admin.accounts.extension(FILED.id).contact.first_name == "Zed"
    assert (await world.run("adminReadClient", client="filed"))["name"] == "Zed's"


async def test_phones_follow_the_users_own_rules() -> None:
    world = await make_administration()
    work = await world.run("adminCreateForwardingNumber", {"phoneNumber": "650 555 0198"}, **U102)
    mobile = await world.run(
        "adminCreateForwardingNumber", {"phoneNumber": "+16505550199", "type": "Mobile", "default": True}, **U102
    )
    assert (work["type"], mobile["type"], mobile["default"]) == ("Work", "Mobile", True)
    changed = await world.run(
        "adminUpdateForwardingNumber", {"phoneNumber": "+16505550197", "default": True}, **U102, phone="+16505550198"
    )
    assert (changed["phoneNumber"], changed["default"]) == ("+16505550197", True)
    await world.run("adminDeleteForwardingNumber", **U102, phone=mobile["id"])
    assert await world.run("adminListForwardingNumbers", **U102) == [changed]
    assert await world.run("adminUpdateCallerId", {"ringOut": "+16505550197"}, **U102) == {"ringOut": "+16505550197"}


# --- applications and credentials ------------------------------------------------------------------------------------


async def test_an_application_is_made_with_a_secret_that_is_shown_once() -> None:
    world = await make_administration()
    uris = ["https://a.example/cb?x=1", "com.example.app:/done", "http://127.0.0.1:8000/cb"]
    made = await world.run(
        "adminCreateClient",
        {"name": "App", "scopes": ["RingOut", "RingOut"], "grants": ["password", "jwt"], "redirectUris": uris},
    )
    stored = world.admin.accounts.client(made["clientId"])
    assert stored is not None
    assert stored.secret_hash == f"hash of {made.pop('clientSecret')}"
    assert stored.grants == (Grant.PASSWORD, Grant.JWT)
    assert (made["scopes"], made["redirectUris"]) == (["RingOut"], uris)
    assert await world.run("adminReadClient", client=made["clientId"]) == {**made, "grants": ["jwt", "password"]}
    public = await world.run("adminCreateClient", {"public": True, "clientId": "spa"})
    assert "clientSecret" not in public
    assert (public["confidential"], public["grants"]) == (False, ["jwt", "authorization_code"])


async def test_a_client_of_the_administration_is_for_nothing_else() -> None:
    world = await make_administration()
    made = await world.run("adminCreateClient", {"admin": True})
    stored = world.admin.accounts.client(made["clientId"])
    assert stored is not None
    assert (stored.scopes, stored.grants, stored.refresh_tokens) == (("Admin",), (Grant.CLIENT_CREDENTIALS,), False)
    changed = await world.run("adminUpdateClient", {"name": "ops", "enabled": False}, client=ADMIN_APP.client_id)
    assert (changed["name"], changed["enabled"], changed["admin"]) == ("ops", False, True)


async def test_a_new_secret_takes_the_place_of_the_old_one() -> None:
    world = await make_administration()
    shown = await world.run("adminRotateSecret", client="app")
    stored = world.admin.accounts.client("app")
    assert stored is not None
    assert stored == replace(APP, secret_hash=f"hash of {shown['clientSecret']}")


async def test_a_new_secret_of_a_client_of_the_administration_ends_its_sessions() -> None:
    world = await make_administration()
    tokens = world.admin.tokens
    own = await tokens.open_session(ADMIN_APP, None, ("Admin",), Lifetimes(), "")
    users = await world.log_in(MADE)
    await world.run("adminRotateSecret", client="app")
    assert tokens.principal(own.access_token).client_id == ADMIN_APP.client_id
    await world.run("adminRotateSecret", client=ADMIN_APP.client_id)
    with pytest.raises(TokenInvalid):
        tokens.principal(own.access_token)
    assert tokens.principal(users.access_token).extension_id == MADE.id


async def test_an_application_is_switched_off_and_removed() -> None:
    world = await make_administration()
    token = (await world.log_in(MADE)).access_token
    account = await world.run("adminUpdateClient", {"account": "100000001", "refreshTokens": False}, client="app")
    assert (account["account"], account["refreshTokens"]) == ("100000001", False)
    await world.run("adminUpdateClient", {"enabled": False}, client="app")
    assert world.admin.accounts.client("app") is None
    await world.run("adminUpdateClient", {"enabled": True, "account": ""}, client="app")
    assert world.admin.tokens.principal(token).extension_id == MADE.id
    await world.run("adminDeleteClient", client="app")
    with pytest.raises(TokenInvalid):
        world.admin.tokens.principal(token)
    assert [c["clientId"] for c in await world.run("adminListClients")] == ["admin", "filed"]


async def test_a_jwt_is_shown_once_and_works_until_it_is_removed() -> None:
    world = await make_administration()
    made = await world.run("adminCreateJwt", {"label": "robot", "client": "app", "days": 1}, **U102)
    jwt = made.pop("jwt")
    assert world.admin.tokens.jwts.owner(jwt, "app").id == MADE.id
    assert (made["creationTime"], made["expirationTime"]) == ("2027-01-15T08:00:00.000Z", "2027-01-16T08:00:00.000Z")
    assert await world.run("adminListJwts", **U102) == [made]
    assert await world.run("adminListJwts", user="101") == []
    await world.run("adminDeleteJwt", **U102, jwt=made["id"])
    with pytest.raises(ValueError):
        world.admin.tokens.jwts.owner(jwt, "app")


async def test_a_restart_finds_everything_again() -> None:
    world = await make_administration()
    await world.run("adminCreateUser", {"extension": "103"})
    await world.run("adminCreateNumber", {"number": "+16505550130", "user": "103"})
    loaded = await Accounts.load(world.account_store)
    assert [user.number for user in loaded.extensions(100000001)] == ["101", "102", "103"]
    owner = loaded.account(100000001).numbers[-1].extension_id
    assert isinstance(loaded.extension(owner or 0), Extension)
