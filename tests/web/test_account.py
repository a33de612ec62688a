"""The account: what is told of the company, and who may change it."""

from typing import Any

import pytest

from fakes.description import complaints
from fakes.people import ACCOUNT, EXTENSION, bearer_of, change_user, people_world, refusal
from fakes.web import MAIN, WebWorld

READS = {
    ACCOUNT: "readAccountInfo",
    f"{ACCOUNT}/service-info": "readAccountServiceInfo",
    f"{ACCOUNT}/business-address": "readAccountBusinessAddress",
    f"{ACCOUNT}/business-hours": "readCompanyBusinessHours",
    f"{EXTENSION}/business-hours": "readUserBusinessHours",
}
ADDRESS = {"country": "United States", "state": "California", "city": "Belmont", "street": "1 Main St", "zip": "94002"}


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


@pytest.mark.parametrize(("target", "operation"), READS.items())
async def test_answers_are_as_described(world: WebWorld, target: str, operation: str) -> None:
    reply = await world.ask("GET", target)
    assert reply.status == 200
    assert complaints(operation, reply.json) == []


@pytest.mark.parametrize("target", READS)
async def test_uris_carry_the_real_ids_and_lead_back(world: WebWorld, target: str) -> None:
    first = await world.ask("GET", target)
    uri = first.json["uri"]
    assert uri == "http://api.test:8080" + target.replace("account/~", f"account/{world.user.account_id}").replace(
        "extension/~", f"extension/{world.user.id}"
    )
    assert (await world.ask("GET", uri.removeprefix("http://api.test:8080"))).json == first.json


@pytest.mark.parametrize("target", READS)
async def test_the_scope_read_accounts_is_needed(world: WebWorld, target: str) -> None:
    token = await bearer_of(world, "caller", "calls")
    reply = await world.ask("GET", target, authorization=f"Bearer {token}")
    assert refusal(reply) == (403, "CMN-401", "ReadAccounts")


async def test_the_types_of_the_ids(world: WebWorld) -> None:
    account = (await world.ask("GET", ACCOUNT)).json
    assert account["id"] == world.user.account_id
    assert account["bsid"] == str(world.user.account_id)
    assert account["mainNumber"] == MAIN
    assert account["status"] == "Confirmed"
    assert account["operator"]["extensionNumber"] == "101"
    assert account["operator"]["id"] == world.user.id
    assert account["serviceInfo"]["brand"]["id"] == "1210"
    settings = account["regionalSettings"]
    assert settings["homeCountry"] == {
        "id": "1",
        "uri": "http://api.test:8080/restapi/v1.0/dictionary/country/1",
        "name": "United States",
        "isoCode": "US",
        "callingCode": "1",
    }
    assert settings["timezone"]["name"] == "America/Los_Angeles"
    assert settings["timezone"]["bias"] == "-480"
    assert settings["language"] == {"id": "1033", "localeCode": "en-US", "name": "English (United States)"}
    assert settings["timeFormat"] == "12h"


async def test_the_operator_is_the_first_administrator(world: WebWorld) -> None:
    await change_user(world, "104", admin=True)
    assert (await world.ask("GET", ACCOUNT)).json["operator"]["extensionNumber"] == "104"


async def test_service_features_follow_the_switches(world: WebWorld) -> None:
    features = (await world.ask("GET", f"{ACCOUNT}/service-info")).json["serviceFeatures"]
    enabled = {feature["featureName"]: feature["enabled"] for feature in features}
    assert enabled["RingOut"] is True
    assert enabled["InternationalCalling"] is False
    assert enabled["SMS"] is False


# --- the business address -------------------------------------------------------------------------------------------


async def test_an_administrator_changes_the_business_address(world: WebWorld) -> None:
    await change_user(world, admin=True)
    target = f"{ACCOUNT}/business-address"
    before = (await world.ask("GET", target)).json
    assert before["company"] == "Example Ltd"
    assert before["businessAddress"] == {}
    reply = await world.ask("PUT", target, {"businessAddress": ADDRESS, "mainSiteName": " Here "})
    assert complaints("updateAccountBusinessAddress", reply.json) == []
    assert reply.json["businessAddress"] == ADDRESS
    assert reply.json["company"] == "Example Ltd"
    assert reply.json["mainSiteName"] == "Here"
    assert (await world.ask("GET", target)).json == reply.json
    # What users do not say of themselves is the company's.
    contact = (await world.ask("GET", EXTENSION)).json["contact"]
    assert contact["businessAddress"] == ADDRESS
    assert contact["company"] == "Example Ltd"
    emptied = (await world.ask("PUT", target, {"company": "", "email": "", "mainSiteName": ""})).json
    assert not {"company", "email", "mainSiteName"} & emptied.keys()
    assert emptied["businessAddress"] == ADDRESS


async def test_only_administrators_with_edit_accounts_change_it(world: WebWorld) -> None:
    target = f"{ACCOUNT}/business-address"
    assert refusal(await world.ask("PUT", target, {"company": "Mine"})) == (403, "CMN-408", "EditCompanyInfo")
    await change_user(world, admin=True)
    token = await bearer_of(world, "reader", "reads")
    reply = await world.ask("PUT", target, {"company": "Mine"}, authorization=f"Bearer {token}")
    assert refusal(reply) == (403, "CMN-401", "EditAccounts")
    assert (await world.ask("GET", target)).json["company"] == "Example Ltd"


@pytest.mark.parametrize(
    ("body", "code", "parameter"),
    [
        ({"company": "x" * 256}, "CMN-101", "company"),
        ({"company": "a\nb"}, "CMN-101", "company"),
        ({"company": 5}, "CMN-101", "company"),
        ({"email": "nobody"}, "CMN-101", "email"),
        ({"email": "a@b@c.example"}, "CMN-101", "email"),
        ({"businessAddress": {"city": "x" * 256}}, "CMN-101", "businessAddress.city"),
        ({"businessAddress": {"zip": "\x00"}}, "CMN-101", "businessAddress.zip"),
        ({"businessAddress": []}, "CMN-101", "businessAddress"),
        ({"mainSiteName": "a\u2028b"}, "CMN-101", "mainSiteName"),
        (b"{", "CMN-103", None),
        (b"[]", "CMN-104", None),
    ],
)
async def test_bad_business_addresses(world: WebWorld, body: Any, code: str, parameter: str | None) -> None:
    await change_user(world, admin=True)
    before = world.accounts.account(world.user.account_id)
    reply = await world.ask("PUT", f"{ACCOUNT}/business-address", body, content_type="application/json")
    assert refusal(reply) == (400, code, parameter)
    assert world.accounts.account(world.user.account_id) == before
