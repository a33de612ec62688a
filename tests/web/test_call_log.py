"""RingOuts as calls: the call log and the active calls, of the user and of the account."""

import math
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from fakes.calls import CONFIG, place, place_talk
from fakes.description import complaints
from fakes.people import ACCOUNT, CALLEE, EXTENSION, bearer_of, change_user, refusal
from fakes.web import OTHER_PHONE, PHONE, WebWorld, make_world
from ringout.domain.quality import LegQuality
from ringout.domain.ring_out import LegRecord, string_id
from ringout.domain.status import CallStatus, EndedBy, PartyStatus
from ringout.service.times import iso

LOG, ACTIVE = f"{EXTENSION}/call-log", f"{EXTENSION}/active-calls"
COMPANY_LOG, COMPANY_ACTIVE = f"{ACCOUNT}/call-log", f"{ACCOUNT}/active-calls"
COLLEAGUES_PHONE = "+16505550144"
HOUR = 3600.0


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(CONFIG)


async def records(world: WebWorld, target: str) -> list[Any]:
    reply = await world.ask("GET", target)
    assert reply.status == 200, reply.body
    found: list[Any] = reply.json["records"]
    return found


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


# --- which records -------------------------------------------------------------------------------------------------


async def test_newest_first_and_both_entries(world: WebWorld) -> None:
    old, new = place_talk(world, 500), place_talk(world, 100)
    found = await records(world, LOG)
    assert [(r["telephonySessionId"], r["direction"]) for r in found] == [
        (string_id(new.id), "Outbound"),
        (string_id(new.id), "Inbound"),
        (string_id(old.id), "Outbound"),
        (string_id(old.id), "Inbound"),
    ]
    outbound, inbound = found[:2]
    assert int(outbound["sessionId"]) - int(inbound["sessionId"]) == 1000
    assert (outbound["from"], outbound["to"]) == (inbound["from"], inbound["to"])


def at(world: WebWorld, ago: float) -> str:
    return quote(iso(world.clock.wall() - ago))


FILTERS: list[tuple[str, int]] = [
    ("", 4),
    ("?direction=Outbound", 2),
    ("?direction=Inbound", 2),
    ("?direction=Inbound&direction=Outbound", 4),
    ("?direction=Inbound,Outbound", 4),
    ("?type=Voice", 4),
    ("?type=Fax", 0),
    ("?type=Fax&type=Voice", 4),
    ("?transport=PSTN", 4),
    ("?transport=VoIP", 0),
    ("?withRecording=true", 0),
    ("?withRecording=false", 4),
    ("?recordingType=All", 0),
    ("?showBlocked=false", 4),
    ("?showDeleted=true", 4),
    ("?metadataCategory=x", 0),
    ("?phoneNumber=14155550199", 4),
    ("?phoneNumber=%2B14155550199", 4),
    ("?phoneNumber=+14155550199", 4),
    ("?phoneNumber=(415)%20555-0199", 4),
    (f"?phoneNumber={PHONE[1:]}", 2),
    (f"?phoneNumber={OTHER_PHONE[1:]}", 2),
    ("?phoneNumber=14155550198", 0),
    ("?phoneNumber=1415555019", 0),
    ("?extensionNumber=101", 4),
    ("?extensionNumber=102", 0),
    ("?extensionNumber=999", 0),
    ("?sessionId=x", 0),
    ("?sessionId=5", 0),
    ("?sessionId=999999999999999999999999", 0),
    ("?telephonySessionId=x", 0),
    ("?telephonySessionId=s-00000000000001", 0),
    ("?unknown=1&sessionId=&direction=", 4),
]


@pytest.mark.parametrize(("query", "count"), FILTERS)
async def test_filters(world: WebWorld, query: str, count: int) -> None:
    talk = place_talk(world, 2 * HOUR)
    place_talk(world, 3 * HOUR, caller=replace(talk.caller, number=OTHER_PHONE))
    place_talk(world, 4 * HOUR, number="102")
    body = (await world.ask("GET", LOG + query)).json
    assert (len(body["records"]), body["paging"]["totalElements"]) == (count, count)


async def test_a_session_is_found_by_its_ids(world: WebWorld) -> None:
    call = place_talk(world, 3 * 24 * HOUR)  # long before the last day
    place_talk(world)
    for query, directions in (
        (f"sessionId={call.id}", ["Inbound"]),
        (f"sessionId={call.id + 1000}", ["Outbound"]),
        (f"telephonySessionId={string_id(call.id)}", ["Outbound", "Inbound"]),
        (f"telephonySessionId={string_id(call.id)}&sessionId={call.id}", ["Inbound"]),
        (f"telephonySessionId={string_id(call.id)}&direction=Outbound", ["Outbound"]),
        (f"sessionId={call.id}&dateFrom={at(world, HOUR)}", []),
    ):
        found = await records(world, f"{LOG}?{query}")
        assert [r["direction"] for r in found] == directions, query
        assert all(r["telephonySessionId"] == string_id(call.id) for r in found)


async def test_calls_to_a_colleague(world: WebWorld) -> None:
    place_talk(world)
    mine = place_talk(world, 50, callee=LegRecord(COLLEAGUES_PHONE))
    found = await records(world, f"{LOG}?extensionNumber=102")
    assert {r["telephonySessionId"] for r in found} == {string_id(mine.id)}


