"""Session timers (RFC 4028): who refreshes, by what, and what a refresh that stays out does."""

from __future__ import annotations

import pytest

from fakes.challenge import make_challenge
from fakes.scripted_peer import ANSWER, OFFER, ScriptedPeer
from fakes.session_timer import ALLOW, NO_UPDATE, agreed
from ringout.sip.digest import Credentials
from ringout.sip.events import Answered, AnswerReceived, Ended, Failed, OfferReceived
from ringout.sip.user_agent import UserAgentSettings

OFF = UserAgentSettings(accept_invites=True, session_expires=0)


# --- we call -----------------------------------------------------------------------------------------------------


def test_our_invite_asks_for_half_an_hour_and_leaves_it_to_the_peer_who_refreshes() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    assert invite.headers.get("Session-Expires") == "1800"
    assert "timer" in invite.headers.values("Supported")
    assert "Min-SE" not in invite.headers


def test_without_session_timers_nothing_is_said_nor_understood_of_them() -> None:
    peer = ScriptedPeer(OFF)
    session = peer.invite()
    assert "Session-Expires" not in peer.last("INVITE").headers
    assert "timer" not in peer.last("INVITE").headers.values("Supported")
    peer.answer(peer.last("INVITE"), 200, "Session-Expires: 90;refresher=uac", body=ANSWER)
    peer.news()
    peer.pass_time(200)
    assert peer.news() == []
    peer.request("UPDATE", "Require: timer", "Session-Expires: 90", dialog=session)
    assert peer.news() == ["420"]


def test_a_peer_without_session_timers_is_never_refreshed() -> None:
    peer, session = agreed(ALLOW)
    peer.pass_time(100_000)
    assert peer.news() == []
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    peer.assert_quiet()


def test_we_refresh_by_update_at_half_time_again_and_again() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 300;refresher=uac")
    peer.pass_time(149)
    assert peer.news() == []
    for _ in range(3):
        peer.pass_time(1.5)
        assert peer.news()[:1] == ["UPDATE"]
        update = peer.last("UPDATE")
        assert update.headers.get("Session-Expires") == "300;refresher=uac"
        assert update.body == b""
        assert "timer" in update.headers.values("Supported")
        peer.answer(update, 200, ALLOW, "Session-Expires: 300;refresher=uac")
        peer.pass_time(149)
        peer.news()
    assert session.state == "confirmed"
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    peer.assert_quiet()


def test_a_refresh_counts_from_its_first_sending_because_the_peer_may_have_answered_that() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 300;refresher=uac")
    peer.pass_time(150.1)
    peer.pass_time(20)
    assert peer.news()[0] == "UPDATE"
    peer.answer(peer.last("UPDATE"), 200, ALLOW, "Session-Expires: 300;refresher=uac")
    peer.pass_time(129)
    assert peer.news() == []
    peer.pass_time(1.1)
    assert peer.news() == ["UPDATE"]


