"""The number parser, in both its forms."""

from typing import Any

import pytest

from fakes.web import MAIN, WebWorld, make_world

V1, V2 = "/restapi/v1.0/number-parser/parse", "/restapi/v2/number-parser/parse"
ROOT = "http://api.test:8080/restapi/v1.0"
US = {"id": "1", "uri": f"{ROOT}/dictionary/country/1", "name": "United States", "isoCode": "US", "callingCode": "1"}
GB = {**US, "id": "224", "uri": f"{ROOT}/dictionary/country/224", "name": "United Kingdom", "isoCode": "GB"}
GB["callingCode"] = "44"


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


async def parsed(world: WebWorld, text: str, query: str = "") -> dict[str, Any]:
    reply = await world.ask("POST", f"{V1}{query}", {"originalStrings": [text]})
    assert reply.status == 200, reply.json
    (number,) = reply.json["phoneNumbers"]
    return dict(number)


async def parsed_v2(world: WebWorld, text: str, **body: Any) -> dict[str, Any]:
    reply = await world.ask("POST", V2, {"originalStrings": [text], **body})
    assert reply.status == 200, reply.json
    (result,) = reply.json["results"]
    return dict(result)


async def test_a_number_in_all_its_parts(world: WebWorld) -> None:
    reply = await world.ask("POST", V1, {"originalStrings": ["(650) 722-1621*101", "+442079460958,,1#"]})
    assert reply.json == {
        "uri": f"{ROOT}/number-parser/parse",
        "homeCountry": US,
        "phoneNumbers": [
            {
                "originalString": "(650) 722-1621*101", "country": US, "areaCode": "650", "dialable": "6507221621",
                "e164": "+16507221621", "formattedInternational": "+1 (650) 722-1621",
                "formattedNational": "(650) 722-1621", "special": False, "normalized": "16507221621",
                "tollFree": False, "subAddress": "101", "subscriberNumber": "7221621",
            },
            {
                "originalString": "+442079460958,,1#", "country": GB, "areaCode": "20", "dialable": "+442079460958",
                "e164": "+442079460958", "formattedInternational": "+44 20 7946 0958",
                "formattedNational": "020 7946 0958", "special": False, "normalized": "442079460958",
                "tollFree": False, "subscriberNumber": "79460958", "dtmfPostfix": ",,1#",
            },
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "query", "e164"),
    [
        ("16505550199", "", "+16505550199"), ("13443334444", "", "+13443334444"), ("650 555 0199 ", "", "+16505550199"),
        ("020 7946 0958", "?homeCountry=GB", "+442079460958"), ("020 7946 0958", "?homeCountry=gb", "+442079460958"),
        ("80012345678", "", "+80012345678"), ("11 2345-6789", "?homeCountry=AR", "+541123456789"),
        # a Berlin number without its 0 that could be one of +49 30 ... and of +30
        ("302112345678", "?homeCountry=DE", "+302112345678"),
        ("302112345678", "?homeCountry=DE&nationalAsPriority=true", "+49302112345678"),
    ],
)  # fmt: skip
async def test_which_number_it_is(world: WebWorld, text: str, query: str, e164: str) -> None:
    number = await parsed(world, text, query)
    assert (number.get("e164"), number.get("normalized")) == (e164, e164[1:])


@pytest.mark.parametrize("text", ["nonsense", "1-800-FLOWERS", "+999999", "\U0001f4de", "1" * 30, "*", "020 7946 0958"])
async def test_what_is_no_number_is_given_back_alone(world: WebWorld, text: str) -> None:
    assert await parsed(world, text) == {"originalString": text}


@pytest.mark.parametrize(
    ("text", "special"),
    [("911", True), ("112", True), ("411", True), ("988", True), ("101", False), ("303", False), ("12345", False)],
)
async def test_short_numbers(world: WebWorld, text: str, special: bool) -> None:
    assert await parsed(world, text) == {
        "originalString": text, "dialable": text, "formattedInternational": text, "formattedNational": text,
        "special": special, "normalized": text, "tollFree": False,
    }  # fmt: skip


async def test_toll_free(world: WebWorld) -> None:
    assert (await parsed(world, "(800) 555-0123"))["tollFree"] is True
    nowhere = await parsed(world, "+80012345678")
    assert nowhere["tollFree"] is True
    assert "country" not in nowhere


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    ("body", "code", "parameter"),
    [
        ({}, "CMN-100", "originalStrings"), ({"originalStrings": None}, "CMN-100", "originalStrings"),
        ({"originalStrings": []}, "CMN-100", "originalStrings"),
        ({"originalStrings": ["", None]}, "CMN-100", "originalStrings"),
        ({"originalStrings": ["1"] * 65}, "CMN-101", "originalStrings"),
        ({"originalStrings": ["1" * 65]}, "CMN-101", "originalStrings"),
        ({"originalStrings": "1"}, "CMN-101", "originalStrings"),
        ({"originalStrings": [1]}, "CMN-101", "originalStrings"),
    ],
)  # fmt: skip
async def test_bodies_that_are_refused(world: WebWorld, path: str, body: Any, code: str, parameter: str) -> None:
    reply = await world.ask("POST", path, body)
    (error,) = reply.json["errors"]
    assert (reply.status, error["errorCode"], error["parameterName"]) == (400, code, parameter)


