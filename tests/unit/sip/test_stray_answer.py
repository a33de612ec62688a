"""A phone that was rung by an INVITE that a crash left unstored is hung up when it answers."""

from __future__ import annotations

from fakes.scripted_peer import ANSWER, ScriptedPeer


def restarted() -> ScriptedPeer:
    """Another process that knows nothing of any call."""
    peer = ScriptedPeer()
    peer.user_agent.ids.token = iter(f"second{n}" for n in range(100)).__next__  # type: ignore[method-assign]
    return peer


def test_an_answer_that_nobody_waits_for_gets_ack_and_bye() -> None:
    before, peer = ScriptedPeer(), restarted()
    before.invite()
    invite = before.last("INVITE")
    peer.user_agent.strays_until = peer.now + 10
    peer.answer(invite, 200, "Record-Route: <sip:192.0.2.12;lr>", body=ANSWER)
    assert peer.news() == ["ACK", "BYE"]
    ack, bye = peer.last("ACK"), peer.last("BYE")
    assert ack.cseq == (invite.cseq[0], "ACK")
    assert bye.cseq[0] > invite.cseq[0]
    for request in (ack, bye):
        assert (request.call_id, request.from_tag) == (invite.call_id, invite.from_tag)
        assert request.to_tag is not None
        assert request.headers.get("Route") == "<sip:192.0.2.12;lr>"
    peer.answer(invite, 200, "Record-Route: <sip:192.0.2.12;lr>", body=ANSWER)
    assert peer.news() == ["ACK"]
    peer.answer(bye, 200)
    assert not peer.user_agent.sessions


def test_only_for_a_while_and_only_answers_to_invites_of_this_address() -> None:
    before, peer = ScriptedPeer(), restarted()
    before.invite()
    invite = before.last("INVITE")
    peer.answer(invite, 200, body=ANSWER)
    assert peer.news() == []
    peer.user_agent.strays_until = peer.now + 10
    peer.answer(invite, 180)
    peer.answer(invite, 486)
    assert peer.news() == []
    via = invite.headers.get("Via") or ""
    invite.headers.set("Via", via.replace("192.0.2.", "198.51.100."))
    peer.answer(invite, 200, body=ANSWER)
    assert peer.news() == []
    assert not peer.user_agent.sessions
