"""Calls whose answer says something of session timers."""

from __future__ import annotations

from fakes.scripted_peer import ANSWER, ScriptedPeer

ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"
NO_UPDATE = "Allow: INVITE, ACK, BYE, CANCEL"


def agreed(*lines: str, **changes: object) -> tuple[ScriptedPeer, object]:
    """A call of ours whose 200 has those header lines."""
    peer = ScriptedPeer()
    session = peer.invite(**changes)
    peer.answer(peer.last("INVITE"), 200, *lines, body=ANSWER)
    peer.news()
    return peer, session
