"""What a user sets by the API, as the phones see it; and what the API tells of a call afterwards."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from .api import Answer, PlacedCall
from .harness import CONNECTED, ENDED, World
from .server import MAIN_NUMBER
from .sipp import SippPhone, WireMessage
from .steps import answers, hangs_up, refuses
from .waiting import eventually

pytestmark = pytest.mark.sipp

HOME = "/restapi/v1.0/account/~/extension/~"
OWN_NUMBER = "+16505550177"


def ask(world: World, method: str, path: str, body: Any = None) -> Any:
    answer: Answer = world.api.request(method, HOME + path, body)
    assert answer.code in (200, 204), answer
    return answer.body


def await_end(call: PlacedCall) -> None:
    """Until both phones are hung up, whatever became of the call."""
    eventually(lambda: call.get().body.get("endTime"), "the end of the call")
    call.look()


def log_of(world: World, call: PlacedCall, path: str = "/call-log?view=Detailed") -> list[Any]:
    session = call.last["telephonySessionId"]
    found = [r for r in ask(world, "GET", path)["records"] if r["telephonySessionId"] == session]
    if path.startswith("/call-log"):
        assert ask(world, "GET", f"{path}&telephonySessionId={session}")["records"] == found
    return found


def milliseconds(since: str, until: str) -> int:
    def read(text: str) -> float:
        whole, fraction = re.fullmatch(r"(.*)\.(\d{3})Z", text).groups()  # type: ignore[union-attr]
        return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1000 + int(fraction)

    return round(read(until) - read(since))


# --- the call log --------------------------------------------------------------------------------------------------


def test_the_log_tells_how_long_was_talked(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    begun = time.monotonic()
    call = world.place(caller, callee)
    invite = callee.ring()
    callee.answer(invite)
    call.until(CONNECTED)
    connected = time.monotonic()
    (living,) = log_of(world, call, "/active-calls?view=Detailed")
    assert (living["result"], living["finished"]) == ("In Progress", False)
    assert "phoneNumber" not in living["from"]
    caller.hum(600)
    callee.rtp.await_packets(60)  # more than a second of talk
    talk_ms = (time.monotonic() - connected) * 1000
    callee.ask(invite, "BYE", 1)
    callee.expect("200 BYE")
    call.until(ENDED)
    await_end(call)
    took = (time.monotonic() - begun) * 1000
    outbound, inbound = log_of(world, call)
    legs = call.last["status"]["caller"], call.last["status"]["callee"]
    talked = [milliseconds(leg["answeredTime"], leg["endedTime"]) for leg in legs]
    for record, expected in ((inbound, talked[0]), (outbound, talked[1])):
        assert abs(record["durationMs"] - expected) <= 2, record  # both times were cut to milliseconds
        assert talk_ms - 2 <= record["durationMs"] <= took
        assert record["duration"] == record["durationMs"] // 1000
        assert record["startTime"] == call.last["creationTime"]
        assert record["finished"] is True
    assert (outbound["direction"], outbound["action"], outbound["result"]) == (
        "Outbound",
        "RingOut Web",
        "Call connected",
    )
    assert (inbound["direction"], inbound["action"], inbound["result"]) == ("Inbound", "Phone Call", "Accepted")
    assert [leg["legType"] for leg in outbound["legs"]] == ["RingOutWebToSubscriber", "RingOutWebToCaller"]
    assert (outbound["from"]["phoneNumber"], outbound["to"]["phoneNumber"]) == (caller.number, callee.number)
    assert int(outbound["sessionId"]) - int(inbound["sessionId"]) == 1000
    assert [r["result"] for r in log_of(world, call, "/active-calls")] == ["Call connected"]


def test_the_log_tells_that_the_callee_was_busy(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(refuses(486))
    call = world.place(caller, callee)
    call.until(("Success", "Busy", "CannotReach"))
    await_end(call)
    outbound, inbound = log_of(world, call)
    assert (outbound["result"], outbound["reason"], outbound["durationMs"]) == ("Busy", "Line Busy", 0)
    assert "486" in outbound["reasonDescription"]
    assert inbound["result"] == "Accepted"


def test_the_log_is_there_after_a_restart(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers(then=hangs_up()))
    server = world.serve()
    call = world.place(caller, callee)
    call.until(ENDED)
    await_end(call)
    before = log_of(world, call)
    server.kill()
    server.start()
    assert log_of(world, call) == before


# --- what the callee is shown --------------------------------------------------------------------------------------


def place_without_caller_id(world: World, caller: SippPhone, callee: SippPhone) -> WireMessage:
    """The INVITE as the callee's phone received it."""
    caller.does(answers())
    callee.does(refuses(486))
    call = world.place(caller, callee)
    callee.finish()
    caller.finish()
    call.until(("Success", "Busy", "CannotReach"))
    return callee.received("INVITE")[0]


def choose(world: World, caller_id: dict[str, Any]) -> None:
    ask(world, "PUT", "/caller-id", {"byFeature": [{"feature": "RingOut", "callerId": caller_id}]})


@pytest.mark.parametrize("choice", ["number", "id", "current", "blocked", "main"])
def test_the_callee_sees_what_the_user_chose(world: World, choice: str) -> None:
    caller, callee = world.sipp("caller"), world.sipp("callee")
    world.serve(extension={"caller_ids": [OWN_NUMBER], "caller_id": "blocked" if choice == "main" else "main"})
    if choice == "id":
        listed = ask(world, "GET", "/phone-number")["records"]
        number_id = next(record["id"] for record in listed if record["phoneNumber"] == OWN_NUMBER)
        choose(world, {"phoneInfo": {"id": str(number_id)}})
    else:
        choose(
            world,
            {
                "number": {"type": "PhoneNumber", "phoneInfo": {"phoneNumber": OWN_NUMBER}},
                "current": {"type": "CurrentLocation"},
                "blocked": {"type": "Blocked"},
                "main": {"phoneInfo": {"phoneNumber": MAIN_NUMBER}},
            }[choice],
        )
    invite = place_without_caller_id(world, caller, callee)
    expected = {"number": OWN_NUMBER, "id": OWN_NUMBER, "current": caller.number, "main": MAIN_NUMBER}
    if choice == "blocked":
        assert "anonymous" in invite.header("From")
        assert invite.header("Privacy") == "id"
        assert OWN_NUMBER not in invite.header("From")
    else:
        assert f"sip:{expected[choice]}@" in invite.header("From")
        assert invite.header("Privacy") in ("", "none")


# --- which phone rings ---------------------------------------------------------------------------------------------


def test_the_default_phone_rings_when_none_is_named(world: World) -> None:
    first, second, callee = world.sipp("first"), world.sipp("second"), world.sipp("callee")
    second.does(answers())
    callee.does(answers(then=hangs_up()))
    world.serve(extension={"forwarding_numbers": [first.number]})
    made = ask(world, "POST", "/forwarding-number", {"phoneNumber": second.number, "type": "Mobile", "default": True})
    answer = world.api.request("POST", f"{HOME}/ringout", {"to": {"phoneNumber": callee.number}})
    assert answer.code == 200, answer
    PlacedCall(world.api, answer.body).until(ENDED)
    second.finish()
    assert first.never_rang
    assert ask(world, "GET", f"/forwarding-number/{made['id']}")["default"] is True
