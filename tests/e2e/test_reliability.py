"""Lost, repeated and forked messages; reliable provisional responses (RFC 3262)."""

from __future__ import annotations

import re

import pytest

from .harness import CALLER_UP, CONNECTED, ENDED, World
from .steps import answers, hangs_up, pause, recv, recv_invite, reply, reply_last, sdp
from .tones import share
from .waiting import eventually

pytestmark = pytest.mark.sipp


def test_phone_drops_the_first_invite(world: World) -> None:
    """RFC 3261 timer A: the same INVITE again, then the call goes on as if nothing had been."""
    caller = world.raw("caller")
    callee = world.sipp("callee").does(answers(then=hangs_up()))
    call = world.place(caller, callee)
    caller.expect("INVITE")
    again = caller.expect("INVITE")
    assert again.text == caller.received("INVITE")[0].text
    caller.answer(again)
    caller.take_bye()
    call.until(ENDED)
    callee.finish()


def test_the_ack_is_lost(world: World) -> None:
    """Every copy of the 200 gets the ACK again (RFC 3261 section 13.2.2.4) and nothing happens twice."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    for _ in range(3):
        callee.reply(invite, 200, body=sdp())
    acks = [callee.expect("ACK") for _ in range(3)]
    assert len({ack.text for ack in acks}) == 1
    assert acks[0].header("Via") != invite.header("Via")
    call.until(CONNECTED)
    call.cancel()
    callee.take_bye()
    call.until(ENDED)
    caller.finish()
    assert callee.talk().count("> BYE") == 1


def test_a_refusal_is_repeated(world: World) -> None:
    """Each copy of a 486 gets its ACK, with the INVITE's branch (RFC 3261 section 17.1.1.3)."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.expect("INVITE")
    for _ in range(3):
        callee.reply(invite, 486)
    acks = [callee.expect("ACK") for _ in range(3)]
    assert all(ack.header("Via") == invite.header("Via") for ack in acks)
    call.until(("Success", "Busy", "CannotReach"))
    caller.finish()


def test_two_phones_answer_a_forked_invite(world: World) -> None:
    """The first 200 wins; the other dialog gets its ACK and then a BYE (RFC 3261 section 13.2.2.4)."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.expect("INVITE")
    callee.reply(invite, 180, tag="first")
    callee.reply(invite, 180, tag="second")
    callee.reply(invite, 200, tag="first", body=sdp())
    callee.reply(invite, 200, tag="second", body=sdp())
    acks = [callee.expect("ACK"), callee.expect("ACK")]
    assert ["tag=first" in acks[0].header("To"), "tag=second" in acks[1].header("To")] == [True, True]
    bye = callee.take_bye()
    assert "tag=second" in bye.header("To")
    call.until(CONNECTED)
    call.cancel()
    assert "tag=first" in callee.take_bye().header("To")
    call.until(ENDED)
    caller.finish()


def test_sipp_forks(world: World) -> None:
    """The same from a SIPp phone: two 200s, one ACK for each, BYE for the second alone."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(
        recv_invite(),
        reply(180, tag="first"),
        reply(200, tag="first", body=sdp()),
        recv("ACK", has={"To": "tag=first"}),
        reply(200, tag="second", body=sdp()),
        recv("ACK", has={"To": "tag=second"}),
        recv("BYE", has={"To": "tag=second"}),
        reply_last(),
        pause(0.2),
        hangs_up()[0].replace("callee-tag", "first"),
        recv(200),
    )
    call = world.place(caller, callee)
    call.until(ENDED)
    caller.finish()
    callee.finish()


