"""Requests within a dialog, theirs and ours: offers, glare, INFO and the rest (RFC 3261 12.2 and 14, RFC 3311)."""

from __future__ import annotations

import pytest

from fakes.scripted_peer import OFFER, ScriptedPeer
from ringout.sip.errors import LocalProtocolError
from ringout.sip.events import (
    AnswerReceived,
    DialogChanged,
    Ended,
    InfoReceived,
    OfferReceived,
    OfferWanted,
    RequestAnswered,
)

HOLD = b"v=0 hold"


def test_a_reinvite_is_answered_with_our_answer_until_its_ack() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session, body=HOLD)
    assert [(event.body, event.method) for event in peer.reported(OfferReceived)] == [(HOLD, "INVITE")]
    session.accept_offer(peer.now, b"v=0 held")
    assert peer.news() == ["200"]
    assert peer.last("200").body == b"v=0 held"
    peer.pass_time(0.6)
    assert peer.news() == ["200"]
    peer.request("ACK", dialog=session)
    peer.pass_time(10)
    assert peer.news() == []
    assert peer.reported(AnswerReceived) == []
    assert session.state == "confirmed"


def test_a_reinvite_without_sdp_gets_our_offer_and_brings_the_answer_in_its_ack() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session)
    assert len(peer.reported(OfferWanted)) == 1
    session.accept_offer(peer.now, OFFER)
    assert peer.last("200").body == OFFER
    peer.request("ACK", dialog=session, body=b"v=0 answer in ack")
    assert [event.body for event in peer.reported(AnswerReceived)] == [b"v=0 answer in ack"]


def test_a_refused_reinvite_leaves_the_session_as_it_was() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    branch = peer.request("INVITE", dialog=session, body=HOLD)
    session.refuse_offer(peer.now)
    assert peer.news() == ["488"]
    peer.request("ACK", dialog=session, branch=branch)
    session.accept_offer(peer.now, HOLD)
    assert peer.news() == []
    assert session.state == "confirmed"


def test_a_reinvite_never_acked_ends_the_call_with_bye() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session, body=HOLD)
    session.accept_offer(peer.now, HOLD)
    peer.pass_time(32.1)
    assert peer.news()[-1] == "BYE"


def test_a_reinvite_taken_back_is_487() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    branch = peer.request("INVITE", dialog=session, body=HOLD)
    peer.request("CANCEL", dialog=session, branch=branch)
    assert peer.news() == ["200", "487"]
    assert session.state == "confirmed"


def test_a_second_offer_before_the_answer_to_the_first_is_500() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session, body=HOLD)
    peer.request("INVITE", dialog=session, cseq=2, body=HOLD)
    assert peer.news() == ["500"]
    assert int(peer.last("500").headers.get("Retry-After")) <= 10


def test_glare_their_offer_meets_ours() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.reinvite(peer.now, b"v=0 ours")
    peer.request("INVITE", dialog=session, body=HOLD)
    peer.request("UPDATE", dialog=session, cseq=2, body=HOLD)
    assert peer.news() == ["INVITE", "491", "491"]
    assert peer.reported(OfferReceived) == []


def test_glare_our_offer_is_tried_again_after_2_to_4_seconds() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.reinvite(peer.now, b"v=0 ours")
    peer.answer(peer.last("INVITE"), 491)
    assert peer.news() == ["INVITE", "ACK"]
    peer.pass_time(2.0)
    assert peer.news() == []
    peer.pass_time(2.1)
    assert peer.news()[:1] == ["INVITE"]
    peer.answer(peer.last("INVITE"), 200, body=b"v=0 theirs")
    assert peer.reported(AnswerReceived)[0].body == b"v=0 theirs"
    assert [(event.method, event.code) for event in peer.reported(RequestAnswered)] == [("INVITE", 200)]


def test_glare_on_the_called_side_retries_within_2_seconds() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    session.answer(peer.now, b"v=0")
    peer.request("ACK", dialog=session)
    session.reinvite(peer.now, b"v=0 ours")
    peer.answer(peer.last("INVITE"), 491)
    peer.news()
    peer.pass_time(2.1)
    assert peer.news()[:1] == ["INVITE"]


def test_our_reinvite_waits_for_theirs() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session, body=HOLD)
    session.reinvite(peer.now, b"v=0 ours")
    session.accept_offer(peer.now, HOLD)
    peer.request("ACK", dialog=session)
    assert peer.news() == ["200"]
    peer.pass_time(4.1)
    assert "INVITE" in peer.news()


def test_every_copy_of_the_200_to_our_reinvite_is_acked_and_reported_once() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.reinvite(peer.now, b"v=0 ours")
    for _ in range(3):
        peer.answer(peer.last("INVITE"), 200, contact="<sip:moved@192.0.2.9:5071>")
    assert peer.news() == ["INVITE", "ACK", "ACK", "ACK"]
    assert len(peer.reported(AnswerReceived)) == 1
    session.hang_up(peer.now)
    assert peer.last("BYE").uri == "sip:moved@192.0.2.9:5071"


@pytest.mark.parametrize("code", [488, 500, 606])
def test_our_refused_reinvite_leaves_the_session_as_it_was(code: int) -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.reinvite(peer.now, b"v=0 ours")
    peer.answer(peer.last("INVITE"), code)
    assert [event.code for event in peer.reported(RequestAnswered)] == [code]
    assert session.state == "confirmed"


def test_481_within_the_dialog_ends_the_call() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.request(peer.now, "INFO", b"x", "text/plain")
    peer.answer(peer.last("INFO"), 481)
    assert [(event.by, event.cause) for event in peer.reported(Ended)] == [("remote", "gone")]
    peer.assert_quiet()


