"""What phones ask for during a call: hold, resume, new offers, INFO digits."""

from __future__ import annotations

import pytest

from fakes.engine_world import Stage
from ringout.domain.status import Party
from ringout.engine.dtmf_info import read_digit
from ringout.sdp.offer_answer import make_offer
from ringout.sip.errors import LocalProtocolError


def connected() -> Stage:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.answers()
    return stage


@pytest.mark.parametrize(
    ("party", "direction", "answer", "may_send", "may_receive"),
    [
        ("caller", "sendonly", b"a=recvonly", False, True),
        ("callee", "inactive", b"a=inactive", False, False),
        ("callee", "recvonly", b"a=sendonly", True, False),
    ],
)
def test_hold_and_resume(party: str, direction: str, answer: bytes, may_send: bool, may_receive: bool) -> None:
    stage = connected()
    phone = stage.caller if party == "caller" else stage.callee
    phone.offers(make_offer("192.0.2.9", 4000, 7, 2, direction=direction))
    assert phone.log == ["accepted"]
    assert answer in phone.body
    who, remote = stage.media.connected[-1]
    assert (who, remote.may_send, remote.may_receive) == (party, may_send, may_receive)
    first_version = phone.body.split(b"o=", 1)[1].split()[2]
    phone.offers(make_offer("192.0.2.9", 4000, 7, 3))
    assert b"a=sendrecv" in phone.body
    assert int(phone.body.split(b"o=", 1)[1].split()[2]) == int(first_version) + 1
    assert stage.media.connected[-1][1].may_send
    assert stage.statuses == "Success Success Success"


def test_new_address_in_a_reinvite() -> None:
    stage = connected()
    stage.callee.offers(make_offer("198.51.100.4", 6000, 7, 2, codecs=("PCMA",)))
    _, remote = stage.media.connected[-1]
    assert (remote.host, remote.port, remote.codec) == ("198.51.100.4", 6000, "PCMA")


def test_peer_whose_sip_comes_by_ipv6_is_told_our_ipv6_for_its_audio() -> None:
    stage = connected()
    assert b"c=IN IP4 127.0.0.1" in stage.caller.body
    stage.caller.flow = stage.caller.flow._replace(remote=("2001:db8::9", 5060))
    stage.caller.offers(make_offer("2001:db8::9", 4000, 7, 2))
    assert b"c=IN IP6 2001:db8::1\r\n" in stage.caller.body
    assert stage.media.connected[-1][1].host == "2001:db8::9"


@pytest.mark.parametrize("offer", [b"", b"junk", b"v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\n"])
def test_offer_that_cannot_be_used_keeps_the_old_session(offer: bytes) -> None:
    stage = connected()
    before = len(stage.media.connected)
    stage.caller.offers(offer)
    assert stage.caller.log == ["refused 488"]
    assert len(stage.media.connected) == before
    assert stage.statuses == "Success Success Success"


def test_reinvite_without_sdp_gets_our_offer_and_its_ack_counts() -> None:
    stage = connected()
    stage.caller.wants_offer()
    assert stage.caller.log == ["accepted"]
    assert b"m=audio 20000" in stage.caller.body
    stage.caller.acks_with(make_offer("198.51.100.4", 6000, 7, 2))
    assert stage.media.connected[-1][1].host == "198.51.100.4"


def test_ack_without_an_answer_changes_nothing() -> None:
    stage = connected()
    stage.caller.wants_offer()
    before = len(stage.media.connected)
    stage.caller.acks_with(b"")
    stage.caller.acks_with(b"junk")
    assert len(stage.media.connected) == before
    assert stage.statuses == "Success Success Success"


def test_offer_while_the_leg_is_being_hung_up() -> None:
    stage = connected()
    caller = stage.caller
    stage.node.cancel(1)
    caller.offers(make_offer("192.0.2.9", 4000, 7, 2))
    caller.wants_offer()
    assert caller.log == ["BYE", "refused 488", "refused 488"]


def test_hold_during_the_prompt_and_while_the_callee_rings() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.caller.offers(make_offer("192.0.2.9", 4000, 7, 2, direction="sendonly"))
    assert stage.caller.log == ["accepted"]


# --- INFO ---


