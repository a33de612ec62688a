"""Requests of a phone during the call: hold and resume, offers late and crossing, questions, and what we refuse."""

from __future__ import annotations

import re

import pytest

from .api import PlacedCall
from .harness import CONNECTED, ENDED, World
from .raw_phone import RawPhone
from .sipp import SippPhone, WireMessage
from .steps import answers, ask, recv, recv_invite, reply, reply_last, sdp
from .tones import share
from .waiting import eventually

pytestmark = pytest.mark.sipp


def direction(body: str) -> str:
    """The direction attribute of an SDP; sendrecv when none is named (RFC 8866 section 6.7)."""
    found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)$", body, re.M)
    return found[1] if found else "sendrecv"


def connect(world: World) -> tuple[SippPhone, RawPhone, WireMessage, PlacedCall]:
    """(caller, callee, the callee's INVITE, call), both answered."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    callee.answer(invite)
    call.until(CONNECTED)
    return caller, callee, invite, call


def finish(caller: SippPhone, callee: RawPhone, call: PlacedCall) -> None:
    assert call.cancel() == 204
    callee.take_bye()
    call.until(ENDED)
    caller.finish()


def test_callee_holds_and_resumes(world: World) -> None:
    """Hold: sendonly is answered with recvonly (RFC 3264 section 8.4), the call stays; resume: sound again."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(
        answers(
            then=[
                ask("INVITE", 1, body=sdp("sendonly", 2)),
                recv(100, optional=True),
                recv(200),
                ask("ACK", 1, branch="ack-1"),
                ask("INVITE", 2, body=sdp("sendrecv", 3)),
                recv(100, optional=True),
                recv(200),
                ask("ACK", 2, branch="ack-2"),
                recv("BYE"),
                reply_last(),
            ]
        )
    )
    call = world.place(caller, callee)
    caller.hum(600)

    def answered() -> list[WireMessage] | None:
        return found if len(found := callee.received("200 INVITE")) == 2 else None

    held, resumed = eventually(answered, "the answers to the hold and to the resume")
    assert direction(held.body) in ("recvonly", "inactive")
    assert direction(resumed.body) == "sendrecv"
    eventually(lambda: share(callee.rtp.heard()[-1600:], 600) > 0.9, "the caller's tone after the resume")
    call.until(CONNECTED)
    assert call.cancel() == 204
    callee.finish()
    call.until(ENDED)
    caller.finish()


def test_caller_is_silent_while_held(world: World) -> None:
    """Nothing is sent to a phone that said it does not want to hear, and it is heard again after the resume."""
    caller, callee, invite, call = connect(world)
    caller.hum(600)
    callee.rtp.await_packets(10)
    callee.ask(invite, "INVITE", 1, body=sdp("inactive", 2))
    answer = callee.expect("200 INVITE")
    callee.ask(invite, "ACK", 1, branch="ack-1")
    assert direction(answer.body) == "inactive"
    before = len(callee.rtp.packets)
    caller_packets = len(caller.rtp.packets)
    # The server answers this OPTIONS after it has taken the hold; packets already on the way may still come.
    callee.ask(invite, "OPTIONS", 2)
    callee.expect("200 OPTIONS")
    callee.ask(invite, "INVITE", 3, body=sdp("sendrecv", 3))
    callee.expect("200 INVITE")
    callee.ask(invite, "ACK", 3, branch="ack-3")
    callee.rtp.await_packets(before + 20)
    assert call.look() == CONNECTED
    assert len(caller.rtp.packets) >= caller_packets
    finish(caller, callee, call)


def test_reinvite_without_sdp(world: World) -> None:
    """RFC 3261 section 14.2: our 200 carries the offer, the phone's ACK the answer."""
    caller, callee, invite, call = connect(world)
    callee.ask(invite, "INVITE", 1)
    offer = callee.expect("200 INVITE")
    assert "m=audio" in offer.body
    callee.ask(invite, "ACK", 1, body=sdp(version=2), branch="ack-1")
    caller.hum(600)
    eventually(lambda: share(callee.rtp.heard()[-1600:], 600) > 0.9, "the caller's tone after the late offer")
    assert call.look() == CONNECTED
    finish(caller, callee, call)


def test_reinvite_moves_the_rtp_to_another_port(world: World) -> None:
    """A phone changes its address: its new port gets the audio from then on."""
    caller, callee, invite, call = connect(world)
    caller.hum(600)
    callee.rtp.await_packets(5)
    other = world.raw("other").rtp
    body = sdp(version=2).replace("[$rtp_port]", str(other.port))
    callee.ask(invite, "INVITE", 1, body=body)
    callee.expect("200 INVITE")
    callee.ask(invite, "ACK", 1, branch="ack-1")
    eventually(lambda: share(other.heard()[-1600:], 600) > 0.9, "the caller's tone at the new port")
    finish(caller, callee, call)


def test_reinvite_that_cannot_be_met(world: World) -> None:
    """488, and the session stays as it was (RFC 3261 section 14.1)."""
    caller, callee, invite, call = connect(world)
    video = "v=0\no=phone 1 2 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 18\n"
    callee.ask(invite, "INVITE", 1, body=video)
    callee.expect("488 INVITE")
    callee.ask(invite, "ACK", 1, branch="INVITE-1")
    caller.hum(600)
    callee.rtp.await_packets(10)
    assert call.look() == CONNECTED
    finish(caller, callee, call)


