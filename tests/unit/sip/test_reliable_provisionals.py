"""100rel and PRACK on both sides, and 421 (RFC 3262)."""

from __future__ import annotations

from fakes.scripted_peer import ANSWER, ScriptedPeer
from ringout.sip.events import Answered, DialogChanged, Failed, Provisional


def reliable(number: int) -> list[str]:
    return ["Require: 100rel", f"RSeq: {number}"]


def test_a_reliable_1xx_gets_one_prack() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 183, *reliable(7), body=ANSWER)
    peer.answer(invite, 183, *reliable(7), body=ANSWER)
    assert peer.news() == ["INVITE", "PRACK"]
    prack = peer.last("PRACK")
    assert prack.headers.get("RAck") == "7 1 INVITE"
    assert (prack.cseq, prack.to_tag, prack.uri) == ((2, "PRACK"), "peer", "sip:bob@192.0.2.9:5070")
    assert len(peer.reported(Provisional)) == 1


def test_reliable_1xx_out_of_order_are_ignored() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    for number in (5, 7, 4, 6):
        peer.answer(invite, 183, *reliable(number), body=b"v=0 %d" % number)
    assert [prack.headers.get("RAck") for prack in peer.sent if getattr(prack, "method", "") == "PRACK"] == [
        "5 1 INVITE",
        "6 1 INVITE",
    ]
    assert [event.body for event in peer.reported(Provisional)] == [b"v=0 5", b"v=0 6"]


def test_each_branch_of_a_fork_counts_for_itself() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 183, *reliable(5), tag="x")
    peer.answer(peer.last("INVITE"), 183, *reliable(90), tag="y")
    assert peer.news() == ["INVITE", "PRACK", "PRACK"]


def test_the_sdp_of_a_reliable_183_is_the_answer_and_bye_counts_on() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 183, *reliable(1), body=ANSWER)
    peer.answer(peer.last("PRACK"), 200)
    peer.answer(peer.last("INVITE"), 200)
    assert peer.reported(Answered)[0].body == ANSWER
    assert peer.last("ACK").cseq == (1, "ACK")
    session.hang_up(peer.now)
    assert peer.last("BYE").cseq == (3, "BYE")


def test_a_prack_that_fails_ends_nothing() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 183, *reliable(1))
    peer.answer(peer.last("PRACK"), 481)
    assert session.state == "proceeding"


def test_421_is_met_once() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 421, "Require: 100rel")
    second = peer.last("INVITE")
    assert (second.cseq, second.headers.get("Require")) == ((2, "INVITE"), "100rel")
    assert len(peer.reported(DialogChanged)) == 1
    peer.answer(second, 421, "Require: 100rel")
    assert [event.code for event in peer.reported(Failed)] == [421]


def test_421_for_what_we_lack_is_the_end() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 421, "Require: telepathy")
    assert peer.news() == ["INVITE", "ACK"]
    assert len(peer.reported(Failed)) == 1


# Our side as UAS.


def rack_of(peer: ScriptedPeer, code: str) -> str:
    return f"RAck: {peer.last(code).headers.get('RSeq')} 1 INVITE"


def test_ours_is_repeated_until_its_prack() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call("Supported: 100rel")
    session.ring(peer.now, 183, ANSWER, reliable=True)
    assert peer.last("183").headers.get("Require") == "100rel"
    peer.news()
    peer.pass_time(3.6)
    assert peer.news() == ["183"] * 3
    peer.request("PRACK", rack_of(peer, "183"), dialog=session, cseq=2)
    assert peer.news() == ["200"]
    peer.pass_time(20)
    assert peer.news() == []
    peer.request("PRACK", rack_of(peer, "183"), dialog=session, cseq=3)
    assert peer.news() == ["481"]


def test_without_prack_the_call_is_refused_after_32_s() -> None:
    peer = ScriptedPeer()
    peer.incoming_call("Supported: 100rel").ring(peer.now, 183, ANSWER, reliable=True)
    peer.pass_time(32.1)
    assert peer.news()[-1] == "504"
    assert len(peer.reported(Failed)) == 1
    peer.assert_quiet()


def test_a_caller_without_100rel_gets_ordinary_ones_and_one_that_requires_it_reliable_ones() -> None:
    peer = ScriptedPeer()
    peer.incoming_call().ring(peer.now, reliable=True)
    assert "RSeq" not in peer.last("180").headers
    other = ScriptedPeer()
    other.incoming_call("Require: 100rel").ring(other.now)
    assert "RSeq" in other.last("180").headers


def test_the_second_waits_for_the_prack_of_the_first() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call("Supported: 100rel")
    session.ring(peer.now, 183, reliable=True)
    first = rack_of(peer, "183")
    session.ring(peer.now, 180, reliable=True)
    assert peer.news() == ["100", "183"]
    peer.request("PRACK", first, dialog=session, cseq=2)
    assert peer.news() == ["200", "180"]
    assert int(peer.last("180").headers.get("RSeq")) == int(peer.last("183").headers.get("RSeq")) + 1


def test_the_answer_waits_for_the_prack_of_an_sdp() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call("Supported: 100rel")
    session.ring(peer.now, 183, ANSWER, reliable=True)
    session.answer(peer.now, b"")
    assert peer.news() == ["100", "183"]
    peer.request("PRACK", rack_of(peer, "183"), dialog=session, cseq=2)
    assert peer.news() == ["200", "200"]
