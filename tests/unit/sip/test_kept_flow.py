"""Calls to a phone along the way that it opened itself: a NAT hides every other."""

from __future__ import annotations

from fakes.scripted_peer import ANSWER, PEER, ScriptedPeer

INSIDE = "<sip:desk@10.0.0.5:5060>"  # as the phone sees itself, behind its NAT


def test_requests_within_the_dialog_take_the_phones_own_way() -> None:
    for keeps_flow, wanted in ((True, PEER), (False, ("10.0.0.5", 5060))):
        peer = ScriptedPeer()
        session = peer.invite(keeps_flow=keeps_flow)
        peer.answer(peer.last("INVITE"), 200, contact=INSIDE, body=ANSWER)
        assert (peer.last("ACK").uri, peer.ways[-1].remote) == (INSIDE.strip("<>"), wanted)
        session.hang_up(peer.now)
        assert (peer.last("BYE").uri, peer.ways[-1].remote) == (INSIDE.strip("<>"), wanted)


def test_a_phone_that_moves_within_the_call_is_still_reached_by_it() -> None:
    peer = ScriptedPeer()
    session = peer.invite(keeps_flow=True)
    peer.answer(peer.last("INVITE"), 200, contact=INSIDE, body=ANSWER)
    peer.request("UPDATE", "Contact: <sip:desk@10.0.0.6>", dialog=session)
    session.hang_up(peer.now)
    peer.last("BYE")
    assert peer.ways[-1].remote == PEER


def test_after_a_restart_too() -> None:
    peer = ScriptedPeer()
    session = peer.invite(keeps_flow=True)
    peer.answer(peer.last("INVITE"), 200, contact=INSIDE, body=ANSWER)
    later = ScriptedPeer()
    later.user_agent.restore(session.stored(), later.now).hang_up(later.now)
    assert later.last("BYE").uri == INSIDE.strip("<>")
    assert later.ways[-1].remote == PEER