def test_update_with_an_offer(world: World) -> None:
    """RFC 3311: answered with 200 and SDP, no ACK."""
    caller, callee, invite, call = connect(world)
    callee.ask(invite, "UPDATE", 1, body=sdp("sendonly", 2))
    assert direction(callee.expect("200 UPDATE").body) in ("recvonly", "inactive")
    callee.ask(invite, "UPDATE", 2)
    assert callee.expect("200 UPDATE").body == ""
    finish(caller, callee, call)


def test_questions_and_refusals_within_the_call(world: World) -> None:
    """Nothing that a phone may ask stays without a final answer, and none of it ends the call."""
    caller, callee, invite, call = connect(world)
    callee.ask(invite, "OPTIONS", 1)
    callee.expect("200 OPTIONS")
    callee.ask(invite, "INFO", 2)
    callee.expect("200 INFO")
    callee.ask(invite, "REFER", 3, headers=["Refer-To: <sip:third@127.0.0.1>"])
    _final(callee, "REFER", {"403", "405", "501", "603"})
    callee.ask(invite, "DANCE", 4)
    _final(callee, "DANCE", {"405", "501"})
    callee.ask(invite, "MESSAGE", 5)
    _final(callee, "MESSAGE", {"405", "415", "501"})
    callee.ask(invite, "OPTIONS", 6, headers=["Require: something-new"])
    assert "something-new" in callee.expect("420 OPTIONS").header("Unsupported")
    callee.ask(invite, "OPTIONS", 4)
    callee.expect("500 OPTIONS")
    assert call.look() == CONNECTED
    finish(caller, callee, call)


def _final(phone: RawPhone, method: str, codes: set[str]) -> None:
    def answered() -> bool:
        return any(phone.received(f"{code} {method}") for code in codes)

    eventually(answered, f"one of {codes} to {method}; so far {phone.talk()}")


def test_requests_outside_any_call(world: World) -> None:
    """OPTIONS as a ping gets 200, BYE of nothing 481, an INVITE to us a refusal."""
    caller, callee, invite, call = connect(world)
    port = world.server.sip_port

    def ask_alone(method: str, to_tag: str = "") -> None:
        callee.send(
            [
                f"{method} sip:ringout@127.0.0.1:{port} SIP/2.0",
                f"Via: SIP/2.0/UDP 127.0.0.1:{callee.port};branch=z9hG4bK-alone-{method}",
                "Max-Forwards: 70",
                f"From: <sip:raw@127.0.0.1:{callee.port}>;tag=alone",
                f"To: <sip:ringout@127.0.0.1:{port}>{to_tag}",
                f"Call-ID: alone-{method}-{callee.port}",
                f"CSeq: 1 {method}",
                f"Contact: <sip:raw@127.0.0.1:{callee.port}>",
            ]
        )

    ask_alone("OPTIONS")
    callee.expect("200 OPTIONS")
    ask_alone("BYE", ";tag=nobody")
    callee.expect("481 BYE")
    ask_alone("INVITE")
    _final(callee, "INVITE", {"403", "404", "480", "405", "501"})
    ask_alone("SUBSCRIBE")
    _final(callee, "SUBSCRIBE", {"405", "489", "501"})
    assert call.look() == CONNECTED
    assert invite
    finish(caller, callee, call)


def test_glare(world: World) -> None:
    """A re-INVITE while our INVITE is unanswered: 491 (RFC 3261 section 14.2), and the call goes on."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(
        recv_invite(),
        reply(180),
        ask("INVITE", 1, body=sdp(version=2)),
        recv(100, optional=True),
        recv(491),
        ask("ACK", 1, branch="INVITE-1"),
        reply(200, body=sdp(), retransmit=True),
        recv("ACK"),
        recv("BYE"),
        reply_last(),
    )
    call = world.place(caller, callee)
    call.until(CONNECTED)
    call.cancel()
    callee.finish()
    caller.finish()


def test_phone_sends_a_wrong_tag(world: World) -> None:
    """A BYE with another tag is not this dialog's: 481, and the call stays."""
    caller, callee, invite, call = connect(world)
    callee.ask(invite, "BYE", 1, tag="another")
    callee.expect("481 BYE")
    assert call.look() == CONNECTED
    finish(caller, callee, call)


def test_digit_by_info_reaches_the_other_phone(world: World) -> None:
    """A digit that one phone sends as SIP INFO comes to the other as telephone-event."""
    info = ask("INFO", 1, body="Signal=5\nDuration=160\n", content_type="application/dtmf-relay")
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers(then=[info, recv(200), recv("BYE"), reply_last()]))
    call = world.place(caller, callee)
    call.until(CONNECTED)
    eventually(
        lambda: [packet.payload[0] for packet in list(caller.rtp.packets) if packet.payload_type == 101][:1] == [5],
        "telephone-event 5 at the caller",
    )
    call.cancel()
    caller.finish()
    callee.finish()
