"""Whatever stands in a header field that tells more than the code, nothing breaks and the call ends as it should."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.scripted_peer import ANSWER, OFFER, ScriptedPeer
from ringout.sip.events import Ended, Failed
from ringout.sip.redirection import Redirected

PIECES = [
    *("<sip:bob@example.org>", "<sip:", "sips:[::1]", "<tel:+1>", ";reason=", "user-busy", ";index=1.2", ";index="),
    *("?Reason=", "SIP%3Bcause%3D302", '"', "\\", ",", ";", "=", " ", "90", "0", "99999999999", ";refresher=uac"),
    *(";refresher=", "Q.850", ";cause=17", ";cause=", ";text=", "..", "e30", "eyJhdHRlc3QiOiJBIn0", "..sig"),
    *(";info=<x>", "timer", "UPDATE", "\u00e9", "\u202e", "\x00", "\x7f", "\t", "%", "<", ">", "@"),
]  # fmt: skip
values = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map(
    lambda pieces: "".join(pieces).replace("\r", "").replace("\n", "")
)
names = st.sampled_from(
    [
        "Diversion",
        "History-Info",
        "Identity",
        "Date",
        "Reason",
        "Session-Expires",
        "Min-SE",
        "Allow",
        "Supported",
        "Require",
    ]
)
lines = st.lists(st.tuples(names, values).map(": ".join), min_size=1, max_size=4)


@settings(max_examples=200)
@given(lines=lines, code=st.sampled_from([200, 302, 422, 480, 503]))
def test_in_a_response_to_our_invite(lines: list[str], code: int) -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), code, *lines, body=ANSWER if code == 200 else b"")
    for failed in peer.reported(Failed):
        told = failed.redirected or Redirected()
        # Fit to be sent in another INVITE.
        peer.invite(headers=told.headers_for("sip:carol@example.org"))
        assert all(address.isprintable() for address, _ in told.came_from)
    peer.pass_time(100)
    session.hang_up(peer.now)
    for other in list(peer.user_agent.sessions.values()):
        other.hang_up(peer.now)
    peer.assert_quiet()


@settings(max_examples=200)
@given(lines=lines, method=st.sampled_from(["INVITE", "UPDATE", "BYE"]))
def test_in_a_request_within_the_call(lines: list[str], method: str) -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request(method, *lines, dialog=session, body=OFFER if method == "INVITE" else b"")
    session.accept_offer(peer.now, ANSWER)
    assert peer.news()
    peer.request("ACK", dialog=session)
    peer.pass_time(100)
    session.hang_up(peer.now)
    peer.pass_time(300)
    assert len(peer.reported(Ended)) == 1
    peer.assert_quiet()


@settings(max_examples=100)
@given(lines=lines)
def test_in_an_invite_to_us(lines: list[str]) -> None:
    peer = ScriptedPeer()
    peer.request("INVITE", *lines, body=OFFER)
    for session in list(peer.user_agent.sessions.values()):
        session.answer(peer.now, ANSWER)  # type: ignore[attr-defined]
    assert peer.news()
    peer.pass_time(100)
    for session in list(peer.user_agent.sessions.values()):
        session.hang_up(peer.now)
    peer.assert_quiet()
