"""The RingOut state machine: facts in, orders out. Its table is in machine_table.py and printed in the docs.

A fact is first sorted into one kind: every question about the situation ("is there an attempt left?") is asked in
classify and nowhere else. Then (state, kind) is looked up: the row names the next state and the orders, all constants.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from ringout.domain import facts as f
from ringout.domain.facts import Fact, Timer
from ringout.domain.machine_ignored import IGNORED
from ringout.domain.machine_kinds import Kind, State
from ringout.domain.machine_table import TABLE
from ringout.domain.orders import Dial, HangUp, Order
from ringout.domain.status import Party


class LegPhase(Enum):
    """How far one leg is. Only DIALLED and UP may be hung up; ENDING waits for the leg's terminal event."""

    IDLE = "idle"
    DIALLED = "dialled"
    UP = "up"
    ENDING = "ending"
    GONE = "gone"


class Machine:
    """One RingOut. play_prompt: ask the caller for a 1 before the callee is dialled. prompt_attempts: how often the
    prompt is played before the caller is told that nothing comes of it, at least 1."""

    __slots__ = ("attempts_left", "callee", "caller", "early", "heard", "play_prompt", "ringback", "state")

    def __init__(self, *, play_prompt: bool, prompt_attempts: int) -> None:
        self.state = State.NEW
        self.play_prompt = play_prompt
        self.attempts_left = prompt_attempts
        self.caller = LegPhase.IDLE
        self.callee = LegPhase.IDLE
        self.ringback = False  # the callee's first 180 has come
        self.early = False  # early SDP of the callee has come
        self.heard = False  # RTP of the callee has come

    def leg(self, party: Party) -> LegPhase:
        return self.caller if party is Party.CALLER else self.callee

    def receive(self, fact: Fact) -> tuple[Order, ...]:
        """What to do now. Raises LookupError for a situation that the table does not know, which is a bug."""
        kind = classify(self, fact)
        row = TABLE.get((self.state, kind))
        if row is None:
            if (self.state, kind) not in IGNORED:
                raise LookupError(f"no row for {kind.value} in {self.state.value}")
            self._note(fact, kind)
            return ()
        self.state, orders = row
        if kind in _PLAYS_PROMPT:
            self.attempts_left -= 1
        self._note(fact, kind)
        for order in orders:
            if type(order) is Dial:
                self.set_phase(order.party, LegPhase.DIALLED)
            elif type(order) is HangUp:
                self.set_phase(order.party, LegPhase.ENDING)
        return orders

    def _note(self, fact: Fact, kind: Kind) -> None:
        """Keeps what later classifications ask for."""
        kind_of_fact = type(fact)
        if kind_of_fact is f.Answered or kind_of_fact is f.AnswerUnusable:
            if self.leg(fact.party) is LegPhase.DIALLED:  # type: ignore[union-attr]
                self.set_phase(fact.party, LegPhase.UP)  # type: ignore[union-attr]
        elif kind_of_fact is f.Failed or kind_of_fact is f.HungUp or kind_of_fact is f.Lost:
            self.set_phase(fact.party, LegPhase.GONE)  # type: ignore[union-attr]
        elif kind is Kind.CALLEE_RANG or kind is Kind.CALLEE_RANG_AFTER_EARLY_MEDIA:
            self.ringback = True
        elif kind is Kind.CALLEE_EARLY_MEDIA:
            self.early = True
        elif kind is Kind.CALLEE_HEARD:
            self.heard = True
        elif kind is Kind.ENDING_TIME_UP:
            self.caller = self.callee = LegPhase.GONE

    def set_phase(self, party: Party, phase: LegPhase) -> None:
        if party is Party.CALLER:
            self.caller = phase
        else:
            self.callee = phase


_PLAYS_PROMPT = frozenset((Kind.CALLER_ANSWERED_TO_PROMPT, Kind.WRONG_KEY, Kind.NO_KEY_IN_TIME))

