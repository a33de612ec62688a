"""DELETE and hang-ups at every moment of a RingOut: whoever still rings gets CANCEL, whoever is up gets BYE."""

from __future__ import annotations

import pytest

from .harness import CALLER_UP, CONNECTED, ENDED, PLACED, World
from .steps import answers, ask, hangs_up, recv, recv_invite, refuses, reply, reply_last, rings_until_cancelled, sdp
from .waiting import eventually

pytestmark = pytest.mark.sipp

CANCELLED_EARLY = ("Rejected", "Rejected", "CannotReach")
CANCELLED_RINGING = ("Finished", "Rejected", "CannotReach")


def answers_across_the_cancel() -> list[str]:
    """The 200 to the INVITE and the CANCEL cross: RFC 3261 section 9.1 leaves a call that must be ACKed and ended."""
    return [
        recv_invite(),
        reply(180),
        recv("CANCEL"),
        reply_last(),
        reply(200, body=sdp()),
        recv("ACK"),
        recv("BYE"),
        reply_last(),
    ]


def test_delete_while_caller_rings(world: World) -> None:
    caller = world.sipp("caller").does(rings_until_cancelled())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    caller.await_sent("180 INVITE")
    assert call.cancel() == 204
    call.until(CANCELLED_EARLY)
    caller.finish()
    call.lived(PLACED, CANCELLED_EARLY)
    assert not callee.messages


def test_delete_before_the_caller_gave_any_response(world: World) -> None:
    """A CANCEL before a provisional response is forbidden (RFC 3261 section 9.1): it waits for one."""
    caller, callee = world.raw("caller"), world.raw("callee")
    call = world.place(caller, callee)
    invite = caller.expect("INVITE")
    assert call.cancel() == 204
    call.until(CANCELLED_EARLY)
    assert not caller.received("CANCEL")
    caller.reply(invite, 180)
    cancel = caller.expect("CANCEL")
    assert cancel.header("Via") == invite.header("Via")
    assert cancel.start_line.split()[1] == invite.start_line.split()[1]
    assert cancel.header("CSeq").split()[0] == invite.header("CSeq").split()[0]
    caller.reply(cancel, 200)
    caller.reply(invite, 487)
    caller.expect("ACK")
    assert not callee.messages


def test_delete_while_caller_hears_the_prompt(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee, prompt=True)
    caller.rtp.await_packets(5)
    assert call.cancel() == 204
    call.until(CANCELLED_EARLY)
    caller.finish()
    assert not callee.messages


