"""What the machine wants done, in the imperative. Orders are constants of the table; they are carried out in order."""

from __future__ import annotations

from dataclasses import dataclass

from ringout.domain.facts import Timer
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring that party's phone."""

    party: Party


@dataclass(frozen=True, slots=True)
class HangUp:
    """End that leg, whatever it needs now: CANCEL before its answer, BYE after."""

    party: Party


@dataclass(frozen=True, slots=True)
class Play:
    """Play these prompts to the caller, in order, once."""

    sounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlayRingback:
    """Let the caller hear the ringback tone."""


@dataclass(frozen=True, slots=True)
class ListenToCallee:
    """Let the caller hear the callee's early media as soon as there is any; the callee hears nothing."""


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Stop what the caller is played."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let each hear the other."""


@dataclass(frozen=True, slots=True)
class SendPostDial:
    """Send the callee the digits that the plan has for this moment, if any."""


@dataclass(frozen=True, slots=True)
class CloseMedia:
    """No more audio from or to anybody."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    timer: Timer


@dataclass(frozen=True, slots=True)
class StopTimer:
    timer: Timer


@dataclass(frozen=True, slots=True)
class Show:
    """A leg goes on and reads like this from now on. `{detail}` in explanation: the fact's own words."""

    party: Party
    status: PartyStatus
    explanation: str


@dataclass(frozen=True, slots=True)
class End:
    """A leg has ended, or ends now, and reads like this. None: as the fact's outcome says."""

    party: Party
    status: PartyStatus | None
    ended_by: EndedBy | None
    explanation: str | None


@dataclass(frozen=True, slots=True)
class Conclude:
    """How the whole RingOut reads from now on. None: as the fact's outcome says."""

    status: CallStatus
    ended_by: EndedBy | None
    explanation: str | None


Order = (
    Dial
    | HangUp
    | Play
    | PlayRingback
    | ListenToCallee
    | StopPlaying
    | Bridge
    | SendPostDial
    | CloseMedia
    | StartTimer
    | StopTimer
    | Show
    | End
    | Conclude
)
