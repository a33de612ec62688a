"""A request that is too large for one datagram goes by TCP where the peer has it (RFC 3261 section 18.1.1)."""

from __future__ import annotations

import pytest

from fakes.scripted_peer import ANSWER, OURS, PEER, ScriptedPeer
from ringout.sip.events import Answered, Failed
from ringout.sip.flow import Flow
from ringout.sip.transaction_layer import MOST_UDP_BYTES

TCP = Flow("tcp", OURS, PEER)
UDP = Flow("udp", OURS, PEER)
LARGE = b"v=0\r\n" + b"a=x\r\n" * 300


@pytest.mark.parametrize(("too_many", "transport"), [(0, "udp"), (1, "tcp")])
def test_the_limit_is_of_the_whole_request(too_many: int, transport: str) -> None:
    size = 700
    for _ in range(2):  # the second time with as many octets as the first left
        peer = ScriptedPeer()
        peer.invite(body=b"x" * size)
        ((data, flow),) = peer.user_agent.datagrams_to_send()
        size += MOST_UDP_BYTES + too_many - len(data)
    assert (len(data), flow.transport) == (MOST_UDP_BYTES + too_many, transport)


def test_by_tcp_the_via_says_so_and_nothing_is_sent_again() -> None:
    peer = ScriptedPeer()
    peer.invite(body=LARGE)
    invite = peer.last("INVITE")
    assert str(invite.top_via).startswith("SIP/2.0/TCP 192.0.2.1:5060;branch=")
    assert invite.headers.get("Contact") == "<sip:ringout@192.0.2.1:5060>"  # small requests may come by UDP
    peer.news()
    peer.pass_time(30)
    assert peer.news() == []


def test_the_whole_transaction_goes_by_tcp() -> None:
    peer = ScriptedPeer()
    session = peer.invite(body=LARGE)
    peer.answer(peer.last("INVITE"), 180)
    session.hang_up(peer.now)
    cancel = peer.last("CANCEL")
    peer.answer(cancel, 200)
    peer.answer(peer.last("INVITE"), 487)
    peer.last("ACK")
    assert [flow.transport for flow in peer.ways] == ["tcp"] * 3
    assert cancel.top_via.branch == peer.last("INVITE").top_via.branch
    peer.assert_quiet()


def test_without_tcp_at_the_peer_the_same_request_goes_by_udp_and_is_sent_again() -> None:
    peer = ScriptedPeer()
    peer.invite(body=LARGE)
    by_tcp = peer.last("INVITE")
    peer.user_agent.transport_failed(TCP, peer.now)
    peer.collect()
    by_udp = peer.last("INVITE")
    assert peer.ways == [TCP, UDP]
    assert by_udp.top_via.branch == by_tcp.top_via.branch
    assert str(by_udp.top_via).startswith("SIP/2.0/UDP 192.0.2.1:5060;branch=")
    assert by_udp.body == LARGE
    peer.news()
    peer.pass_time(4)
    assert peer.news() == ["INVITE"] * 3
    peer.answer(by_udp, 200, body=ANSWER)
    assert peer.reported(Answered)
    assert peer.reported(Failed) == []


def test_the_next_large_request_is_not_held_up_until_ten_minutes_have_passed() -> None:
    peer = ScriptedPeer()
    peer.invite(body=LARGE)
    peer.user_agent.transport_failed(TCP, peer.now)
    peer.pass_time(590)
    peer.invite(body=LARGE)
    peer.collect()
    assert peer.ways[-1] == UDP
    peer.pass_time(60)
    peer.invite(body=LARGE)
    peer.collect()
    assert peer.ways[-1] == TCP


def test_a_tcp_port_that_speaks_no_sip_costs_one_call() -> None:
    peer = ScriptedPeer()
    peer.invite(body=LARGE)
    peer.pass_time(40)
    assert peer.reported(Failed)[0].cause == "timeout"
    peer.invite(body=LARGE)
    peer.collect()
    assert peer.ways[-1] == UDP


def test_neither_tcp_nor_udp_fails_the_call() -> None:
    peer = ScriptedPeer()
    peer.invite(body=LARGE)
    peer.user_agent.transport_failed(TCP, peer.now)
    peer.user_agent.transport_failed(UDP, peer.now)
    peer.collect()
    assert [failed.cause for failed in peer.reported(Failed)] == ["transport"]
    peer.assert_quiet()


def test_a_connection_lost_after_the_first_response_is_not_tried_again() -> None:
    peer = ScriptedPeer()
    peer.invite(body=LARGE)
    peer.answer(peer.last("INVITE"), 100)
    peer.user_agent.transport_failed(TCP, peer.now)
    assert [failed.cause for failed in peer.reported(Failed)] == ["transport"]
    assert peer.news().count("INVITE") == 1


@pytest.mark.parametrize("listeners", [[("udp", *OURS)], [("udp", *OURS), ("tcp", "2001:db8::1", 5060)]])
def test_without_tcp_of_our_own_it_goes_by_udp(listeners: list[tuple[str, str, int]]) -> None:
    peer = ScriptedPeer()
    peer.user_agent.listeners = listeners  # type: ignore[assignment]
    peer.invite(body=LARGE)
    peer.collect()
    assert peer.ways == [UDP]


def test_a_large_request_within_a_dialog() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.reinvite(peer.now, LARGE)
    peer.collect()
    assert peer.ways[-1] == TCP