def test_delete_while_callee_rings(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(rings_until_cancelled())
    call = world.place(caller, callee)
    callee.await_sent("180 INVITE")
    assert call.cancel() == 204
    call.until(CANCELLED_RINGING)
    caller.finish()
    callee.finish()
    call.lived(PLACED, CALLER_UP, CANCELLED_RINGING)


def test_delete_crosses_the_callers_200(world: World) -> None:
    caller = world.sipp("caller").does(answers_across_the_cancel())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    caller.await_sent("180 INVITE")
    assert call.cancel() == 204
    caller.finish()
    call.until(CANCELLED_EARLY)
    assert not callee.messages


def test_delete_crosses_the_callees_200(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers_across_the_cancel())
    call = world.place(caller, callee)
    callee.await_sent("180 INVITE")
    assert call.cancel() == 204
    callee.finish()
    caller.finish()
    call.until(CANCELLED_RINGING)


def test_delete_of_a_connected_call_hangs_both_up(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    call = world.place(caller, callee)
    call.until(CONNECTED)
    assert call.cancel() == 204
    call.until(ENDED)
    caller.finish()
    callee.finish()
    call.lived(PLACED, CALLER_UP, CONNECTED, ENDED)


def test_delete_of_an_ended_call_is_not_found(world: World) -> None:
    caller = world.sipp("caller").does(refuses(486))
    callee = world.raw("callee")
    call = world.place(caller, callee)
    caller.finish()
    call.until(("Busy", "InProgress", "CannotReach"))
    answer = world.api.request("DELETE", call.path)
    assert answer.code == 404
    assert answer.body["errors"][0]["errorCode"] == "CMN-102"
    assert "Resource for parameter [ringOutId] is not found" in answer.body["message"]


def test_a_cancelled_phone_never_sends_487(world: World) -> None:
    """RFC 3261 section 9.1: 64*T1 after the CANCEL the leg is over all the same, and its place is free."""
    caller, callee = world.raw("caller"), world.raw("callee")
    world.serve(sip={"t1_seconds": 0.02}, call={"max_live_calls": 1})
    call = world.place(caller, callee)
    caller.ring()
    assert call.cancel() == 204
    caller.reply(caller.expect("CANCEL"), 200)
    call.until(CANCELLED_EARLY)
    eventually(lambda: world.api.post(caller.number, callee.number).code == 200, "a place for another call")
    caller.expect("INVITE")


def test_caller_hangs_up_during_the_prompt(world: World) -> None:
    caller = world.sipp("caller").does(answers(then=hangs_up(after_seconds=0.5)))
    callee = world.raw("callee")
    call = world.place(caller, callee, prompt=True)
    call.until(("Rejected", "InProgress", "CannotReach"))
    caller.finish()
    assert not callee.messages


def test_caller_hangs_up_while_callee_rings(world: World) -> None:
    caller = world.raw("caller")
    callee = world.sipp("callee").does(rings_until_cancelled())
    call = world.place(caller, callee)
    invite = caller.ring()
    caller.answer(invite)
    callee.await_sent("180 INVITE")
    caller.ask(invite, "BYE", 1)
    caller.expect("200 BYE")
    call.until(CANCELLED_RINGING)
    callee.finish()
    call.lived(PLACED, CALLER_UP, CANCELLED_RINGING)


def test_caller_rejects_after_ringing(world: World) -> None:
    caller = world.sipp("caller").does(recv_invite(), reply(180), reply(603, retransmit=True), recv("ACK"))
    callee = world.raw("callee")
    call = world.place(caller, callee)
    call.until(("Rejected", "InProgress", "CannotReach"))
    caller.finish()
    assert not callee.messages


def test_bye_crosses_bye(world: World) -> None:
    """Both sides hang up at once: both BYEs are answered with 200 and the call ends once."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    callee.answer(invite)
    call.until(CONNECTED)
    assert call.cancel() == 204
    bye = callee.expect("BYE")
    callee.ask(invite, "BYE", 1)
    callee.expect("200 BYE")
    callee.reply(bye, 200)
    call.until(ENDED)
    caller.finish()


def test_a_phone_never_answers_the_bye(world: World) -> None:
    """RFC 3261 timer F: the BYE is repeated, then the leg is free all the same."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    world.serve(sip={"t1_seconds": 0.03})
    call = world.place(caller, callee)
    callee.answer(callee.ring())
    call.until(CONNECTED)
    assert call.cancel() == 204
    call.until(ENDED)
    caller.finish()
    first = callee.expect("BYE")
    again = callee.expect("BYE")
    assert first.text == again.text


def test_the_phones_bye_is_repeated(world: World) -> None:
    """A BYE that comes twice (its 200 was lost) gets its 200 twice."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    callee.answer(invite)
    call.until(CONNECTED)
    for _ in range(2):
        callee.ask(invite, "BYE", 7)
        callee.expect("200 BYE")
    call.until(ENDED)
    caller.finish()


def test_phone_answers_the_cancel_with_481(world: World) -> None:
    """Some phones have forgotten the call when the CANCEL comes: 481, then 487 all the same."""
    caller = world.sipp("caller").does(
        recv_invite(), reply(180), recv("CANCEL"), reply_last(481), reply(487, retransmit=True), recv("ACK")
    )
    callee = world.raw("callee")
    call = world.place(caller, callee)
    caller.await_sent("180 INVITE")
    assert call.cancel() == 204
    call.until(CANCELLED_EARLY)
    caller.finish()


def test_callee_hangs_up_the_moment_it_answered(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers(then=[ask("BYE", 1), recv(200)]))
    call = world.place(caller, callee)
    call.until(ENDED)
    caller.finish()
    callee.finish()
    call.lived(PLACED, CALLER_UP, CONNECTED, ENDED)
