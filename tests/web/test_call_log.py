"""RingOuts as calls: the call log and the active calls, of the user and of the account."""

from dataclasses import replace

import pytest

from fakes.calls import ACTIVE, COLLEAGUES_PHONE, COMPANY_ACTIVE, COMPANY_LOG, CONFIG, LOG, place, place_talk, records
from fakes.description import complaints
from fakes.people import CALLEE, EXTENSION, bearer_of, change_user, refusal
from fakes.web import PHONE, WebWorld, make_world
from ringout.domain.quality import LegQuality
from ringout.domain.ring_out import LegRecord, string_id
from ringout.domain.status import CallStatus, EndedBy, PartyStatus
from ringout.service.times import iso


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(CONFIG)


# --- what a record says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        (LOG, "readUserCallLog"),
        (f"{LOG}?view=Detailed", "readUserCallLog"),
        (f"{ACTIVE}?view=Detailed", "listExtensionActiveCalls"),
        (f"{COMPANY_LOG}?view=Detailed", "readCompanyCallLog"),
        (f"{COMPANY_ACTIVE}?view=Detailed", "listCompanyActiveCalls"),
    ],
)
async def test_lists_are_as_described(world: WebWorld, target: str, operation: str) -> None:
    await change_user(world, admin=True)
    place_talk(world)
    place_talk(world, 30, None)
    place(world, 20, callee=LegRecord(COLLEAGUES_PHONE))
    body = (await world.ask("GET", target)).json
    assert complaints(operation, body) == []
    assert len(body["records"]) in (3, 6)


async def test_a_call_in_full(world: WebWorld) -> None:
    call = place_talk(world)
    user = world.user
    home = f"http://api.test:8080/restapi/v1.0/account/{user.account_id}/extension/{user.id}"
    digits = string_id(call.id).removeprefix("s-")
    outbound, inbound = await records(world, f"{LOG}?view=Detailed")
    shared = {
        "extension": {"id": user.id, "uri": home},
        "telephonySessionId": string_id(call.id),
        "transport": "PSTN",
        "from": {"phoneNumber": PHONE, "extensionNumber": "101", "extensionId": str(user.id), "name": "User"},
        "to": {"phoneNumber": CALLEE},
        "type": "Voice",
        "internalType": "RingOut",
        "finished": True,
    }
    whole = {
        **shared,
        "direction": "Outbound",
        "action": "RingOut Web",
        "result": "Call connected",
        "reason": "Accepted",
    }
    first_leg = {
        **whole,
        "reasonDescription": "It ended.",
        "partyId": f"p-{digits}-1",
        "startTime": iso(call.created_at),
        "duration": 12,
        "durationMs": 12250,
        "legType": "RingOutWebToSubscriber",
        "master": True,
    }
    second_leg = {
        **whole,
        "reasonDescription": "It ended.",
        "partyId": f"p-{digits}-2",
        "startTime": iso(call.created_at + 3),
        "duration": 10,
        "durationMs": 10250,
        "legType": "RingOutWebToCaller",
    }
    assert outbound == {
        **whole,
        "id": f"{digits}-2",
        "uri": f"{home}/call-log/{digits}-2?view=Detailed",
        "sessionId": str(call.id + 1000),
        "partyId": f"p-{digits}-2",
        "reasonDescription": "The caller and the callee are connected.",
        "startTime": iso(call.created_at),
        "duration": 10,
        "durationMs": 10250,
        "lastModifiedTime": iso(call.created_at + 15.25),
        "legs": [first_leg, second_leg],
    }
    own = {**shared, "direction": "Inbound", "action": "Phone Call", "result": "Accepted", "reason": "Accepted"}
    assert inbound == {
        **own,
        "id": f"{digits}-1",
        "uri": f"{home}/call-log/{digits}-1?view=Detailed",
        "sessionId": str(call.id),
        "partyId": f"p-{digits}-1",
        "reasonDescription": "It ended.",
        "startTime": iso(call.created_at),
        "duration": 12,
        "durationMs": 12250,
        "lastModifiedTime": iso(call.created_at + 15.25),
        "legs": [{**first_leg, **own}],
    }


