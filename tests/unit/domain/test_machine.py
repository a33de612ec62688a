"""The RingOut machine, whole: every pair accounted for, and what must hold in every situation that can be reached."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from ringout.domain import facts as f
from ringout.domain import orders as o
from ringout.domain.facts import Fact, Timer
from ringout.domain.machine import LegPhase, Machine, classify
from ringout.domain.machine_ignored import IGNORED
from ringout.domain.machine_kinds import Kind, State
from ringout.domain.machine_rows import Rows
from ringout.domain.machine_table import TABLE
from ringout.domain.orders import Order
from ringout.domain.outcomes import outcome_of
from ringout.domain.status import CallStatus, Party

CALLER, CALLEE = Party.CALLER, Party.CALLEE
BUSY = outcome_of(CALLEE, 486, "Busy Here")


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", Kind)
def test_every_pair_is_either_in_the_table_or_ignored_with_a_reason(state: State, kind: Kind) -> None:
    in_table = (state, kind) in TABLE
    assert in_table != ((state, kind) in IGNORED)
    assert in_table or IGNORED[state, kind]


def test_a_pair_that_is_nowhere_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(IGNORED, (State.NEW, Kind.SOUNDS_PLAYED))
    with pytest.raises(LookupError):
        Machine(play_prompt=False, prompt_attempts=1).receive(f.SoundsPlayed())


def test_a_pair_has_one_row() -> None:
    rows = Rows()
    rows.add(State.ENDING, Kind.LEG_GONE, State.ENDING)
    with pytest.raises(ValueError, match="two rows"):
        rows.add_all(TABLE)


# --- the walk ---


@dataclass(frozen=True)
class Situation:
    """A machine's fields, and what its orders have made of the world."""

    state: State
    play_prompt: bool
    attempts_left: int
    caller: LegPhase
    callee: LegPhase
    ringback: bool
    early: bool
    heard: bool
    timers: frozenset[Timer] = frozenset()
    one_pressed: bool = False
    bridged: bool = False
    media_open: bool = True
    concluded: CallStatus = CallStatus.IN_PROGRESS

    def machine(self) -> Machine:
        machine = Machine(play_prompt=self.play_prompt, prompt_attempts=self.attempts_left)
        machine.state = self.state
        machine.caller, machine.callee = self.caller, self.callee
        machine.ringback, machine.early, machine.heard = self.ringback, self.early, self.heard
        return machine

    def leg(self, party: Party) -> LegPhase:
        return self.caller if party is CALLER else self.callee


def possible_facts(now: Situation) -> Iterator[Fact]:
    """Whatever the world can report there: legs only while they live, timers only while they run, the rest always."""
    if now.state is State.NEW:
        yield f.Begun()
    for party in Party:
        phase = now.leg(party)
        if phase in (LegPhase.DIALLED, LegPhase.ENDING):
            yield f.Rang(party, 180, "Ringing")
            yield f.EarlyMediaOffered(party)
            yield f.Answered(party, 200, "OK")
            yield f.AnswerUnusable(party, BUSY)
            yield f.Failed(party, BUSY)
        if phase in (LegPhase.DIALLED, LegPhase.UP, LegPhase.ENDING):
            yield f.HungUp(party)
            yield f.Lost(party, "stopped responding")
        yield f.MediaHeard(party)
        yield f.WentSilent(party, 60)
        yield f.DigitPressed(party, "1")
        yield f.DigitPressed(party, "7")
    for timer in now.timers:
        yield f.TimeUp(timer)
    yield from (f.SoundsPlayed(), f.BalanceUsedUp(), f.Cancelled(), f.Drained(), f.MediaFailed("It died."), f.Broken())


