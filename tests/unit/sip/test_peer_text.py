"""What a peer writes for people is cut and cleaned before anybody sees or stores it."""

from __future__ import annotations

import msgspec
import pytest

from fakes.scripted_peer import ScriptedPeer
from ringout.sip.events import Answered, Ended, Failed, Provisional
from ringout.sip.peer_text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Busy Here", "Busy Here"),
        ("", ""),
        ("Occupé ☎", "Occupé ☎"),
        ("a\tb\x1b[31mc\x00\x7f", "a b [31mc"),
        ("user\u202eexe.gpj", "user exe.gpj"),
        ("caf\udce9", "caf"),
        ("x" * 1_000_000, "x" * 128),
        ("\x01" * 1_000_000, ""),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("nasty", ["N\xe9gatif \x1b[2J", "R" * 60_000])
def test_every_phrase_that_is_reported(nasty: str) -> None:
    peer = ScriptedPeer()
    peer.invite()
    raw = _raw(peer, 183, nasty)
    peer.feed(raw)
    peer.feed(_raw(peer, 486, nasty))
    other = ScriptedPeer()
    session = other.invite()
    other.feed(_raw(other, 200, nasty))
    other.request("BYE", f"Reason: {'Q' * 60_000}", dialog=session)
    reasons = [event.reason for kind in (Provisional, Failed) for event in peer.reported(kind)]
    reasons += [event.reason for event in other.reported(Answered)]
    reasons += [event.reason or "" for event in other.reported(Ended)]
    assert len(reasons) == 4
    for reason in reasons:
        assert reason.isprintable()
        assert 0 < len(reason) <= 128
        msgspec.json.encode(reason)  # what stores the row; a byte that is no UTF-8 would stop all storing


def _raw(peer: ScriptedPeer, code: int, phrase: str) -> bytes:
    invite = peer.last("INVITE")
    head = (
        f"SIP/2.0 {code} {phrase}\r\nVia: {invite.headers.get('Via')}\r\nFrom: {invite.headers.get('From')}\r\n"
        f"To: <sip:bob@example.org>;tag=peer\r\nCall-ID: {invite.call_id}\r\nCSeq: {invite.headers.get('CSeq')}\r\n"
        "Contact: <sip:bob@192.0.2.9:5070>\r\nContent-Length: 0\r\n\r\n"
    )
    return head.encode("latin-1")
