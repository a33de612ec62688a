"""The rows that end a RingOut which was connected, those that end any from outside, and the wait for its legs to go.
Pure data."""

from __future__ import annotations

from ringout.domain.facts import Timer
from ringout.domain.machine_kinds import Kind, State
from ringout.domain.machine_rows import (
    BOTH_DIALLED,
    BY_CALLEE,
    BY_CALLER,
    BY_NETWORK,
    BY_SERVER,
    BY_USER,
    CALLEE,
    CALLER,
    ERROR,
    FINISHED,
    NO_FUNDS,
    PROMPTED,
    REJECTED,
    Rows,
    unreached,
)
from ringout.domain.orders import CloseMedia, Conclude, End, StopTimer
from ringout.domain.status import CallStatus, EndedBy, Party

ENDINGS = Rows()
_row, _end, _end_without_caller = ENDINGS.add, ENDINGS.end, ENDINGS.end_without_caller

_SHUTTING_DOWN = "the server is shutting down"
_AUDIO_FAILED = "the server's audio failed: {detail}"

# --- a connected call --------------------------------------------------------------------------------------------


def _finished(kind: Kind, by: EndedBy, caller: str, callee: str, text: str, gone: Party | None = None) -> None:
    _end(
        State.CONNECTED,
        kind,
        End(CALLER, FINISHED, by, caller),
        End(CALLEE, FINISHED, by, callee),
        Conclude(CallStatus.SUCCESS, by, text),
        gone=gone,
    )


_finished(
    Kind.CALLER_HUNG_UP,
    BY_CALLER,
    "The caller hung up.",
    "The callee was hung up, because the caller hung up.",
    "The call took place; the caller hung up.",
    CALLER,
)
_finished(
    Kind.CALLEE_HUNG_UP,
    BY_CALLEE,
    "The caller was hung up, because the callee hung up.",
    "The callee hung up.",
    "The call took place; the callee hung up.",
    CALLEE,
)
_finished(
    Kind.CALLER_LOST,
    BY_NETWORK,
    "The caller's phone {detail}.",
    "The callee was hung up, because the caller's phone {detail}.",
    "The call took place; the caller's phone {detail}.",
    CALLER,
)
_finished(
    Kind.CALLEE_LOST,
    BY_NETWORK,
    "The caller was hung up, because the callee's phone {detail}.",
    "The callee's phone {detail}.",
    "The call took place; the callee's phone {detail}.",
    CALLEE,
)
for _kind, _by, _why in (
    (Kind.CALL_TIME_UP, BY_SERVER, "the longest time of a call was over"),
    (Kind.BALANCE_USED_UP, BY_SERVER, "the balance of the account is used up"),
    (Kind.CALLER_SILENT, BY_SERVER, "no audio came from the caller's phone for {detail} seconds"),
    (Kind.CALLEE_SILENT, BY_SERVER, "no audio came from the callee's phone for {detail} seconds"),
    (Kind.CANCELLED, BY_USER, "the user ended the call through the API"),
    (Kind.DRAINED, BY_SERVER, _SHUTTING_DOWN),
    (Kind.MEDIA_FAILED, BY_SERVER, _AUDIO_FAILED),
):
    _finished(
        _kind,
        _by,
        f"The caller was hung up, because {_why}.",
        f"The callee was hung up, because {_why}.",
        f"The call took place; both were hung up, because {_why}.",
    )

# --- the balance of a prepaid account -----------------------------------------------------------------------------

_BROKE = "The call was ended, because the balance of the account is used up."
for _state in (State.CALLER_RINGING, *PROMPTED):  # of several phones that ring, some are up and cost
    _end_without_caller(_state, Kind.BALANCE_USED_UP, NO_FUNDS, BY_SERVER, _BROKE)
_end(
    State.CALLEE_RINGING,
    Kind.BALANCE_USED_UP,
    End(CALLER, FINISHED, BY_SERVER, _BROKE),
    End(CALLEE, NO_FUNDS, BY_SERVER, _BROKE),
    unreached(BY_SERVER, _BROKE),
)

# --- from outside, at any moment ---------------------------------------------------------------------------------

_CANCELLED = "the user cancelled it through the API"
_BROKEN = "an error occurred in the server"
BROKE_DOWN = f"The call was ended, because {_BROKEN}."

# Nobody has been dialled yet: the worker that held the reserved ports died between reservation and begin.
for _kind, _status, _call_status, _by, _why in (
    (Kind.CANCELLED, REJECTED, CallStatus.CANNOT_REACH, BY_USER, _CANCELLED),
    (Kind.DRAINED, REJECTED, CallStatus.CANNOT_REACH, BY_SERVER, _SHUTTING_DOWN),
    (Kind.MEDIA_FAILED, ERROR, CallStatus.ERROR, BY_SERVER, _AUDIO_FAILED),
    (Kind.BROKEN, ERROR, CallStatus.ERROR, BY_SERVER, _BROKEN),
):
    _text = f"The call was ended before it began, because {_why}."
    _row(
        State.NEW,
        _kind,
        State.ENDED,
        End(CALLER, _status, _by, _text),
        End(CALLEE, _status, _by, _text),
        Conclude(_call_status, _by, _text),
        CloseMedia(),
    )

for _state in (State.CALLER_RINGING, *PROMPTED, State.CALLEE_RINGING):
    _answered = _state in BOTH_DIALLED
    for _kind, _by, _why in ((Kind.CANCELLED, BY_USER, _CANCELLED), (Kind.DRAINED, BY_SERVER, _SHUTTING_DOWN)):
        _text = f"The call was ended, because {_why}."
        _end(
            _state,
            _kind,
            End(CALLER, FINISHED if _answered else REJECTED, _by, _text),
            End(CALLEE, REJECTED, _by, _text),
            unreached(_by, _text),
        )
    for _kind, _why in ((Kind.MEDIA_FAILED, _AUDIO_FAILED), (Kind.BROKEN, _BROKEN)):
        _text = f"The call was ended, because {_why}."
        _end(
            _state,
            _kind,
            End(CALLER, FINISHED if _answered else ERROR, BY_SERVER, _text),
            End(CALLEE, ERROR, BY_SERVER, _text),
            Conclude(CallStatus.ERROR, BY_SERVER, _text),
        )
_end(
    State.CONNECTED,
    Kind.BROKEN,
    End(CALLER, FINISHED, BY_SERVER, BROKE_DOWN),
    End(CALLEE, FINISHED, BY_SERVER, BROKE_DOWN),
    Conclude(CallStatus.ERROR, BY_SERVER, BROKE_DOWN),
)

# --- all is decided ----------------------------------------------------------------------------------------------

_row(State.ENDING, Kind.LEG_GONE, State.ENDING)
_row(State.ENDING, Kind.LAST_LEG_GONE, State.ENDED, StopTimer(Timer.ENDING))
_row(State.ENDING, Kind.ENDING_TIME_UP, State.ENDED)