async def test_simple_is_without_legs(world: WebWorld) -> None:
    place_talk(world)
    for target in (LOG, f"{LOG}?view=Simple"):
        for record in await records(world, target):
            assert not {"legs", "lastModifiedTime"} & set(record)
            assert record["uri"].endswith("?view=Simple")


async def test_a_living_call_counts_until_now(world: WebWorld) -> None:
    place_talk(world, 60, None)
    outbound, inbound = await records(world, LOG)
    for record, seconds in ((outbound, 55), (inbound, 57)):
        assert (record["result"], record["finished"], record["duration"]) == ("In Progress", False, seconds)
        assert not {"reason", "reasonDescription"} & set(record)


async def test_the_colleague_who_is_called_has_a_name(world: WebWorld) -> None:
    place_talk(world, callee=LegRecord(COLLEAGUES_PHONE))
    colleague = world.accounts.extension_by_number("102")
    assert (await records(world, LOG))[0]["to"] == {
        "phoneNumber": COLLEAGUES_PHONE,
        "extensionNumber": "102",
        "extensionId": str(colleague.id),
        "name": "Colleague",
    }
    await change_user(world, "102", forwarding_numbers=())
    assert (await records(world, LOG))[0]["to"] == {"phoneNumber": COLLEAGUES_PHONE}


async def test_active_calls_name_the_user_without_a_number(world: WebWorld) -> None:
    call = place(world)
    (record,) = await records(world, f"{ACTIVE}?view=Detailed")
    assert record["from"] == {"extensionNumber": "101", "extensionId": str(world.user.id), "name": "User"}
    assert record["to"] == {"phoneNumber": CALLEE}
    assert (record["direction"], record["action"], record["result"]) == ("Outbound", "RingOut Web", "In Progress")
    (leg,) = record["legs"]
    assert (leg["legType"], leg["master"], leg["result"]) == ("RingOutWebToSubscriber", True, "In Progress")
    assert record["sessionId"] == str(call.id + 1000)


async def test_one_record(world: WebWorld) -> None:
    place_talk(world)
    for listed in await records(world, f"{LOG}?view=Detailed"):
        reply = await world.ask("GET", f"{LOG}/{listed['id']}?view=Detailed")
        assert (reply.status, reply.json) == (200, listed)
        assert complaints("readUserCallRecord", reply.json) == []
        assert "legs" not in (await world.ask("GET", f"{LOG}/{listed['id']}")).json


# --- how calls went ------------------------------------------------------------------------------------------------


async def test_the_result_is_that_of_the_leg_that_failed(world: WebWorld) -> None:
    call = place_talk(world)
    busy = LegRecord(CALLEE, PartyStatus.BUSY, 486, "Busy Here", "Busy.", EndedBy.CALLEE, 1.0, None, None, 2.0)
    failed = replace(call, callee=busy, status=CallStatus.CANNOT_REACH, explanation="The callee's phone is busy.")
    world.store.rows[call.id] = failed
    outbound, inbound = await records(world, LOG)
    assert (outbound["result"], outbound["reason"]) == ("Busy", "Line Busy")
    assert outbound["reasonDescription"] == "The callee's phone is busy."
    assert outbound["duration"] == 0
    assert (inbound["result"], inbound["duration"]) == ("Accepted", 12)


async def test_a_user_who_does_not_answer_missed_the_call(world: WebWorld) -> None:
    now = world.clock.wall()
    silent = LegRecord(
        PHONE, PartyStatus.NO_ANSWER, 408, "", "Not answered.", EndedBy.SERVER, now - 60, None, None, now
    )
    place(world, caller=silent, ended_at=now, status=CallStatus.CANNOT_REACH)
    outbound, inbound = await records(world, f"{LOG}?view=Detailed")
    assert (outbound["result"], outbound["reason"]) == ("No Answer", "No Answer")
    assert (inbound["result"], inbound["reason"]) == ("Missed", "No Answer")
    assert [leg["legType"] for leg in outbound["legs"]] == ["RingOutWebToSubscriber"]


