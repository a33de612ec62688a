"""Client transactions row by row, on the wire (RFC 3261 section 17.1, RFC 6026)."""

from __future__ import annotations

import pytest

from fakes.scripted_peer import ANSWER, ScriptedPeer
from ringout.sip.events import Answered, Failed, RequestAnswered
from ringout.sip.flow import Flow


def times_of(peer: ScriptedPeer, seconds: float, what: str) -> list[float]:
    """When messages of that kind leave within the next seconds, relative to now."""
    start, found = peer.now, []
    peer.news()
    while peer.now < start + seconds:
        deadline = peer.user_agent.next_deadline()
        if deadline is None or deadline > start + seconds:
            break
        peer.pass_time(max(deadline - peer.now, 0.0))
        found += [round(peer.now - start, 3)] * peer.news().count(what)
    peer.pass_time(start + seconds - peer.now)
    return found


def test_invite_is_sent_again_at_the_doubling_times_and_given_up_after_32_s() -> None:
    peer = ScriptedPeer()
    peer.invite()
    assert times_of(peer, 31.9, "INVITE") == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert peer.reported(Failed) == []
    peer.pass_time(0.2)
    (failed,) = peer.reported(Failed)
    assert (failed.code, failed.cause) == (408, "timeout")
    peer.assert_quiet()


def test_every_copy_of_the_invite_is_the_same() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.pass_time(4)
    peer.collect()
    assert len({message.encode() for message in peer.sent}) == 1
    assert len(peer.sent) == 4


def test_on_tcp_nothing_is_sent_again_but_given_up_all_the_same() -> None:
    peer = ScriptedPeer(transport="tcp")
    peer.invite()
    assert times_of(peer, 31.9, "INVITE") == []
    peer.pass_time(0.2)
    assert peer.reported(Failed)[0].cause == "timeout"


def test_after_a_1xx_a_phone_may_ring_for_ever() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 100)
    assert times_of(peer, 600, "INVITE") == []
    assert peer.reported(Failed) == []
    peer.answer(peer.last("INVITE"), 200, body=ANSWER)
    assert len(peer.reported(Answered)) == 1


def test_ack_of_a_refusal_repeats_branch_uri_and_route_of_the_invite() -> None:
    peer = ScriptedPeer()
    peer.invite(route=["<sip:192.0.2.50;lr>", "<sip:192.0.2.51;lr>"])
    invite = peer.last("INVITE")
    peer.answer(invite, 486)
    ack = peer.last("ACK")
    assert ack.uri == invite.uri == "sip:bob@example.org"
    assert ack.headers.all("Via") == invite.headers.all("Via")
    assert ack.headers.all("Route") == ["<sip:192.0.2.50;lr>", "<sip:192.0.2.51;lr>"]
    assert ack.headers.get("To") == "<sip:bob@example.org>;tag=peer"
    assert ack.cseq == (invite.cseq[0], "ACK")
    assert peer.reported(Failed)[0].code == 486


def test_each_copy_of_a_refusal_is_acknowledged_for_32_s() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 486)
    peer.news()
    peer.pass_time(31)
    peer.answer(invite, 486)
    assert peer.news() == ["ACK"]
    peer.pass_time(2)
    peer.answer(invite, 486)
    assert peer.news() == []
    assert len(peer.reported(Failed)) == 1
    peer.assert_quiet()


def test_on_tcp_a_refused_invite_is_forgotten_at_once() -> None:
    peer = ScriptedPeer(transport="tcp")
    peer.invite()
    peer.answer(peer.last("INVITE"), 486)
    assert "ACK" in peer.news()
    peer.pass_time(0.001)
    assert len(peer.user_agent.layer) == 0


def test_a_transport_failure_ends_the_attempt_at_once_as_503() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.user_agent.transport_failed(peer.flow, peer.now)
    (failed,) = peer.reported(Failed)
    assert (failed.code, failed.cause) == (503, "transport")
    peer.assert_quiet()


def test_a_transport_failure_on_another_way_touches_nobody() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.user_agent.transport_failed(Flow("udp", peer.flow.local, ("192.0.2.77", 5060)), peer.now)
    peer.user_agent.transport_failed(Flow("tcp", *peer.flow[1:]), peer.now)
    assert peer.reported(Failed) == []


def test_bye_is_sent_again_with_a_cap_of_t2_and_given_up_after_32_s() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.hang_up(peer.now)
    assert times_of(peer, 33, "BYE") == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert session.state == "terminated"
    peer.assert_quiet()


def test_a_1xx_slows_a_request_down_to_t2_but_its_time_runs_on() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.request(peer.now, "INFO", b"Signal=1", "application/dtmf-relay")
    peer.answer(peer.last("INFO"), 100)
    assert times_of(peer, 31.9, "INFO") == [4, 8, 12, 16, 20, 24, 28]
    peer.pass_time(0.2)
    assert [(event.method, event.code) for event in peer.reported(RequestAnswered)] == [("INFO", 408)]


@pytest.mark.parametrize("code", [200, 404, 299, 499, 699])
def test_copies_of_a_final_response_are_absorbed(code: int) -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.request(peer.now, "INFO", b"x", "text/plain")
    info = peer.last("INFO")
    peer.answer(info, code)
    peer.answer(info, code)
    assert [event.code for event in peer.reported(RequestAnswered)] == [code]


def test_a_response_of_nobody_is_counted_and_dropped() -> None:
    peer = ScriptedPeer()
    peer.invite()
    invite = peer.last("INVITE")
    peer.answer(invite, 486)
    peer.pass_time(40)
    peer.answer(invite, 486)
    assert peer.user_agent.counters["unmatched_response"] == 1
