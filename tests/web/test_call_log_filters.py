"""Which calls the call log and the active calls list: filters, times, pages."""

import math
from dataclasses import replace
from urllib.parse import quote

import pytest

from fakes.calls import (
    ACTIVE,
    COLLEAGUES_PHONE,
    CONFIG,
    HOUR,
    LOG,
    place,
    place_talk,
    records,
)
from fakes.people import refusal
from fakes.web import OTHER_PHONE, PHONE, WebWorld, make_world
from ringout.domain.ring_out import LegRecord, string_id
from ringout.service.times import iso


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(CONFIG)


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