def step(now: Situation, fact: Fact) -> tuple[Situation, tuple[Order, ...]]:
    machine = now.machine()
    timers = set(now.timers)
    if isinstance(fact, f.TimeUp):
        timers.discard(fact.timer)
    pressed = isinstance(fact, f.DigitPressed) and fact.party is CALLER and fact.digit == "1"
    one_pressed = now.one_pressed or (now.state is State.PROMPTING and pressed)
    bridged, media_open, concluded = now.bridged, now.media_open, now.concluded
    # Only HangUp's own phases are seen after the fact; what must hold for an order is asked with the legs before it.
    before = {CALLER: now.caller, CALLEE: now.callee}
    if isinstance(fact, f.Answered) and before[fact.party] is LegPhase.DIALLED:
        before[fact.party] = LegPhase.UP
    if isinstance(fact, f.AnswerUnusable) and before[fact.party] is LegPhase.DIALLED:
        before[fact.party] = LegPhase.UP
    if isinstance(fact, f.Failed | f.HungUp | f.Lost):
        before[fact.party] = LegPhase.GONE
    orders = machine.receive(fact)
    for order in orders:
        match order:
            case o.Dial(party):
                assert before[party] is LegPhase.IDLE, "a party is dialled once"
                assert media_open
                if party is CALLEE:
                    assert before[CALLER] is LegPhase.UP, "the callee is dialled when the caller is up"
                    assert one_pressed or not now.play_prompt, "never before the 1"
            case o.HangUp(party):
                assert before[party] in (LegPhase.DIALLED, LegPhase.UP), "only what is up is hung up, and once"
            case o.Bridge():
                assert before[CALLER] is before[CALLEE] is LegPhase.UP, "bridge only with both legs up"
                assert media_open
                bridged = True
            case o.SendPostDial():
                assert bridged, "digits go to a callee who is heard"
            case o.Play() | o.StopPlaying() | o.PlayRingback() | o.ListenToCallee():
                assert before[CALLER] is LegPhase.UP
                assert media_open
            case o.CloseMedia():
                media_open = False
                bridged = False
            case o.StartTimer(timer):
                timers.add(timer)
            case o.StopTimer(timer):
                timers.discard(timer)
            case o.Conclude(status, _, _):
                assert concluded in (CallStatus.IN_PROGRESS, CallStatus.SUCCESS)
                concluded = status
    after = replace(
        now,
        state=machine.state,
        attempts_left=machine.attempts_left,
        caller=machine.caller,
        callee=machine.callee,
        ringback=machine.ringback,
        early=machine.early,
        heard=machine.heard,
        timers=frozenset(timers),
        one_pressed=one_pressed,
        bridged=bridged,
        media_open=media_open,
        concluded=concluded,
    )
    return after, orders


def start(play_prompt: bool) -> Situation:
    return Situation(State.NEW, play_prompt, 2, LegPhase.IDLE, LegPhase.IDLE, False, False, False)


def reachable(play_prompt: bool) -> set[Situation]:
    first = start(play_prompt)
    seen = {first}
    waiting = deque([first])
    while waiting:
        now = waiting.popleft()
        for fact in possible_facts(now):
            after, _ = step(now, fact)
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


UP_OR_COMING = (LegPhase.DIALLED, LegPhase.UP)


@pytest.mark.parametrize("play_prompt", [False, True])
def test_what_holds_in_every_reachable_situation(play_prompt: bool) -> None:
    situations = reachable(play_prompt)
    assert {s.state for s in situations} >= {State.ENDED, State.ENDING, State.CONNECTED}
    for now in situations:
        if now.state is State.ENDED:
            assert now.timers == frozenset(), now
            assert now.caller in (LegPhase.IDLE, LegPhase.GONE), now
            assert now.callee in (LegPhase.IDLE, LegPhase.GONE), now
        if now.state in (State.ENDING, State.ENDED):
            assert not now.media_open, now
            assert now.concluded is not CallStatus.IN_PROGRESS, now
            assert now.caller not in UP_OR_COMING, now
            assert now.callee not in UP_OR_COMING, now
        elif now.state is not State.NEW:
            assert now.timers, f"nothing would ever wake {now}"
        if now.state is State.ENDING:
            assert now.timers == {Timer.ENDING}, now
        if now.bridged:
            assert now.caller is now.callee is LegPhase.UP, now
        assert now.bridged == (now.state is State.CONNECTED), now
        assert now.attempts_left >= 0, now