def test_silence_within_the_dialog_ends_the_call_with_bye() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.request(peer.now, "INFO", b"x", "text/plain")
    peer.pass_time(32.1)
    assert peer.news()[-1] == "BYE"
    peer.answer(peer.last("BYE"), 200)
    (ended,) = peer.reported(Ended)
    assert (ended.by, ended.cause, ended.reason) == ("remote", "silent", "INFO never answered")
    peer.assert_quiet()


def test_update_with_an_offer() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("UPDATE", dialog=session, body=HOLD)
    assert peer.reported(OfferReceived)[0].method == "UPDATE"
    session.accept_offer(peer.now, b"v=0 held")
    peer.pass_time(5)
    assert peer.news() == ["200"]
    assert peer.last("200").body == b"v=0 held"


def test_update_without_an_offer_moves_the_peer() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("UPDATE", dialog=session)
    assert peer.news() == ["200"]
    session.hang_up(peer.now)
    assert peer.last("BYE").uri == "sip:bob@192.0.2.9:5070"


def test_update_in_an_early_dialog() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 183)
    peer.request("UPDATE", dialog=session, body=HOLD)
    session.accept_offer(peer.now, b"v=0")
    assert peer.news() == ["INVITE", "200"]


def test_info_is_answered_and_reported() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INFO", "Content-Type: application/dtmf-relay", dialog=session, body=b"Signal=1\r\nDuration=160\r\n")
    assert peer.news() == ["200"]
    (info,) = peer.reported(InfoReceived)
    assert (info.content_type, info.body) == ("application/dtmf-relay", b"Signal=1\r\nDuration=160\r\n")


def test_our_info_goes_out_and_its_answer_is_reported() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.request(peer.now, "INFO", b"Signal=5", "application/dtmf-relay", [("X-Note", "hi")])
    info = peer.last("INFO")
    assert (info.body, info.headers.get("Content-Type"), info.headers.get("X-Note")) == (
        b"Signal=5",
        "application/dtmf-relay",
        "hi",
    )
    peer.answer(info, 200)
    assert [(event.method, event.code) for event in peer.reported(RequestAnswered)] == [("INFO", 200)]


@pytest.mark.parametrize("method", ["INVITE", "BYE", "CANCEL", "ACK", "IN FO", "X\r\nY"])
def test_request_sends_only_what_it_is_for(method: str) -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    with pytest.raises(LocalProtocolError):
        session.request(peer.now, method)


def test_nothing_can_be_asked_before_the_answer() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    with pytest.raises(LocalProtocolError):
        session.request(peer.now, "INFO")
    with pytest.raises(LocalProtocolError):
        session.reinvite(peer.now, b"v=0")


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("OPTIONS", "200"),
        ("REFER", "405"),
        ("MESSAGE", "405"),
        ("SUBSCRIBE", "405"),
        ("NOTIFY", "481"),
        ("PRACK", "481"),
        ("DANCE", "501"),
    ],
)
def test_every_other_method_gets_a_final_answer(method: str, code: str) -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request(method, dialog=session)
    assert peer.news() == [code]
    if code in ("405", "501"):
        assert "BYE" in peer.last(code).headers.values("Allow")
    assert session.state == "confirmed"


def test_a_lower_cseq_is_500() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INFO", dialog=session, cseq=9)
    peer.request("INFO", dialog=session, cseq=8)
    assert peer.news() == ["200", "500"]
    assert len(peer.reported(InfoReceived)) == 1


def test_an_unknown_require_is_420() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", "Require: telepathy, 100rel", dialog=session, body=HOLD)
    assert peer.last("420").headers.get("Unsupported") == "telepathy"


def test_another_peers_tag_is_no_dialog_of_ours() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("BYE", dialog=session, tag="stranger")
    assert peer.news() == ["481"]
    assert session.state == "confirmed"


def test_a_peer_that_moves_is_reported_and_one_that_stays_is_not() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 200, contact="<sip:old@192.0.2.9:5070>", body=OFFER)
    peer.request("INVITE", dialog=session, body=HOLD)
    assert peer.reported(DialogChanged) == [], "not before the offer is accepted"
    session.accept_offer(peer.now, HOLD)
    assert len(peer.reported(DialogChanged)) == 1
    peer.request("UPDATE", dialog=session, cseq=2)
    assert len(peer.reported(DialogChanged)) == 1
    assert b"bob@192.0.2.9:5070" in session.stored()


def test_an_ack_without_the_answer_it_owes_is_counted() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session)
    session.accept_offer(peer.now, OFFER)
    peer.request("ACK", dialog=session)
    assert [event.body for event in peer.reported(AnswerReceived)] == [b""]
    assert peer.user_agent.counters["answer_missing"] == 1
    assert session.state == "confirmed"


def test_an_offer_while_we_hang_up_is_481() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.hang_up(peer.now)
    peer.request("INVITE", dialog=session, body=HOLD)
    assert peer.news() == ["BYE", "481"]


def test_hanging_up_closes_an_open_offer() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session, body=HOLD)
    session.hang_up(peer.now)
    assert peer.news() == ["487", "BYE"]


def test_after_the_end_no_200_to_a_reinvite_is_repeated() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("INVITE", dialog=session, body=HOLD)
    session.accept_offer(peer.now, HOLD)
    peer.request("BYE", dialog=session, cseq=2)
    peer.news()
    peer.pass_time(40)
    assert peer.news() == []
    peer.assert_quiet()
