"""One phone that rings among several for the caller: facts in, orders out. The first that answers, and presses 1 where
that is asked, becomes the caller. The table is in ringing_table.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ringout.domain import facts as f
from ringout.domain.facts import Fact, Timer
from ringout.domain.ringing_table import PHONE_IGNORED, PHONE_TABLE, PhoneKind, PhoneOrder, PhoneState


@dataclass(slots=True)
class Beaten:
    """Another phone took the call."""


@dataclass(slots=True)
class CalledOff:
    """The RingOut is over before any phone took the call."""


PhoneFact = Fact | Beaten | CalledOff


class RingingMachine:
    """play_prompt, prompt_attempts: as in Machine."""

    __slots__ = ("attempts_left", "play_prompt", "state")

    def __init__(self, *, play_prompt: bool, prompt_attempts: int) -> None:
        self.state = PhoneState.WAITING
        self.play_prompt = play_prompt
        self.attempts_left = prompt_attempts

    def receive(self, fact: PhoneFact) -> tuple[PhoneOrder, ...]:
        """What to do now. Raises LookupError for a situation that the table does not know, which is a bug."""
        kind = classify_for_phone(self, fact)
        row = PHONE_TABLE.get((self.state, kind))
        if row is None:
            if (self.state, kind) not in PHONE_IGNORED:
                raise LookupError(f"no row for {kind.value} in {self.state.value}")
            return ()
        self.state, orders = row
        if kind in _PLAYS_PROMPT:
            self.attempts_left -= 1
        return orders


_PLAYS_PROMPT = frozenset((PhoneKind.ANSWERED_TO_PROMPT, PhoneKind.WRONG_KEY, PhoneKind.NO_KEY_IN_TIME))

_PLAIN: dict[type, PhoneKind] = {
    f.Begun: PhoneKind.TURN,
    f.Rang: PhoneKind.RANG,
    f.EarlyMediaOffered: PhoneKind.EARLY_MEDIA,
    f.MediaHeard: PhoneKind.HEARD,
    f.AnswerUnusable: PhoneKind.ANSWER_UNUSABLE,
    f.Failed: PhoneKind.FAILED,
    f.HungUp: PhoneKind.HUNG_UP,
    f.Lost: PhoneKind.LOST,
    f.WentSilent: PhoneKind.SILENT,
    f.SoundsPlayed: PhoneKind.SOUNDS_PLAYED,
    f.MediaFailed: PhoneKind.MEDIA_FAILED,
    Beaten: PhoneKind.BEATEN,
    CalledOff: PhoneKind.CALLED_OFF,
}


def _answered(machine: RingingMachine, fact: f.Answered) -> PhoneKind:
    return PhoneKind.ANSWERED_TO_PROMPT if machine.play_prompt else PhoneKind.ANSWERED


def _digit(machine: RingingMachine, fact: f.DigitPressed) -> PhoneKind:
    if fact.digit == "1":
        return PhoneKind.ONE_PRESSED
    return PhoneKind.WRONG_KEY if machine.attempts_left > 0 else PhoneKind.LAST_WRONG_KEY


def _time(machine: RingingMachine, fact: f.TimeUp) -> PhoneKind:
    if fact.timer is Timer.ANSWER_PROMPT:
        return PhoneKind.NO_KEY_IN_TIME if machine.attempts_left > 0 else PhoneKind.NO_KEY_AT_ALL
    return PhoneKind.SOUND_TIME_UP if fact.timer is Timer.SOUND else PhoneKind.RING_TIME_UP


_SORTERS: dict[type, Callable[[RingingMachine, Any], PhoneKind]] = {
    f.Answered: _answered,
    f.DigitPressed: _digit,
    f.TimeUp: _time,
}


def classify_for_phone(machine: RingingMachine, fact: PhoneFact) -> PhoneKind:
    """The kind of this fact in this machine's situation. Changes nothing. KeyError for a fact that no phone has."""
    kind = _PLAIN.get(type(fact))
    return kind if kind is not None else _SORTERS[type(fact)](machine, fact)
