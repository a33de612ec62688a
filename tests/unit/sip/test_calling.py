"""Placing a call: what the events say and what goes out, behaviour by behaviour (RFC 3261 section 13)."""

from __future__ import annotations

import pytest

from fakes.scripted_peer import ANSWER, CONTACT, OFFER, ScriptedPeer
from ringout.sip.errors import LocalProtocolError
from ringout.sip.events import Answered, Ended, Failed, Provisional
from ringout.sip.user_agent import UserAgentSettings


def test_an_invite_says_who_calls_whom() -> None:
    peer = ScriptedPeer()
    peer.invite(headers=[("P-Asserted-Identity", "<sip:+1@x>")], contact_user="me")
    invite = peer.last("INVITE")
    headers = invite.headers
    assert headers.get("From") == '"Alice" <sip:alice@example.net>;tag=a000000000000001'
    assert headers.get("To") == "<sip:bob@example.org>"
    assert headers.get("Contact") == "<sip:me@192.0.2.1:5060>"
    assert headers.get("P-Asserted-Identity") == "<sip:+1@x>"
    assert headers.values("Supported") == ["100rel", "timer"]
    assert headers.get("Max-Forwards") == "70"
    assert invite.top_via.params["branch"].startswith("z9hG4bK")
    assert "rport" in invite.top_via.params
    assert invite.body == OFFER


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "sip:bob@x\r\nEvil: 1"},
        {"uri": "sip:bob@x SIP/2.0"},
        {"from_": "<sip:a@b>\r\nEvil: 1"},
        {"to": "<sip:a@b>\n"},
        {"to": "nobody"},
        {"from_": "<sip:a@b>;tag=mine"},
        {"contact_user": "x>\r\nEvil: 1"},
        {"headers": [("X", "a\r\nEvil: 1")]},
        {"headers": [("X: y\r\nEvil", "a")]},
        {"route": ["<sip:a@b>\r\nEvil: 1"]},
        {"content_type": "a/b\r\nEvil: 1"},
    ],
)
def test_nothing_breaks_out_of_its_header(changes: dict[str, object]) -> None:
    peer = ScriptedPeer()
    with pytest.raises(LocalProtocolError):
        peer.invite(**changes)
    assert peer.news() == []
    assert not peer.user_agent.sessions


def test_answered_once_however_many_copies_of_the_200_come() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 180)
    for _ in range(3):
        peer.answer(peer.last("INVITE"), 200, body=ANSWER)
    assert peer.news() == ["INVITE", "ACK", "ACK", "ACK"]
    (answered,) = peer.reported(Answered)
    assert (answered.session, answered.code, answered.body) == (session, 200, ANSWER)
    acks = [message for message in peer.sent if message.encode().startswith(b"ACK")]
    assert len({ack.encode() for ack in acks}) == 1


def test_the_ack_of_a_2xx_is_a_request_of_its_own_to_the_contact() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 200, contact="<sip:phone@192.0.2.99:5099;x=Y>")
    ack = peer.last("ACK")
    assert ack.uri == "sip:phone@192.0.2.99:5099;x=Y"
    assert ack.top_via.params["branch"] != invite.top_via.params["branch"]
    assert ack.cseq == (1, "ACK")
    assert peer.ways[-1].remote == ("192.0.2.99", 5099)


def test_record_route_becomes_the_route_set_in_reverse() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    rr = "Record-Route: <sip:192.0.2.11;lr>, <sip:192.0.2.12;lr>"
    peer.answer(peer.last("INVITE"), 200, rr, "Record-Route: <sip:192.0.2.13:5080;lr>")
    session.hang_up(peer.now)
    for name in ("ACK", "BYE"):
        request = peer.last(name)
        assert request.uri == "sip:bob@192.0.2.9:5070"
        assert request.headers.values("Route") == [
            "<sip:192.0.2.13:5080;lr>",
            "<sip:192.0.2.12;lr>",
            "<sip:192.0.2.11;lr>",
        ]
    assert {way.remote for way in peer.ways[1:]} == {("192.0.2.13", 5080)}


def test_a_strict_router_gets_itself_as_request_uri() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 200, "Record-Route: <sip:192.0.2.12;lr>, <sip:192.0.2.13>")
    ack = peer.last("ACK")
    assert ack.uri == "sip:192.0.2.13"
    assert ack.headers.values("Route") == ["<sip:192.0.2.12;lr>", CONTACT]


@pytest.mark.parametrize("tag", ["a+b", "x!y*z", "%41~", "UPPER.lower-1"])
def test_tags_come_back_letter_by_letter(tag: str) -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 200, tag=tag)
    assert peer.last("ACK").headers.get("To").endswith(f";tag={tag}")
    peer.request("BYE", dialog=session, tag=tag)
    assert peer.news()[-1] == "200"
    assert peer.reported(Ended)[0].by == "remote"


