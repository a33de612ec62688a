"""What peers and strangers can make us keep is bounded, whatever they send."""

from __future__ import annotations

from fakes.scripted_peer import ANSWER, ScriptedPeer
from ringout.sip.events import Failed, InfoReceived, OfferReceived, Provisional
from ringout.sip.invite_client import _MAX_EARLY_DIALOGS, _MAX_PROVISIONALS, _MAX_UNWANTED_ANSWERS
from ringout.sip.invite_session import MAX_REQUESTS
from ringout.sip.user_agent import UserAgentSettings

SERVER = UserAgentSettings(accept_invites=False)


def test_invites_of_strangers_leave_nothing() -> None:
    peer = ScriptedPeer(SERVER)
    for number in range(3000):
        peer.request("INVITE", call_id=f"stranger{number}", body=b"v=0")
    assert set(peer.news()) == {"403"}
    assert len(peer.user_agent.layer) == 0
    assert not peer.user_agent.sessions
    assert not peer.user_agent.layer.merged
    assert peer.user_agent.next_deadline() is None
    assert peer.user_agent.counters["answered_stateless"] == 3000


def test_copies_of_a_refused_invite_are_refused_alike_and_its_ack_is_no_mystery() -> None:
    peer = ScriptedPeer(SERVER)
    branch = peer.request("INVITE")
    peer.request("INVITE", branch=branch)
    first, second = peer.sent
    assert first == second
    assert first.to_tag
    peer.request("CANCEL", branch=branch)
    peer.request("ACK", branch=branch)
    assert peer.news() == ["403", "403", "481"]


def test_other_requests_of_strangers_leave_nothing() -> None:
    peer = ScriptedPeer(SERVER)
    for number in range(500):
        for method in ("OPTIONS", "BYE", "INFO", "REGISTER", "MESSAGE", "FOO", "CANCEL"):
            peer.request(method, call_id=f"stranger{number}")
    assert set(peer.news()) == {"200", "481", "405", "501"}
    assert len(peer.user_agent.layer) == 0


def test_ten_thousand_provisional_responses() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    invite = peer.last("INVITE")
    for number in range(10_000):
        peer.answer(invite, 180 + number % 4, tag=f"fork{number}")
    assert len(peer.reported(Provisional)) <= _MAX_PROVISIONALS
    assert len(session.early) <= _MAX_EARLY_DIALOGS
    assert peer.user_agent.counters["provisional_flood"] == 10_000 - _MAX_PROVISIONALS
    peer.answer(invite, 200, body=ANSWER)
    assert session.state == "confirmed", "the answer still counts"


def test_reliable_provisional_responses_without_end() -> None:
    peer = ScriptedPeer()
    peer.invite()
    for number in range(1, 2000):
        peer.answer(peer.last("INVITE"), 183, "Require: 100rel", f"RSeq: {number}")
    assert peer.news().count("PRACK") <= _MAX_PROVISIONALS


def test_answers_of_endless_forks_do_not_cost_the_call() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 200, body=ANSWER)
    for number in range(1000):
        peer.answer(invite, 200, tag=f"fork{number}", body=ANSWER)
    sent = peer.news()
    assert sent.count("BYE") == _MAX_UNWANTED_ANSWERS
    peer.answer(invite, 200, body=ANSWER)
    assert peer.news() == ["ACK"], "a copy of the first answer is only acknowledged"
    assert session.state == "confirmed"
    assert len(session.early) <= _MAX_UNWANTED_ANSWERS + 1


def test_a_dialog_of_absurd_size_is_not_kept() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 180, tag="z" * 50_000)
    assert not session.early
    for number in range(30):
        routes = ", ".join(f"<sip:p{n}.{'x' * 100}.example;lr>" for n in range(400))
        peer.answer(invite, 180, f"Record-Route: {routes}", tag=f"t{number}", contact=f"<sip:{'y' * 5000}@h>")
    assert len(session.stored()) < 10_000
    assert peer.user_agent.counters["malformed"] == 1 + _MAX_EARLY_DIALOGS
    peer.answer(invite, 200, body=ANSWER)
    assert peer.news()[-1] == "ACK"


def test_info_flood_within_a_call() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    for number in range(5000):
        peer.request("INFO", dialog=session, cseq=number + 1, body=b"Signal=1")
    assert len(peer.reported(InfoReceived)) == MAX_REQUESTS
    assert len(peer.user_agent.layer) <= MAX_REQUESTS + 1
    answers = peer.news()
    assert (answers.count("200"), answers.count("500")) == (MAX_REQUESTS, 5000 - MAX_REQUESTS)
    peer.pass_time(33)
    peer.request("INFO", dialog=session, cseq=6000, body=b"Signal=1")
    assert peer.news()[-1] == "200", "who calms down is served again"
    peer.request("BYE", dialog=session, cseq=6001)
    assert peer.news() == ["200"]
    peer.assert_quiet()


def test_bye_is_taken_in_the_middle_of_a_flood() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    for number in range(1000):
        peer.request("INFO", dialog=session, cseq=number + 1)
    peer.request("BYE", dialog=session, cseq=1001)
    assert peer.news()[-1] == "200"
    assert session.state == "terminated"


def test_reinvites_in_a_loop() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    for number in range(1, 2001):
        peer.request("INVITE", dialog=session, cseq=number, body=b"v=0 hold")
        if len(peer.reported(OfferReceived)):
            session.accept_offer(peer.now, b"v=0 yes")
            peer.events.clear()
    assert len(peer.user_agent.layer) <= MAX_REQUESTS + 1
    assert session.state == "confirmed"
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    peer.assert_quiet()


def test_ended_calls_are_not_remembered_for_ever() -> None:
    peer = ScriptedPeer()
    for _ in range(50):
        peer.answered_call().hang_up(peer.now)
        peer.answer(peer.last("BYE"), 200)
        peer.pass_time(1)
    assert len(peer.user_agent._ended) <= 6


def test_when_nothing_more_fits_our_own_calls_fail_and_nothing_breaks() -> None:
    peer = ScriptedPeer(UserAgentSettings(max_sessions=2))
    for _ in range(5):
        peer.invite()
    peer.pass_time(33)
    assert len(peer.reported(Failed)) == 5
    peer.assert_quiet()
