"""The rule that says which of the user's phones ring: read, changed, and what a RingOut makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.people import CALLEE, EXTENSION, bearer_of, change_user, people_world, refusal
from fakes.web import MAIN, WebWorld
from ringout.domain.account import Extension, ForwardingNumber, PhoneType

RULES = f"{EXTENSION}/answering-rule"
RULE = f"{RULES}/business-hours-rule"
DESK = ForwardingNumber("71", "+16505550111", "Desk", PhoneType.WORK)
MOBILE = ForwardingNumber("72", "+16505550122", "Mobile", PhoneType.MOBILE)
HOME = ForwardingNumber("73", "+16505550123", "Home", PhoneType.HOME)


@pytest.fixture
async def world() -> WebWorld:
    world = await people_world()
    await change_user(world, forwarding_numbers=(DESK, MOBILE, HOME), default_forwarding_id=None)
    return world


async def put(world: WebWorld, *rules: dict[str, Any], **forwarding: Any) -> Any:
    return await world.ask("PUT", RULE, {"forwarding": {"rules": list(rules), **forwarding}})


def rule(*ids: str, **fields: Any) -> dict[str, Any]:
    return {"forwardingNumbers": [{"id": phone_id} for phone_id in ids], **fields}


def told(reply: Any) -> list[tuple[int | None, int, list[str]]]:
    """Index, rings and phones of each rule."""
    rules = reply.json["forwarding"]["rules"]
    return [(r.get("index"), r["ringCount"], [n["id"] for n in r["forwardingNumbers"]]) for r in rules]


def user(world: WebWorld) -> Extension:
    return world.accounts.extension(world.user.id)


async def test_without_a_list_the_default_phone_rings_as_long_as_a_phone_alone_does(world: WebWorld) -> None:
    root = f"http://api.test:8080/restapi/v1.0/account/{world.user.account_id}/extension/{world.user.id}"
    reply = await world.ask("GET", RULE)
    assert (reply.status, reply.json) == (
        200,
        {
            "uri": f"{root}/answering-rule/business-hours-rule",
            "id": "business-hours-rule",
            "type": "BusinessHours",
            "enabled": True,
            "schedule": {"ref": "BusinessHours"},
            "callHandlingAction": "ForwardCalls",
            "forwarding": {
                "notifyMySoftPhones": False,
                "softPhonesRingCount": 1,
                "softPhonesAlwaysRing": False,
                "ringingMode": "Sequentially",
                "rules": [
                    {
                        "index": 1,
                        "ringCount": 9,
                        "forwardingNumbers": [
                            {
                                "id": "71",
                                "uri": f"{root}/forwarding-number/71",
                                "label": "Desk",
                                "type": "Work",
                                "phoneNumber": "+16505550111",
                            }
                        ],
                    }
                ],
                "ringOutByDefault": False,
            },
        },
    )


async def test_a_list_in_order(world: WebWorld) -> None:
    reply = await put(world, rule("72", index=2, ringCount=3), rule("73", "71", index=1))
    assert (reply.status, told(reply)) == (200, [(1, 4, ["73", "71"]), (2, 3, ["72"])])
    assert told(await world.ask("GET", RULE)) == told(reply)


async def test_rules_without_an_index_keep_the_order_they_were_sent_in(world: WebWorld) -> None:
    assert told(await put(world, rule("73"), rule("71"))) == [(1, 4, ["73"]), (2, 4, ["71"])]


async def test_what_is_not_named_stays(world: WebWorld) -> None:
    await put(world, rule("72"), ringingMode="Simultaneously", ringOutByDefault=True)
    for body in ({}, {"forwarding": {}}, {"enabled": True, "callHandlingAction": "ForwardCalls", "greetings": []}):
        reply = await world.ask("PUT", RULE, body)
        assert reply.json["forwarding"]["ringingMode"] == "Simultaneously"
        assert reply.json["forwarding"]["ringOutByDefault"] is True
        assert told(reply) == [(1, 4, ["72"])]


async def test_inactive_phones_on_request(world: WebWorld) -> None:
    await put(world, rule("72"), rule("73", ringCount=7, enabled=False))
    shown = (await world.ask("GET", f"{RULE}?showInactiveNumbers=true")).json["forwarding"]["rules"]
    assert [(r.get("index"), r["enabled"], r["ringCount"]) for r in shown] == [
        (1, True, 4),
        (None, False, 7),
        (None, False, 4),
    ]
    assert told(await world.ask("GET", RULE)) == [(1, 4, ["72"])]


async def test_a_phone_by_its_number(world: WebWorld) -> None:
    by_number = {"forwardingNumbers": [{"phoneNumber": HOME.number}, {"phoneNumber": MOBILE.number[1:]}]}
    assert told(await put(world, by_number)) == [(1, 4, ["73", "72"])]


async def test_a_phone_that_is_removed_leaves_the_list(world: WebWorld) -> None:
    await put(world, rule("72"), rule("73", "71"))
    await world.ask("DELETE", f"{EXTENSION}/forwarding-number/72")
    assert told(await world.ask("GET", RULE)) == [(1, 4, ["73", "71"])]


async def test_the_list_of_rules(world: WebWorld) -> None:
    simple = (await world.ask("GET", RULES)).json
    assert [r["id"] for r in simple["records"]] == ["business-hours-rule"]
    assert "forwarding" not in simple["records"][0]
    assert simple["paging"]["totalElements"] == 1
    detailed = (await world.ask("GET", f"{RULES}?view=Detailed&enabledOnly=true")).json
    assert detailed["records"][0] == (await world.ask("GET", RULE)).json
    assert (await world.ask("GET", f"{RULES}?type=Custom,AfterHours")).json["records"] == []


ID, NUMBER = "forwarding.rules.forwardingNumbers.id", "forwarding.rules.forwardingNumbers.phoneNumber"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"enabled": False}, (400, "CMN-101", "enabled")),
        ({"type": "Custom"}, (400, "CMN-101", "type")),
        ({"callHandlingAction": "TakeMessagesOnly"}, (400, "CMN-101", "callHandlingAction")),
        ({"forwarding": {"ringingMode": "Randomly"}}, (400, "CMN-101", "forwarding.ringingMode")),
        ({"forwarding": {"rules": [rule("71", ringCount=0)]}}, (400, "CMN-101", "forwarding.rules")),
        ({"forwarding": {"rules": [rule("71", ringCount=16)]}}, (400, "CMN-101", "forwarding.rules")),
        ({"forwarding": {"rules": [rule("99")]}}, (404, "CMN-102", ID)),
        ({"forwarding": {"rules": [{"forwardingNumbers": [{"phoneNumber": "+1"}]}]}}, (404, "CMN-102", NUMBER)),
        ({"forwarding": {"rules": [{"forwardingNumbers": [{}]}]}}, (400, "CMN-100", ID)),
        ({"forwarding": {"rules": [{}]}}, (400, "CMN-100", "forwarding.rules.forwardingNumbers")),
        ({"forwarding": {"rules": [rule("71")] * 11}}, (400, "CMN-101", "forwarding.rules")),
    ],
    ids=str,
)
async def test_what_is_refused_changes_nothing(world: WebWorld, body: Any, expected: tuple[int, str, str]) -> None:
    before = user(world)
    assert refusal(await world.ask("PUT", RULE, body)) == expected
    assert user(world) == before


async def test_a_phone_stands_in_the_list_once(world: WebWorld) -> None:
    reply = await put(world, rule("71"), rule("72", "71"))
    assert reply.status == 400
    assert user(world).ring_list.rules == ()


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_there_are_no_other_rules(world: WebWorld, method: str) -> None:
    reply = await world.ask(method, f"{RULES}/after-hours-rule", {} if method == "PUT" else None)
    assert refusal(reply) == (404, "CMN-102", "ruleId")


async def test_changing_takes_its_permission(world: WebWorld) -> None:
    token = await bearer_of(world, "reader", "reads")
    reply = await world.ask("PUT", RULE, {}, authorization=f"Bearer {token}")
    assert refusal(reply) == (403, "CMN-401", "EditExtensions")


# --- what rings ----------------------------------------------------------------------------------------------------


async def call(world: WebWorld, **fields: Any) -> Any:
    return await world.ask("POST", f"{EXTENSION}/ring-out", {"to": {"phoneNumber": CALLEE}, **fields})


async def test_the_users_own_number_rings_the_list(world: WebWorld) -> None:
    await put(world, rule("73", ringCount=2), rule("71", "72"))
    reply = await call(world, **{"from": {"phoneNumber": f"{MAIN}*101"}})
    assert reply.status == 200
    plan = world.engine.placed[-1][1]
    assert [(p.number, p.turn, p.ring_seconds) for p in plan.caller_phones] == [
        (HOME.number, 0, 10.0),
        (DESK.number, 1, 20.0),
        (MOBILE.number, 1, 20.0),
    ]
    assert [phone["phoneNumber"] for phone in reply.json["status"]["caller"]["phones"]] == [
        HOME.number,
        DESK.number,
        MOBILE.number,
    ]


async def test_without_from_the_default_phone_rings_unless_the_list_is_the_default(world: WebWorld) -> None:
    await put(world, rule("73"), rule("71"))
    await call(world)
    assert world.engine.placed[-1][1].caller_phones == ()
    await world.ask("PUT", RULE, {"forwarding": {"ringOutByDefault": True}})
    await call(world)
    assert len(world.engine.placed[-1][1].caller_phones) == 2
