"""The table of one phone that rings among several for the caller: (state, kind of fact) -> (next state, orders).

The orders are those of the RingOut's own machine, meant for this phone: CALLER is whoever holds it. Three are new:
Take, GiveUp and LetGo. Pure data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ringout.domain.facts import Timer
from ringout.domain.orders import CloseMedia, Dial, End, HangUp, Order, Play, Show, StartTimer, StopPlaying, StopTimer
from ringout.domain.status import EndedBy, Party, PartyStatus


class PhoneState(Enum):
    """Where one of the phones stands."""

    WAITING = "Waiting"  # its turn has not come
    RINGING = "Ringing"
    PROMPTING = "Prompting"  # whoever answered is asked for a 1
    GOODBYE = "Goodbye"  # and is told that no call comes of it
    TAKEN = "Taken"  # it is the caller: the RingOut's own machine hears everything from now on
    GONE = "Gone"  # it comes to nothing; what is left of it is being hung up

    __hash__ = object.__hash__


class PhoneKind(Enum):
    """What a fact means for one of the phones."""

    TURN = "its turn"
    RANG = "rang"
    EARLY_MEDIA = "early media"
    HEARD = "first RTP"
    ANSWERED = "answered"
    ANSWERED_TO_PROMPT = "answered, to be prompted"
    ANSWER_UNUSABLE = "answer unusable"
    FAILED = "failed"
    HUNG_UP = "hung up"
    LOST = "lost"
    SILENT = "went silent"
    ONE_PRESSED = "1 pressed"
    WRONG_KEY = "wrong key"
    LAST_WRONG_KEY = "wrong key, no attempt left"
    SOUNDS_PLAYED = "sounds played"
    SOUND_TIME_UP = "sounds never ended"
    NO_KEY_IN_TIME = "no key in time"
    NO_KEY_AT_ALL = "no key in time, no attempt left"
    RING_TIME_UP = "ring time up"
    MEDIA_FAILED = "media failed"
    BEATEN = "another phone took the call"
    CALLED_OFF = "the call was called off"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Take:
    """This phone is the caller."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """This phone will not be the caller: the next one may ring."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """Hang up what rings or is up, and say that the call was taken elsewhere."""


PhoneOrder = Order | Take | GiveUp | LetGo
Row = tuple[PhoneState, tuple[PhoneOrder, ...]]

CALLER = Party.CALLER
BY_CALLER, BY_NETWORK, BY_SERVER = EndedBy.CALLER, EndedBy.NETWORK, EndedBy.SERVER
IN_PROGRESS, SUCCESS, FINISHED = PartyStatus.IN_PROGRESS, PartyStatus.SUCCESS, PartyStatus.FINISHED
REJECTED, NO_ANSWER, ERROR = PartyStatus.REJECTED, PartyStatus.NO_ANSWER, PartyStatus.GENERIC_ERROR

_S, _K = PhoneState, PhoneKind
_RING, _SOUND, _KEY = Timer.CALLER_RING, Timer.SOUND, Timer.ANSWER_PROMPT

_STOP: dict[PhoneState, tuple[PhoneOrder, ...]] = {
    _S.WAITING: (),
    _S.RINGING: (StopTimer(_RING),),
    _S.PROMPTING: (StopTimer(_SOUND), StopTimer(_KEY)),
    _S.GOODBYE: (StopTimer(_SOUND),),
}
PHONE_TABLE: dict[tuple[PhoneState, PhoneKind], Row] = {}


def _row(state: PhoneState, kind: PhoneKind, then: PhoneState, *orders: PhoneOrder) -> None:
    if (state, kind) in PHONE_TABLE:
        raise ValueError(f"two rows for {kind} in {state}")
    PHONE_TABLE[state, kind] = (then, orders)


def _over(state: PhoneState, kind: PhoneKind, told: PhoneOrder, *rest: PhoneOrder) -> None:
    """The phone is out of it. A phone in GOODBYE was given up when it came there."""
    given_up = (GiveUp(),) if state is not _S.GOODBYE and kind not in (_K.BEATEN, _K.CALLED_OFF) else ()
    _row(state, kind, _S.GONE, told, CloseMedia(), *_STOP[state], *rest, *given_up)


_took = (Show(CALLER, SUCCESS, "This phone took the call."), Take())
_play_prompt: tuple[PhoneOrder, ...] = (Play(("press_1",)), StartTimer(_SOUND))
_AS_OUTCOME = End(CALLER, None, None, None)

# --- ringing -----------------------------------------------------------------------------------------------------

_row(
    _S.WAITING,
    _K.TURN,
    _S.RINGING,
    Show(CALLER, IN_PROGRESS, "The phone is being called."),
    Dial(CALLER),
    StartTimer(_RING),
)
_row(_S.RINGING, _K.RANG, _S.RINGING, Show(CALLER, IN_PROGRESS, "The phone is ringing."))
_row(_S.RINGING, _K.ANSWERED, _S.TAKEN, StopTimer(_RING), *_took)
_row(
    _S.RINGING,
    _K.ANSWERED_TO_PROMPT,
    _S.PROMPTING,
    StopTimer(_RING),
    Show(CALLER, IN_PROGRESS, "The phone was answered; whoever answered is asked to press 1."),
    *_play_prompt,
)
_over(_S.RINGING, _K.ANSWER_UNUSABLE, _AS_OUTCOME, HangUp(CALLER))
_over(_S.RINGING, _K.FAILED, _AS_OUTCOME)
# Answered and over, while it was still being asked for a codec that we speak.
_over(_S.RINGING, _K.HUNG_UP, End(CALLER, REJECTED, BY_CALLER, "The caller hung up right after the answer."))
_over(_S.RINGING, _K.LOST, End(CALLER, ERROR, BY_NETWORK, "The caller's phone {detail}."))
_over(
    _S.RINGING,
    _K.RING_TIME_UP,
    End(CALLER, NO_ANSWER, BY_SERVER, "The caller's phone was not answered in time."),
    HangUp(CALLER),
)

# --- the prompt --------------------------------------------------------------------------------------------------

_row(_S.PROMPTING, _K.SOUNDS_PLAYED, _S.PROMPTING, StopTimer(_SOUND), StartTimer(_KEY))
_row(_S.PROMPTING, _K.SOUND_TIME_UP, _S.PROMPTING, StartTimer(_KEY))
_row(_S.PROMPTING, _K.NO_KEY_IN_TIME, _S.PROMPTING, *_play_prompt)
_row(
    _S.PROMPTING,
    _K.WRONG_KEY,
    _S.PROMPTING,
    *_STOP[_S.PROMPTING],
    Play(("wrong_key", "press_1")),
    StartTimer(_SOUND),
)
_row(_S.PROMPTING, _K.ONE_PRESSED, _S.TAKEN, *_STOP[_S.PROMPTING], StopPlaying(), *_took)
for _kind in (_K.NO_KEY_AT_ALL, _K.LAST_WRONG_KEY):
    _row(
        _S.PROMPTING,
        _kind,
        _S.GOODBYE,
        *_STOP[_S.PROMPTING],
        Show(CALLER, IN_PROGRESS, "Nobody pressed 1, and whoever answered is told that no call is placed."),
        Play(("goodbye",)),
        StartTimer(_SOUND),
        GiveUp(),
    )
for _kind in (_K.SOUNDS_PLAYED, _K.SOUND_TIME_UP):
    _over(
        _S.GOODBYE,
        _kind,
        End(CALLER, NO_ANSWER, BY_SERVER, "The caller's phone was answered, but nobody pressed 1."),
        HangUp(CALLER),
    )
for _state in (_S.PROMPTING, _S.GOODBYE):
    _over(_state, _K.HUNG_UP, End(CALLER, REJECTED, BY_CALLER, "The caller hung up without pressing 1."))
    _over(_state, _K.LOST, End(CALLER, ERROR, BY_NETWORK, "The caller's phone {detail}."))
    _over(
        _state,
        _K.SILENT,
        End(CALLER, NO_ANSWER, BY_SERVER, "No audio came from the caller's phone for {detail} seconds."),
        HangUp(CALLER),
    )

# --- from outside ------------------------------------------------------------------------------------------------

_row(
    _S.WAITING,
    _K.BEATEN,
    _S.GONE,
    Show(CALLER, IN_PROGRESS, "The phone did not ring, because another one took the call."),
    CloseMedia(),
)
_row(
    _S.WAITING,
    _K.CALLED_OFF,
    _S.GONE,
    Show(CALLER, IN_PROGRESS, "The phone did not ring, because the call ended before its turn."),
    CloseMedia(),
)
_over(
    _S.RINGING,
    _K.BEATEN,
    End(CALLER, REJECTED, BY_SERVER, "The phone stopped ringing, because another one took the call."),
    LetGo(),
)
_over(
    _S.RINGING,
    _K.CALLED_OFF,
    End(CALLER, REJECTED, BY_SERVER, "The phone stopped ringing, because the call was ended."),
    HangUp(CALLER),
)
for _state in (_S.PROMPTING, _S.GOODBYE):
    _over(
        _state,
        _K.BEATEN,
        End(CALLER, FINISHED, BY_SERVER, "The phone was hung up, because another one took the call."),
        LetGo(),
    )
    _over(
        _state,
        _K.CALLED_OFF,
        End(CALLER, REJECTED, BY_SERVER, "The phone was hung up, because the call was ended."),
        HangUp(CALLER),
    )
_FAULT = End(CALLER, ERROR, BY_SERVER, "The phone could not be used, because the server's audio failed: {detail}.")
_over(_S.WAITING, _K.MEDIA_FAILED, _FAULT)
for _state in (_S.RINGING, _S.PROMPTING, _S.GOODBYE):
    _over(_state, _K.MEDIA_FAILED, _FAULT, HangUp(CALLER))

# --- what changes nothing ----------------------------------------------------------------------------------------

_UP = (_K.HUNG_UP, _K.LOST, _K.SILENT)
_KEYS = (_K.ONE_PRESSED, _K.WRONG_KEY, _K.LAST_WRONG_KEY)
_SOUNDS = (_K.SOUNDS_PLAYED, _K.SOUND_TIME_UP)
_KEY_TIMES = (_K.NO_KEY_IN_TIME, _K.NO_KEY_AT_ALL)
_ANSWERS = (_K.ANSWERED, _K.ANSWERED_TO_PROMPT, _K.ANSWER_UNUSABLE, _K.FAILED)

_REASONS: dict[PhoneState, dict[str, tuple[PhoneKind, ...]]] = {
    _S.WAITING: {
        "nobody has been dialled": (_K.RANG, _K.EARLY_MEDIA, _K.HEARD, *_ANSWERS, *_UP, *_KEYS, *_SOUNDS),
        "that timer does not run here": (*_KEY_TIMES, _K.RING_TIME_UP),
    },
    _S.RINGING: {
        "its turn has come": (_K.TURN,),
        "early media of the user's own phone is for nobody": (_K.EARLY_MEDIA, _K.HEARD),
        "it has not answered": (_K.SILENT, *_KEYS, *_SOUNDS),
        "that timer does not run here": _KEY_TIMES,
    },
    _S.PROMPTING: {
        "its turn has come": (_K.TURN,),
        "it has answered": (_K.RANG, _K.EARLY_MEDIA, *_ANSWERS),
        "its RTP goes nowhere yet": (_K.HEARD,),
        "that timer does not run here": (_K.RING_TIME_UP,),
    },
    _S.GOODBYE: {
        "its turn has come": (_K.TURN,),
        "it has answered": (_K.RANG, _K.EARLY_MEDIA, *_ANSWERS),
        "its RTP goes nowhere": (_K.HEARD,),
        "it has just been told that no call is placed": _KEYS,
        "that timer does not run here": (*_KEY_TIMES, _K.RING_TIME_UP),
    },
    _S.TAKEN: {"the RingOut's own machine hears it": tuple(_K)},
    _S.GONE: {"all is decided": tuple(_K)},
}
PHONE_IGNORED: dict[tuple[PhoneState, PhoneKind], str] = {
    (state, kind): why for state, reasons in _REASONS.items() for why, kinds in reasons.items() for kind in kinds
}