async def test_empty_texts_are_left_out_and_64_are_taken(world: WebWorld) -> None:
    for path, field in ((V1, "phoneNumbers"), (V2, "results")):
        reply = await world.ask("POST", path, {"originalStrings": ["", "16505550199", None]})
        assert [number["originalString"] for number in reply.json[field]] == ["16505550199"]
        reply = await world.ask("POST", path, {"originalStrings": ["x" * 64] * 64})
        assert len(reply.json[field]) == 64


async def test_other_refusals(world: WebWorld) -> None:
    reply = await world.ask("POST", f"{V1}?homeCountry=XX", {"originalStrings": ["1"]})
    assert (reply.status, reply.json["parameterName"]) == (400, "homeCountry")
    for path in (V1, V2):
        assert (await world.ask("POST", path, b"{", content_type="application/json")).status == 400
        assert (await world.ask("POST", path, b"x", content_type="text/plain")).status == 415
        assert (await world.ask("POST", path, {"originalStrings": ["1"]}, authorization="")).status == 401
        assert (await world.ask("GET", path)).status == 405


async def test_the_second_form_as_its_examples_show_it(world: WebWorld) -> None:
    result = await parsed_v2(world, "*6716505558275*303@sip.ringcentral.com")
    assert result == {
        "originalString": "*6716505558275*303@sip.ringcentral.com",
        "category": "Regular",
        "dialingDetails": {"serviceCode": {"dialing": "*67", "pattern": "*67"}},
        "numberDetails": {
            "country": {"isoCode": "US", "name": "United States", "callingCode": "1"}, "areaCode": "650",
            "nationalDestinationCode": "650", "subscriberNumber": "5558275", "subAddress": "303",
            "sipPostfix": "@sip.ringcentral.com", "status": "Valid",
        },
        "formats": [
            {
                "e164": "+16505558275", "e164Extended": "+16505558275*303", "national": "(650) 555-8275",
                "nationalExtended": "(650) 555-8275 * 303", "international": "+1 (650) 555-8275",
                "internationalExtended": "+1 (650) 555-8275 * 303", "dialable": "*67+16505558275",
                "dialableExtended": "*67+16505558275*303",
            }
        ],
    }  # fmt: skip
    assert await parsed_v2(world, "303") == {
        "originalString": "303", "category": "Extension", "numberDetails": {"extensionNumber": "303"},
        "formats": [{"dialable": "303", "dialableExtended": "303"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "body", "category", "e164"),
    [
        ("6505550199", {"contextSource": "Account"}, "Regular", "+16505550199"),
        ("020 7946 0958", {}, "Unknown", None),  # in no country
        ("020 7946 0958", {"context": {"country": {"isoCode": "GB"}}}, "Regular", "+442079460958"),
        ("650 555 0199", {"contextSource": "Account", "context": {"country": None}}, "Regular", "+6505550199"),
        ("555-0199", {"contextSource": "Account"}, "Unknown", None),
        ("555-0199", {"contextSource": "Account", "context": {"defaultAreaCode": "650"}}, "Regular", "+16505550199"),
        ("800 555 0199", {"contextSource": "Account"}, "TollFree", "+18005550199"),
        ("911", {}, "SpecialService", None), ("411", {"contextSource": "Account"}, "SpecialService", None),
        ("101", {"contextSource": "Account"}, "Extension", None), ("123456", {}, "Unknown", None),
        ("123456", {"contextSource": "Account"}, "Extension", None),
        ("303", {"context": {"maxExtensionNumberLength": 2}}, "Unknown", None),
        ("101", {"context": {"maxExtensionNumberLength": None}}, "Unknown", None),
        (f"{MAIN}*101", {}, "Regular", MAIN), ("nonsense", {}, "Unknown", None),
    ],
)  # fmt: skip
async def test_contexts(world: WebWorld, text: str, body: Any, category: str, e164: str | None) -> None:
    result = await parsed_v2(world, text, **body)
    assert result["category"] == category
    assert result.get("formats", [{}])[0].get("e164") == e164


async def test_emergency_is_told(world: WebWorld) -> None:
    details = (await parsed_v2(world, "911"))["numberDetails"]
    assert details["specialService"] == {"type": "Emergency", "pattern": "911"}


async def test_only_what_is_wanted(world: WebWorld) -> None:
    nothing = {"includeDialingDetails": False, "includeNumberDetails": False, "includeFormats": False}
    result = await parsed_v2(world, "*6716505550199", resultContent=nothing)
    assert result == {"originalString": "*6716505550199", "category": "Regular"}


async def test_the_context_that_was_used(world: WebWorld) -> None:
    reply = await world.ask("POST", V2, {"originalStrings": ["1"], "contextSource": "Account"})
    assert reply.json["context"] == {
        "country": {"isoCode": "US", "name": "United States", "callingCode": "1"}, "vanityPhoneNumbersAllowed": False,
        "maxExtensionNumberLength": 6, "shortCodesAllowed": False, "maskedPhoneNumbersAllowed": False,
        "conflictHandling": "Default",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("context", "parameter"),
    [
        ({"country": {"isoCode": "XX"}}, "context.country.isoCode"),
        ({"defaultAreaCode": "x"}, "context.defaultAreaCode"),
        ({"maxExtensionNumberLength": 10}, "context.maxExtensionNumberLength"),
        ({"conflictHandling": "None"}, "context.conflictHandling"),
    ],
)  # fmt: skip
async def test_contexts_that_are_refused(world: WebWorld, context: Any, parameter: str) -> None:
    reply = await world.ask("POST", V2, {"originalStrings": ["1"], "context": context})
    assert (reply.status, reply.json["parameterName"]) == (400, parameter)
