"""Presence: what users publish, and their running RingOuts as clients expect to see them."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.description import complaints
from fakes.people import ACCOUNT, CALLEE, EXTENSION, bearer_of, change_user, people_world, place_live, refusal
from fakes.web import PHONE, WebWorld
from ringout.domain.ring_out import LegRecord, RingOut, party_id, session_id, string_id
from ringout.domain.status import Party

PRESENCE = f"{EXTENSION}/presence"
DETAILED = f"{PRESENCE}?detailedTelephonyState=true"


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


async def own(world: WebWorld, target: str = DETAILED) -> dict[str, Any]:
    reply = await world.ask("GET", target)
    assert reply.status == 200
    assert complaints("readUserPresenceStatus", reply.json) == []
    body: dict[str, Any] = reply.json
    return body


def answered(ring_out: RingOut, *parties: Party) -> dict[str, LegRecord]:
    return {party.value: replace(ring_out.leg(party), answered_at=1.0) for party in parties}


async def test_nobody_calls(world: WebWorld) -> None:
    body = await own(world)
    root = f"http://api.test:8080/restapi/v1.0/account/{world.user.account_id}/extension/{world.user.id}"
    assert body["uri"] == f"{root}/presence"
    assert body["extension"] == {"id": world.user.id, "uri": root, "extensionNumber": "101"}
    assert (body["presenceStatus"], body["telephonyStatus"]) == ("Available", "NoCall")
    assert (body["userStatus"], body["dndStatus"]) == ("Available", "TakeAllCalls")
    assert body["allowSeeMyPresence"] is True
    assert body["activeCalls"] == []
    assert "activeCalls" not in await own(world, PRESENCE)


async def test_a_ring_out_is_two_calls_that_clients_merge(world: WebWorld) -> None:
    ring_out = place_live(world, ring_out_id=1_000_000)
    body = await own(world, f"{DETAILED}&sipData=true")
    assert (body["presenceStatus"], body["telephonyStatus"]) == ("Busy", "Ringing")
    outbound, inbound = body["activeCalls"]
    assert (outbound["direction"], inbound["direction"]) == ("Outbound", "Inbound")
    assert (outbound["from"], outbound["to"]) == (PHONE, CALLEE)
    assert (inbound["from"], inbound["to"]) == (CALLEE, PHONE)
    assert (outbound["fromName"], inbound["toName"]) == ("User", "User")
    assert abs(int(outbound["sessionId"]) - int(inbound["sessionId"])) == 1000
    assert {call["telephonySessionId"] for call in (outbound, inbound)} == {string_id(ring_out.id)}
    assert inbound["partyId"] == party_id(ring_out.id, Party.CALLER)
    assert outbound["partyId"] == party_id(ring_out.id, Party.CALLEE)
    assert outbound["id"] != inbound["id"]
    assert outbound["startTime"] == "2027-01-15T08:00:00.000Z"
    assert outbound["sipData"] == {"rcSessionId": outbound["sessionId"]}
    # Clients take `final` beside NoCall for the end of a call, and `Intermediate` for one to hide.
    assert "terminationType" not in outbound
    assert all("sipData" not in call for call in (await own(world))["activeCalls"])


async def test_statuses_follow_the_legs(world: WebWorld) -> None:
    def seen(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
        return body["telephonyStatus"], [(c["direction"], c["telephonyStatus"]) for c in body["activeCalls"]]

    ring_out = place_live(world)
    assert seen(await own(world)) == ("Ringing", [("Outbound", "Ringing"), ("Inbound", "Ringing")])
    place_live(world, **answered(ring_out, Party.CALLER))
    assert seen(await own(world)) == ("CallConnected", [("Outbound", "Ringing"), ("Inbound", "CallConnected")])
    place_live(world, **answered(ring_out, Party.CALLER, Party.CALLEE))
    assert seen(await own(world)) == ("CallConnected", [("Outbound", "CallConnected"), ("Inbound", "CallConnected")])
    place_live(world, callee=replace(ring_out.callee, ended_at=2.0))
    assert seen(await own(world)) == ("Ringing", [("Inbound", "Ringing")])
    place_live(world, ended_at=3.0)
    assert seen(await own(world)) == ("NoCall", [])
    assert (await own(world))["presenceStatus"] == "Available"


async def test_several_calls_and_those_of_others(world: WebWorld) -> None:
    place_live(world, 10_000)
    place_live(world, 20_000)
    place_live(world, 30_000, "104")
    sessions = {call["telephonySessionId"] for call in (await own(world))["activeCalls"]}
    assert sessions == {string_id(10_000), string_id(20_000)}


@pytest.mark.parametrize(
    ("published", "calling", "shown"),
    [
        ("Available", False, "Available"),
        ("Available", True, "Busy"),
        ("Busy", False, "Busy"),
        ("Busy", True, "Busy"),
        ("Offline", False, "Offline"),
        ("Offline", True, "Offline"),
    ],
)
async def test_the_sum(world: WebWorld, published: str, calling: bool, shown: str) -> None:
    await change_user(world, user_status=published)
    if calling:
        place_live(world)
    body = await own(world)
    assert (body["presenceStatus"], body["userStatus"]) == (shown, published)


async def test_what_is_published_is_kept(world: WebWorld) -> None:
    body = {
        "userStatus": "Busy",
        "dndStatus": "DoNotAcceptAnyCalls",
        "message": " In a meeting ",
        "ringOnMonitoredCall": True,
    }
    reply = await world.ask("PUT", PRESENCE, body)
    assert complaints("updateUserPresenceStatus", reply.json) == []
    assert reply.json == await own(world, PRESENCE)
    assert (reply.json["presenceStatus"], reply.json["message"]) == ("Busy", "In a meeting")
    assert reply.json["dndStatus"] == "DoNotAcceptAnyCalls"
    assert reply.json["ringOnMonitoredCall"] is False
    reply = await world.ask("PUT", PRESENCE, {"message": ""})
    assert "message" not in reply.json
    assert reply.json["userStatus"] == "Busy"


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"userStatus": "Asleep"}, "userStatus"),
        ({"dndStatus": "Unknown"}, "dndStatus"),
        ({"message": "x" * 76}, "message"),
        ({"message": "a\nb"}, "message"),
        ({"allowSeeMyPresence": "yes"}, "allowSeeMyPresence"),
    ],
)
async def test_bad_changes(world: WebWorld, body: dict[str, Any], parameter: str) -> None:
    before = world.accounts.extension(world.user.id)
    reply = await world.ask("PUT", PRESENCE, {"userStatus": "Busy", **body})
    assert refusal(reply) == (400, "CMN-101", parameter)
    assert world.accounts.extension(world.user.id) == before


async def test_bad_queries(world: WebWorld) -> None:
    for field in ("detailedTelephonyState", "sipData"):
        assert refusal(await world.ask("GET", f"{PRESENCE}?{field}=x")) == (400, "CMN-101", field)
    assert refusal(await world.ask("GET", f"{ACCOUNT}/presence?page=0")) == (400, "CMN-101", "page")


async def test_scopes(world: WebWorld) -> None:
    token = await bearer_of(world, "reader", "reads")
    for method, target, scope in (
        ("GET", PRESENCE, "ReadPresence"),
        ("PUT", PRESENCE, "EditPresence"),
        ("GET", f"{ACCOUNT}/presence", "ReadPresence"),
    ):
        reply = await world.ask(method, target, {}, authorization=f"Bearer {token}")
        assert refusal(reply) == (403, "CMN-401", scope)


# --- the whole account ----------------------------------------------------------------------------------------------


async def everybody(world: WebWorld, query: str = "?detailedTelephonyState=true") -> list[dict[str, Any]]:
    reply = await world.ask("GET", f"{ACCOUNT}/presence{query}")
    assert complaints("readAccountPresence", reply.json) == []
    found: list[dict[str, Any]] = reply.json["records"]
    return found


async def test_colleagues_are_seen_and_their_calls_are_not(world: WebWorld) -> None:
    place_live(world, 10_000)
    place_live(world, 20_000, "104")
    mine, _, theirs = await everybody(world)
    assert len(mine["activeCalls"]) == 2
    assert (theirs["presenceStatus"], theirs["telephonyStatus"]) == ("Busy", "Ringing")
    assert "activeCalls" not in theirs
    assert all("activeCalls" not in record for record in await everybody(world, ""))


async def test_who_hides_is_offline_for_colleagues_alone(world: WebWorld) -> None:
    await change_user(world, shows_presence=False)
    await change_user(world, "104", shows_presence=False, status_message="secret")
    place_live(world, 20_000, "104")
    mine, _, theirs = await everybody(world)
    assert mine["presenceStatus"] == "Available"
    assert theirs["presenceStatus"] == "Offline"
    assert set(theirs) == {"uri", "extension", "presenceStatus", "allowSeeMyPresence"}


async def test_pages(world: WebWorld) -> None:
    assert [r["extension"]["extensionNumber"] for r in await everybody(world, "?perPage=2&page=2")] == ["104"]
    await change_user(world, "102", enabled=False)
    assert [r["extension"]["extensionNumber"] for r in await everybody(world, "")] == ["101", "104"]


# --- ids of the legs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ring_out_id", [1, 234343434, 2**53 - 1])
def test_ids_of_the_two_legs(ring_out_id: int) -> None:
    caller, callee = (session_id(ring_out_id, party) for party in Party)
    assert int(callee) - int(caller) == 1000
    first, second = (party_id(ring_out_id, party) for party in Party)
    stem = string_id(ring_out_id).replace("s-", "p-")
    assert (first, second) == (f"{stem}-1", f"{stem}-2")
