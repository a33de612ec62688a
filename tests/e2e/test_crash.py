"""It loses nothing: kill -9 at every moment, the same data again, and nothing is left ringing; a drain; a limit."""

from __future__ import annotations

import os
import signal

import pytest

from .api import PlacedCall
from .harness import CONNECTED, ENDED, PLACED, World
from .server import ServerProcess
from .steps import answers, rings_until_cancelled
from .waiting import eventually

pytestmark = pytest.mark.sipp


@pytest.fixture
def world(world: World) -> World:
    """These tests end their server, so each has its own."""
    return world.alone()


def crash_and_restart(world: World, call: PlacedCall) -> PlacedCall:
    """kill -9, start again on the same data; the same RingOut as the new server tells it."""
    server: ServerProcess = world.server
    workers = server.children()
    server.kill()
    eventually(lambda: not any(_alive(pid) for pid in workers), "the media workers to end with their server")
    server.start()
    again = PlacedCall(server.log_in(), call.last)
    again.look()
    return again


def await_ringing(call: PlacedCall, party: str) -> None:
    """The row that says so is on disk, since the API shows nothing else."""

    def rings() -> bool:
        call.look()
        return "ringingTime" in call.leg(party)

    eventually(rings, f"the {party}'s phone to ring")


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ended_with_a_reason(call: PlacedCall, *expected: str) -> None:
    """No RingOut stays InProgress, and each says why in words."""
    assert call.statuses == expected
    assert "restart" in call.last["status"]["explanation"].lower()
    for party in ("caller", "callee"):
        assert call.leg(party)["explanation"], call.last


def test_killed_while_caller_rings(world: World) -> None:
    caller = world.sipp("caller").does(rings_until_cancelled())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    await_ringing(call, "caller")
    ended_with_a_reason(crash_and_restart(world, call), "GenericError", "GenericError", "Error")
    caller.finish()
    assert not callee.messages


def test_killed_while_callee_rings(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(rings_until_cancelled())
    call = world.place(caller, callee)
    await_ringing(call, "callee")
    ended_with_a_reason(crash_and_restart(world, call), "Finished", "GenericError", "Error")
    caller.finish()
    callee.finish()


def test_killed_while_caller_hears_the_prompt(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee, prompt=True)
    caller.rtp.await_packets(20)
    ended_with_a_reason(crash_and_restart(world, call), "GenericError", "GenericError", "Error")
    caller.finish()
    assert not callee.messages


def test_killed_while_connected(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    call = world.place(caller, callee)
    call.until(CONNECTED)
    ended_with_a_reason(crash_and_restart(world, call), *ENDED)
    caller.finish()
    callee.finish()


def test_killed_right_after_the_post(world: World) -> None:
    """The row is on disk before the first INVITE: whatever was sent, the RingOut is known and has an end."""
    caller, callee = world.raw("caller"), world.raw("callee")
    call = world.place(caller, callee)
    world.server.kill()
    world.server.start()
    again = PlacedCall(world.server.log_in(), call.last)
    again.look()
    ended_with_a_reason(again, "GenericError", "GenericError", "Error")
    assert not callee.messages


def test_results_survive_a_crash(world: World) -> None:
    """What had ended before the crash reads the same after it."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    call = world.place(caller, callee)
    call.until(CONNECTED)
    call.cancel()
    call.until(ENDED)
    caller.finish()
    callee.finish()
    before = call.get().body
    again = crash_and_restart(world, call)
    assert again.get().body["status"] == before["status"]


def test_sigterm_drains(world: World) -> None:
    """SIGTERM: no new calls (503, Retry-After, nobody rings), the live one finishes, then the server ends with 0."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    other = world.raw("other")
    call = world.place(caller, callee)
    invite = callee.ring()
    world.server.terminate()
    eventually(lambda: world.api.request("GET", "/healthz").code == 503, "a draining server")
    answer = world.api.post(other.number, callee.number)
    assert answer.code == 503
    assert int(answer.headers["retry-after"]) > 0
    callee.answer(invite)
    call.until(CONNECTED)
    callee.ask(invite, "BYE", 1)
    callee.expect("200 BYE")
    caller.finish()
    assert not other.messages
    assert world.server.wait() == 0


def test_a_drain_has_an_end(world: World) -> None:
    """After drain_seconds both legs are hung up, and the row says who ended it."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    server = world.serve(call={"drain_seconds": 1.0})
    call = world.place(caller, callee)
    call.until(CONNECTED)
    server.terminate()
    caller.finish()
    callee.finish()
    assert server.wait() == 0
    server.start()
    again = PlacedCall(server.log_in(), call.last)
    again.look()
    assert again.statuses == ENDED


def test_a_drain_while_the_callee_rings(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(rings_until_cancelled())
    server = world.serve(call={"drain_seconds": 0.5})
    world.place(caller, callee)
    callee.await_sent("180 INVITE")
    server.terminate()
    caller.finish()
    callee.finish()
    assert server.wait() == 0


def test_the_limit_of_live_calls(world: World) -> None:
    """At max_live_calls a POST is 503 with Retry-After and no phone rings; a place is free again after the end."""
    caller, callee, other = world.raw("caller"), world.raw("callee"), world.raw("other")
    world.serve(call={"max_live_calls": 1})
    call = world.place(caller, callee)
    invite = caller.ring()
    answer = world.api.post(other.number, callee.number)
    assert answer.code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert not other.messages
    assert call.cancel() == 204
    caller.reply(caller.expect("CANCEL"), 200)
    caller.reply(invite, 487)
    caller.expect("ACK")
    call.until(("Rejected", "Rejected", "CannotReach"))
    second = world.place(other, callee)
    other.reply(other.expect("INVITE"), 486)
    second.until(("Busy", "InProgress", "CannotReach"))


def test_out_of_media_ports(world: World) -> None:
    """No free port pair: 503, no phone rings, and never half a call."""
    caller, callee, other = world.raw("caller"), world.raw("callee"), world.raw("other")
    world.serve(rtp_ports=4)
    call = world.place(caller, callee)
    caller.ring()
    assert world.api.post(other.number, callee.number).code == 503
    assert not other.messages
    assert call.look() == PLACED
    call.cancel()


def test_a_media_worker_dies(world: World) -> None:
    """kill -9 of the worker: its call ends with a reason, both phones get BYE, and the next call has sound."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    third = world.sipp("third").does(answers())
    fourth = world.sipp("fourth").does(answers())
    server = world.serve()
    call = world.place(caller, callee)
    call.until(CONNECTED)
    (worker,) = server.children()
    os.kill(worker, signal.SIGKILL)
    call.until(ENDED)
    caller.finish()
    callee.finish()
    assert call.last["status"]["explanation"]
    eventually(lambda: [pid for pid in server.children() if pid != worker and _alive(pid)], "a new worker")
    second = eventually(lambda: _placed(world, third.number, fourth.number), "a second call to be accepted")
    second.until(CONNECTED)
    third.hum(600)
    fourth.rtp.await_packets(20)
    second.cancel()
    third.finish()
    fourth.finish()


def _placed(world: World, caller: str, callee: str) -> PlacedCall | None:
    """A call, or None while the new worker is not ready."""
    answer = world.api.post(caller, callee)
    return PlacedCall(world.api, answer.body) if answer.code == 200 else None


def test_the_longest_call(world: World) -> None:
    """max_call_seconds: both phones get BYE, and the RingOut says why."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    world.serve(call={"max_call_seconds": 1.0})
    call = world.place(caller, callee)
    call.until(ENDED)
    caller.finish()
    callee.finish()
    assert call.last["status"]["explanation"]