_BY_PARTY: dict[type, tuple[Kind, Kind]] = {
    f.AnswerUnusable: (Kind.CALLER_ANSWER_UNUSABLE, Kind.CALLEE_ANSWER_UNUSABLE),
    f.WentSilent: (Kind.CALLER_SILENT, Kind.CALLEE_SILENT),
    f.MediaHeard: (Kind.CALLER_HEARD, Kind.CALLEE_HEARD),
}
_PLAIN: dict[type, Kind] = {
    f.Begun: Kind.BEGUN,
    f.SoundsPlayed: Kind.SOUNDS_PLAYED,
    f.BalanceUsedUp: Kind.BALANCE_USED_UP,
    f.Cancelled: Kind.CANCELLED,
    f.Drained: Kind.DRAINED,
    f.MediaFailed: Kind.MEDIA_FAILED,
    f.Broken: Kind.BROKEN,
}
_TIMES: dict[Timer, Kind] = {
    Timer.CALLER_RING: Kind.CALLER_RING_TIME_UP,
    Timer.CALLEE_RING: Kind.CALLEE_RING_TIME_UP,
    Timer.CALL: Kind.CALL_TIME_UP,
    Timer.ENDING: Kind.ENDING_TIME_UP,
}


def _answered(machine: Machine, fact: f.Answered) -> Kind:
    if fact.party is Party.CALLEE:
        return Kind.CALLEE_ANSWERED
    return Kind.CALLER_ANSWERED_TO_PROMPT if machine.play_prompt else Kind.CALLER_ANSWERED


def _gone(machine: Machine, fact: f.Failed | f.HungUp | f.Lost) -> Kind:
    party = fact.party
    if machine.state is State.ENDING:
        other = machine.leg(party.other)
        return Kind.LEG_GONE if other is LegPhase.ENDING else Kind.LAST_LEG_GONE
    if type(fact) is f.Failed:
        return Kind.CALLER_FAILED if party is Party.CALLER else Kind.CALLEE_FAILED
    if type(fact) is f.Lost:
        return Kind.CALLER_LOST if party is Party.CALLER else Kind.CALLEE_LOST
    return Kind.CALLER_HUNG_UP if party is Party.CALLER else Kind.CALLEE_HUNG_UP


def _rang(machine: Machine, fact: f.Rang) -> Kind:
    if fact.party is Party.CALLER:
        return Kind.CALLER_RANG
    if machine.ringback or machine.heard:
        return Kind.CALLEE_RANG_AGAIN
    return Kind.CALLEE_RANG_AFTER_EARLY_MEDIA if machine.early else Kind.CALLEE_RANG


def _early(machine: Machine, fact: f.EarlyMediaOffered) -> Kind:
    if fact.party is Party.CALLER:
        return Kind.CALLER_EARLY_MEDIA
    return Kind.CALLEE_EARLY_MEDIA_AGAIN if machine.early else Kind.CALLEE_EARLY_MEDIA


def _digit(machine: Machine, fact: f.DigitPressed) -> Kind:
    if fact.party is Party.CALLEE:
        return Kind.CALLEE_DIGIT
    if fact.digit == "1":
        return Kind.ONE_PRESSED
    return Kind.WRONG_KEY if machine.attempts_left > 0 else Kind.LAST_WRONG_KEY


def _time(machine: Machine, fact: f.TimeUp) -> Kind:
    if fact.timer is Timer.SOUND:
        return Kind.SOUND_TIME_UP
    if fact.timer is Timer.ANSWER_PROMPT:
        return Kind.NO_KEY_IN_TIME if machine.attempts_left > 0 else Kind.NO_KEY_AT_ALL
    return _TIMES[fact.timer]


_SORTERS: dict[type, Callable[[Machine, Any], Kind]] = {
    f.Answered: _answered,
    f.Failed: _gone,
    f.HungUp: _gone,
    f.Lost: _gone,
    f.Rang: _rang,
    f.EarlyMediaOffered: _early,
    f.DigitPressed: _digit,
    f.TimeUp: _time,
}


def classify(machine: Machine, fact: Fact) -> Kind:
    """The kind of this fact in this machine's situation. Changes nothing."""
    kind = _PLAIN.get(type(fact))
    if kind is not None:
        return kind
    sorter = _SORTERS.get(type(fact))
    if sorter is not None:
        return sorter(machine, fact)
    caller, callee = _BY_PARTY[type(fact)]
    return caller if fact.party is Party.CALLER else callee  # type: ignore[union-attr]