def test_reliable_provisional_gets_prack(world: World) -> None:
    """100rel: PRACK once for each reliable 1xx with its RSeq and CSeq (RFC 3262 section 4)."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(
        recv_invite(),
        reply(180, headers=["Require: 100rel", "RSeq: 7"]),
        recv("PRACK", has={"RAck": "7 [0-9]+ INVITE"}),
        reply_last(),
        reply(183, headers=["Require: 100rel", "RSeq: 8"]),
        recv("PRACK", has={"RAck": "8 [0-9]+ INVITE"}),
        reply_last(),
        reply(200, body=sdp(), retransmit=True),
        recv("ACK"),
        recv("BYE"),
        reply_last(),
    )
    call = world.place(caller, callee)
    call.until(CONNECTED)
    call.cancel()
    caller.finish()
    callee.finish()
    assert "100rel" in callee.received("INVITE")[0].header("Supported")


def test_answer_came_in_the_reliable_183_and_not_in_the_200(world: World) -> None:
    """RFC 3262 section 5: the SDP of a reliable 183 is the answer; the 200 then has none."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(
        recv_invite(),
        reply(183, headers=["Require: 100rel", "RSeq: 1"], body=sdp()),
        recv("PRACK"),
        reply_last(),
        reply(200, retransmit=True),
        recv("ACK"),
        recv("BYE"),
        reply_last(),
    )
    call = world.place(caller, callee)
    call.until(CONNECTED)
    caller.hum(600)
    callee.rtp.await_packets(20)
    call.cancel()
    caller.finish()
    callee.finish()


def test_reliable_provisional_is_repeated_and_out_of_order(world: World) -> None:
    """A repeated RSeq gets no second PRACK of its own, one out of order none at all."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.expect("INVITE")
    callee.reply(invite, 180, headers=["Require: 100rel", "RSeq: 10"])
    callee.reply(invite, 180, headers=["Require: 100rel", "RSeq: 12"])
    callee.reply(invite, 180, headers=["Require: 100rel", "RSeq: 10"])
    callee.reply(callee.expect("PRACK"), 200)
    callee.answer(invite)
    call.until(CONNECTED)
    pracks = {message.text for message in callee.received("PRACK")}
    assert [re.findall(r"RAck: *(\d+)", text) for text in pracks] == [["10"]]
    call.cancel()
    callee.take_bye()
    caller.finish()


def test_early_media_reaches_the_caller(world: World) -> None:
    """183 with SDP: the caller hears the callee's network before any answer; the callee hears nothing of the caller."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.expect("INVITE")
    caller.hum(600)
    callee.reply(invite, 183, body=sdp())
    callee.hum(1000)
    eventually(lambda: share(caller.rtp.heard()[-4000:], 1000) > 0.9, "the callee's early tone at the caller")
    eventually(lambda: call.look() == CALLER_UP, "the caller's answer to be stored")
    assert not callee.rtp.heard()
    callee.reply(invite, 486)
    callee.expect("ACK")
    call.until(("Success", "Busy", "CannotReach"))
    caller.finish()


def test_requests_go_through_the_record_route(world: World) -> None:
    """A proxy in the path: Record-Route reversed into Route, the Contact as Request-URI (RFC 3261 section 12.1.2)."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    near = f"<sip:127.0.0.1:{callee.port};lr;side=near>"
    far = "<sip:far.example;lr>"
    callee.reply(invite, 200, body=sdp(), headers=[f"Record-Route: {far}, {near}"])
    ack = callee.expect("ACK")
    call.until(CONNECTED)
    call.cancel()
    bye = callee.take_bye()
    for request in (ack, bye):
        routes = ", ".join(request.headers("Route")).replace(" ", "")
        assert routes == f"{near},{far}"
        assert request.start_line.split()[1] == f"sip:raw@127.0.0.1:{callee.port}"
    caller.finish()


def test_tag_with_every_legal_sign(world: World) -> None:
    """`a+b!c*d%e` comes back unchanged in every request of the dialog."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.expect("INVITE")
    ack = callee.answer(invite, tag="a+b!c*d%e'~`f")
    assert ack.header("To").endswith(";tag=a+b!c*d%e'~`f")
    call.until(CONNECTED)
    call.cancel()
    assert callee.take_bye().header("To").endswith(";tag=a+b!c*d%e'~`f")
    call.until(ENDED)
    caller.finish()


def test_unexpected_response_without_a_call(world: World) -> None:
    """A stray 200 for a call that never was is dropped, and the live call goes on."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    callee.send(
        [
            "SIP/2.0 200 OK",
            f"Via: SIP/2.0/UDP 127.0.0.1:{world.server.sip_port};branch=z9hG4bKnobody",
            "From: <sip:a@b>;tag=1",
            "To: <sip:c@d>;tag=2",
            "Call-ID: nobody",
            "CSeq: 1 INVITE",
        ]
    )
    callee.answer(invite)
    call.until(CONNECTED)
    call.cancel()
    callee.take_bye()
    caller.finish()
