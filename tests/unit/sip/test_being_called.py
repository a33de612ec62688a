"""The called side, and requests outside any dialog: none is met with silence (RFC 3261 sections 8.2, 9.2, 13.3)."""

from __future__ import annotations

import pytest

from fakes.scripted_peer import ANSWER, OFFER, ScriptedPeer
from ringout.sip.errors import LocalProtocolError
from ringout.sip.events import Confirmed, Ended, Failed, IncomingInvite, OptionsAnswered
from ringout.sip.user_agent import UserAgentSettings


def test_ring_answer_and_hang_up() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call("Record-Route: <sip:192.0.2.11;lr>, <sip:192.0.2.12;lr>")
    assert session.state == "ringing"
    session.ring(peer.now)
    ringing = peer.last("180")
    assert ringing.to_tag == session.local_tag
    assert ringing.headers.get("Contact") == "<sip:ringout@192.0.2.1:5060>"
    session.answer(peer.now, ANSWER)
    ok = peer.last("200")
    assert (ok.body, ok.to_tag) == (ANSWER, session.local_tag)
    assert ok.headers.values("Record-Route") == ["<sip:192.0.2.11;lr>", "<sip:192.0.2.12;lr>"]
    peer.request("ACK", dialog=session)
    assert len(peer.reported(Confirmed)) == 1
    session.hang_up(peer.now)
    bye = peer.last("BYE")
    assert bye.headers.values("Route") == ["<sip:192.0.2.11;lr>", "<sip:192.0.2.12;lr>"]
    assert (bye.uri, bye.cseq, bye.to_tag) == ("sip:bob@192.0.2.9:5070", (1, "BYE"), "peer")
    peer.answer(bye, 200)
    assert [event.by for event in peer.reported(Ended)] == ["local"]
    peer.assert_quiet()


def test_the_first_event_carries_the_request() -> None:
    peer = ScriptedPeer()
    peer.incoming_call("X-Note: hello")
    (incoming,) = peer.reported(IncomingInvite)
    assert incoming.request.headers.get("X-Note") == "hello"
    assert incoming.request.body == OFFER


def test_reject_with_words_and_headers() -> None:
    peer = ScriptedPeer()
    peer.incoming_call().reject(peer.now, 503, "Carrier Down", [("Retry-After", "60")])
    refusal = peer.last("503")
    assert (refusal.reason, refusal.headers.get("Retry-After")) == ("Carrier Down", "60")
    assert [(event.code, event.cause) for event in peer.reported(Failed)] == [(503, "cancelled")]


def test_cancel_ends_the_ringing_with_487() -> None:
    peer = ScriptedPeer()
    branch = peer.request("INVITE")
    session = peer.reported(IncomingInvite)[0].session
    session.ring(peer.now)
    peer.request("CANCEL", branch=branch)
    assert peer.news() == ["100", "180", "200", "487"]
    assert peer.last("200").to_tag == peer.last("487").to_tag == session.local_tag
    assert [(event.code, event.cause) for event in peer.reported(Failed)] == [(487, "cancelled")]
    session.answer(peer.now, ANSWER)
    assert peer.news() == []
    peer.request("ACK", branch=branch)
    peer.assert_quiet()


def test_a_cancel_after_the_answer_changes_nothing() -> None:
    peer = ScriptedPeer()
    branch = peer.request("INVITE")
    session = peer.reported(IncomingInvite)[0].session
    session.answer(peer.now, ANSWER)
    peer.request("CANCEL", branch=branch)
    assert peer.news() == ["100", "200", "200"]
    assert session.state == "confirmed"


def test_a_cancel_of_nothing_is_481() -> None:
    peer = ScriptedPeer()
    peer.request("CANCEL")
    assert peer.news() == ["481"]


def test_hanging_up_while_ringing_refuses() -> None:
    peer = ScriptedPeer()
    peer.incoming_call().hang_up(peer.now)
    assert peer.news() == ["100", "480"]
    assert len(peer.reported(Failed)) == 1


def test_hanging_up_before_the_ack_waits_for_it() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    session.answer(peer.now, ANSWER)
    session.hang_up(peer.now)
    assert peer.news() == ["100", "200"]
    assert session.state == "ending"
    peer.request("ACK", dialog=session)
    assert peer.news() == ["BYE"]
    peer.answer(peer.last("BYE"), 200)
    assert [event.by for event in peer.reported(Ended)] == ["local"]
    peer.assert_quiet()


def test_hanging_up_without_any_ack_is_over_after_32_s() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    session.answer(peer.now, ANSWER)
    session.hang_up(peer.now)
    peer.pass_time(33)
    assert "BYE" in peer.news()
    assert len(peer.reported(Ended)) == 1
    peer.assert_quiet()


def test_a_bye_before_the_ack_ends_the_call() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    session.answer(peer.now, ANSWER)
    peer.request("BYE", dialog=session, cseq=2)
    assert peer.news() == ["100", "200", "200"]
    assert [event.by for event in peer.reported(Ended)] == ["remote"]
    peer.pass_time(5)
    assert peer.news() == []