def test_we_refresh_by_reinvite_with_the_same_description_where_update_is_unknown() -> None:
    peer, _ = agreed(NO_UPDATE, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    refresh = peer.last("INVITE")
    assert peer.news() == ["INVITE"]
    assert (refresh.body, refresh.headers.get("Session-Expires")) == (OFFER, "90;refresher=uac")
    assert refresh.to_tag == "peer"
    peer.answer(refresh, 200, "Session-Expires: 90;refresher=uac", body=b"v=0 moved")
    assert peer.news() == ["ACK"]
    assert [event.body for event in peer.reported(AnswerReceived)] == [b"v=0 moved"]
    assert len(peer.reported(Answered)) == 1
    peer.pass_time(45.1)
    assert peer.news()[:1] == ["INVITE"]


def test_a_refresh_repeats_what_the_latest_exchange_has_agreed() -> None:
    peer, session = agreed(NO_UPDATE, "Session-Expires: 90;refresher=uac")
    peer.request("INVITE", "Supported: timer", "Session-Expires: 90;refresher=uas", dialog=session, body=b"v=0 hold")
    session.accept_offer(peer.now, b"v=0 held")
    assert peer.last("200").headers.get("Session-Expires") == "90;refresher=uas"
    peer.request("ACK", dialog=session)
    peer.news()
    peer.pass_time(45.1)
    assert (peer.news(), peer.last("INVITE").body) == (["INVITE"], b"v=0 held")


def test_a_refresh_repeats_our_own_later_offer() -> None:
    peer, session = agreed(NO_UPDATE, "Session-Expires: 90;refresher=uac")
    session.reinvite(peer.now, b"v=0 new")
    peer.answer(peer.last("INVITE"), 200, "Session-Expires: 90;refresher=uac", body=ANSWER)
    peer.news()
    peer.pass_time(45.1)
    assert (peer.news(), peer.last("INVITE").body) == (["INVITE"], b"v=0 new")


@pytest.mark.parametrize(("code", "asks", "answers"), [(401, "WWW-", ""), (407, "Proxy-", "Proxy-")])
def test_a_challenged_refresh_by_reinvite_carries_credentials(code: int, asks: str, answers: str) -> None:
    peer, _ = agreed(NO_UPDATE, "Session-Expires: 90;refresher=uac", credentials=Credentials("alice", "secret"))
    peer.pass_time(45.1)
    peer.answer(peer.last("INVITE"), code, f"{asks}Authenticate: {make_challenge('carrier', 'n1')}")
    assert peer.news() == ["INVITE", "ACK", "INVITE"]
    again = peer.last("INVITE")
    assert again.headers.get(f"{answers}Authorization").startswith("Digest ")
    assert (again.body, again.headers.get("Session-Expires")) == (OFFER, "90;refresher=uac")
    peer.answer(again, 200, "Session-Expires: 90;refresher=uac", body=ANSWER)
    peer.pass_time(45.1)
    assert peer.news()[:2] == ["ACK", "INVITE"]


def test_an_update_that_turns_out_unknown_is_followed_by_a_reinvite() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    peer.answer(peer.last("UPDATE"), 405)
    assert peer.news() == ["UPDATE", "INVITE"]


def test_a_refresher_that_is_not_named_is_us() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 90")
    peer.pass_time(45.1)
    assert peer.news() == ["UPDATE"]


def test_a_peer_that_refreshes_is_heard_and_its_silence_ends_the_call() -> None:
    peer, session = agreed("Session-Expires: 300;refresher=uas", "Require: timer")
    peer.pass_time(260)
    peer.request("UPDATE", "Supported: timer", "Session-Expires: 300;refresher=uac", dialog=session)
    answer = peer.last("200")
    assert answer.headers.get("Session-Expires") == "300;refresher=uac"
    assert answer.headers.values("Require") == ["timer"]
    peer.news()
    peer.pass_time(267)
    assert peer.news() == []
    peer.pass_time(1.1)  # 300 s less the 32 that section 10 wants
    assert peer.news()[:1] == ["BYE"]
    assert peer.last("BYE").headers.get("Reason") == 'SIP;cause=408;text="Session expired"'
    peer.answer(peer.last("BYE"), 481)
    ended = peer.reported(Ended)[0]
    assert (ended.by, ended.cause, ended.reason) == ("remote", "silent", "the peer did not refresh the session")
    peer.assert_quiet()


def test_the_bye_comes_a_third_before_the_end_of_a_short_session() -> None:
    peer, _ = agreed("Session-Expires: 90;refresher=uas")
    peer.pass_time(59.9)
    assert peer.news() == []
    peer.pass_time(0.2)
    assert peer.news() == ["BYE"]


def test_a_refresh_without_session_expires_in_the_answer_ends_the_timer() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    peer.answer(peer.last("UPDATE"), 200)
    peer.news()
    peer.pass_time(10_000)
    assert peer.news() == []


def test_a_refresh_never_answered_ends_the_call() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1 + 32)
    assert "BYE" in peer.news()
    peer.answer(peer.last("BYE"), 200)
    assert [(event.by, event.cause) for event in peer.reported(Ended)] == [("remote", "silent")]


def test_a_refresh_met_with_481_ends_the_call() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    peer.answer(peer.last("UPDATE"), 481)
    assert [event.cause for event in peer.reported(Ended)] == ["gone"]
    peer.assert_quiet()


@pytest.mark.parametrize("code", [488, 491, 500])
def test_a_refused_refresh_is_tried_again_before_the_end_and_ends_nothing(code: int) -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    peer.answer(peer.last("UPDATE"), code)
    assert peer.news() == ["UPDATE"]
    peer.pass_time(22.6)
    assert peer.news() == ["UPDATE"]
    peer.answer(peer.last("UPDATE"), 200, "Session-Expires: 90;refresher=uac")
    assert session.state == "confirmed"
    peer.pass_time(45.1)
    assert peer.news() == ["UPDATE"]


def test_a_refresh_waits_for_an_open_exchange() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(40)
    peer.request("INVITE", dialog=session, body=b"v=0 hold")
    peer.pass_time(6)
    assert "UPDATE" not in peer.news()
    session.refuse_offer(peer.now)
    peer.request("ACK", dialog=session)
    peer.pass_time(30)
    assert "UPDATE" in peer.news()


