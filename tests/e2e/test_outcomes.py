"""Every way a phone can refuse, for the callee and for the caller: the statuses, and what the other phone was sent."""

from __future__ import annotations

import pytest

from .harness import CALLER_UP, CONNECTED, ENDED, PLACED, World
from .steps import answers, hangs_up, recv, recv_invite, refuses, reply, reply_last, rings_until_cancelled, sdp
from .waiting import eventually

pytestmark = pytest.mark.sipp

OUTCOMES = {
    "busy_486": (486, "Busy"),
    "busy_everywhere_600": (600, "Busy"),
    "declines_603": (603, "Rejected"),
    "unknown_404": (404, "NoSuchUser"),
    "gone_410": (410, "NoSuchUser"),
    "does_not_exist_604": (604, "NoSuchUser"),
    "incomplete_484": (484, "NoSuchUser"),
    "forbidden_403": (403, "DestinationBlocked"),
    "unavailable_480": (480, "NoAnswer"),
    "request_timeout_408": (408, "NoAnswer"),
    "server_error_500": (500, "GenericError"),
    "carrier_down_503": (503, "GenericError"),
    "cannot_speak_this_488": (488, "GenericError"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_callee(world: World, name: str) -> None:
    code, status = OUTCOMES[name]
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(refuses(code, ringing=code == 486))
    call = world.place(caller, callee)
    call.until(("Success", status, "CannotReach"))
    caller.finish()
    callee.finish()
    call.look()
    call.lived(PLACED, CALLER_UP, ("Success", status, "CannotReach"))
    assert caller.talk()[-2:] == ["> BYE", "< 200 BYE"]
    assert str(code) in call.leg("callee")["explanation"]
    assert call.leg("callee")["sipCode"] == code


@pytest.mark.parametrize("name", OUTCOMES)
def test_caller(world: World, name: str) -> None:
    code, status = OUTCOMES[name]
    caller = world.sipp("caller").does(refuses(code))
    callee = world.raw("callee")
    call = world.place(caller, callee)
    call.until((status, "InProgress", "CannotReach"))
    caller.finish()
    call.look()
    call.lived(PLACED, (status, "InProgress", "CannotReach"))
    assert not callee.messages
    assert call.leg("caller")["sipCode"] == code


@pytest.mark.parametrize("code", [499, 299, 699])
def test_callee_gives_a_code_that_nobody_knows(world: World, code: int) -> None:
    """RFC 3261 section 8.1.3.2: an unknown code counts as the x00 of its class, without a phrase too."""
    caller = world.sipp("caller").does(answers())
    if code == 299:
        steps = answers(then=hangs_up())
        steps[3] = reply(299, "", body=sdp(), retransmit=True)
        callee = world.sipp("callee").does(steps)
        final = ENDED
    else:
        callee = world.sipp("callee").does(refuses(code, ""))
        final = ("Success", "Busy" if code == 699 else "GenericError", "CannotReach")
    call = world.place(caller, callee)
    call.until(final)
    caller.finish()
    callee.finish()


def test_caller_hangs_up_after_both_answered(world: World) -> None:
    caller = world.raw("caller")
    callee = world.sipp("callee").does(answers())
    call = world.place(caller, callee)
    invite = caller.ring()
    caller.answer(invite)
    call.until(CONNECTED)
    caller.ask(invite, "BYE", 1)
    caller.expect("200 BYE")
    call.until(ENDED)
    callee.finish()
    call.lived(PLACED, CALLER_UP, CONNECTED, ENDED)
    assert callee.talk() == [
        "> INVITE", "< 180 INVITE", "< 200 INVITE", "> ACK", "> BYE", "< 200 BYE",
    ]  # fmt: skip
    assert caller.talk() == [
        "> INVITE", "< 180 INVITE", "< 200 INVITE", "> ACK", "< BYE", "> 200 BYE",
    ]  # fmt: skip


def test_callee_hangs_up_after_both_answered(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers(then=hangs_up()))
    call = world.place(caller, callee)
    call.until(ENDED)
    caller.finish()
    callee.finish()
    call.lived(PLACED, CALLER_UP, CONNECTED, ENDED)
    assert caller.talk()[-2:] == ["> BYE", "< 200 BYE"]


def test_callee_answers_without_ringing(world: World) -> None:
    caller = world.sipp("caller").does(answers(ringing=False))
    callee = world.sipp("callee").does(answers(ringing=False, then=hangs_up()))
    call = world.place(caller, callee)
    call.until(ENDED)
    caller.finish()
    callee.finish()
    call.lived(PLACED, CALLER_UP, CONNECTED, ENDED)


def test_callee_rings_for_ever(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(rings_until_cancelled())
    world.serve(call={"callee_ring_seconds": 1.0})
    call = world.place(caller, callee)
    call.until(("Success", "NoAnswer", "CannotReach"))
    caller.finish()
    callee.finish()
    assert callee.talk() == [
        "> INVITE", "< 180 INVITE", "> CANCEL", "< 200 CANCEL", "< 487 INVITE", "> ACK",
    ]  # fmt: skip


def test_caller_rings_for_ever(world: World) -> None:
    caller = world.sipp("caller").does(rings_until_cancelled())
    callee = world.raw("callee")
    world.serve(call={"caller_ring_seconds": 1.0})
    call = world.place(caller, callee)
    call.until(("NoAnswer", "InProgress", "CannotReach"))
    caller.finish()
    assert not callee.messages


def test_callee_never_responds(world: World) -> None:
    """Timer B of RFC 3261: 64*T1 after the first INVITE; the INVITE was repeated meanwhile."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    world.serve(sip={"t1_seconds": 0.03})
    call = world.place(caller, callee)
    call.until(("Success", "NoAnswer", "CannotReach"))
    caller.finish()
    assert 2 < len(callee.received("INVITE")) <= 7  # 7 where no timer is late
    assert len({message.text for message in callee.messages}) == 1


def test_caller_never_responds(world: World) -> None:
    caller = world.raw("caller")
    callee = world.raw("callee")
    world.serve(sip={"t1_seconds": 0.03})
    call = world.place(caller, callee)
    call.until(("NoAnswer", "InProgress", "CannotReach"))
    assert 2 < len(caller.received("INVITE")) <= 7
    assert not callee.messages


def test_callee_has_no_open_port(world: World) -> None:
    """The kernel's ICMP port unreachable ends the leg at once, not after timer B."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").unplugged()
    call = world.place(caller, callee)
    call.until(("Success", "GenericError", "CannotReach"), seconds=25)
    caller.finish()


def test_callee_rings_longer_than_timer_b(world: World) -> None:
    """A phone may ring as long as it likes: after the 180 timer B must not end the call (RFC 3261 17.1.1.2)."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    world.serve(sip={"t1_seconds": 0.03})
    call = world.place(caller, callee)
    invite = callee.ring()
    # 64*T1 = 1.92 s; the caller's own RTP clock (ringback, 50 packets a second) measures more.
    caller.rtp.await_packets(130)
    assert call.look() == CALLER_UP
    callee.answer(invite)
    call.until(CONNECTED)
    call.cancel()
    callee.take_bye()
    caller.finish()


def test_callee_redirects_302_to_another_phone(world: World) -> None:
    """Carriers redirect; the call must end with a plain result or reach the new target, never hang or loop."""
    caller = world.sipp("caller").does(answers())
    other = world.raw("other")
    callee = world.sipp("callee").does(refuses(302, headers=[f"Contact: <sip:elsewhere@127.0.0.1:{other.port}>"]))
    call = world.place(caller, callee)

    def reached_or_ended() -> bool:
        return bool(other.received("INVITE")) or call.look()[2] != "InProgress"

    eventually(reached_or_ended, "a redirected INVITE or an end")
    callee.finish()
    if other.received("INVITE"):
        other.reply(other.expect("INVITE"), 486)
        call.until(("Success", "Busy", "CannotReach"))
    caller.finish()


def test_callee_answers_with_a_codec_that_was_not_offered(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    g729 = sdp().replace("RTP/AVP 0 101", "RTP/AVP 18").replace("a=rtpmap:0 PCMU/8000\n", "a=rtpmap:18 G729/8000\n")
    callee = world.sipp("callee").does(
        recv_invite(), reply(180), reply(200, body=g729, retransmit=True), recv("ACK"), recv("BYE"), reply_last()
    )
    call = world.place(caller, callee)
    call.until(("Success", "GenericError", "CannotReach"))
    caller.finish()
    callee.finish()
