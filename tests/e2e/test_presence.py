"""A running RingOut as presence and the call log tell it, from a real server and real phones."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import CALLER_UP, CONNECTED, ENDED, PLACED, World
from .steps import answers
from .waiting import eventually

pytestmark = pytest.mark.sipp

_PRESENCE = "/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true"


def presence(world: World) -> Any:
    answer = world.api.request("GET", _PRESENCE)
    assert answer.code == 200, answer
    return answer.body


def statuses(body: Any) -> list[tuple[str, str]]:
    return [(call["direction"], call["telephonyStatus"]) for call in body["activeCalls"]]


def test_presence_follows_a_ring_out(world: World) -> None:
    world.alone()  # the user of the shared server may be on the phone
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    assert presence(world)["presenceStatus"] == "Available"
    call = world.place(caller, callee)
    placed = presence(world)
    assert placed["presenceStatus"] == "Busy"
    assert {entry["telephonySessionId"] for entry in placed["activeCalls"]} == {call.last["telephonySessionId"]}
    call.until(CONNECTED)
    connected = presence(world)
    assert statuses(connected) == [("Outbound", "CallConnected"), ("Inbound", "CallConnected")]
    outbound, inbound = connected["activeCalls"]
    assert (outbound["from"], outbound["to"]) == (caller.number, callee.number) == (inbound["to"], inbound["from"])
    assert call.cancel() == 204
    call.until(ENDED)
    eventually(lambda: presence(world)["presenceStatus"] == "Available", "the user to be off the phone")
    assert presence(world)["activeCalls"] == []
    caller.finish()
    callee.finish()
    call.lived(PLACED, CALLER_UP, CONNECTED, ENDED)