def test_a_challenged_refresh_carries_credentials() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 90;refresher=uac", credentials=Credentials("alice", "secret"))
    peer.pass_time(45.1)
    peer.answer(peer.last("UPDATE"), 401, f"WWW-Authenticate: {make_challenge('carrier', 'n1')}")
    assert peer.news() == ["UPDATE", "UPDATE"]
    again = peer.last("UPDATE")
    assert again.headers.get("Authorization").startswith("Digest ")
    assert again.headers.get("Session-Expires") == "90;refresher=uac"
    peer.answer(again, 200, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    assert peer.news()[:1] == ["UPDATE"]


def test_our_own_offer_is_a_refresh_too() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 90;refresher=uas")
    peer.pass_time(50)
    session.reinvite(peer.now, b"v=0 new")
    invite = peer.last("INVITE")
    assert invite.headers.get("Session-Expires") == "90;refresher=uas"
    peer.answer(invite, 200, "Session-Expires: 90;refresher=uas", body=b"v=0 fine")
    peer.news()
    peer.pass_time(59)
    assert peer.news() == []
    peer.pass_time(1.1)
    assert peer.news() == ["BYE"]


def test_an_absurdly_short_interval_makes_us_refresh_no_faster_than_the_rfc_allows() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 1;refresher=uac")
    peer.pass_time(44.9)
    assert peer.news() == []
    peer.pass_time(0.2)
    assert peer.news() == ["UPDATE"]


@pytest.mark.parametrize("text", ["", "soon", ";refresher=uac", "-5", "90 9 9;;;"])
def test_a_broken_session_expires_means_none(text: str) -> None:
    peer, session = agreed(f"Session-Expires: {text}")
    assert session.state == "confirmed"
    peer.pass_time(2000)
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    peer.assert_quiet()


# --- 422 ---------------------------------------------------------------------------------------------------------


def test_422_is_met_with_the_longer_interval() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 422, "Min-SE: 3600")
    again = peer.last("INVITE")
    assert peer.news() == ["INVITE", "ACK", "INVITE"]
    assert (again.headers.get("Session-Expires"), again.headers.get("Min-SE")) == ("3600", "3600")
    assert again.cseq == (2, "INVITE")
    peer.answer(again, 200, "Session-Expires: 3600;refresher=uac", ALLOW, body=ANSWER)
    peer.news()
    peer.pass_time(1801)
    assert peer.news()[:1] == ["UPDATE"]


@pytest.mark.parametrize("line", ["Min-SE: 90", "Min-SE: junk", "Min-SE: 1800", "X-Nothing: 1"])
def test_422_that_asks_for_nothing_longer_ends_the_call(line: str) -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 422, line)
    assert peer.news() == ["INVITE", "ACK"]
    assert [event.code for event in peer.reported(Failed)] == [422]
    peer.assert_quiet()


def test_422_for_ever_is_no_endless_loop() -> None:
    peer = ScriptedPeer()
    peer.invite()
    for least in range(2000, 3000, 100):
        peer.answer(peer.last("INVITE"), 422, f"Min-SE: {least}")
    assert peer.news().count("INVITE") == 4
    assert [event.code for event in peer.reported(Failed)] == [422]


def test_422_to_a_refresh() -> None:
    peer, _ = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    peer.answer(peer.last("UPDATE"), 422, "Min-SE: 200")
    again = peer.last("UPDATE")
    assert peer.news() == ["UPDATE", "UPDATE"]
    assert (again.headers.get("Session-Expires"), again.headers.get("Min-SE")) == ("200;refresher=uac", "200")
    peer.answer(again, 200, "Session-Expires: 200;refresher=uac")
    peer.pass_time(99)
    assert peer.news() == []
    peer.pass_time(1.1)
    assert peer.news() == ["UPDATE"]


def test_422_to_a_refresh_for_ever_is_no_endless_loop() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    peer.pass_time(45.1)
    for least in range(100, 2000, 100):
        peer.answer(peer.last("UPDATE"), 422, f"Min-SE: {least}")
    assert peer.news().count("UPDATE") == 4
    assert session.state == "confirmed"


def test_422_to_our_own_offer_is_met_too() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    session.reinvite(peer.now, b"v=0 new")
    peer.answer(peer.last("INVITE"), 422, "Min-SE: 200")
    assert peer.last("INVITE").headers.get("Session-Expires") == "200;refresher=uac"
    peer.answer(peer.last("INVITE"), 200, "Session-Expires: 200;refresher=uac", body=ANSWER)
    assert [event.body for event in peer.reported(AnswerReceived)] == [ANSWER]


def test_421_for_timer_is_met() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 421, "Require: timer")
    assert peer.last("INVITE").headers.values("Require") == ["timer"]


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_we_refuse_what_is_too_short_in_a_call(method: str) -> None:
    peer, session = agreed("Session-Expires: 300;refresher=uas")
    body = OFFER if method == "INVITE" else b""
    peer.request(method, "Supported: timer", "Session-Expires: 60;refresher=uac", dialog=session, body=body)
    assert peer.news() == ["422"]
    assert peer.last("422").headers.get("Min-SE") == "90"
    assert peer.reported(OfferReceived) == []


def test_we_refuse_a_call_with_too_short_an_interval_and_keep_nothing_of_it() -> None:
    peer = ScriptedPeer()
    peer.request("INVITE", "Supported: timer", "Session-Expires: 89", body=OFFER)
    assert peer.news() == ["422"]
    assert peer.last("422").headers.get("Min-SE") == "90"
    assert len(peer.user_agent.layer) == 0
