"""The user who asks, and the list of the account's users."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.description import complaints, values
from fakes.people import ACCOUNT, EXTENSION, bearer_of, change_user, people_world, refusal
from fakes.web import CLIENT, PASSWORD, SECRET, WebWorld
from ringout.domain.account import Contact

LIST = f"{ACCOUNT}/extension"


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


# --- reading --------------------------------------------------------------------------------------------------------


async def test_the_extension_is_as_described(world: WebWorld) -> None:
    reply = await world.ask("GET", EXTENSION)
    assert reply.status == 200
    assert complaints("readExtension", reply.json) == []


async def test_types_and_values(world: WebWorld) -> None:
    body = (await world.ask("GET", EXTENSION)).json
    root = "http://api.test:8080/restapi/v1.0"
    assert body["id"] == world.user.id
    assert body["account"] == {
        "id": str(world.user.account_id),
        "uri": f"{root}/account/{world.user.account_id}",
    }
    assert body["uri"] == f"{root}/account/{world.user.account_id}/extension/{world.user.id}"
    assert body["extensionNumber"] == "101"
    assert (body["type"], body["status"], body["setupWizardState"]) == ("User", "Enabled", "Completed")
    assert body["name"] == body["contact"]["name"] == "User"
    assert body["contact"]["email"] == "user@example.com"
    assert body["permissions"] == {"admin": {"enabled": False}, "internationalCalling": {"enabled": False}}
    assert body["roles"][0]["displayName"] == "Standard"
    assert body["regionalSettings"]["homeCountry"]["isoCode"] == "US"
    assert body["assignedCountry"]["isoCode"] == "US"
    assert body["regionalSettings"]["timeFormat"] == "12h"


async def test_service_features_are_those_of_the_description(world: WebWorld) -> None:
    features = (await world.ask("GET", EXTENSION)).json["serviceFeatures"]
    described = values("readExtension", "serviceFeatures.featureName")
    assert sorted(feature["featureName"] for feature in features) == sorted(described)


FEATURE_STATES: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("RingOut", {}, {}, None),
    ("RingOut", {"ring_out": False}, {}, "AccountLimitation"),
    ("RingOut", {}, {"ring_out": False}, "ExtensionLimitation"),
    ("InternationalCalling", {}, {}, "AccountLimitation"),
    ("InternationalCalling", {"international": True}, {}, None),
    ("InternationalCalling", {"international": True}, {"international": False}, "ExtensionLimitation"),
    ("PasswordAuth", {}, {}, None),
    ("PasswordAuth", {}, {"password_hash": None}, "ExtensionLimitation"),
    ("CallForwarding", {}, {}, None),
    ("WebPhone", {}, {}, "ServicePlanLimitation"),
    ("SMS", {}, {}, "ServicePlanLimitation"),
]


@pytest.mark.parametrize(("name", "account", "extension", "reason"), FEATURE_STATES)
async def test_service_features(
    world: WebWorld, name: str, account: dict[str, Any], extension: dict[str, Any], reason: str | None
) -> None:
    await world.accounts.change_account(world.user.account_id, lambda old: replace(old, **account))
    await change_user(world, **extension)
    listed = (await world.ask("GET", EXTENSION)).json["serviceFeatures"]
    (found,) = [feature for feature in listed if feature["featureName"] == name]
    assert found["enabled"] is (reason is None)
    assert found.get("reason") == reason


# --- the list -------------------------------------------------------------------------------------------------------


async def test_the_list_is_as_described(world: WebWorld) -> None:
    reply = await world.ask("GET", LIST)
    assert complaints("listExtensions", reply.json) == []
    assert [record["extensionNumber"] for record in reply.json["records"]] == ["101", "102", "104"]
    assert reply.json["paging"]["totalElements"] == 3
    assert {record["roles"][0]["displayName"] for record in reply.json["records"]} == {"Standard"}
    assert not any("password" in str(record).lower() for record in reply.json["records"])


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=Enabled", ["101", "104"]),
        ("status=Disabled", ["102"]),
        ("status=Enabled&status=Disabled", ["101", "102", "104"]),
        ("status=Enabled,Disabled", ["101", "102", "104"]),
        ("status=NotActivated", []),
        ("status=", ["101", "102", "104"]),
        ("type=User", ["101", "102", "104"]),
        ("type=Department", []),
        ("type=Department&type=User", ["101", "102", "104"]),
        ("extensionNumber=104", ["104"]),
        ("extensionNumber=999", []),
        ("email=ANN@example.com", ["104"]),
        ("email=ann@example.com&email=user@example.com", ["101", "104"]),
        ("email=nobody@example.com", []),
        ("perPage=2", ["101", "102"]),
        ("perPage=2&page=2", ["104"]),
        ("perPage=2&page=3", []),
        ("perPage=max", ["101", "102", "104"]),
        ("perPage=100000", ["101", "102", "104"]),
        ("unknown=5", ["101", "102", "104"]),
    ],
)
async def test_filters_and_pages(world: WebWorld, query: str, numbers: list[str]) -> None:
    await change_user(world, "102", enabled=False)
    reply = await world.ask("GET", f"{LIST}?{query}")
    assert complaints("listExtensions", reply.json) == []
    assert [record["extensionNumber"] for record in reply.json["records"]] == numbers


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("status=Gone", "status"),
        ("type=user", "type"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("perPage=-1", "perPage"),
        ("perPage=1.5", "perPage"),
    ],
)
async def test_bad_queries(world: WebWorld, query: str, parameter: str) -> None:
    assert refusal(await world.ask("GET", f"{LIST}?{query}")) == (400, "CMN-101", parameter)


async def test_colleagues_are_listed_and_not_served(world: WebWorld) -> None:
    await change_user(world, admin=True)
    colleague = world.accounts.extension_by_number("102")
    for method in ("GET", "PUT"):
        reply = await world.ask(method, f"{LIST}/{colleague.id}", {})
        assert refusal(reply)[:2] == (403, "CMN-404")
    assert refusal(await world.ask("GET", f"{LIST}/x")) == (404, "CMN-102", "extensionId")


# --- changes --------------------------------------------------------------------------------------------------------


async def test_contact_and_region_are_changed_and_kept(world: WebWorld) -> None:
    body = {
        "contact": {
            "firstName": " Ann ",
            "lastName": "Example",
            "company": "Own Ltd",
            "jobTitle": "Boss",
            "department": "All",
            "email": "new@example.com",
            "businessPhone": "(650) 555-0111",
            "mobilePhone": "16505550122",
            "businessAddress": {"city": "Belmont"},
        },
        "regionalSettings": {
            "homeCountry": {"id": "224"},
            "timezone": {"id": "Europe.London"},
            "language": {"id": "2057"},
            "greetingLanguage": {"id": "1031"},
            "formattingLocale": {"id": "1036"},
            "timeFormat": "24h",
        },
    }
    reply = await world.ask("PUT", EXTENSION, body)
    assert reply.status == 200
    assert complaints("updateExtension", reply.json) == []
    assert reply.json == (await world.ask("GET", EXTENSION)).json
    assert reply.json["contact"] == {
        **body["contact"],
        "firstName": "Ann",
        "name": "Ann Example",
        "emailAsLoginName": True,
        "businessPhone": "+16505550111",
        "mobilePhone": "+16505550122",
    }
    region = reply.json["regionalSettings"]
    assert region["homeCountry"]["isoCode"] == "GB"
    assert (region["timezone"]["name"], region["timezone"]["bias"]) == ("Europe/London", "0")
    assert region["language"]["localeCode"] == "en-GB"
    assert region["greetingLanguage"]["localeCode"] == "de-DE"
    assert region["formattingLocale"]["localeCode"] == "fr-FR"
    assert region["timeFormat"] == "24h"
    # What is not there stays; "" empties.
    reply = await world.ask("PUT", EXTENSION, {"contact": {"jobTitle": "", "mobilePhone": " "}})
    contact = reply.json["contact"]
    assert not {"jobTitle", "mobilePhone"} & contact.keys()
    assert contact["department"] == "All"
    assert reply.json["regionalSettings"] == region


async def test_what_was_read_may_be_sent_back(world: WebWorld) -> None:
    before = (await world.ask("GET", EXTENSION)).json
    assert (await world.ask("PUT", EXTENSION, before)).status == 200
    after = (await world.ask("GET", EXTENSION)).json
    assert after.pop("contact") == {**before.pop("contact")}
    assert after == before


async def test_fields_of_other_features_are_ignored(world: WebWorld) -> None:
    before = (await world.ask("GET", EXTENSION)).json
    ignored = {"ivrPin": "1234", "partnerId": "x", "customFields": [], "setupWizardState": "NotStarted", "site": None}
    assert (await world.ask("PUT", EXTENSION, ignored)).json == before
    assert (await world.ask("PUT", EXTENSION, {})).json == before


BAD_CHANGES: list[tuple[dict[str, Any], int, str, str]] = [
    ({"contact": {"firstName": "x" * 65}}, 400, "CMN-101", "contact.firstName"),
    ({"contact": {"lastName": "a\x1bb"}}, 400, "CMN-101", "contact.lastName"),
    ({"contact": {"firstName": 5}}, 400, "CMN-101", "contact.firstName"),
    ({"contact": {"company": "x" * 256}}, 400, "CMN-101", "contact.company"),
    ({"contact": {"email": "nobody"}}, 400, "CMN-101", "contact.email"),
    ({"contact": {"email": "Ann@Example.com"}}, 400, "CMN-406", "contact.email"),
    ({"contact": {"businessPhone": "call me"}}, 400, "CMN-101", "contact.businessPhone"),
    ({"contact": {"mobilePhone": "12"}}, 400, "CMN-101", "contact.mobilePhone"),
    ({"contact": {"mobilePhone": "+16505550100*101"}}, 400, "CMN-101", "contact.mobilePhone"),
    ({"contact": {"mobilePhone": "x" * 5000}}, 400, "CMN-101", "contact.mobilePhone"),
    ({"contact": {"businessAddress": {"zip": "x" * 256}}}, 400, "CMN-101", "contact.businessAddress.zip"),
    ({"contact": "me"}, 400, "CMN-101", "contact"),
    ({"regionalSettings": {"homeCountry": {"id": "44"}}}, 400, "CMN-101", "regionalSettings.homeCountry.id"),
    ({"regionalSettings": {"homeCountry": {"id": 1}}}, 400, "CMN-101", "regionalSettings.homeCountry.id"),
    ({"regionalSettings": {"timezone": {"id": "Mars/Crater"}}}, 400, "CMN-101", "regionalSettings.timezone.id"),
    ({"regionalSettings": {"timezone": {"id": "../etc"}}}, 400, "CMN-101", "regionalSettings.timezone.id"),
    ({"regionalSettings": {"language": {"id": "7"}}}, 400, "CMN-101", "regionalSettings.language.id"),
    ({"regionalSettings": {"greetingLanguage": {"id": ""}}}, 400, "CMN-101", "regionalSettings.greetingLanguage.id"),
    ({"regionalSettings": {"formattingLocale": {"id": "x"}}}, 400, "CMN-101", "regionalSettings.formattingLocale.id"),
    ({"regionalSettings": {"timeFormat": "6h"}}, 400, "CMN-101", "regionalSettings.timeFormat"),
    ({"password": "short"}, 400, "CMN-101", "password"),
    ({"password": "x" * 129}, 400, "CMN-101", "password"),
    ({"password": ""}, 400, "CMN-101", "password"),
    ({"status": "Gone"}, 400, "CMN-101", "status"),
    ({"status": "Disabled"}, 403, "CMN-408", "EditExtensionInfo"),
    ({"extensionNumber": "102"}, 403, "CMN-408", "EditExtensionInfo"),
    ({"type": "Department"}, 400, "CMN-101", "type"),
]


@pytest.mark.parametrize(("body", "status", "code", "parameter"), BAD_CHANGES)
async def test_bad_changes(world: WebWorld, body: dict[str, Any], status: int, code: str, parameter: str) -> None:
    before = world.accounts.extension(world.user.id)
    # What is right beside it is not carried out either.
    contact = body.get("contact", {})
    beside = {"jobTitle": "Boss", **contact} if isinstance(contact, dict) else contact
    reply = await world.ask("PUT", EXTENSION, {**body, "contact": beside})
    assert refusal(reply) == (status, code, parameter)
    assert world.accounts.extension(world.user.id) == before


async def test_a_refused_password_is_not_told_back(world: WebWorld) -> None:
    reply = await world.ask("PUT", EXTENSION, {"password": "tiny"})
    assert b"tiny" not in reply.body


async def test_media_types_and_broken_bodies(world: WebWorld) -> None:
    for body, status, code in ((b"{", 400, "CMN-103"), (b"[]", 400, "CMN-104"), (b"", 400, "CMN-103")):
        assert refusal(await world.ask("PUT", EXTENSION, body, content_type="application/json"))[:2] == (status, code)
    assert (await world.ask("PUT", EXTENSION, b"<a/>", content_type="text/xml")).status == 415


async def test_edit_extensions_is_needed(world: WebWorld) -> None:
    token = await bearer_of(world, "reader", "reads")
    reply = await world.ask("PUT", EXTENSION, {}, authorization=f"Bearer {token}")
    assert refusal(reply) == (403, "CMN-401", "EditExtensions")


# --- the password ---------------------------------------------------------------------------------------------------


async def log_in(world: WebWorld, password: str) -> int:
    form = {
        "grant_type": "password",
        "username": "+16505550100",
        "extension": "101",
        "password": password,
        "client_id": CLIENT,
        "client_secret": SECRET,
    }
    return (await world.log_in(form)).status


async def test_a_new_password_ends_all_logins_of_the_user(world: WebWorld) -> None:
    colleague = await bearer_of(world, "reader", "reads", "104")
    other = await bearer_of(world, "reader", "reads")
    assert (await world.ask("PUT", EXTENSION, {"password": "a new battery staple"})).status == 200
    for mine in (other, world.bearer):
        assert (await world.ask("GET", EXTENSION, authorization=f"Bearer {mine}")).status == 401
    assert (await world.ask("GET", EXTENSION, authorization=f"Bearer {colleague}")).status == 200
    assert await log_in(world, PASSWORD) == 400
    assert await log_in(world, "a new battery staple") == 200


async def test_a_password_needs_a_permission_of_its_own(world: WebWorld) -> None:
    await world.accounts.change_client(
        CLIENT, lambda old: replace(old, scopes=tuple(s for s in old.scopes if s != "EditUserCredentials"))
    )
    token = await bearer_of(world, CLIENT, SECRET)
    before = world.accounts.extension(world.user.id)
    body = {"password": "a new battery staple"}
    reply = await world.ask("PUT", EXTENSION, body, authorization=f"Bearer {token}")
    assert refusal(reply) == (403, "CMN-401", "EditUserCredentials")
    assert world.accounts.extension(world.user.id) == before


async def test_changes_survive_only_when_the_disk_takes_them(world: WebWorld) -> None:
    world.accounts._store.disk_full = True  # type: ignore[attr-defined]
    reply = await world.ask("PUT", EXTENSION, {"contact": {"firstName": "Ann"}})
    assert reply.status == 503
    assert world.accounts.extension(world.user.id).contact == Contact(first_name="User", email="user@example.com")
