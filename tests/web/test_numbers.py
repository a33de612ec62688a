"""Every form of a number that the API takes, on both legs; and what is none."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.web import CONFIG, MAIN, PHONE, WebWorld, make_world

LONDON = "+442079460958"
COLLEAGUE = "+16505550144"

FORMS = [
    # E.164 with and without +
    ("+14155550199", None, "+14155550199"),
    ("14155550199", None, "+14155550199"),
    (LONDON, None, LONDON),
    ("442079460958", None, LONDON),
    ("+80012345678", None, "+80012345678"),
    # national, in the account's country and in the request's
    ("4155550199", None, "+14155550199"),
    ("020 7946 0958", "224", LONDON),
    ("2079460958", "224", LONDON),
    ("01 23 45 67 89", "75", "+33123456789"),
    ("030 123456", "83", "+4930123456"),
    ("4165550123", "39", "+14165550123"),
    ("(02) 1234 5678", "15", "+61212345678"),
    ("020 624 1111", "1349", "+31206241111"),  # a country id of ours
    ("011 44 20 7946 0958", None, LONDON),
    ("011 44 20 7946 0958", "1", LONDON),
    ("00 1 415 555 0199", "224", "+14155550199"),
    # punctuation
    ("(415) 555-0199", None, "+14155550199"),
    ("1-415-555-0199", None, "+14155550199"),
    ("+1 415.555.0199", None, "+14155550199"),
    ("415/555 0199", None, "+14155550199"),
    ("+44 (0)20 7946 0958", None, LONDON),
    ("(+1) 415-555-0199", None, "+14155550199"),
    # blanks, and what is pasted with a number
    ("+14155550199 ", None, "+14155550199"),
    ("  4155550199\t", None, "+14155550199"),
    ("\u00a0415\u2011555\u20130199", None, "+14155550199"),
    ("\u202a+1 415 555 0199\u202c", None, "+14155550199"),
    ("\uff0b1\u3000415\u3000555\u30000199", None, "+14155550199"),
    # extensions
    ("102", None, COLLEAGUE),
    (" 102 ", None, COLLEAGUE),
    (f"{MAIN}*102", None, COLLEAGUE),
    (f"{MAIN[1:]}*102", None, COLLEAGUE),
    ("(650) 555-0100 * 102", None, COLLEAGUE),
    ("650 555 0100*102", None, COLLEAGUE),
    # the numbers of RingCentral's own examples: possible, and in no service
    ("13443334444", None, "+13443334444"),
    ("13453443434", None, "+13453443434"),
    ("16501112222", None, "+16501112222"),
    ("1-650-111-2222", None, "+16501112222"),
    ("+16502223366", None, "+16502223366"),
    ("+13133982190 ", None, "+13133982190"),
]

NO_NUMBERS = [
    "", " ", "+", "x", "nonsense", "1-800-FLOWERS", "tel:+14155550199", "sip:101@example.com", "1234567", "555-0199",
    "+1415555019", "+141555501999", "+999123456789", "++14155550199", "+1415+5550199", "9" * 1000, "0" * 65,
    "+14155550199\n", "+1415\r\nX-Evil: 1", "14155550199x101", f"{MAIN}*", f"{MAIN}*1*2", "*101", "+14155550199*",
    "\uff14\uff11\uff15 555 0199", "\u0661\u0664\u0661\u0665", "\x00", "\ud83d\udcde",
]  # fmt: skip


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(replace(CONFIG, account=replace(CONFIG.account, international=True)))


def body(leg: str, number: str, country_id: str | None = None) -> dict[str, Any]:
    legs = {"from": {"phoneNumber": PHONE}, "to": {"phoneNumber": PHONE}, leg: {"phoneNumber": number}}
    return {**legs, "country": {"id": country_id}} if country_id else legs


@pytest.mark.parametrize("leg", ["from", "to"])
@pytest.mark.parametrize(("sent", "country_id", "dialled"), FORMS)
async def test_forms_of_a_number(world: WebWorld, leg: str, sent: str, country_id: str | None, dialled: str) -> None:
    # With another country's dialling plan the fixed leg is still E.164.
    reply = await world.ask("POST", f"{world.home}/ring-out", body(leg, sent, country_id))
    assert reply.status == 200, reply.json
    plan = world.engine.placed[-1][1]
    assert (plan.caller_number if leg == "from" else plan.callee_number) == dialled
    shown = reply.json["status"]["caller" if leg == "from" else "callee"]
    # A colleague who is named by the extension number stays one.
    told = {"extensionNumber": "102"} if "102" in sent[-5:] else {"phoneNumber": dialled}
    assert {name: shown[name] for name in ("phoneNumber", "extensionNumber") if name in shown} == told


@pytest.mark.parametrize("sent", NO_NUMBERS)
async def test_what_is_no_number(world: WebWorld, sent: str) -> None:
    for leg, code in (("from", "TEL-108"), ("to", "CMN-101")):
        reply = await world.ask("POST", f"{world.home}/ringout", body(leg, sent))
        (error,) = reply.json["errors"]
        assert (reply.status, error["errorCode"], error["parameterName"]) == (400, code, f"{leg}.phoneNumber")
        assert reply.json["errorCode"] == "InvalidParameter"
    reply = await world.place(callerId={"phoneNumber": sent})
    (error,) = reply.json["errors"]
    assert (reply.status, error["errorCode"], error["parameterName"]) == (403, "CMN-101", "callerId.phoneNumber")
    assert world.engine.steps == []


async def test_the_example_of_the_ringout_page(world: WebWorld) -> None:
    example = {
        "from": {"phoneNumber": "13443334444"},
        "to": {"phoneNumber": "13453443434"},
        "playPrompt": True,
    }
    reply = await world.ask("POST", f"{world.home}/ringout", example)
    assert reply.status == 200
    # Its caller ID is the user's when 13443334444 is one of the user's phones.
    refused = await world.ask("POST", f"{world.home}/ringout", {**example, "callerId": {"phoneNumber": "13443334444"}})
    assert refused.status == 403
    user = replace(CONFIG.account.extensions[0], forwarding_numbers=("13443334444",))
    account = replace(CONFIG.account, extensions=(user,), international=True)
    own = await make_world(replace(CONFIG, account=account))
    placed = await own.ask("POST", f"{own.home}/ringout", {**example, "callerId": {"phoneNumber": "13443334444"}})
    assert placed.status == 200
    assert own.engine.placed[-1][1].caller_id == "+13443334444"


@pytest.mark.parametrize("country_id", ["44", "0", "", "US", "-1", "999999"])
async def test_an_unknown_country_is_named(world: WebWorld, country_id: str) -> None:
    reply = await world.place(country={"id": country_id})
    (error,) = reply.json["errors"]
    assert (reply.status, error["errorCode"], error["parameterName"]) == (400, "CMN-101", "country.id")
    assert world.engine.steps == []


async def test_every_resource_reads_a_number_as_in_the_users_home_country(world: WebWorld) -> None:
    national = "020 7946 0958"
    moved = await world.ask("PUT", world.home, {"regionalSettings": {"homeCountry": {"id": "224"}}})
    assert moved.status == 200
    parsed = await world.ask("POST", "/restapi/v1.0/number-parser/parse", {"originalStrings": [national]})
    assert parsed.json["phoneNumbers"][0]["e164"] == LONDON
    saved = await world.ask("POST", f"{world.home}/forwarding-number", {"phoneNumber": national, "label": "Flat"})
    assert saved.json["phoneNumber"] == LONDON
    contact = await world.ask("PUT", world.home, {"contact": {"businessPhone": national}})
    assert contact.json["contact"]["businessPhone"] == LONDON
    # The default phone may be shown wherever it is.
    phone = f"{world.home}/forwarding-number/{saved.json['id']}"
    assert (await world.ask("PUT", phone, {"default": True})).status == 200
    choice = {"feature": "RingOut", "callerId": {"type": "PhoneNumber", "phoneInfo": {"phoneNumber": national}}}
    assert (await world.ask("PUT", f"{world.home}/caller-id", {"byFeature": [choice]})).status == 200
    placed = await world.place(**{"from": {"phoneNumber": national}}, to={"phoneNumber": national})
    assert placed.status == 200
    _, plan = world.engine.placed[-1]
    assert (plan.caller_number, plan.callee_number, plan.caller_id) == (LONDON, LONDON, LONDON)
    world.end(placed.json["id"])
    log = await world.ask("GET", f"{world.home}/call-log?phoneNumber=020%207946%200958")
    assert len(log.json["records"]) == 2


async def test_an_extension_of_another_company(world: WebWorld) -> None:
    """It is dialled there after the answer. The caller's own phone cannot be behind one."""
    assert (await world.place(to={"phoneNumber": "+14155550199*102"})).status == 200
    plan = world.engine.placed[-1][1]
    assert (plan.callee_number, plan.post_dial) == ("+14155550199", ",102")
    refused = await world.place(**{"from": {"phoneNumber": "+14155550199*102"}})
    assert (refused.status, refused.json["errors"][0]["errorCode"]) == (400, "TEL-108")
