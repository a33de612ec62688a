"""CANCEL before the answer, BYE after it, and what crosses them on the way (RFC 3261 sections 9 and 15)."""

from __future__ import annotations

from fakes.scripted_peer import ANSWER, ScriptedPeer
from ringout.sip.events import Answered, Ended, Failed

# CANCEL.


def test_cancel_waits_for_a_1xx() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    invite = peer.last("INVITE")
    session.hang_up(peer.now, 'SIP;cause=200;text="Call completed elsewhere"')
    assert peer.news() == ["INVITE"]
    assert session.state == "ending"
    peer.answer(invite, 100)
    assert peer.news() == ["CANCEL"]
    cancel = peer.last("CANCEL")
    assert cancel.uri == invite.uri
    assert cancel.headers.all("Via") == invite.headers.all("Via")
    assert cancel.cseq == (1, "CANCEL")
    assert cancel.to_tag is None
    assert cancel.headers.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
    peer.answer(cancel, 200)
    peer.answer(invite, 487)
    (failed,) = peer.reported(Failed)
    assert (failed.code, failed.cause) == (487, "cancelled")
    peer.assert_quiet()


def test_hanging_up_twice_cancels_once() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 180)
    session.hang_up(peer.now)
    session.hang_up(peer.now)
    assert peer.news() == ["INVITE", "CANCEL"]


def test_a_200_that_crosses_the_cancel_gets_ack_and_bye() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 180)
    session.hang_up(peer.now)
    peer.answer(invite, 200, body=ANSWER)
    peer.answer(peer.last("CANCEL"), 200)
    assert peer.news() == ["INVITE", "CANCEL", "ACK", "BYE"]
    peer.answer(peer.last("BYE"), 200)
    (failed,) = peer.reported(Failed)
    assert failed.cause == "cancelled"
    assert peer.reported(Answered) == []
    peer.assert_quiet()


def test_a_200_that_comes_before_any_1xx_of_a_call_hung_up_gets_ack_and_bye() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    session.hang_up(peer.now)
    peer.answer(peer.last("INVITE"), 200)
    assert peer.news() == ["INVITE", "ACK", "BYE"]


def test_without_487_the_call_is_over_after_32_s() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 180)
    session.hang_up(peer.now)
    peer.answer(peer.last("CANCEL"), 200)
    peer.pass_time(31.9)
    assert peer.reported(Failed) == []
    peer.pass_time(0.2)
    assert peer.reported(Failed)[0].cause == "cancelled"
    peer.assert_quiet()


def test_without_487_the_call_is_over_even_when_the_cancel_had_to_wait() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    session.hang_up(peer.now)
    peer.pass_time(5)
    peer.answer(peer.last("INVITE"), 180)
    peer.answer(peer.last("CANCEL"), 200)
    peer.pass_time(27.1)
    assert [event.cause for event in peer.reported(Failed)] == ["cancelled"]
    peer.assert_quiet()


def test_hung_up_and_never_answered_the_call_is_over_after_32_s() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.pass_time(10)
    session.hang_up(peer.now)
    peer.pass_time(32)
    assert [event.cause for event in peer.reported(Failed)] == ["cancelled"]
    peer.assert_quiet()


# BYE.


def test_bye_by_us() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.hang_up(peer.now, "Q.850;cause=16")
    bye = peer.last("BYE")
    assert bye.cseq == (2, "BYE")
    assert bye.headers.get("Reason") == "Q.850;cause=16"
    assert peer.reported(Ended) == []
    peer.answer(bye, 200)
    assert [event.by for event in peer.reported(Ended)] == ["local"]
    peer.assert_quiet()


def test_bye_by_the_peer() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    branch = peer.request("BYE", 'Reason: Q.850;cause=16;text="bye"', dialog=session)
    assert peer.news() == ["200"]
    assert [(event.by, event.reason) for event in peer.reported(Ended)] == [("remote", 'Q.850;cause=16;text="bye"')]
    peer.request("BYE", dialog=session, branch=branch)
    assert peer.news() == ["200"]
    peer.request("BYE", dialog=session, cseq=2)
    assert peer.news() == ["481"]
    session.hang_up(peer.now)
    assert peer.news() == []
    assert len(peer.reported(Ended)) == 1
    peer.assert_quiet()


def test_byes_that_cross_are_both_answered() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.hang_up(peer.now)
    peer.request("BYE", dialog=session)
    assert peer.news() == ["BYE", "200"]
    peer.answer(peer.last("BYE"), 200)
    assert [event.by for event in peer.reported(Ended)] == ["local"]
    peer.assert_quiet()


def test_a_bye_that_comes_just_after_ours_was_answered_gets_200_too() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    peer.pass_time(1)
    peer.request("BYE", dialog=session)
    peer.request("INFO", dialog=session, cseq=2)
    assert peer.news() == ["BYE", "200", "481"]
    peer.pass_time(5)
    peer.request("BYE", dialog=session, cseq=3)
    assert peer.news() == ["481"], "that is no crossing any more"
    assert len(peer.reported(Ended)) == 1
    peer.assert_quiet()


def test_a_path_that_breaks_while_a_phone_may_ring_is_tried_with_cancel() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 100, tag=None)
    peer.user_agent.transport_failed(peer.flow, peer.now)
    assert peer.news() == ["INVITE", "CANCEL"]
    assert [event.cause for event in peer.reported(Failed)] == ["transport"]
    peer.assert_quiet()


def test_an_unanswered_bye_frees_the_session_after_32_s() -> None:
    peer = ScriptedPeer()
    peer.answered_call().hang_up(peer.now)
    peer.pass_time(32.1)
    assert len(peer.reported(Ended)) == 1
    peer.assert_quiet()


def test_a_bye_before_the_answer_ends_the_call() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 180)
    peer.request("BYE", dialog=session)
    assert peer.news()[-1] == "200"
    (failed,) = peer.reported(Failed)
    assert (failed.code, failed.cause) == (487, "response")
    peer.assert_quiet()
