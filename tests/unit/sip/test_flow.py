"""Ways between us and a peer: how they are named, and where a request within a dialog goes."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.scripted_peer import OURS, PEER, ScriptedPeer
from ringout.sip.dialog import next_flow
from ringout.sip.errors import LocalProtocolError
from ringout.sip.flow import Flow, Listeners, default_port, flow_by, own_uri

LISTENERS: Listeners = [("udp", *OURS), ("tcp", *OURS), ("tls", OURS[0], 5061), ("wss", OURS[0], 443)]


@pytest.mark.parametrize(
    ("transport", "reliable", "secure", "port", "contact", "sips"),
    [
        ("udp", False, False, 5060, "sip:a@192.0.2.1:5060", None),
        ("tcp", True, False, 5060, "sip:a@192.0.2.1:5060;transport=tcp", None),
        ("tls", True, True, 5061, "sip:a@192.0.2.1:5060;transport=tls", "sips:a@192.0.2.1:5060"),
        ("ws", True, False, 80, "sip:a@192.0.2.1:5060;transport=ws", None),
        ("wss", True, True, 443, "sip:a@192.0.2.1:5060;transport=ws", "sips:a@192.0.2.1:5060;transport=ws"),
    ],
)
def test_transports(transport: Any, reliable: bool, secure: bool, port: int, contact: str, sips: str | None) -> None:
    flow = Flow(transport, OURS, PEER)
    assert (flow.reliable, flow.secure, default_port(transport)) == (reliable, secure, port)
    assert own_uri("a", flow) == contact
    if sips:
        assert own_uri("a", flow, sips=True) == sips


def test_our_uri_over_ipv6_and_without_a_user() -> None:
    assert own_uri("", Flow("udp", ("2001:db8::1", 5060), ("2001:db8::2", 5060))) == "sip:[2001:db8::1]:5060"


@pytest.mark.parametrize(
    ("transport", "uri", "goes"),
    [
        ("udp", "sip:b@192.0.2.77", ("udp", ("192.0.2.77", 5060))),
        ("udp", "sip:b@192.0.2.9:5070", ("udp", PEER)),
        ("udp", "sip:b@192.0.2.77;transport=TCP", ("tcp", ("192.0.2.77", 5060))),
        ("udp", "sip:b@192.0.2.77;transport=tls", ("tls", ("192.0.2.77", 5061))),
        ("udp", "sips:b@192.0.2.77", ("tls", ("192.0.2.77", 5061))),
        ("udp", "sips:b@192.0.2.77:7000;transport=tcp", ("tls", ("192.0.2.77", 7000))),
        ("udp", "sip:b@phone.example;transport=tls", ("udp", PEER)),  # a name stays on the flow
        ("udp", "sip:b@192.0.2.77;transport=ws", ("udp", PEER)),  # nobody can be connected to by it
        ("udp", "sip:b@192.0.2.77;transport=sctp", ("udp", PEER)),
        ("tcp", "sip:b@192.0.2.9:5060", ("tcp", PEER)),  # its connection is open
        ("tcp", "sip:b@192.0.2.77", ("tcp", ("192.0.2.77", 5060))),
        ("tcp", "sip:b@192.0.2.77;transport=udp", ("udp", ("192.0.2.77", 5060))),
        ("tls", "sip:b@192.0.2.9:5060", ("tls", PEER)),
        ("tls", "sip:b@192.0.2.77", ("tls", ("192.0.2.77", 5061))),
        ("tls", "sip:b@192.0.2.77;transport=udp", ("tls", PEER)),  # never from TLS to what everybody can read
        ("tls", "sip:b@192.0.2.77;transport=tcp", ("tls", PEER)),
        ("wss", "sip:b@192.0.2.77;transport=udp", ("wss", PEER)),
        ("ws", "sip:b@192.0.2.77;transport=udp", ("ws", PEER)),
        ("ws", "sip:b@abc.invalid;transport=ws", ("ws", PEER)),
    ],
)
def test_the_next_hop(transport: Any, uri: str, goes: tuple[str, tuple[str, int]]) -> None:
    flow = next_flow(Flow(transport, OURS, PEER), uri, LISTENERS)
    assert (flow.transport, flow.remote) == goes


def test_the_name_of_a_tls_peer_stays_with_its_other_hosts() -> None:
    flow = next_flow(Flow("tls", OURS, PEER, "sbc.example"), "sip:b@192.0.2.77;transport=tls", LISTENERS)
    assert flow == Flow("tls", OURS, ("192.0.2.77", 5061), "sbc.example")


def test_equal_ipv6_addresses_are_one_flow() -> None:
    flow = Flow("udp", ("2001:db8::1", 5060), ("2001:db8::2", 5060))
    assert next_flow(flow, "sip:b@[2001:DB8:0:0::2]:5060", []) is flow


@pytest.mark.parametrize(
    ("listeners", "local"),
    [
        ([("tcp", "192.0.2.1", 5062)], ("192.0.2.1", 5062)),
        ([("tcp", "192.0.2.200", 1), ("tcp", "192.0.2.1", 2)], ("192.0.2.1", 2)),
        ([("tcp", "192.0.2.200", 1)], ("192.0.2.200", 1)),
        ([("tcp", "0.0.0.0", 5060)], ("192.0.2.1", 5060)),
        ([("tcp", "::", 5060)], None),
        ([("udp", "192.0.2.1", 5060)], None),
    ],
)
def test_our_end_of_another_transport(listeners: Listeners, local: tuple[str, int] | None) -> None:
    flow = flow_by("tcp", Flow("udp", OURS, PEER), PEER, listeners)
    assert (flow.local if flow else None) == local


# --- `sips:` and Via --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp", "ws"])
def test_a_sips_uri_is_sent_over_nothing_that_can_be_read(transport: str) -> None:
    peer = ScriptedPeer(transport=transport)
    with pytest.raises(LocalProtocolError):
        peer.invite(uri="sips:bob@example.org")
    assert peer.news() == []


def test_a_sips_uri_gets_a_sips_contact() -> None:
    peer = ScriptedPeer(transport="tls")
    peer.invite(uri="sips:bob@example.org")
    invite = peer.last("INVITE")
    assert invite.headers.get("Contact") == "<sips:ringout@192.0.2.1:5060>"
    assert str(invite.top_via).startswith("SIP/2.0/TLS 192.0.2.1:5060;")
    assert "alias" in invite.top_via.params  # RFC 5923


@pytest.mark.parametrize(("transport", "named"), [("ws", "WS"), ("wss", "WSS")])
def test_vias_of_websockets(transport: str, named: str) -> None:
    peer = ScriptedPeer(transport=transport)
    peer.invite()
    assert str(peer.last("INVITE").top_via).startswith(f"SIP/2.0/{named} 192.0.2.1:5060;branch=")


def test_what_a_websocket_peer_says_of_its_address_moves_nothing() -> None:
    """Its Contact and Via name a host that does not exist (RFC 7118 section 5)."""
    peer = ScriptedPeer(transport="ws")
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 200, contact="<sip:q3@b7k.invalid;transport=ws>", body=b"v=0 answer")
    session.hang_up(peer.now)
    peer.collect()
    assert peer.last("BYE").uri == "sip:q3@b7k.invalid;transport=ws"
    assert set(peer.ways) == {peer.flow}


@pytest.mark.parametrize(("transport", "follows"), [("ws", True), ("wss", True), ("tcp", False), ("udp", False)])
def test_a_phone_that_connects_anew_during_a_call(transport: str, follows: bool) -> None:
    """What it sends in the dialog shows the new connection. Other transports know where the peer listens."""
    peer = ScriptedPeer(transport=transport)
    session = peer.answered_call()
    anew = peer.flow._replace(remote=(PEER[0], 40999))
    peer.request("INFO", dialog=session, flow=anew)
    session.hang_up(peer.now)
    peer.last("BYE")
    assert peer.ways[-1] == (anew if follows else peer.flow)


def test_a_session_on_tls_is_restored_with_the_name_to_verify() -> None:
    peer = ScriptedPeer()
    peer.flow = Flow("tls", OURS, PEER, "sbc.example")
    stored = peer.answered_call().stored()
    other = ScriptedPeer()
    session = other.user_agent.restore(stored, other.now)
    session.hang_up(other.now)
    other.collect()
    assert other.ways[-1] == peer.flow


@pytest.mark.parametrize("transport", ["udp", "tcp", "ws", "wss"])
def test_a_session_of_every_transport_is_restored(transport: str) -> None:
    peer = ScriptedPeer(transport=transport)
    stored = peer.answered_call().stored()
    assert ScriptedPeer().user_agent.restore(stored, 100.0).flow == peer.flow


def test_a_row_of_before_there_was_tls_is_still_read() -> None:
    peer = ScriptedPeer()
    stored = peer.answered_call().stored()
    later = b',"",false]'  # the flow's name, and whether it is kept
    assert stored.endswith(later)
    assert ScriptedPeer().user_agent.restore(stored[: -len(later)] + b"]", 100.0).flow == peer.flow
