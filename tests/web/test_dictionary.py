"""Countries, dialling plans, time zones and languages."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.web import CONFIG, WebWorld, make_world
from ringout.domain import countries

V1 = "/restapi/v1.0"
ROOT = f"http://api.test:8080{V1}"


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


async def everything(world: WebWorld, path: str) -> list[dict[str, Any]]:
    """The records of all pages, as a client follows them."""
    records, target = [], f"{path}?perPage=100"
    while target:
        reply = await world.ask("GET", target)
        assert reply.status == 200
        records += reply.json["records"]
        target = reply.json["navigation"].get("nextPage", {}).get("uri", "").removeprefix("http://api.test:8080")
    return records


async def test_all_countries_are_listed_by_name(world: WebWorld) -> None:
    records = await everything(world, f"{V1}/dictionary/country")
    assert [record["id"] for record in records] == [country.id for country in countries.everyone()]
    assert next(r for r in records if r["isoCode"] == "US") == {
        "id": "1", "uri": f"{ROOT}/dictionary/country/1", "name": "United States", "isoCode": "US", "callingCode": "1",
        "emergencyCalling": False, "numberSelling": False, "loginAllowed": True, "signupAllowed": False,
        "freeSoftphoneLine": False, "localDialing": False,
    }  # fmt: skip


async def test_every_listed_id_is_one_that_a_ringout_takes(world: WebWorld) -> None:
    for record in await everything(world, f"{V1}/account/~/dialing-plan"):
        assert (await world.place(country={"id": record["id"]}, to={"phoneNumber": "+14155550199"})).status == 200


async def test_the_pages_of_the_list(world: WebWorld) -> None:
    reply = await world.ask("GET", f"{V1}/dictionary/country?page=2&perPage=10")
    assert reply.json["paging"] == {
        "page": 2, "perPage": 10, "totalPages": 25, "totalElements": 245, "pageStart": 10, "pageEnd": 19,
    }  # fmt: skip
    assert [r["id"] for r in reply.json["records"]] == [c.id for c in countries.everyone()[10:20]]
    assert (await world.ask("GET", f"{V1}/dictionary/country")).json["paging"]["perPage"] == 100
    assert (await world.ask("GET", f"{V1}/dictionary/country?page=0")).status == 400


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("loginAllowed=true", 245), ("loginAllowed=false", 0), ("signupAllowed=true", 0), ("numberSelling=true", 0),
        ("freeSoftphoneLine=true", 0), ("numberSelling=false&loginAllowed=true", 245), ("unknown=1", 245),
    ],
)  # fmt: skip
async def test_filters(world: WebWorld, query: str, count: int) -> None:
    reply = await world.ask("GET", f"{V1}/dictionary/country?{query}")
    assert reply.json["paging"]["totalElements"] == count


async def test_a_filter_that_is_no_truth_value(world: WebWorld) -> None:
    reply = await world.ask("GET", f"{V1}/dictionary/country?loginAllowed=maybe")
    assert (reply.status, reply.json["parameterName"]) == (400, "loginAllowed")


@pytest.mark.parametrize(("country_id", "code"), [("1", "US"), ("39", "CA"), ("224", "GB"), ("75", "FR"), ("83", "DE")])
async def test_one_country(world: WebWorld, country_id: str, code: str) -> None:
    reply = await world.ask("GET", f"{V1}/dictionary/country/{country_id}")
    assert (reply.status, reply.json["isoCode"], reply.json["id"]) == (200, code, country_id)


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("country/44", "countryId"), ("country/US", "countryId"), ("country/999999999999999999999", "countryId"),
        ("timezone/Europe.Nowhere", "timezoneId"), ("language/1", "languageId"),
    ],
)  # fmt: skip
async def test_what_is_not_in_the_dictionary(world: WebWorld, path: str, parameter: str) -> None:
    reply = await world.ask("GET", f"{V1}/dictionary/{path}")
    (error,) = reply.json["errors"]
    assert (reply.status, error["errorCode"], error["parameterName"]) == (404, "CMN-102", parameter)


async def test_the_dialling_plan_begins_at_home() -> None:
    world = await make_world(replace(CONFIG, call=replace(CONFIG.call, country="ca")))
    reply = await world.ask("GET", f"{V1}/account/~/dialing-plan")
    assert reply.json["records"][0] == {
        "id": "39", "uri": f"{ROOT}/dictionary/country/39", "name": "Canada", "isoCode": "CA", "callingCode": "1",
    }  # fmt: skip
    assert reply.json["paging"]["totalElements"] == 245
    assert reply.json["uri"].startswith(f"{ROOT}/account/{world.user.account_id}/dialing-plan?")
    assert (await world.ask("GET", f"{V1}/account/1/dialing-plan")).status == 404


async def test_time_zones_and_languages_are_those_of_the_users_settings(world: WebWorld) -> None:
    settings = (await world.ask("GET", world.home)).json["regionalSettings"]
    zone = (await world.ask("GET", settings["timezone"]["uri"].removeprefix("http://api.test:8080"))).json
    assert zone == settings["timezone"]
    assert zone in await everything(world, f"{V1}/dictionary/timezone")
    language = (await world.ask("GET", f"{V1}/dictionary/language/{settings['language']['id']}")).json
    assert (language["localeCode"], language["isoCode"], language["ui"]) == ("en-US", "en", True)
    assert language in await everything(world, f"{V1}/dictionary/language")


@pytest.mark.parametrize(
    "path", ["dictionary/country", "dictionary/country/1", "account/~/dialing-plan", "dictionary/timezone"]
)
async def test_only_for_users(world: WebWorld, path: str) -> None:
    assert (await world.ask("GET", f"{V1}/{path}", authorization="")).status == 401