async def test_quality_of_the_audio_stands_with_each_leg(world: WebWorld) -> None:
    call = place_talk(world)
    world.store.rows[call.id] = replace(call, callee=replace(call.callee, quality=LegQuality("PCMU", 10, 0, 1.0, 4.4)))
    outbound = (await records(world, f"{LOG}?view=Detailed"))[0]
    master, other = outbound["legs"]
    assert "quality" not in master
    assert (other["quality"]["mos"], other["quality"]["packetsReceived"]) == (4.4, 10)


# --- who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [LOG, ACTIVE, f"{LOG}/x", COMPANY_LOG, COMPANY_ACTIVE, f"{COMPANY_LOG}/x"])
async def test_the_application_needs_read_call_log(world: WebWorld, target: str) -> None:
    world.bearer = await bearer_of(world, "caller", "calls")
    assert refusal(await world.ask("GET", target)) == (403, "CMN-401", "ReadCallLog")


@pytest.mark.parametrize("target", [COMPANY_LOG, COMPANY_ACTIVE, f"{COMPANY_LOG}/x"])
async def test_the_accounts_calls_are_for_administrators(world: WebWorld, target: str) -> None:
    assert refusal(await world.ask("GET", target)) == (403, "CMN-408", "FullCompanyCallLog")


async def test_administrators_see_everybodys(world: WebWorld) -> None:
    await change_user(world, admin=True)
    mine, theirs = place_talk(world, 100), place_talk(world, 50, number="102")
    place(world, 25, account_id=1)  # another account's
    found = await records(world, f"{COMPANY_LOG}?direction=Outbound")
    assert [r["telephonySessionId"] for r in found] == [string_id(theirs.id), string_id(mine.id)]
    assert [r["from"]["name"] for r in found] == ["Colleague", "User"]
    assert [r["extension"]["id"] for r in found] == [theirs.extension_id, mine.extension_id]
    for record in found:
        assert f"/account/{world.user.account_id}/call-log/" in record["uri"]
        path = record["uri"].removeprefix("http://api.test:8080").partition("?")[0]
        reply = await world.ask("GET", path)
        assert (reply.status, reply.json) == (200, record)
        assert complaints("readCompanyCallRecord", reply.json) == []
    only = await records(world, f"{COMPANY_LOG}?extensionNumber=102")
    assert {r["telephonySessionId"] for r in only} == {string_id(theirs.id)}
    assert len(await records(world, COMPANY_ACTIVE)) == 2
    assert len(await records(world, ACTIVE)) == 1


@pytest.mark.parametrize("other", ["account", "extension"])
async def test_anothers_call_is_not_there(world: WebWorld, other: str) -> None:
    foreign = {"account_id": 1} if other == "account" else {}
    call = place_talk(world, number="102" if other == "extension" else "101", **foreign)
    assert await records(world, LOG) == []
    assert await records(world, ACTIVE) == []
    assert await records(world, f"{LOG}?sessionId={call.id}") == []
    assert await records(world, f"{LOG}?telephonySessionId={string_id(call.id)}") == []
    entry = f"{string_id(call.id).removeprefix('s-')}-1"
    assert refusal(await world.ask("GET", f"{LOG}/{entry}")) == (404, "CMN-102", "callRecordId")


@pytest.mark.parametrize("unknown", ["x", "1", "00000000000001-1", "00000000000001-3", "-1", "0000000000000A-1"])
async def test_an_unknown_record_is_404(world: WebWorld, unknown: str) -> None:
    assert refusal(await world.ask("GET", f"{LOG}/{unknown}")) == (404, "CMN-102", "callRecordId")


async def test_a_user_who_is_gone_leaves_calls_without_a_name(world: WebWorld) -> None:
    await change_user(world, admin=True)
    place_talk(world, extension_id=1)
    (record, _) = await records(world, COMPANY_LOG)
    assert record["from"] == {"phoneNumber": PHONE}
    assert record["extension"]["id"] == 1


# --- how long it is kept -------------------------------------------------------------------------------------------


async def test_a_call_outlives_its_result(world: WebWorld) -> None:
    call = place_talk(world, 15.25)
    ring_out = f"{EXTENSION}/ring-out/{string_id(call.id)}"
    assert (await world.ask("GET", ring_out)).status == 200
    world.clock.pass_seconds(601)
    assert (await world.ask("GET", ring_out)).status == 404
    assert len(await records(world, LOG)) == 2
