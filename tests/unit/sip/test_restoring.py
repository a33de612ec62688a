"""A session stored before a crash is hung up afterwards, whatever the phone did in between."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.scripted_peer import ANSWER, ScriptedPeer
from ringout.sip.digest import Credentials
from ringout.sip.events import Answered, Ended, Failed
from ringout.sip.invite_client import UacSession
from ringout.sip.invite_session import InviteSession


def after_a_crash(before: ScriptedPeer, session: InviteSession) -> tuple[ScriptedPeer, UacSession]:
    peer = ScriptedPeer()
    peer.user_agent.ids.token = iter(f"second{n}" for n in range(100)).__next__  # type: ignore[method-assign]
    peer.now = 1.0  # another process, another clock
    restored = peer.user_agent.restore(session.stored(), peer.now)
    assert peer.news() == []
    return peer, restored


def test_a_phone_that_is_up_gets_bye() -> None:
    before = ScriptedPeer()
    session = before.invite()
    before.answer(before.last("INVITE"), 200, "Record-Route: <sip:192.0.2.12;lr>")
    peer, restored = after_a_crash(before, session)
    assert restored.state == "confirmed"
    restored.hang_up(peer.now)
    bye = peer.last("BYE")
    ack = before.last("ACK")
    assert (bye.call_id, bye.from_tag, bye.to_tag) == (ack.call_id, ack.from_tag, ack.to_tag)
    assert bye.headers.get("Route") == "<sip:192.0.2.12;lr>"
    assert bye.uri == ack.uri
    assert bye.cseq[0] > 1
    peer.answer(bye, 200)
    assert [event.by for event in peer.reported(Ended)] == ["local"]
    peer.assert_quiet()


def test_bytes_that_are_no_utf_8_survive_the_crash() -> None:
    before = ScriptedPeer()
    session = before.invite()
    before.answer(before.last("INVITE"), 200, "Record-Route: <sip:caf\udce9@192.0.2.12;lr>, <sip:192.0.2.13;lr>")
    peer, restored = after_a_crash(before, session)
    restored.hang_up(peer.now)
    assert "<sip:caf\udce9@192.0.2.12;lr>" in peer.last("BYE").headers.values("Route")


def test_copies_of_the_200_are_still_acknowledged() -> None:
    before = ScriptedPeer()
    session = before.answered_call()
    peer, restored = after_a_crash(before, session)
    peer.answer(before.last("INVITE"), 200, body=ANSWER)
    assert peer.news() == ["ACK"]
    assert peer.last("ACK").cseq == (1, "ACK")
    restored.hang_up(peer.now)
    peer.answer(before.last("INVITE"), 200, body=ANSWER)
    assert peer.news() == ["BYE", "ACK"]
    assert peer.reported(Answered) == []


def test_a_phone_that_rings_gets_cancel_and_the_487_its_ack() -> None:
    before = ScriptedPeer()
    session = before.invite(route=["<sip:192.0.2.50;lr>"])
    invite = before.last("INVITE")
    before.answer(invite, 180)
    peer, restored = after_a_crash(before, session)
    restored.hang_up(peer.now)
    cancel = peer.last("CANCEL")
    assert cancel.uri == invite.uri
    for name in ("Via", "Route", "From", "To", "Call-ID"):
        assert cancel.headers.all(name) == invite.headers.all(name)
    peer.answer(cancel, 200)
    peer.answer(invite, 487)
    ack = peer.last("ACK")
    assert ack.headers.all("Via") == invite.headers.all("Via")
    assert [event.cause for event in peer.reported(Failed)] == ["cancelled"]
    peer.assert_quiet()


def test_a_phone_answered_in_between_gets_ack_and_bye() -> None:
    before = ScriptedPeer()
    session = before.invite()
    invite = before.last("INVITE")
    before.answer(invite, 180)
    peer, restored = after_a_crash(before, session)
    restored.hang_up(peer.now)
    peer.answer(invite, 200, body=ANSWER)
    assert peer.news() == ["CANCEL", "ACK", "BYE"]
    peer.answer(peer.last("BYE"), 200)
    assert [event.cause for event in peer.reported(Failed)] == ["cancelled"]
    peer.assert_quiet()


@pytest.mark.parametrize("code", [481, 200])
def test_a_phone_that_was_answered_and_acked_unknown_to_us_gets_bye(code: int) -> None:
    before = ScriptedPeer()
    session = before.invite()
    before.answer(before.last("INVITE"), 180)
    peer, restored = after_a_crash(before, session)
    restored.hang_up(peer.now)
    peer.answer(peer.last("CANCEL"), code)
    peer.pass_time(2.1)
    assert "BYE" in peer.news()
    assert peer.last("BYE").to_tag == "peer"
    peer.answer(peer.last("BYE"), 200)
    peer.pass_time(32)
    assert [event.cause for event in peer.reported(Failed)] == ["cancelled"]
    peer.assert_quiet()


def test_a_phone_that_was_only_just_called_gets_cancel() -> None:
    before = ScriptedPeer()
    session = before.invite()
    peer, restored = after_a_crash(before, session)
    restored.hang_up(peer.now)
    assert peer.news() == ["CANCEL"]
    peer.pass_time(33)
    assert len(peer.reported(Failed)) == 1
    peer.assert_quiet()


def test_the_called_side_can_be_hung_up_too() -> None:
    before = ScriptedPeer()
    session = before.incoming_call()
    session.answer(before.now, ANSWER)
    before.request("ACK", dialog=session)
    peer, restored = after_a_crash(before, session)
    restored.hang_up(peer.now)
    bye = peer.last("BYE")
    assert (bye.from_tag, bye.to_tag, bye.uri) == (session.local_tag, "peer", "sip:bob@192.0.2.9:5070")


def test_nothing_stored_is_secret() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call(credentials=Credentials("alice", "hunter2"))
    assert b"hunter2" not in session.stored()
    assert len(session.stored()) < 1000


def test_every_state_can_be_stored() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    for step in (
        lambda: peer.answer(peer.last("INVITE"), 180),
        lambda: peer.answer(peer.last("INVITE"), 200),
        lambda: session.hang_up(peer.now),
        lambda: peer.answer(peer.last("BYE"), 200),
    ):
        _, restored = after_a_crash(peer, session)
        assert restored.stored()
        step()
    _, restored = after_a_crash(peer, session)
    assert restored.call_id == session.call_id


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[1,2,3]", b"[" * 10000])
def test_junk_is_a_value_error(junk: bytes) -> None:
    with pytest.raises(ValueError):
        ScriptedPeer().user_agent.restore(junk, 0.0)


@settings(max_examples=100)
@given(st.data())
def test_a_damaged_field_is_a_value_error_or_harmless(data: st.DataObject) -> None:
    before = ScriptedPeer()
    fields = json.loads(before.answered_call().stored())
    index = data.draw(st.integers(0, len(fields) - 1))
    fields[index] = data.draw(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers()), st.floats()))
    peer = ScriptedPeer()
    try:
        restored = peer.user_agent.restore(json.dumps(fields).encode(), 0.0)
    except ValueError:
        return
    restored.hang_up(0.0)
    peer.user_agent.datagrams_to_send()


def test_an_answer_to_an_invite_sent_again_after_the_last_storing_gets_ack_and_bye() -> None:
    before = ScriptedPeer()
    session = before.invite(credentials=Credentials("alice", "secret"))
    stored = session.stored()
    before.answer(before.last("INVITE"), 401, 'WWW-Authenticate: Digest realm="x", nonce="n1", qop="auth"')
    peer = ScriptedPeer()
    peer.user_agent.strays_until = peer.now + 10
    peer.user_agent.restore(stored, peer.now).hang_up(peer.now)
    peer.answer(before.last("INVITE"), 200, body=ANSWER)
    assert peer.news() == ["CANCEL", "ACK", "BYE"]
    assert peer.last("ACK").cseq == (2, "ACK")
    peer.answer(peer.last("BYE"), 200)
    assert [event.cause for event in peer.reported(Failed)] == ["cancelled"]
    peer.assert_quiet()


def test_a_late_copy_of_an_answer_harms_no_call() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.user_agent.strays_until = peer.now + 100
    peer.pass_time(33)
    peer.answer(peer.last("INVITE"), 200, body=ANSWER)
    assert peer.news() == []
    assert session.state == "confirmed"


def test_an_answer_that_cannot_be_read_to_its_end_leaves_nothing() -> None:
    before, peer = ScriptedPeer(), ScriptedPeer()
    before.invite()
    peer.user_agent.strays_until = peer.now + 100
    peer.answer(before.last("INVITE"), 200, tag="z" * 5000)
    assert peer.news() == []
    peer.assert_quiet()
