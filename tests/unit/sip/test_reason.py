"""The telephone network's cause in Reason (RFC 3326, RFC 6432)."""

from __future__ import annotations

import pytest

from fakes.scripted_peer import ScriptedPeer
from ringout.sip.events import Ended, Failed
from ringout.sip.headers import Headers
from ringout.sip.message import Response
from ringout.sip.reason import q850_cause


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (["Q.850;cause=17"], 17),
        (['Q.850 ;cause=17 ;text="User busy"'], 17),
        (['q.850;text="a, b;cause=3";CAUSE=34'], 34),
        (['SIP;cause=480;text="gone", Q.850;cause=20'], 20),
        (["SIP;cause=600", "Q.850;cause=21"], 21),
        (["Q.850;cause=junk", "Q.850;cause=18"], 18),
        (["SIP;cause=486"], None),
        (["Q.850"], None),
        (["Q.850;cause=0"], None),
        (["Q.850;cause=128"], None),
        (["Q.850;cause=9999"], None),
        (["Q.850;cause=-1"], None),
        (["Q.850;cause=\u0661\u0667"], None),
        (['Q.850;cause="17'], None),
        ([""], None),
        ([";;;"], None),
        (["SIP;cause=200," * 20 + "Q.850;cause=17"], None),  # nobody reads that far
        ([], None),
    ],
)
def test_cause_of_a_message(values: list[str], cause: int | None) -> None:
    response = Response(480, "", Headers([("Reason", value) for value in values]))
    assert q850_cause(response) == cause


@pytest.mark.parametrize("code", [404, 480, 486, 500, 503, 603])
def test_a_refusal_tells_the_cause(code: int) -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), code, 'Reason: Q.850;cause=17;text="User busy"')
    assert [(event.code, event.q850) for event in peer.reported(Failed)] == [(code, 17)]


def test_a_bye_tells_the_cause() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("BYE", "Reason: Q.850;cause=41", dialog=session)
    assert [(event.cause, event.q850, event.reason) for event in peer.reported(Ended)] == [
        ("bye", 41, "Q.850;cause=41")
    ]


def test_a_bye_before_the_answer_tells_it_too() -> None:
    peer = ScriptedPeer()
    session = peer.invite()
    peer.answer(peer.last("INVITE"), 180)
    peer.request("BYE", "Reason: Q.850;cause=27", dialog=session)
    assert [(event.code, event.q850) for event in peer.reported(Failed)] == [(487, 27)]


def test_without_a_reason_there_is_no_cause() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    peer.request("BYE", dialog=session)
    assert [(event.q850, event.reason) for event in peer.reported(Ended)] == [(None, None)]