async def test_the_last_day_unless_told_otherwise(world: WebWorld) -> None:
    days = [place_talk(world, ago * 24 * HOUR) for ago in (0.5, 1.5, 2.5)]

    async def listed(query: str) -> list[int]:
        found = await records(world, f"{LOG}?direction=Outbound{query}")
        return [[string_id(d.id) for d in days].index(r["telephonySessionId"]) for r in found]

    assert await listed("") == [0]
    assert await listed(f"&dateFrom={at(world, 48 * HOUR)}") == [0, 1]
    assert await listed(f"&dateTo={at(world, 24 * HOUR)}") == [1]  # the 24 hours before dateTo
    assert await listed(f"&dateFrom={at(world, 72 * HOUR)}&dateTo={at(world, 24 * HOUR)}") == [1, 2]
    assert await listed(f"&dateFrom={quote(iso(days[1].created_at))}") == [0, 1]
    assert await listed(f"&dateFrom={at(world, 72 * HOUR)}&dateTo={quote(iso(days[1].created_at))}") == [1, 2]
    assert await listed(f"&dateFrom={at(world, 1)}&dateTo={at(world, 48 * HOUR)}") == []


async def test_a_record_is_found_by_its_own_start(world: WebWorld) -> None:
    for fraction in range(1, 1000, 31):
        # As near below a whole millisecond as a number can be: shown, it is rounded up.
        begun = math.nextafter(world.clock.wall() - HOUR + fraction / 1000, 0.0)
        call = place(world, world.clock.wall() - begun)
        start = quote(iso(call.created_at))
        found = await records(world, f"{LOG}?dateFrom={start}&dateTo={start}&direction=Outbound")
        assert [r["telephonySessionId"] for r in found] == [string_id(call.id)], start


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("2026-03-10T18:07:52.534Z", 200),
        ("2026-03-10T18:07:52Z", 200),
        ("2026-03-10T18:07:52.534%2B01:00", 200),
        ("2026-03-10T18:07:52.534+0100", 200),
        ("2026-03-10", 200),
        ("1066-10-14T00:00:00Z", 200),
        ("9999-12-31T23:59:59Z", 200),
        ("0001-01-01T00:00:00%2B14:00", 200),
        ("yesterday", 400),
        ("1700000000", 400),
    ],
)
@pytest.mark.parametrize("name", ["dateFrom", "dateTo"])
async def test_times(world: WebWorld, name: str, text: str, status: int) -> None:
    reply = await world.ask("GET", f"{LOG}?{name}={text}")
    assert reply.status == status
    if status == 400:
        assert refusal(reply) == (400, "CMN-101", name)


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("direction=Sideways", "direction"),
        ("type=Telex", "type"),
        ("transport=Pigeon", "transport"),
        ("view=Grand", "view"),
        ("withRecording=perhaps", "withRecording"),
        ("recordingType=x", "recordingType"),
        ("phoneNumber=nobody", "phoneNumber"),
        ("phoneNumber=14155550199&extensionNumber=101", "phoneNumber"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("perPage=0", "perPage"),
        ("perPage=many", "perPage"),
    ],
)
async def test_bad_filters_are_named(world: WebWorld, query: str, blamed: str) -> None:
    assert refusal(await world.ask("GET", f"{LOG}?{query}")) == (400, "CMN-101", blamed)


async def test_pages(world: WebWorld) -> None:
    for number in range(5):
        place_talk(world, 100 + number)
    everything = [r["id"] for r in await records(world, LOG)]
    assert len(everything) == 10
    pages = []
    for number in range(1, 5):
        body = (await world.ask("GET", f"{LOG}?perPage=3&page={number}&type=Voice")).json
        pages += [r["id"] for r in body["records"]]
        assert body["paging"]["totalPages"] == 4
        assert body["paging"]["totalElements"] == 10
        assert "type=Voice" in body["navigation"]["firstPage"]["uri"]
    assert pages == everything
    assert await records(world, f"{LOG}?page=5&perPage=3") == []
    assert await records(world, f"{LOG}?page=1000000&perPage=1000") == []
    assert len(await records(world, f"{LOG}?perPage=max")) == 10
    assert (await world.ask("GET", f"{LOG}?perPage=max")).json["paging"]["perPage"] == 1000
    assert (await world.ask("GET", f"{LOG}?perPage=5000")).json["paging"]["perPage"] == 1000
    assert (await world.ask("GET", LOG)).json["paging"]["perPage"] == 100


async def test_active_are_the_living_and_those_that_just_ended(world: WebWorld) -> None:
    living = place_talk(world, 10 * HOUR, None)
    place_talk(world, 300, 10)
    just_ended = place_talk(world, 200, 194)  # one second ago
    found = await records(world, ACTIVE)
    assert [r["telephonySessionId"] for r in found] == [string_id(just_ended.id), string_id(living.id)]
    assert [r["result"] for r in found] == ["Call connected", "In Progress"]
    world.clock.pass_seconds(118.5)
    assert len(await records(world, ACTIVE)) == 2
    world.clock.pass_seconds(1)
    assert len(await records(world, ACTIVE)) == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [("direction=Outbound", 1), ("direction=Inbound", 0), ("type=Fax", 0), ("transport=VoIP", 0), ("page=2", 0)],
)
async def test_filters_of_active_calls(world: WebWorld, query: str, count: int) -> None:
    place(world)
    assert len(await records(world, f"{ACTIVE}?{query}")) == count


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