def test_provisionals_are_reported_when_they_say_something_new() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    for code in (100, 180, 180, 183, 199):
        peer.answer(invite, code)
    peer.answer(invite, 183, body=b"v=0 early")
    assert [(event.code, event.body) for event in peer.reported(Provisional)] == [
        (180, b""),
        (183, b""),
        (199, b""),
        (183, b"v=0 early"),
    ]
    assert peer.reported(Provisional)[-1].content_type == "application/sdp"


def test_early_sdp_is_the_answer_when_the_200_has_none() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 183, tag="x", body=b"v=0 of x")
    peer.answer(invite, 183, tag="y", body=b"v=0 of y")
    peer.answer(invite, 200, tag="x")
    assert peer.reported(Answered)[0].body == b"v=0 of x"


@pytest.mark.parametrize("code", [400, 404, 480, 486, 487, 499, 503, 600, 603, 699])
def test_a_refusal_is_reported_with_its_words(code: int) -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 180)
    peer.answer(peer.last("INVITE"), code, "Retry-After: 17 (lunch);duration=3", reason="Not today")
    (failed,) = peer.reported(Failed)
    assert (failed.code, failed.reason, failed.cause) == (code, "Not today", "response")
    assert (failed.retry_after, failed.was_ringing) == (17, True)
    peer.assert_quiet()


def test_a_redirection_is_reported_with_its_contacts_best_first() -> None:
    peer = ScriptedPeer()
    peer.invite()
    contacts = "Contact: <sip:a@x>;q=0.3, <sip:b@x>;q=1.0, <sip:c@x>;q=oops, <sip:d@x>"
    peer.answer(peer.last("INVITE"), 302, contacts)
    (failed,) = peer.reported(Failed)
    assert failed.contacts == ["sip:b@x", "sip:d@x", "sip:a@x", "sip:c@x"]
    assert not failed.was_ringing


@pytest.mark.parametrize(
    ("contacts", "found"),
    [
        ("sip:a@x;q=0.1, sip:b@x", ["sip:b@x", "sip:a@x"]),
        ("sip:a@x;q=0.5;", ["sip:a@x"]),
        ('"A, B" <sip:a@x;lr>;q=0.2, <sip:b@x>;q=.7, <sip:c@x>;q=1', ["sip:c@x", "sip:b@x", "sip:a@x;lr"]),
        ("<sip:a@x>;q=nan, <sip:b@x>;q=0.001, <sip:c@x>;q=1e9", ["sip:b@x", "sip:a@x", "sip:c@x"]),
        ("not an address, <sip:b@x>, <>", ["sip:b@x"]),
        ("<sip:open@x", []),
        ("", []),
        ("*", []),
        (", ".join(f"<sip:u{n}@x>" for n in range(300)), [f"sip:u{n}@x" for n in range(10)]),
    ],
)
def test_contacts_of_a_redirection(contacts: str, found: list[str]) -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 302, f"Contact: {contacts}")
    assert peer.reported(Failed)[0].contacts == found


# Forks.


def test_the_first_answer_of_a_fork_counts_and_the_others_are_acked_and_hung_up() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 180, tag="x")
    peer.answer(invite, 180, tag="y")
    peer.answer(invite, 200, tag="x")
    peer.news()
    peer.answer(invite, 200, tag="y", contact="<sip:y@192.0.2.9:5071>")
    assert peer.news() == ["ACK", "BYE"]
    bye = peer.last("BYE")
    assert (bye.to_tag, bye.uri) == ("y", "sip:y@192.0.2.9:5071")
    peer.answer(bye, 200)
    peer.answer(invite, 200, tag="y")
    peer.answer(invite, 200, tag="x")
    assert peer.news() == ["ACK", "ACK"]
    assert len(peer.reported(Answered)) == 1
    assert session.state == "confirmed"
    assert peer.reported(Ended) == []


def test_a_fork_of_absurd_width_is_bounded() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    for number in range(100):
        peer.answer(peer.last("INVITE"), 180, tag=f"t{number}")
    assert len(session.early) == 16
    peer.answer(peer.last("INVITE"), 200, tag="t99")
    assert len(peer.reported(Answered)) == 1


def test_a_200_without_contact_is_acknowledged_where_the_invite_went() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 200, contact=None)
    assert peer.last("ACK").uri == "sip:bob@example.org"
    assert peer.ways[-1] == peer.flow


def test_when_full_a_call_fails_without_a_datagram() -> None:
    peer = ScriptedPeer(UserAgentSettings(max_sessions=1))
    peer.invite()
    peer.news()
    peer.invite()
    assert peer.news() == []
    assert [event.code for event in peer.reported(Failed)] == [503]