@pytest.mark.parametrize(
    ("content_type", "body", "digit"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= 1\r\nDuration= 100", "1"),
        ("Application/DTMF-Relay; charset=utf-8", b"signal=#\n", "#"),
        ("application/dtmf-relay", b"Signal=10\r\n", "*"),
        ("application/dtmf-relay", b"Duration=100\r\nSignal=a\r\n", "A"),
        ("application/dtmf", b"7", "7"),
        ("application/dtmf", b"Signal=7", "7"),
        ("application/dtmf", b" *\r\n", "*"),
        ("application/dtmf", b"12", "A"),
        ("application/dtmf-relay", b"Signal=16", None),
        ("application/dtmf-relay", b"", None),
        ("application/dtmf", b"", None),
        ("application/dtmf", b"\xff", None),
        ("application/dtmf", b"5" * 1000, None),
        ("application/sdp", b"Signal=5", None),
        ("", b"5", None),
    ],
)
def test_read_digit(content_type: str, body: bytes, digit: str | None) -> None:
    assert read_digit(content_type, body) == digit


def test_info_digit_at_the_prompt_goes_through_the_media_engine() -> None:
    from dataclasses import replace

    from fakes.engine_world import PLAN

    stage = Stage()
    stage.place(replace(PLAN, play_prompt=True))
    stage.caller.answers()
    stage.caller.sends_info(b"Signal=1\r\n")
    assert stage.media.log[-1] == "seen caller 1"
    assert len(stage.agent.sessions) == 1, "not before the media engine has found it new"
    stage.media.tell.digit_pressed(Party.CALLER, "1")
    assert len(stage.agent.sessions) == 2


def test_info_digit_in_the_call_goes_through_the_media_engine() -> None:
    stage = connected()
    stage.caller.sends_info(b"Signal=4\r\n")
    assert stage.media.log[-1] == "seen caller 4"


# --- our own bugs ---


@pytest.mark.parametrize("verb", ["connect callee", "bridge", "ringback", "close"])
def test_bug_ends_both_legs_and_is_stored(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.media.fails_at = verb
    stage.callee.rings()
    if stage.node._calls[1].machine.state.value == "CalleeRinging":
        stage.callee.answers()
    if verb == "close":
        stage.caller.hangs_up()
    up = [session for session in stage.agent.sessions if session.state != "terminated"]
    assert all(session.hung_up for session in up)
    assert stage.row.status == "Error"
    assert "InProgress" not in stage.statuses
    stage.media.fails_at = None
    for session in up:
        session.confirms()
    assert stage.row.ended_at is not None
    assert stage.node.live == 0
    assert not stage.world.running
    assert "bug at" in capsys.readouterr().err


@pytest.mark.parametrize("bug", [RuntimeError, KeyError, IndexError])
@pytest.mark.parametrize("where", ["invite", "flow_to"])
def test_a_bug_while_dialling_is_no_matter_of_the_network(
    monkeypatch: pytest.MonkeyPatch, where: str, bug: type[Exception]
) -> None:
    stage = Stage()

    def broken(*args: object, **asked: object) -> None:
        raise bug("bug")

    monkeypatch.setattr(stage.agent, where, broken)
    stage.place()
    assert stage.statuses == "GenericError GenericError Error"
    assert stage.is_quiet()


def test_text_that_may_not_be_sent_is_a_failed_leg_and_no_bug() -> None:
    stage = Stage()

    def refuses(**asked: object) -> None:
        raise LocalProtocolError("CR")

    stage.agent.invite = refuses  # type: ignore[assignment,method-assign]
    stage.place()
    assert stage.statuses == "GenericError InProgress CannotReach"
    assert stage.is_quiet()


def test_bug_in_hang_up_of_one_leg_still_takes_the_other_down() -> None:
    stage = connected()

    def broken(now: float, reason: str | None = None) -> None:
        raise RuntimeError("bug")

    stage.caller.hang_up = broken  # type: ignore[method-assign]
    stage.node.cancel(1)
    assert stage.callee.hung_up
    assert stage.row.status == "Error"
    stage.callee.confirms()
    stage.world.pass_seconds(41)
    assert stage.node.live == 0
    assert not stage.world.running
