"""Prepaid accounts as a client sees them."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.web import CONFIG, MAIN, PHONE, USER, WebWorld, make_world
from ringout.config import AccountConfig, Config, RateConfig

TO = "+14155550199"


def config(balance: int, *rates: RateConfig) -> Config:
    account = AccountConfig(MAIN, balance=balance, extensions=(USER,))
    return replace(CONFIG, account=account, rates=rates or (RateConfig("+1", 10), RateConfig("+1415", 40)))


@pytest.mark.parametrize(
    ("balance", "parameter", "number", "named"),
    [(49, "to.phoneNumber", TO, "calleeStatus"), (9, "from.phoneNumber", PHONE, "callerStatus")],
)
async def test_not_enough_funds_names_the_leg(balance: int, parameter: str, number: str, named: str) -> None:
    world = await make_world(config(balance))
    reply = await world.place()
    assert reply.status == 403
    body = reply.json
    assert (body["errorCode"], body["errors"][0]["errorCode"]) == ("InsufficientFunds", "CMN-109")
    assert (body["errors"][0]["parameterName"], body["errors"][0]["parameterValue"]) == (parameter, number)
    other = {"callerStatus": "calleeStatus", "calleeStatus": "callerStatus"}[named]
    assert body["status"] == {"callStatus": "CannotReach", named: "NotEnoughFunds", other: "InProgress"}
    assert world.engine.steps == []


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"phoneNumber": PHONE}, "from.phoneNumber"),
        ({"forwardingNumberId": ...}, "from.forwardingNumberId"),
        (..., "from"),
    ],
)
async def test_a_phone_that_is_too_dear_is_blamed_on_the_field_that_named_it(given: Any, parameter: str) -> None:
    """Without money for it, and without a rate."""
    for rates in ((RateConfig("+1", 10),), (RateConfig(TO, 0),)):
        world = await make_world(config(0, *rates))
        if given == {"forwardingNumberId": ...}:
            given = {"forwardingNumberId": world.user.forwarding_numbers[0].id}
        reply = await world.place(**{"from": given})
        assert (reply.status, reply.json["parameterName"]) == (403, parameter)
        assert reply.json["status"]["callerStatus"] in ("NotEnoughFunds", "DestinationBlocked")


async def test_live_calls_are_counted() -> None:
    world = await make_world(config(120))
    assert [(await world.place()).status for _ in range(3)] == [200, 200, 403]
    assert len(world.engine.placed) == 2
    assert all(ring_out.prices is not None for ring_out, _ in world.engine.placed)


async def test_what_was_not_placed_is_given_back() -> None:
    world = await make_world(config(50))
    world.store.disk_full = True
    assert (await world.place()).status == 503
    world.store.disk_full = False
    assert (await world.place()).status == 200


async def test_a_number_without_a_rate() -> None:
    world = await make_world(config(10_000, RateConfig("+1650", 1)))
    body = (await world.place()).json
    assert (body["errorCode"], body["message"]) == ("DestinationBlocked", "No rate is known for this number.")
    assert body["status"]["calleeStatus"] == "DestinationBlocked"


@pytest.mark.parametrize("is_prepaid", [False, True])
async def test_only_prepaid_accounts_pay(is_prepaid: bool) -> None:
    """The administration makes an account prepaid: without balance nothing rings."""
    world: WebWorld = await make_world()
    await world.accounts.change_account(world.user.account_id, lambda a: replace(a, prepaid=is_prepaid))
    reply = await world.place()
    assert reply.status == (403 if is_prepaid else 200)
    assert [ring_out.prices for ring_out, _ in world.engine.placed] == ([] if is_prepaid else [None])


async def test_the_user_reads_what_is_left() -> None:
    world = await make_world(config(120))
    home = "/restapi/v1.0/account/~/balance"
    told = {"prepaid": True, "balance": 120, "reserved": 0, "available": 120}
    reply = await world.ask("GET", home)
    assert reply.status == 200
    assert {name: reply.json[name] for name in told} == told
    assert reply.json["uri"].endswith(f"/account/{world.user.account_id}/balance")
    await world.place()
    assert (await world.ask("GET", home)).json["available"] == 120 - 50


async def test_an_account_that_is_not_prepaid_says_so() -> None:
    world = await make_world()
    assert (await world.ask("GET", "/restapi/v1.0/account/~/balance")).json["prepaid"] is False
