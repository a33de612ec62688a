"""The machine of one phone among several, whole: every pair accounted for, and what holds wherever it can get to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from ringout.domain import facts as f
from ringout.domain import orders as o
from ringout.domain.facts import Timer
from ringout.domain.hunted import summary
from ringout.domain.outcomes import outcome_of
from ringout.domain.ring_out import LegRecord
from ringout.domain.ringing import Beaten, CalledOff, PhoneFact, RingingMachine, classify_for_phone
from ringout.domain.ringing_table import (
    PHONE_IGNORED,
    PHONE_TABLE,
    GiveUp,
    LetGo,
    PhoneKind,
    PhoneOrder,
    PhoneState,
    Take,
)
from ringout.domain.status import EndedBy, Party, PartyStatus

CALLER = Party.CALLER
BUSY = outcome_of(CALLER, 486, "Busy Here")


@pytest.mark.parametrize("state", PhoneState)
@pytest.mark.parametrize("kind", PhoneKind)
def test_every_pair_is_either_in_the_table_or_ignored_with_a_reason(state: PhoneState, kind: PhoneKind) -> None:
    assert ((state, kind) in PHONE_TABLE) != ((state, kind) in PHONE_IGNORED)


def test_a_pair_that_is_nowhere_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PHONE_IGNORED, (PhoneState.WAITING, PhoneKind.SOUNDS_PLAYED))
    with pytest.raises(LookupError):
        RingingMachine(play_prompt=False, prompt_attempts=1).receive(f.SoundsPlayed())


# --- the walk ---


@dataclass(frozen=True)
class Situation:
    state: PhoneState
    play_prompt: bool
    attempts_left: int
    timers: frozenset[Timer] = frozenset()
    is_up: bool = False  # its INVITE is out, and nothing has ended it
    media_open: bool = True
    pressed: bool = False
    given_up: int = 0
    taken: bool = False

    def machine(self) -> RingingMachine:
        machine = RingingMachine(play_prompt=self.play_prompt, prompt_attempts=self.attempts_left)
        machine.state = self.state
        return machine


def possible_facts(now: Situation) -> Iterator[PhoneFact]:
    if now.state is PhoneState.WAITING:
        yield f.Begun()
    if now.is_up:
        yield f.Rang(CALLER, 180, "Ringing")
        yield f.EarlyMediaOffered(CALLER)
        if now.state is PhoneState.RINGING:
            yield f.Answered(CALLER, 200, "OK")
            yield f.AnswerUnusable(CALLER, BUSY)
            yield f.Failed(CALLER, BUSY)
        if now.state is not PhoneState.TAKEN:
            yield f.HungUp(CALLER)
            yield f.Lost(CALLER, "stopped responding")
    yield from (f.MediaHeard(CALLER), f.WentSilent(CALLER, 60), f.SoundsPlayed(), f.MediaFailed("It died."))
    yield from (f.DigitPressed(CALLER, "1"), f.DigitPressed(CALLER, "7"), Beaten(), CalledOff())
    for timer in now.timers:
        yield f.TimeUp(timer)


def step(now: Situation, fact: PhoneFact) -> Situation:
    machine = now.machine()
    timers = set(now.timers)
    if isinstance(fact, f.TimeUp):
        timers.discard(fact.timer)
    pressed = now.pressed or (now.state is PhoneState.PROMPTING and fact == f.DigitPressed(CALLER, "1"))
    is_up, media_open, given_up, taken = now.is_up, now.media_open, now.given_up, now.taken
    if isinstance(fact, f.Failed | f.HungUp | f.Lost):
        is_up = False
    for order in machine.receive(fact):
        match order:
            case o.Dial():
                assert not is_up
                assert media_open
                is_up = True
            case o.HangUp() | LetGo():
                assert is_up, "only what is up is hung up, and once"
                assert isinstance(order, LetGo) == isinstance(fact, Beaten)
                is_up = False
            case o.Play() | o.StopPlaying():
                assert is_up
                assert media_open
            case o.CloseMedia():
                media_open = False
            case o.StartTimer(timer):
                timers.add(timer)
            case o.StopTimer(timer):
                timers.discard(timer)
            case Take():
                assert is_up, "a caller is up"
                assert media_open, "and heard"
                assert pressed or not now.play_prompt, "a voicemail does not win"
                taken = True
            case GiveUp():
                given_up += 1
    return replace(
        now,
        state=machine.state,
        attempts_left=machine.attempts_left,
        timers=frozenset(timers),
        is_up=is_up,
        media_open=media_open,
        pressed=pressed,
        given_up=given_up,
        taken=taken,
    )


def reachable(play_prompt: bool) -> set[Situation]:
    first = Situation(PhoneState.WAITING, play_prompt, 2)
    seen = {first}
    waiting = deque([first])
    while waiting:
        now = waiting.popleft()
        for fact in possible_facts(now):
            after = step(now, fact)
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


@pytest.mark.parametrize("play_prompt", [False, True])
def test_what_holds_in_every_reachable_situation(play_prompt: bool) -> None:
    situations = reachable(play_prompt)
    assert {PhoneState.TAKEN, PhoneState.GONE} <= {now.state for now in situations}
    for now in situations:
        assert now.taken == (now.state is PhoneState.TAKEN), now
        assert now.given_up <= 1, f"the next phone would ring twice: {now}"
        assert not (now.given_up and now.taken), now
        if now.state is PhoneState.GONE:
            assert (now.is_up, now.media_open, now.timers) == (False, False, frozenset()), now
        elif now.state in (PhoneState.RINGING, PhoneState.PROMPTING, PhoneState.GOODBYE):
            assert now.is_up, now
            assert now.timers, f"nothing would ever wake {now}"
        else:
            assert not now.timers, now


@pytest.mark.parametrize("play_prompt", [False, True])
def test_a_phone_that_is_left_alone_comes_to_its_end_and_lets_the_next_one_ring(play_prompt: bool) -> None:
    for situation in reachable(play_prompt):
        now = situation
        for _ in range(12):
            if not now.timers:
                break
            now = step(now, f.TimeUp(min(now.timers, key=lambda timer: timer.value)))
        assert now.state in (PhoneState.GONE, PhoneState.WAITING, PhoneState.TAKEN), situation


def test_a_walk_meets_every_row_of_the_table() -> None:
    met = set()
    for play_prompt in (False, True):
        for now in reachable(play_prompt):
            for fact in possible_facts(now):
                met.add((now.state, classify_for_phone(now.machine(), fact)))
    assert set(PHONE_TABLE) - met == set()


# --- a life, line by line ---


def names(orders: tuple[PhoneOrder, ...]) -> list[str]:
    return [type(order).__name__ for order in orders if not isinstance(order, o.Show | o.End)]


def test_a_voicemail_hears_the_prompt_twice_and_the_goodbye() -> None:
    machine = RingingMachine(play_prompt=True, prompt_attempts=2)
    assert names(machine.receive(f.Begun())) == ["Dial", "StartTimer"]
    assert names(machine.receive(f.Answered(CALLER, 200, "OK"))) == ["StopTimer", "Play", "StartTimer"]
    machine.receive(f.SoundsPlayed())
    assert names(machine.receive(f.TimeUp(Timer.ANSWER_PROMPT))) == ["Play", "StartTimer"]
    machine.receive(f.SoundsPlayed())
    assert names(machine.receive(f.TimeUp(Timer.ANSWER_PROMPT)))[-1] == "GiveUp"
    assert machine.state is PhoneState.GOODBYE
    assert names(machine.receive(f.SoundsPlayed())) == ["CloseMedia", "StopTimer", "HangUp"]


# --- none took it ---


def record(status: PartyStatus, words: str, code: int | None = None, by: EndedBy = EndedBy.CALLER) -> LegRecord:
    return LegRecord("+1", status, code, "Busy Here", words, by, 1.0, None, None, 2.0)


def test_the_end_that_tells_most_decides_and_all_are_named_once() -> None:
    silent = record(PartyStatus.NO_ANSWER, "The caller's phone was not answered in time.", 180, EndedBy.SERVER)
    busy = record(PartyStatus.BUSY, "The caller's phone is busy.", 486)
    unrung = LegRecord("+1", explanation="The phone did not ring.")
    outcome = summary([silent, silent, busy, unrung])
    assert (outcome.status, outcome.code, outcome.ended_by) == (PartyStatus.BUSY, 486, EndedBy.CALLER)
    assert outcome.explanation == (
        "None of the caller's 4 phones took the call: the caller's phone is busy; "
        "the caller's phone was not answered in time."
    )


def test_phones_of_which_none_rang_have_an_outcome_too() -> None:
    outcome = summary([LegRecord("+1"), LegRecord("+2")])
    assert outcome.status is PartyStatus.REJECTED
    assert outcome.explanation == "None of the caller's 2 phones took the call: none of them rang."
