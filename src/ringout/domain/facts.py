"""What happened to a running RingOut: the input of the machine, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ringout.domain.outcomes import Outcome
from ringout.domain.status import Party


class Timer(Enum):
    """The timers of one RingOut; how long each runs is the engine's setting."""

    CALLER_RING = "caller ring"  # until the caller's phone must have answered
    CALLEE_RING = "callee ring"
    SOUND = "sound"  # longer than any prompt takes: an end that is never reported must not hang the call
    ANSWER_PROMPT = "answer prompt"  # silence after the prompt, until it is repeated
    CALL = "call"  # the longest connected call
    ENDING = "ending"  # until legs that were told to hang up must be gone


@dataclass(slots=True)
class Begun:
    """The RingOut is stored and may start."""


@dataclass(slots=True)
class Rang:
    """A 180 of that party, the first or another."""

    party: Party
    code: int
    reason: str


@dataclass(slots=True)
class EarlyMediaOffered:
    """A provisional response brought usable SDP."""

    party: Party


@dataclass(slots=True)
class MediaHeard:
    """The first RTP packet of that party."""

    party: Party


@dataclass(slots=True)
class Answered:
    """A 2xx with usable SDP; media towards that party is connected."""

    party: Party
    code: int
    reason: str


@dataclass(slots=True)
class AnswerUnusable:
    """A 2xx whose SDP cannot lead to audio: the phone is up and has to be hung up."""

    party: Party
    outcome: Outcome


@dataclass(slots=True)
class Failed:
    """That leg ended without an answer, after every gateway and redirection was tried. It is gone."""

    party: Party
    outcome: Outcome


@dataclass(slots=True)
class HungUp:
    """An answered leg is over: the party's BYE, or the end of our own BYE. It is gone. cause: Q.850's number, when the
    network gave one."""

    party: Party
    cause: int | None = None


@dataclass(slots=True)
class Lost:
    """An answered leg is over without a BYE: its phone or network has given the call up. It is gone. why: what the
    phone does, to follow "The caller's phone"."""

    party: Party
    why: str


@dataclass(slots=True)
class DigitPressed:
    """digit: one of 0-9 * # A-D."""

    party: Party
    digit: str


@dataclass(slots=True)
class SoundsPlayed:
    """What the caller was played last came to its end."""


@dataclass(slots=True)
class TimeUp:
    timer: Timer


@dataclass(slots=True)
class BalanceUsedUp:
    """Nothing is left of a prepaid account's balance that this call could use."""


@dataclass(slots=True)
class Cancelled:
    """The user's DELETE."""


@dataclass(slots=True)
class Drained:
    """The server shuts down and waits no longer."""


@dataclass(slots=True)
class MediaFailed:
    """why: one plain sentence."""

    why: str


@dataclass(slots=True)
class WentSilent:
    """No RTP of that party for so many seconds, although some was due."""

    party: Party
    seconds: float


@dataclass(slots=True)
class Broken:
    """Our own code failed while it handled this call."""


Fact = (
    Begun
    | Rang
    | EarlyMediaOffered
    | MediaHeard
    | Answered
    | AnswerUnusable
    | Failed
    | HungUp
    | Lost
    | DigitPressed
    | SoundsPlayed
    | TimeUp
    | BalanceUsedUp
    | Cancelled
    | Drained
    | MediaFailed
    | WentSilent
    | Broken
)
