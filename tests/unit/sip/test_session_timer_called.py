"""Session timers (RFC 4028) when the peer calls or changes the session: who refreshes then, and when it ends."""

from __future__ import annotations

import pytest

from fakes.scripted_peer import ANSWER, ScriptedPeer
from fakes.session_timer import ALLOW, agreed
from ringout.sip.events import Confirmed

# What the caller's INVITE says -> our 200, and who then refreshes: RFC 4028 section 9, table 2.
ROLES = {
    "understands, names nobody": (("Supported: timer", "Session-Expires: 300"), "300;refresher=uac", True, "peer"),
    "wants to": (("Supported: timer", "Session-Expires: 300;refresher=uac"), "300;refresher=uac", True, "peer"),
    "wants us to": (("Supported: timer", "Session-Expires: 300;refresher=uas"), "300;refresher=uas", True, "we"),
    "a proxy asks for one that does not understand": (("Session-Expires: 300",), "300;refresher=uas", False, "we"),
    "understands, asks for none": (("Supported: timer",), "1800;refresher=uac", True, "peer"),
    "asks for more than we want": (("Supported: timer", "Session-Expires: 7200"), "1800;refresher=uac", True, "peer"),
    "and takes no less": (
        ("Supported: timer", "Session-Expires: 7200", "Min-SE: 3600"),
        "3600;refresher=uac",
        True,
        "peer",
    ),
    "knows nothing of it": ((), None, False, "nobody"),
}


@pytest.mark.parametrize("case", ROLES)
def test_who_refreshes_when_we_are_called(case: str) -> None:
    lines, expires, required, who = ROLES[case]
    peer = ScriptedPeer()
    session = peer.incoming_call(*lines, ALLOW)
    session.answer(peer.now, ANSWER)
    answer = peer.last("200")
    assert answer.headers.get("Session-Expires") == expires
    assert ("timer" in answer.headers.values("Require")) is required
    peer.request("ACK", dialog=session)
    assert len(peer.reported(Confirmed)) == 1
    peer.news()
    if who == "nobody":
        peer.pass_time(10_000)
        assert peer.news() == []
        return
    seconds = int((expires or "").partition(";")[0])
    peer.pass_time(seconds / 2 + 0.1)
    assert peer.news() == (["UPDATE"] if who == "we" else [])
    if who == "peer":
        peer.pass_time(seconds / 2 - 32)
        assert peer.news() == ["BYE"]


def test_a_called_side_that_never_gets_its_ack_is_no_longer_timed() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call("Supported: timer", "Session-Expires: 90;refresher=uac")
    session.answer(peer.now, ANSWER)
    peer.pass_time(40)
    peer.answer(peer.last("BYE"), 200)
    peer.assert_quiet()


def test_a_hold_without_session_expires_keeps_the_timer_going() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 300;refresher=uac")
    peer.request("INVITE", dialog=session, body=b"v=0 hold")
    session.accept_offer(peer.now, b"v=0 held")
    assert peer.last("200").headers.get("Session-Expires") == "300;refresher=uas"
    peer.request("ACK", dialog=session)
    peer.news()
    peer.pass_time(150.1)
    assert peer.news() == ["UPDATE"]
    assert peer.last("UPDATE").headers.get("Session-Expires") == "300;refresher=uac"


def test_an_update_before_the_answer_starts_no_timer() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 180)
    peer.request("UPDATE", "Supported: timer", "Session-Expires: 300;refresher=uac", dialog=session)
    assert "Session-Expires" not in peer.last("200").headers
    assert session.timer is None


def test_a_timer_that_a_hold_brings_is_kept() -> None:
    peer, session = agreed(ALLOW)
    peer.request("INVITE", "Supported: timer", "Session-Expires: 90;refresher=uac", dialog=session, body=b"v=0 hold")
    session.accept_offer(peer.now, b"v=0 held")
    assert peer.last("200").headers.get("Session-Expires") == "90;refresher=uac"
    peer.request("ACK", dialog=session)
    peer.news()
    peer.pass_time(60.1)
    assert peer.news() == ["BYE"]


def test_an_ended_call_is_out_of_memory_long_before_its_refresh_would_have_been_due() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 1800;refresher=uac")
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    peer.invite()
    peer.answer(peer.last("INVITE"), 200, "Session-Expires: 120;refresher=uas", body=ANSWER)
    peer.pass_time(70)
    assert len(peer.user_agent.layer.heap) == 1  # of the call that goes on


def test_hanging_up_stops_the_timer() -> None:
    peer, session = agreed(ALLOW, "Session-Expires: 90;refresher=uac")
    session.hang_up(peer.now)
    peer.pass_time(20)
    peer.answer(peer.last("BYE"), 200)
    peer.news()
    peer.assert_quiet()
    assert peer.news() == []
