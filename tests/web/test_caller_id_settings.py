"""What is shown when a request names no caller ID, as the user sets it."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.description import complaints
from fakes.people import COMPANY_NUMBER, EXTENSION, FOREIGN_PHONE, bearer_of, change_user, people_world, refusal
from fakes.web import MAIN, PHONE, SHOWN, WebWorld
from ringout.domain.account import ForwardingNumber, PhoneType
from ringout.service.caller_id_settings import CallerIdFeature

SETTINGS = f"{EXTENSION}/caller-id"
FEATURES = [
    "RingOut", "RingMe", "CallFlip", "FaxNumber", "AdditionalSoftphone", "Alternate", "CommonPhone", "MobileApp",
    "Delegated", "BusinessMobile",
]  # fmt: skip


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


async def put(world: WebWorld, caller_id: Any, feature: str = "RingOut") -> Any:
    return await world.ask("PUT", SETTINGS, {"byFeature": [{"feature": feature, "callerId": caller_id}]})


async def now(world: WebWorld, feature: str = "RingOut") -> Any:
    body = (await world.ask("GET", SETTINGS)).json
    return next(one["callerId"] for one in body["byFeature"] if one["feature"] == feature)


def number_id(world: WebWorld, number: str) -> int:
    account = world.accounts.account(world.user.account_id)
    known = {account.main_number: account.id} | {owned.number: owned.id for owned in account.numbers}
    known |= {mine.number: int(mine.id) for mine in world.accounts.extension(world.user.id).forwarding_numbers}
    return known[number]


async def test_what_is_shown_at_first(world: WebWorld) -> None:
    body = (await world.ask("GET", SETTINGS)).json
    assert complaints("readExtensionCallerId", body) == []
    assert [one["feature"] for one in body["byFeature"]] == FEATURES == list(CallerIdFeature)
    assert body["byDevice"] == []
    assert body["extensionNameForOutboundCalls"] is False
    assert body["extensionNumberForInternalCalls"] is False
    user = f"http://api.test:8080/restapi/v1.0/account/{world.user.account_id}/extension/{world.user.id}"
    assert body["uri"] == f"{user}/caller-id"
    main_id = world.user.account_id
    assert body["byFeature"][0]["callerId"] == {
        "type": "PhoneNumber",
        "phoneInfo": {"id": str(main_id), "uri": f"{user}/phone-number/{main_id}", "phoneNumber": MAIN},
    }
    assert all(one["callerId"] == {} for one in body["byFeature"][1:])


CHOICES: list[tuple[dict[str, Any], str, str | None]] = [
    ({"type": "Blocked"}, "Blocked", None),
    ({"type": "CurrentLocation"}, "CurrentLocation", None),
    ({"type": "CurrentLocation", "phoneInfo": {"phoneNumber": MAIN}}, "CurrentLocation", None),
    ({"type": "PhoneNumber", "phoneInfo": {"phoneNumber": SHOWN}}, "PhoneNumber", SHOWN),
    ({"phoneInfo": {"phoneNumber": SHOWN}}, "PhoneNumber", SHOWN),
    ({"phoneInfo": {"phoneNumber": "(650) 555-0133"}}, "PhoneNumber", SHOWN),
    ({"phoneInfo": {"phoneNumber": COMPANY_NUMBER}}, "PhoneNumber", COMPANY_NUMBER),
    ({"phoneInfo": {"phoneNumber": PHONE}}, "PhoneNumber", PHONE),
    ({"phoneInfo": {"phoneNumber": MAIN}}, "PhoneNumber", MAIN),
    ({}, "PhoneNumber", MAIN),
]


@pytest.mark.parametrize(("sent", "kind", "number"), CHOICES)
async def test_a_choice_for_ring_out(world: WebWorld, sent: Any, kind: str, number: str | None) -> None:
    await put(world, {"type": "Blocked"} if kind != "Blocked" else {"type": "CurrentLocation"})
    reply = await put(world, sent)
    assert reply.status == 200, reply.body
    assert complaints("updateExtensionCallerId", reply.json) == []
    assert reply.json == (await world.ask("GET", SETTINGS)).json
    chosen = await now(world)
    assert (chosen["type"], chosen.get("phoneInfo", {}).get("phoneNumber")) == (kind, number)
    if number is not None:
        assert chosen["phoneInfo"]["id"] == str(number_id(world, number))


@pytest.mark.parametrize("form", [str, int])
@pytest.mark.parametrize("number", [MAIN, SHOWN, COMPANY_NUMBER, PHONE])
async def test_the_id_of_a_number_is_enough(world: WebWorld, form: type, number: str) -> None:
    await put(world, {"type": "Blocked"})
    reply = await put(world, {"phoneInfo": {"id": form(number_id(world, number))}})
    assert reply.status == 200, reply.body
    assert (await now(world))["phoneInfo"]["phoneNumber"] == number


REFUSED: list[tuple[str, dict[str, Any], tuple[int, str, str]]] = [
    ("RingOut", {"phoneInfo": {"phoneNumber": "+14155550123"}}, (403, "CMN-101", ".phoneInfo.phoneNumber")),
    ("Alternate", {"phoneInfo": {"phoneNumber": "+14155550123"}}, (403, "CMN-101", ".phoneInfo.phoneNumber")),
    ("RingOut", {"phoneInfo": {"phoneNumber": "nobody"}}, (400, "CMN-101", ".phoneInfo.phoneNumber")),
    ("RingOut", {"phoneInfo": {"id": "1"}}, (404, "CMN-102", ".phoneInfo.id")),
    ("RingOut", {"phoneInfo": {"id": 2**80}}, (404, "CMN-102", ".phoneInfo.id")),
    ("RingOut", {"phoneInfo": {"id": "x", "phoneNumber": MAIN}}, (404, "CMN-102", ".phoneInfo.id")),
    ("RingOut", {"type": "PhoneNumber"}, (400, "CMN-100", ".phoneInfo")),
    ("RingOut", {"type": "PhoneNumber", "phoneInfo": {}}, (400, "CMN-100", ".phoneInfo")),
    *((f, {"type": "CurrentLocation"}, (400, "CMN-101", ".type")) for f in FEATURES[1:]),
]


@pytest.mark.parametrize(("feature", "sent", "refused"), REFUSED)
async def test_refused(world: WebWorld, feature: str, sent: Any, refused: tuple[int, str, str]) -> None:
    status, code, field = refused
    before = (await world.ask("GET", SETTINGS)).json
    assert refusal(await put(world, sent, feature)) == (status, code, f"byFeature.callerId{field}")
    assert (await world.ask("GET", SETTINGS)).json == before


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"byFeature": [{"feature": "Pigeon", "callerId": {}}]}, "CMN-101"),
        ({"byFeature": [{"callerId": {}}]}, "CMN-100"),
        ({"byFeature": {}}, "CMN-101"),
        ({"byFeature": [{"feature": "RingOut", "callerId": {"type": "Loud"}}]}, "CMN-101"),
        ({"byFeature": [{"feature": "RingOut", "callerId": {"phoneInfo": {"id": 1.5}}}]}, "CMN-101"),
        ({"byFeature": [{"feature": "RingOut"}] * 101}, "CMN-101"),
        ({"extensionNameForOutboundCalls": "yes"}, "CMN-101"),
        ([], "CMN-104"),
    ],
)
async def test_bad_input_is_named(world: WebWorld, sent: Any, code: str) -> None:
    assert refusal(await world.ask("PUT", SETTINGS, sent))[:2] == (400, code)


async def test_a_number_is_not_the_users_because_a_colleague_has_it(world: WebWorld) -> None:
    world.bearer = await bearer_of(world, "app", "the secret+of the%app", "102")
    reply = await put(world, {"phoneInfo": {"phoneNumber": SHOWN}})
    assert refusal(reply) == (403, "CMN-101", "byFeature.callerId.phoneInfo.phoneNumber")
    assert refusal(await put(world, {"phoneInfo": {"id": str(number_id(world, SHOWN))}}))[0] == 404


async def test_a_phone_abroad_may_not_be_shown(world: WebWorld) -> None:
    foreign = ForwardingNumber("77", FOREIGN_PHONE, "London", PhoneType.OTHER)
    await change_user(world, forwarding_numbers=(*world.user.forwarding_numbers, foreign))
    reply = await put(world, {"phoneInfo": {"id": "77"}})
    assert refusal(reply) == (403, "CMN-101", "byFeature.callerId.phoneInfo.phoneNumber")


async def test_what_was_got_can_be_put_back(world: WebWorld) -> None:
    await put(world, {"type": "Blocked"}, "Alternate")
    await put(world, {"phoneInfo": {"phoneNumber": SHOWN}})
    body = (await world.ask("GET", SETTINGS)).json
    reply = await world.ask("PUT", SETTINGS, body)
    assert (reply.status, reply.json) == (200, body)


async def test_what_is_not_named_stays(world: WebWorld) -> None:
    await put(world, {"phoneInfo": {"phoneNumber": SHOWN}}, "MobileApp")
    await world.ask("PUT", SETTINGS, {"extensionNameForOutboundCalls": True})
    await world.ask("PUT", SETTINGS, {"extensionNumberForInternalCalls": True, "byFeature": [{"feature": "MobileApp"}]})
    body = (await world.ask("PUT", SETTINGS, {})).json
    assert body["extensionNameForOutboundCalls"] is True
    assert body["extensionNumberForInternalCalls"] is True
    assert (await now(world, "MobileApp"))["phoneInfo"]["phoneNumber"] == SHOWN
    assert (await now(world))["phoneInfo"]["phoneNumber"] == MAIN
    assert (await put(world, {}, "MobileApp")).status == 200
    assert await now(world, "MobileApp") == {}


@pytest.mark.parametrize(
    ("sent", "placed"),
    [
        ({"type": "Blocked"}, None),
        ({"type": "CurrentLocation"}, PHONE),
        ({"phoneInfo": {"phoneNumber": SHOWN}}, SHOWN),
        ({}, MAIN),
    ],
)
async def test_ring_outs_go_by_it(world: WebWorld, sent: Any, placed: str | None) -> None:
    await put(world, {"type": "Blocked"} if sent == {} else {})
    assert (await put(world, sent)).status == 200
    assert (await world.place()).status == 200
    assert world.engine.placed[0][1].caller_id == placed


async def test_a_number_that_was_taken_away_counts_as_no_choice(world: WebWorld) -> None:
    await put(world, {"phoneInfo": {"phoneNumber": SHOWN}})
    await put(world, {"phoneInfo": {"phoneNumber": SHOWN}}, "Alternate")
    await world.accounts.change_account(world.user.account_id, lambda old: replace(old, numbers=()))
    assert (await now(world))["phoneInfo"]["phoneNumber"] == MAIN
    assert await now(world, "Alternate") == {}


async def test_a_device_is_not_found(world: WebWorld) -> None:
    body = {"byDevice": [{"device": {"id": "1"}, "callerId": {"type": "Blocked"}}]}
    assert refusal(await world.ask("PUT", SETTINGS, body)) == (404, "CMN-102", "byDevice.device.id")


@pytest.mark.parametrize(("method", "permission"), [("GET", "ReadAccounts"), ("PUT", "EditExtensions")])
async def test_permissions_of_the_application(world: WebWorld, method: str, permission: str) -> None:
    world.bearer = await bearer_of(world, "caller", "calls")
    assert refusal(await world.ask(method, SETTINGS, {})) == (403, "CMN-401", permission)


async def test_reading_is_not_changing(world: WebWorld) -> None:
    world.bearer = await bearer_of(world, "reader", "reads")
    assert (await world.ask("GET", SETTINGS)).status == 200
    assert refusal(await world.ask("PUT", SETTINGS, {})) == (403, "CMN-401", "EditExtensions")