@pytest.mark.parametrize("play_prompt", [False, True])
def test_every_situation_comes_to_its_end_when_nothing_but_time_passes(play_prompt: bool) -> None:
    for situation in reachable(play_prompt):
        now = situation
        for _ in range(12):
            if not now.timers:
                break
            now, _orders = step(now, f.TimeUp(min(now.timers, key=lambda timer: timer.value)))
        assert now.state in (State.ENDED, State.NEW), situation


def test_a_walk_meets_every_row_of_the_table() -> None:
    met = set()
    for play_prompt in (False, True):
        for now in reachable(play_prompt):
            for fact in possible_facts(now):
                met.add((now.state, classify(now.machine(), fact)))
    assert set(TABLE) - met == set()


# --- a few lives, line by line ---


def names(orders: tuple[Order, ...]) -> list[str]:
    """What is done, without what is told."""
    silent = (o.Show, o.End, o.Conclude)
    return [
        " ".join([type(x).__name__, *(str(getattr(x, slot)) for slot in x.__slots__)])
        for x in orders
        if not isinstance(x, silent)
    ]


def test_a_call_without_prompt() -> None:
    machine = Machine(play_prompt=False, prompt_attempts=3)
    assert names(machine.receive(f.Begun())) == ["Dial caller", "StartTimer Timer.CALLER_RING"]
    assert names(machine.receive(f.Rang(CALLER, 180, "Ringing"))) == []
    assert names(machine.receive(f.Answered(CALLER, 200, "OK"))) == [
        "StopTimer Timer.CALLER_RING",
        "Dial callee",
        "StartTimer Timer.CALLEE_RING",
    ]
    assert names(machine.receive(f.Rang(CALLEE, 180, "Ringing"))) == ["PlayRingback"]
    assert names(machine.receive(f.Rang(CALLEE, 180, "Ringing"))) == []
    assert names(machine.receive(f.Answered(CALLEE, 200, "OK"))) == [
        "StopTimer Timer.CALLEE_RING",
        "Bridge",
        "SendPostDial",
        "StartTimer Timer.CALL",
    ]
    assert names(machine.receive(f.HungUp(CALLER))) == [
        "CloseMedia",
        "StopTimer Timer.CALL",
        "HangUp callee",
        "StartTimer Timer.ENDING",
    ]
    assert names(machine.receive(f.HungUp(CALLEE))) == ["StopTimer Timer.ENDING"]
    assert machine.state is State.ENDED


def test_a_prompt_with_one_wrong_key() -> None:
    machine = Machine(play_prompt=True, prompt_attempts=2)
    machine.receive(f.Begun())
    assert names(machine.receive(f.Answered(CALLER, 200, "OK")))[1:] == [
        "Play ('press_1',)",
        "StartTimer Timer.SOUND",
    ]
    assert "Play ('wrong_key', 'press_1')" in names(machine.receive(f.DigitPressed(CALLER, "2")))
    assert machine.state is State.PROMPTING
    orders = names(machine.receive(f.DigitPressed(CALLER, "1")))
    assert "StopPlaying" in orders
    assert "Dial callee" in orders


def test_an_answer_that_crosses_the_cancel_changes_nothing() -> None:
    machine = Machine(play_prompt=False, prompt_attempts=1)
    machine.receive(f.Begun())
    machine.receive(f.Answered(CALLER, 200, "OK"))
    machine.receive(f.Cancelled())
    assert machine.receive(f.Answered(CALLEE, 200, "OK")) == ()
    assert machine.callee is LegPhase.ENDING
    machine.receive(f.HungUp(CALLEE))
    assert machine.state is State.ENDING
    machine.receive(f.HungUp(CALLER))
    assert machine.state is State.ENDED
