"""Numbers that a RingOut is refused for: on both legs, and on both twins."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.web import CONFIG, MAIN, OTHER_PHONE, PHONE, WebWorld, make_world
from ringout.config import AccountConfig, RateConfig, TrunkConfig
from ringout.domain.account import Account, Extension, ForwardingNumber

TO = "+14155550199"
LONDON = "+442079460958"
INTERNATIONAL = (403, "InternationalProhibited", "CMN-109", "InternationalDisabled")
BLOCKED = (403, "DestinationBlocked", "CMN-101", "DestinationBlocked")
NOBODY = (404, "InvalidParameter", "CMN-102", "NoSuchUser")

REFUSALS = [
    # abroad, by region
    (LONDON, *INTERNATIONAL),
    ("011 44 20 7946 0958", *INTERNATIONAL),
    ("+12425550123", *INTERNATIONAL),  # Bahamas
    ("8765550123", *INTERNATIONAL),  # Jamaica
    ("13453443434", *INTERNATIONAL),  # Cayman Islands
    ("+80012345678", *INTERNATIONAL),  # of no country
    ("+88213300655", *INTERNATIONAL),
    # by the account, for want of a trunk, of a phone
    ("+19005550123", *BLOCKED),
    ("(900) 555-0123", *BLOCKED),
    ("+13125550123", *BLOCKED),
    ("103", *BLOCKED),
    (f"{MAIN}*103", *BLOCKED),
    # for help
    ("911", *BLOCKED),
    ("+911", *BLOCKED),
    ("9911", *BLOCKED),
    ("9-1-1", *BLOCKED),
    ("112", *BLOCKED),
    ("0112", *BLOCKED),
    ("999", *BLOCKED),
    ("911*101", *BLOCKED),
    ("+1 911", *BLOCKED),
    ("+44 999", *BLOCKED),
    ("+19115550100", *BLOCKED),
    # whom nobody knows
    ("109", *NOBODY),
    (" 109 ", *NOBODY),
    (f"{MAIN}*109", *NOBODY),
    ("16505550100*999", *NOBODY),
]
TRUNKS = (TrunkConfig("most", ("sip:127.0.0.1:5060",), prefixes=("+1415", "+1650", "+190", "+1800")),)


async def world_of(**changes: Any) -> WebWorld:
    account = replace(CONFIG.account, blocked=("+1900",), **changes)
    return await make_world(replace(CONFIG, account=account, trunks=TRUNKS))


@pytest.mark.parametrize("twin", ["ringout", "ring-out"])
@pytest.mark.parametrize("leg", ["from", "to"])
@pytest.mark.parametrize(("number", "status", "top", "code", "leg_status"), REFUSALS)
async def test_refusals(twin: str, leg: str, number: str, status: int, top: str, code: str, leg_status: str) -> None:
    world = await world_of()
    body = {"from": {"phoneNumber": PHONE}, "to": {"phoneNumber": TO}, leg: {"phoneNumber": number}}
    reply = await world.ask("POST", f"{world.home}/{twin}", body)
    said = reply.json
    assert (reply.status, said["errorCode"]) == (status, top), said
    (error,) = said["errors"]
    parameter = leg if status == 404 else f"{leg}.phoneNumber"
    assert (error["errorCode"], error["parameterName"], said["parameterName"]) == (code, parameter, parameter)
    assert error["message"] == said["message"]
    statuses = {"callerStatus": "InProgress", "calleeStatus": "InProgress"}
    statuses["callerStatus" if leg == "from" else "calleeStatus"] = leg_status
    assert said["status"] == {"callStatus": "CannotReach", **statuses}
    assert said.get("feature") == ("InternationalCalls" if leg_status == "InternationalDisabled" else None)
    assert world.engine.steps == []
    assert world.store.rows == {}


async def test_what_the_refusals_say() -> None:
    world = await world_of()
    said = {number: (await world.place(to={"phoneNumber": number})).json["message"] for number, *_ in REFUSALS}
    assert said["911"].startswith("Emergency numbers cannot be called with RingOut")
    assert {said[n] for n in ("911", "9911", "0112", "+44 999", "911*101", "+19115550100")} == {said["911"]}
    assert said["+19005550123"] == "The account does not allow calls to this number."
    assert said["+13125550123"] == "No trunk serves this number."
    assert said["103"] == "This extension has no phone that RingOut could ring."
    assert said["109"] == "Resource for parameter [to] is not found"


async def test_the_same_numbers_are_called_where_they_are_allowed() -> None:
    world = await make_world(replace(CONFIG, account=replace(CONFIG.account, international=True, blocked=())))
    for number, _, _, _, leg_status in REFUSALS:
        if leg_status == "InternationalDisabled" or number == "+19005550123":
            assert (await world.place(to={"phoneNumber": number})).status == 200, number


@pytest.mark.parametrize("setting", ["account", "user"])
async def test_international_can_be_taken_away(setting: str) -> None:
    world = await make_world(replace(CONFIG, account=replace(CONFIG.account, international=True)))
    assert (await world.place(to={"phoneNumber": LONDON})).status == 200

    def without(record: Any) -> Any:
        return replace(record, international=False)

    if setting == "account":
        await world.accounts.change_account(world.user.account_id, without)
    else:
        await world.accounts.change_extension(world.user.id, without)
    reply = await world.place(to={"phoneNumber": LONDON})
    assert (reply.status, reply.json["feature"]) == (403, "InternationalCalls")


@pytest.mark.parametrize("setting", ["account", "user"])
async def test_ring_out_can_be_switched_off(setting: str) -> None:
    world = await make_world()

    def account_without(account: Account) -> Account:
        return replace(account, ring_out=False)

    def user_without(user: Extension) -> Extension:
        return replace(user, ring_out=False)

    if setting == "account":
        await world.accounts.change_account(world.user.account_id, account_without)
    else:
        await world.accounts.change_extension(world.user.id, user_without)
    for twin in ("ringout", "ring-out"):
        reply = await world.ask("POST", f"{world.home}/{twin}", {"to": {"phoneNumber": TO}})
        assert (reply.status, reply.json["errorCode"]) == (403, "FeatureNotAvailable")
        assert reply.json["errors"][0]["errorCode"] == "CMN-109"
        assert reply.json["feature"] == "RingOut"
    assert world.engine.steps == []


async def test_a_phone_abroad_that_is_named_by_its_id_or_by_default() -> None:
    world = await make_world()
    abroad = ForwardingNumber("4711", LONDON)
    await world.accounts.change_extension(world.user.id, lambda user: replace(user, forwarding_numbers=(abroad,)))
    for given, parameter in (({"forwardingNumberId": "4711"}, "from.forwardingNumberId"), (..., "from")):
        reply = await world.place(**{"from": given})
        assert (reply.status, reply.json["parameterName"]) == (403, parameter)
        assert reply.json["status"]["callerStatus"] == "InternationalDisabled"


async def test_a_colleague_who_is_gone_or_switched_off() -> None:
    world = await make_world()
    colleague = world.accounts.extension_by_number("102")
    assert (await world.place(to={"phoneNumber": "102"})).status == 200
    await world.accounts.change_extension(colleague.id, lambda user: replace(user, enabled=False))
    reply = await world.place(to={"phoneNumber": "102"})
    assert (reply.status, reply.json["status"]["calleeStatus"]) == (404, "NoSuchUser")


async def test_an_account_of_another_country_has_other_neighbours() -> None:
    config = replace(
        CONFIG,
        call=replace(CONFIG.call, country="gb"),
        account=AccountConfig(
            LONDON, extensions=(replace(CONFIG.account.extensions[0], forwarding_numbers=(LONDON,)),)
        ),
    )
    world = await make_world(config)
    assert (await world.place(**{"from": ...}, to={"phoneNumber": "020 7946 0959"})).status == 200
    reply = await world.place(**{"from": ...}, to={"phoneNumber": OTHER_PHONE})
    assert reply.json["status"]["calleeStatus"] == "InternationalDisabled"


@pytest.mark.parametrize("named", ["102", f"{MAIN}*102"])
@pytest.mark.parametrize("leg", ["to", "from"])
async def test_a_refusal_repeats_what_was_sent_and_does_not_tell_a_colleagues_number(leg: str, named: str) -> None:
    """Abroad, on a blocked prefix, and without money for it."""
    account = replace(CONFIG.account, international=False)
    colleague = replace(account.extensions[1], forwarding_numbers=(LONDON,))
    abroad = replace(account, extensions=(account.extensions[0], colleague))
    blocked = replace(abroad, international=True, blocked=("+44",))
    poor = replace(abroad, international=True, balance=0)
    rates = (RateConfig("+1", 0), RateConfig("+44", 10))
    for of_account in (abroad, blocked, poor):
        world = await make_world(replace(CONFIG, account=of_account, rates=rates))
        reply = await world.place(**{"to": {"phoneNumber": TO}, leg: {"phoneNumber": named}})
        assert reply.status == 403
        assert reply.json["parameterValue"] == named
        assert LONDON[1:] not in reply.body.decode()