def test_a_bye_while_ringing_ends_it_with_487() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    peer.request("BYE", dialog=session, cseq=2)
    assert peer.news() == ["100", "200", "487"]
    assert len(peer.reported(Failed)) == 1


@pytest.mark.parametrize("verb", ["ring", "reject"])
def test_codes_of_the_wrong_class_are_ours_to_avoid(verb: str) -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    with pytest.raises(LocalProtocolError):
        session.ring(peer.now, 200) if verb == "ring" else session.reject(peer.now, 200)
    with pytest.raises(LocalProtocolError):
        session.reject(peer.now, 486, "Busy\r\nEvil: 1")


# Outside any dialog.


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("OPTIONS", "200"),
        ("BYE", "481"),
        ("INFO", "481"),
        ("UPDATE", "481"),
        ("PRACK", "481"),
        ("NOTIFY", "481"),
        ("REGISTER", "405"),
        ("SUBSCRIBE", "405"),
        ("MESSAGE", "405"),
        ("REFER", "405"),
        ("PUBLISH", "405"),
        ("DANCE", "501"),
        ("invite", "501"),
    ],
)
def test_every_method_gets_a_final_answer(method: str, code: str) -> None:
    peer = ScriptedPeer()
    peer.request(method)
    assert peer.news() == [code]
    assert peer.last(code).to_tag
    peer.assert_quiet()


def test_options_says_what_we_can_do() -> None:
    peer = ScriptedPeer()
    peer.request("OPTIONS")
    headers = peer.last("200").headers
    assert {"INVITE", "ACK", "CANCEL", "BYE", "PRACK", "UPDATE", "INFO"} <= set(headers.values("Allow"))
    assert headers.get("Accept") == "application/sdp"
    assert headers.values("Supported") == ["100rel", "timer"]


def test_an_invite_is_refused_unless_somebody_wants_it() -> None:
    peer = ScriptedPeer(UserAgentSettings())
    peer.request("INVITE")
    assert peer.news() == ["403"]
    assert peer.events == []


def test_an_unknown_require_is_420() -> None:
    peer = ScriptedPeer()
    peer.request("INVITE", "Require: 100rel, nothing, sec-agree")
    assert peer.last("420").headers.values("Unsupported") == ["nothing", "sec-agree"]
    assert peer.events == []


@pytest.mark.parametrize(
    ("line", "accept"),
    [("Content-Type: text/html", "Accept"), ("Content-Encoding: gzip", "Accept-Encoding")],
)
def test_a_body_we_cannot_read_is_415(line: str, accept: str) -> None:
    peer = ScriptedPeer()
    peer.request("INVITE", line, body=b"<p>")
    assert accept in peer.last("415").headers


def test_the_same_request_by_another_way_is_482() -> None:
    peer = ScriptedPeer()
    peer.request("INVITE", branch="z9hG4bKone")
    peer.request("INVITE", branch="z9hG4bKtwo")
    assert peer.news() == ["100", "482"]
    assert len(peer.reported(IncomingInvite)) == 1


def test_max_forwards_zero_is_served_because_we_are_the_end() -> None:
    peer = ScriptedPeer()
    peer.feed(
        "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1\r\nMax-Forwards: 0\r\n"
        "From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
    )
    assert peer.news() == ["200"]


def test_another_uri_scheme_is_416() -> None:
    peer = ScriptedPeer()
    peer.request("OPTIONS", uri="tel:+15551212")
    assert peer.news() == ["416"]


def test_when_full_new_calls_get_503_with_retry_after_and_old_ones_go_on() -> None:
    peer = ScriptedPeer(UserAgentSettings(accept_invites=True, max_sessions=1))
    session = peer.incoming_call()
    peer.request("INVITE", call_id="other")
    assert peer.news() == ["100", "503"]
    assert "Retry-After" in peer.last("503").headers
    session.ring(peer.now)
    assert peer.news() == ["180"]


def test_with_too_many_transactions_new_requests_get_503_without_a_transaction() -> None:
    peer = ScriptedPeer(UserAgentSettings(accept_invites=True, max_transactions=2))
    for number in range(5):
        peer.request("INVITE", call_id=f"c{number}")
    assert peer.news() == ["100", "100", "503", "503", "503"]
    assert len(peer.user_agent.layer) == 2


def test_an_ack_of_nothing_is_counted_and_never_answered() -> None:
    peer = ScriptedPeer()
    peer.request("ACK")
    assert peer.news() == []
    assert peer.user_agent.counters["unmatched_ack"] == 1


def test_our_options_report_who_answers() -> None:
    peer = ScriptedPeer()
    peer.user_agent.options(peer.flow, "sip:192.0.2.9:5070", peer.now)
    peer.pass_time(0.2)
    peer.answer(peer.last("OPTIONS"), 404)
    (answered,) = peer.reported(OptionsAnswered)
    assert (answered.code, answered.uri, round(answered.seconds, 3)) == (404, "sip:192.0.2.9:5070", 0.2)
    assert answered.came
    peer.user_agent.options(peer.flow, "sip:192.0.2.9:5070", peer.now)
    peer.pass_time(33)
    unheard = peer.reported(OptionsAnswered)[-1]
    assert (unheard.code, unheard.came) == (408, False)
    peer.assert_quiet()
