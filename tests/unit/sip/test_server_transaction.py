"""Server transactions row by row, on the wire (RFC 3261 section 17.2, RFC 6026), and where responses go."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.scripted_peer import ANSWER, PEER, ScriptedPeer
from ringout.sip.events import Confirmed, Ended, Failed, IncomingInvite
from ringout.sip.flow import Flow


def test_a_copy_of_the_invite_gets_the_last_provisional_again() -> None:
    peer = ScriptedPeer()
    branch = peer.request("INVITE")
    assert peer.news() == ["100"]
    peer.request("INVITE", branch=branch)
    assert peer.news() == ["100"]
    peer.reported(IncomingInvite)[0].session.ring(peer.now)
    assert peer.news() == ["180"]
    peer.request("INVITE", branch=branch)
    assert peer.news() == ["180"]
    assert len(peer.reported(IncomingInvite)) == 1


def test_a_refusal_is_repeated_until_its_ack() -> None:
    peer = ScriptedPeer()
    branch = peer.request("INVITE")
    peer.reported(IncomingInvite)[0].session.reject(peer.now, 486)
    assert peer.news() == ["100", "486"]
    peer.pass_time(1.6)
    assert peer.news() == ["486", "486"]
    peer.request("INVITE", branch=branch)
    assert peer.news() == ["486"]
    peer.request("ACK", branch=branch)
    peer.pass_time(20)
    assert peer.news() == []
    peer.assert_quiet()


def test_a_refusal_without_any_ack_is_given_up_after_32_s() -> None:
    peer = ScriptedPeer()
    peer.request("INVITE")
    peer.reported(IncomingInvite)[0].session.reject(peer.now, 603)
    peer.pass_time(40)
    assert peer.news().count("603") == 1 + 10
    assert len(peer.reported(Failed)) == 1
    peer.assert_quiet()


def test_a_200_is_repeated_until_its_ack_and_a_copy_of_the_invite_changes_nothing() -> None:
    peer = ScriptedPeer()
    branch = peer.request("INVITE")
    session = peer.reported(IncomingInvite)[0].session
    session.answer(peer.now, ANSWER)
    peer.news()
    peer.request("INVITE", branch=branch)
    assert peer.news() == []
    peer.pass_time(3.6)
    assert peer.news() == ["200"] * 3
    peer.request("ACK", dialog=session)
    assert len(peer.reported(Confirmed)) == 1
    peer.pass_time(20)
    assert peer.news() == []


def test_a_200_without_any_ack_ends_with_bye() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    session.answer(peer.now, ANSWER)
    peer.pass_time(32.1)
    sent = peer.news()
    assert sent.count("200") == 11
    assert sent[-1] == "BYE"
    peer.answer(peer.last("BYE"), 200)
    (ended,) = peer.reported(Ended)
    assert ended.by == "remote"
    peer.assert_quiet()


def test_a_second_ack_is_not_a_second_confirmation() -> None:
    peer = ScriptedPeer()
    session = peer.incoming_call()
    session.answer(peer.now, ANSWER)
    for _ in range(2):
        peer.request("ACK", dialog=session)
    assert len(peer.reported(Confirmed)) == 1


def test_a_copy_of_another_request_gets_the_same_answer_for_32_s() -> None:
    peer = ScriptedPeer()
    branch = peer.request("OPTIONS")
    peer.pass_time(31)
    peer.request("OPTIONS", branch=branch)
    assert peer.news() == ["200", "200"]
    first, second = peer.sent
    assert first.encode() == second.encode()
    peer.pass_time(2)
    assert len(peer.user_agent.layer) == 0


def test_rport_is_filled_in_and_obeyed() -> None:
    peer = ScriptedPeer()
    behind_nat = Flow("udp", peer.flow.local, ("203.0.113.5", 40123))
    peer.feed(
        "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bK1;rport\r\n"
        "From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
        behind_nat,
    )
    via = peer.last("200").top_via
    assert (via.params["received"], via.params["rport"]) == ("203.0.113.5", "40123")
    assert peer.ways[-1] == behind_nat


def test_without_rport_the_answer_goes_to_the_port_of_the_via() -> None:
    peer = ScriptedPeer()
    peer.feed(
        "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bK1\r\n"
        "From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
        Flow("udp", peer.flow.local, ("203.0.113.5", 40123)),
    )
    assert peer.last("200").top_via.params["received"] == "203.0.113.5"
    assert peer.ways[-1].remote == ("203.0.113.5", 5062)


def test_a_response_repeats_all_vias_in_order() -> None:
    peer = ScriptedPeer()
    peer.feed(
        f"OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {PEER[0]}:{PEER[1]};branch=z9hG4bK1, "
        "SIP/2.0/UDP p2.example;branch=z9hG4bK2\r\nVia: SIP/2.0/UDP p3.example;branch=z9hG4bK3\r\n"
        "From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
    )
    branches = [via.partition("branch=")[2] for via in peer.last("200").headers.values("Via")]
    assert branches == ["z9hG4bK1", "z9hG4bK2", "z9hG4bK3"]


def test_an_rfc_2543_peer_without_magic_cookie_is_served() -> None:
    peer = ScriptedPeer()
    head = (
        " sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070\r\n"
        "From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>{}\r\nCall-ID: 1\r\nCSeq: 1 {}\r\n\r\n"
    )
    peer.feed("INVITE" + head.format("", "INVITE"))
    peer.feed("INVITE" + head.format("", "INVITE"))
    (incoming,) = peer.reported(IncomingInvite)
    incoming.session.reject(peer.now, 480)
    peer.news()
    peer.feed("ACK" + head.format(f";tag={incoming.session.local_tag}", "ACK"))
    peer.pass_time(10)
    assert peer.news() == []


# --- a connection that is lost (RFC 3261 section 18.2.2) --------------------------------------------------------------

FROM_PHONE = Flow("tcp", ("192.0.2.1", 5060), ("192.0.2.9", 40123))


def test_a_response_goes_by_a_new_connection_to_where_the_request_was_sent_from() -> None:
    peer = ScriptedPeer(transport="tcp")
    peer.request("INVITE", flow=FROM_PHONE)
    peer.news()
    (session,) = peer.user_agent.sessions.values()
    peer.user_agent.transport_failed(FROM_PHONE, peer.now)
    assert peer.news() == ["100"]  # nobody knows whether it arrived
    session.ring(peer.now)  # type: ignore[attr-defined]
    assert peer.news() == ["180"]
    assert [flow.remote for flow in peer.ways[-2:]] == [("192.0.2.9", 5070)] * 2
    peer.user_agent.transport_failed(peer.ways[-1], peer.now)
    assert peer.news() == []  # once


@pytest.mark.parametrize("transport", ["ws", "wss", "udp"])
def test_where_no_connection_can_be_made_nothing_is_sent(transport: Any) -> None:
    peer = ScriptedPeer(transport=transport)
    flow = FROM_PHONE._replace(transport=transport)
    peer.request("INVITE", "X: y", flow=flow)
    peer.news()
    peer.user_agent.transport_failed(peer.ways[-1], peer.now)
    assert peer.news() == []


def test_other_connections_are_not_touched() -> None:
    peer = ScriptedPeer(transport="tcp")
    peer.request("INVITE", flow=FROM_PHONE)
    peer.news()
    peer.user_agent.transport_failed(FROM_PHONE._replace(remote=("192.0.2.9", 40124)), peer.now)
    assert peer.news() == []
