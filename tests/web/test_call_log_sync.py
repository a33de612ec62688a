"""The call log for clients that keep a copy."""

from typing import Any

import pytest

from fakes.calls import CONFIG, HOUR, place, place_talk
from fakes.description import complaints
from fakes.people import ACCOUNT, EXTENSION, bearer_of, change_user, refusal
from fakes.web import WebWorld, make_world
from ringout.domain.ring_out import LegRecord, string_id
from ringout.domain.status import CallStatus, PartyStatus
from ringout.service import call_log

SYNC = f"{EXTENSION}/call-log-sync"


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(CONFIG)


async def sync(world: WebWorld, query: str = "") -> Any:
    reply = await world.ask("GET", f"{SYNC}?{query}")
    assert reply.status == 200, reply.body
    return reply.json


def sessions(body: Any) -> list[str]:
    return [r["telephonySessionId"] for r in body["records"] if r["direction"] == "Outbound"]


async def test_full_is_as_described_and_like_the_log(world: WebWorld) -> None:
    place_talk(world, 100)
    place_talk(world, 50, None)
    body = await sync(world, "syncType=FSync&recordCount=10&view=Detailed")
    assert complaints("syncUserCallLog", body) == []
    assert body["records"] == (await world.ask("GET", f"{EXTENSION}/call-log?view=Detailed")).json["records"]
    assert body["syncInfo"]["syncType"] == "FSync"


async def test_full_gives_the_newest_of_any_age(world: WebWorld) -> None:
    old, new = place_talk(world, 60 * 24 * HOUR), place_talk(world, 50)
    assert sessions(await sync(world)) == [string_id(new.id), string_id(old.id)]
    assert sessions(await sync(world, "recordCount=2")) == [string_id(new.id)]
    assert len((await sync(world, "recordCount=3"))["records"]) == 3
    assert sessions(await sync(world, "dateFrom=2027-01-01T00:00:00Z")) == [string_id(new.id)]
    assert len(sessions(await sync(world, "recordCount=100000"))) == 2


async def test_incremental_tells_what_has_changed(world: WebWorld) -> None:
    place_talk(world, 500)
    ending, lasting = place_talk(world, 400, None), place_talk(world, 300, None)
    token = (await sync(world))["syncInfo"]["syncToken"]
    world.clock.pass_seconds(60)
    world.end(ending.id)
    new = place(world, 1)
    body = await sync(world, f"syncType=ISync&syncToken={token}")
    assert complaints("syncUserCallLog", body) == []
    assert sessions(body) == [string_id(r.id) for r in (new, lasting, ending)]
    assert [r["result"] for r in body["records"]][::2] == ["In Progress", "In Progress", "Call connected"]
    world.clock.pass_seconds(60)
    token = (await sync(world, f"syncType=ISync&syncToken={token}"))["syncInfo"]["syncToken"]
    assert sessions(await sync(world, f"syncType=ISync&syncToken={token}")) == [string_id(r.id) for r in (new, lasting)]


async def test_an_end_that_reaches_the_disk_late_is_told(world: WebWorld) -> None:
    call = place_talk(world, 400, None)
    token = (await sync(world))["syncInfo"]["syncToken"]
    world.end(call.id, -1.0)  # ended before the token was given, written after it
    assert sessions(await sync(world, f"syncType=ISync&syncToken={token}")) == [string_id(call.id)]


@pytest.mark.parametrize("token", ["x", "-1", "1.5", "9" * 15, "%D9%A1"])
async def test_clg_101_for_a_token_that_is_none(world: WebWorld, token: str) -> None:
    assert refusal(await world.ask("GET", f"{SYNC}?syncType=ISync&syncToken={token}")) == (400, "CLG-101", "syncToken")


async def test_clg_101_when_too_much_has_changed(world: WebWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_log, "MOST_CHANGED", 2)
    for ago in (10, 20, 30):
        place(world, ago)
    reply = await world.ask("GET", f"{SYNC}?syncType=ISync&syncToken=1")
    assert refusal(reply) == (400, "CLG-101", "syncToken")
    assert reply.json["message"] == "Parameter [syncToken] is invalid [Sync token expired, call log was reset]"


@pytest.mark.parametrize(
    ("query", "code", "blamed"),
    [
        ("syncType=ISync", "CMN-100", "syncToken"),
        ("syncType=Sync", "CMN-101", "syncType"),
        ("recordCount=0", "CMN-101", "recordCount"),
        ("recordCount=x", "CMN-101", "recordCount"),
        ("dateFrom=x", "CMN-101", "dateFrom"),
        ("statusGroup=x", "CMN-101", "statusGroup"),
    ],
)
async def test_bad_queries_are_named(world: WebWorld, query: str, code: str, blamed: str) -> None:
    assert refusal(await world.ask("GET", f"{SYNC}?{query}")) == (400, code, blamed)


async def test_missed_calls(world: WebWorld) -> None:
    place_talk(world)
    silent = LegRecord("+16505550111", PartyStatus.NO_ANSWER, ended_at=world.clock.wall())
    missed = place(world, 30, caller=silent, ended_at=world.clock.wall(), status=CallStatus.CANNOT_REACH)
    (record,) = (await sync(world, "statusGroup=Missed"))["records"]
    assert (record["telephonySessionId"], record["result"]) == (string_id(missed.id), "Missed")
    assert len((await sync(world, "statusGroup=Missed&statusGroup=All"))["records"]) == 4
    assert (await sync(world, "recordingType=All"))["records"] == []


async def test_who_may(world: WebWorld) -> None:
    place_talk(world)
    place_talk(world, 50, number="102")
    assert len(sessions(await sync(world))) == 1
    company = f"{ACCOUNT}/call-log-sync"
    assert refusal(await world.ask("GET", company)) == (403, "CMN-408", "FullCompanyCallLog")
    await change_user(world, admin=True)
    body = (await world.ask("GET", company)).json
    assert complaints("syncAccountCallLog", body) == []
    assert len(sessions(body)) == 2
    world.bearer = await bearer_of(world, "caller", "calls")
    assert refusal(await world.ask("GET", SYNC)) == (403, "CMN-401", "ReadCallLog")
