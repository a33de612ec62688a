"""Whatever arrives: no exception, an answer where one is due, and the other calls go on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.scripted_peer import ANSWER, ScriptedPeer
from ringout.sip.events import Answered, Ended


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    peer = ScriptedPeer()
    peer.user_agent.receive_datagram(data, peer.flow, peer.now)


@settings(max_examples=200)
@given(st.data())
def test_a_call_survives_damaged_messages(data: st.DataObject) -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    valid = [message.encode() for message in peer.sent]
    peer.request("INFO", dialog=session)
    peer.request("INVITE", dialog=session, cseq=2, body=ANSWER)
    valid += [message.encode() for message in peer.sent[-2:]]
    for _ in range(5):
        raw = bytearray(data.draw(st.sampled_from(valid)))
        for _ in range(data.draw(st.integers(1, 4))):
            position = data.draw(st.integers(0, len(raw) - 1))
            raw[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        peer.user_agent.receive_datagram(bytes(raw), peer.flow, peer.now)
    peer.user_agent.pass_time(peer.now)
    assert session.state == "confirmed"


def test_keep_alives_are_no_malformed_messages() -> None:
    peer = ScriptedPeer()
    for data in (b"\r\n\r\n", b"\r\n", b"\0\0\0\0", b""):
        peer.feed(data)
    assert peer.user_agent.counters["malformed"] == 0
    assert peer.user_agent.counters["keep_alive"] == 4


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"), "400"),
        (("OPTIONS sip:a@192.0.2.1 SIP/2.0", "OPTIONS sip:a@192.0.2.1 SIP/7.0"), "505"),
        (("sip:a@192.0.2.1", "nobodyKnowsThisScheme:x"), "416"),
        (("Max-Forwards: 70", "Max-Forwards: 300"), "400"),
        (("Max-Forwards: 70", "Content-Length: 999"), "400"),
    ],
)
def test_a_request_that_can_be_refused_is_refused(damage: tuple[str, str], code: str) -> None:
    peer = ScriptedPeer()
    text = (
        "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
        "From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
    )
    assert damage[0] in text
    peer.feed(text.replace(*damage))
    assert peer.news() == [code]
    assert peer.last(code).to_tag
    assert peer.user_agent.counters["malformed"] == 1
    peer.feed(text.replace(*damage).replace("OPTIONS", "ACK"))
    assert peer.news() == []


def test_a_200_with_broken_addresses_is_acknowledged_all_the_same() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 200, "Record-Route: <<>>", contact="@@@")
    assert peer.news() == ["INVITE", "ACK"]
    assert len(peer.reported(Answered)) == 1
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    assert len(peer.reported(Ended)) == 1


@pytest.mark.parametrize("line", ["Require: <x,", "Supported: <x,", 'Require: ",'])
def test_a_broken_list_in_a_new_invite_is_refused_and_nothing_of_it_is_kept(line: str) -> None:
    peer = ScriptedPeer()
    peer.request("INVITE", line, body=ANSWER)
    assert peer.news() == ["400"]
    peer.assert_quiet()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "INFO", "BYE"])
def test_a_broken_list_within_a_call_is_refused_and_the_call_goes_on(method: str) -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request(method, "Require: <x,", dialog=session)
    assert peer.news() == ["400"]
    assert peer.user_agent.counters["malformed"] == 1
    assert session.state == "confirmed"
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 200)
    peer.assert_quiet()
