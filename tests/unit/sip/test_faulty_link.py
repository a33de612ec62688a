"""Two user agents over a link that loses, doubles, delays and reorders: every session ends once and nothing is left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.ids import CountingIds
from fakes.link import Faults, FaultyLink
from ringout.sip.events import (
    Ended,
    Failed,
    IncomingInvite,
    OfferReceived,
    OfferWanted,
)
from ringout.sip.flow import Flow
from ringout.sip.session_table import Phase
from ringout.sip.user_agent import UserAgent, UserAgentSettings

A, B = ("192.0.2.1", 5060), ("192.0.2.2", 5060)
OURS = Flow("udp", A, B)

moments = st.floats(0.0, 30.0)
verbs = st.sampled_from(
    ["ring", "reliable", "answer", "reject", "hang_up_b", "hang_up_a", "reinvite_a", "reinvite_b", "info"]
)


class Call:
    """One call from A to B with verbs at given moments; checks what each side reports."""

    def __init__(self, faults: Faults, seed: int, session_expires: int = 1800) -> None:
        self.link = FaultyLink(faults, seed)
        self.caller = UserAgent(CountingIds("a"), UserAgentSettings(session_expires=session_expires))
        settings = UserAgentSettings(accept_invites=True, session_expires=session_expires)
        self.called = UserAgent(CountingIds("b"), settings)
        self.sessions: dict[str, Any] = {}
        self.answers_at_once = False
        self.terminal: dict[str, list[Any]] = {"a": [], "b": []}
        self.link.join(A, self.caller, lambda event: self.hear("a", event))
        self.link.join(B, self.called, lambda event: self.hear("b", event))

    def hear(self, side: str, event: Any) -> None:
        assert not self.terminal[side], f"{event} after the end"
        if isinstance(event, Ended | Failed):
            self.terminal[side].append(event)
        elif isinstance(event, IncomingInvite):
            assert "b" not in self.sessions
            self.sessions["b"] = event.session
            if self.answers_at_once:
                event.session.ring(self.link.now)
                event.session.answer(self.link.now, b"v=0")
        elif isinstance(event, OfferReceived | OfferWanted):
            event.session.accept_offer(self.link.now, b"v=0")

    def place(self) -> None:
        self.sessions["a"] = self.caller.invite(
            flow=OURS, uri="sip:b@192.0.2.2", from_="<sip:a@x>", to="<sip:b@x>", body=b"v=0", now=self.link.now
        )

    def do(self, verb: str) -> None:
        now, a, b = self.link.now, self.sessions.get("a"), self.sessions.get("b")
        if verb == "hang_up_a" and a is not None:
            a.hang_up(now)
        elif verb in ("reinvite_a", "info") and a is not None and a.phase is Phase.CONFIRMED:
            a.reinvite(now, b"v=0") if verb == "reinvite_a" else a.request(now, "INFO", b"x", "text/plain")
        elif b is None:
            return
        elif verb == "ring":
            b.ring(now)
        elif verb == "reliable":
            b.ring(now, 183, b"v=0", reliable=True)
        elif verb == "answer":
            b.answer(now, b"v=0")
        elif verb == "reject":
            b.reject(now, 486)
        elif verb == "hang_up_b":
            b.hang_up(now)
        elif verb == "reinvite_b" and b.phase is Phase.CONFIRMED:
            b.reinvite(now, b"v=0")

    def finish(self) -> None:
        """Both sides hang up, and after the longest chain of timers (2xx unacknowledged, BYE unanswered, Accepted)
        nothing may be left."""
        end = self.link.now
        for side in ("a", "b"):
            if side in self.sessions:
                self.sessions[side].hang_up(end)
        self.link.run(end + 32.0)
        assert len(self.terminal["a"]) == 1
        self.link.run(end + 32.0 * 4)
        if "b" in self.sessions:
            # An INVITE copy may reach B only now and ring there until the CANCEL or this.
            self.sessions["b"].hang_up(self.link.now)
            self.link.run(self.link.now + 32.0 * 4)
            assert len(self.terminal["b"]) == 1
        for agent in (self.caller, self.called):
            assert len(agent.layer) == 0
            assert not agent.layer.merged
            assert not agent.sessions
            assert agent.next_deadline() is None
            assert not agent.counters["malformed"]


@settings(max_examples=150)
@given(
    loss=st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]),
    duplication=st.sampled_from([0.0, 0.3]),
    max_delay=st.sampled_from([0.0, 0.1, 2.0]),
    seed=st.integers(0, 2**32),
    script=st.lists(st.tuples(moments, verbs), max_size=8),
)
def test_every_session_ends_exactly_once_and_nothing_is_left(
    loss: float, duplication: float, max_delay: float, seed: int, script: list[tuple[float, str]]
) -> None:
    call = Call(Faults(loss, duplication, max_delay), seed)
    call.place()
    for moment, verb in script:
        call.link.at(call.link.now + moment, lambda verb=verb: call.do(verb))
    call.link.run(call.link.now + 31.0)
    call.finish()


@settings(max_examples=75)
@given(
    loss=st.sampled_from([0.0, 0.1, 0.3, 0.6]),
    duplication=st.sampled_from([0.0, 0.3]),
    max_delay=st.sampled_from([0.0, 0.1, 2.0]),
    seed=st.integers(0, 2**32),
    script=st.lists(st.tuples(st.floats(0.0, 200.0), verbs), max_size=8),
)
def test_the_same_while_sessions_are_refreshed(
    loss: float, duplication: float, max_delay: float, seed: int, script: list[tuple[float, str]]
) -> None:
    call = Call(Faults(loss, duplication, max_delay), seed, session_expires=90)
    call.answers_at_once = True
    call.place()
    for moment, verb in script:
        call.link.at(call.link.now + moment, lambda verb=verb: call.do(verb))
    call.link.run(call.link.now + 201.0)
    call.finish()


@pytest.mark.parametrize("seed", range(10))
def test_sessions_are_refreshed_through_moderate_loss_and_end_on_both_sides_once_the_link_is_cut(seed: int) -> None:
    """RFC 4028 for an hour at the shortest interval that it allows."""
    call = Call(Faults(0.2, 0.2, 0.05), seed, session_expires=90)
    call.answers_at_once = True
    call.place()
    for minute in range(60):
        if minute % 7 == seed % 7:
            call.do("reinvite_a" if seed % 2 else "reinvite_b")
        call.link.run(call.link.now + 60.0)
        assert call.sessions["a"].phase is call.sessions["b"].phase is Phase.CONFIRMED
        assert call.sessions["a"].timer.is_on
    assert sum(data.startswith(b"UPDATE ") for _, _, _, data in call.link.log) >= 60
    call.link.lose = lambda data: True
    call.link.run(call.link.now + 90.0 + 64.0)
    for side in ("a", "b"):
        assert [(type(event), event.cause) for event in call.terminal[side]] == [(Ended, "silent")]
    call.link.run(call.link.now + 64.0)
    for agent in (call.caller, call.called):
        assert len(agent.layer) == 0
        assert not agent.sessions
        assert agent.next_deadline() is None


@pytest.mark.parametrize("loss", [0.1, 0.2])
@pytest.mark.parametrize("seed", range(25))
def test_through_moderate_loss_a_call_comes_up_and_both_know_when_it_ends(seed: int, loss: float) -> None:
    call = Call(Faults(loss, 0.2, 0.05), seed)
    call.answers_at_once = True
    call.place()
    call.link.run(call.link.now + 30.0)
    assert call.sessions["a"].phase is call.sessions["b"].phase is Phase.CONFIRMED
    call.sessions["b"].hang_up(call.link.now)
    call.link.run(call.link.now + 32.0)
    assert [type(event) for event in call.terminal["b"]] == [Ended]
    assert [type(event) for event in call.terminal["a"]] == [Ended]
    call.finish()


def test_the_link_itself_is_the_same_in_every_run() -> None:
    logs = []
    for _ in range(2):
        call = Call(Faults(0.3, 0.3, 1.0), seed=7)
        call.place()
        call.link.run(call.link.now + 40.0)
        logs.append(call.link.log)
    assert logs[0] == logs[1]
