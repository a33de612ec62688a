"""The table of the RingOut machine: (state, kind of fact) -> (next state, orders). Pure data."""

from __future__ import annotations

from ringout.domain.facts import Timer
from ringout.domain.machine_kinds import Kind, State
from ringout.domain.orders import (
    Bridge,
    CloseMedia,
    Conclude,
    Dial,
    End,
    HangUp,
    ListenToCallee,
    Order,
    Play,
    PlayRingback,
    SendPostDial,
    Show,
    StartTimer,
    StopPlaying,
    StopTimer,
)
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus

CALLER, CALLEE = Party.CALLER, Party.CALLEE
BY_CALLER, BY_CALLEE, BY_USER, BY_SERVER = EndedBy.CALLER, EndedBy.CALLEE, EndedBy.USER, EndedBy.SERVER
BY_NETWORK = EndedBy.NETWORK
IN_PROGRESS, SUCCESS, FINISHED = PartyStatus.IN_PROGRESS, PartyStatus.SUCCESS, PartyStatus.FINISHED
REJECTED, NO_ANSWER, ERROR = PartyStatus.REJECTED, PartyStatus.NO_ANSWER, PartyStatus.GENERIC_ERROR
NO_FUNDS = PartyStatus.NOT_ENOUGH_FUNDS

Row = tuple[State, tuple[Order, ...]]
TABLE: dict[tuple[State, Kind], Row] = {}

PROMPTED = (State.PROMPTING, State.GOODBYE)
RUNNING = (State.CALLER_RINGING, *PROMPTED, State.CALLEE_RINGING, State.CONNECTED)

_TIMERS: dict[State, tuple[Order, ...]] = {
    State.CALLER_RINGING: (StopTimer(Timer.CALLER_RING),),
    State.PROMPTING: (StopTimer(Timer.SOUND), StopTimer(Timer.ANSWER_PROMPT)),
    State.GOODBYE: (StopTimer(Timer.SOUND),),
    State.CALLEE_RINGING: (StopTimer(Timer.CALLEE_RING),),
    State.CONNECTED: (StopTimer(Timer.CALL),),
}
_BOTH_DIALLED = (State.CALLEE_RINGING, State.CONNECTED)


def _row(state: State, kind: Kind, then: State, *orders: Order) -> None:
    if (state, kind) in TABLE:
        raise ValueError(f"two rows for {kind} in {state}")
    TABLE[state, kind] = (then, orders)


def _over(state: State, kind: Kind, *told: Order, gone: Party | None = None) -> None:
    """The RingOut is over: what is told, then no audio, no timer of the state, and every leg that is left hung up.
    gone: the leg that the fact itself has ended."""
    parties = (CALLER, CALLEE) if state in _BOTH_DIALLED else (CALLER,)
    left = tuple(HangUp(party) for party in parties if party is not gone)
    rest: tuple[Order, ...] = (CloseMedia(), *_TIMERS[state], *left)
    if left:
        _row(state, kind, State.ENDING, *told, *rest, StartTimer(Timer.ENDING))
    else:
        _row(state, kind, State.ENDED, *told, *rest)


def _conclude(status: CallStatus, by: EndedBy, text: str) -> Conclude:
    return Conclude(status, by, text)


def _unreached(by: EndedBy, text: str) -> Conclude:
    return Conclude(CallStatus.CANNOT_REACH, by, text)


_AS_OUTCOME = Conclude(CallStatus.CANNOT_REACH, None, None)

# --- dialling the caller -----------------------------------------------------------------------------------------

_ring_callee: tuple[Order, ...] = (
    Show(CALLER, SUCCESS, "The caller is connected."),
    Show(CALLEE, IN_PROGRESS, "The callee's phone is being called."),
    Dial(CALLEE),
    StartTimer(Timer.CALLEE_RING),
)
_play_prompt: tuple[Order, ...] = (Play(("press_1",)), StartTimer(Timer.SOUND))

_row(
    State.NEW,
    Kind.BEGUN,
    State.CALLER_RINGING,
    Show(CALLER, IN_PROGRESS, "The caller's phone is being called."),
    Dial(CALLER),
    StartTimer(Timer.CALLER_RING),
)
_row(
    State.CALLER_RINGING,
    Kind.CALLER_RANG,
    State.CALLER_RINGING,
    Show(CALLER, IN_PROGRESS, "The caller's phone is ringing."),
)
_row(
    State.CALLER_RINGING,
    Kind.CALLER_ANSWERED,
    State.CALLEE_RINGING,
    StopTimer(Timer.CALLER_RING),
    *_ring_callee,
)
_row(
    State.CALLER_RINGING,
    Kind.CALLER_ANSWERED_TO_PROMPT,
    State.PROMPTING,
    StopTimer(Timer.CALLER_RING),
    Show(CALLER, IN_PROGRESS, "The caller answered and is asked to press 1."),
    *_play_prompt,
)

_NOT_CALLED = Show(CALLEE, IN_PROGRESS, "The callee was not called, because the caller was not connected.")

_over(State.CALLER_RINGING, Kind.CALLER_FAILED, End(CALLER, None, None, None), _NOT_CALLED, _AS_OUTCOME, gone=CALLER)
_over(
    State.CALLER_RINGING,
    Kind.CALLER_ANSWER_UNUSABLE,
    End(CALLER, None, None, None),
    _NOT_CALLED,
    _AS_OUTCOME,
)
# Answered and over, while its phone was still being asked for a codec that we speak.
_over(
    State.CALLER_RINGING,
    Kind.CALLER_HUNG_UP,
    End(CALLER, REJECTED, BY_CALLER, "The caller hung up right after the answer."),
    _NOT_CALLED,
    _unreached(BY_CALLER, "The caller hung up right after the answer."),
    gone=CALLER,
)
_over(
    State.CALLER_RINGING,
    Kind.CALLER_LOST,
    End(CALLER, ERROR, BY_NETWORK, "The caller's phone {detail}."),
    _NOT_CALLED,
    _unreached(BY_NETWORK, "The caller's phone {detail}."),
    gone=CALLER,
)
_over(
    State.CALLER_RINGING,
    Kind.CALLER_RING_TIME_UP,
    End(CALLER, NO_ANSWER, BY_SERVER, "The caller's phone was not answered in time."),
    _NOT_CALLED,
    _unreached(BY_SERVER, "The caller's phone was not answered in time."),
)

# --- the prompt --------------------------------------------------------------------------------------------------

_row(
    State.PROMPTING,
    Kind.SOUNDS_PLAYED,
    State.PROMPTING,
    StopTimer(Timer.SOUND),
    StartTimer(Timer.ANSWER_PROMPT),
)
_row(State.PROMPTING, Kind.SOUND_TIME_UP, State.PROMPTING, StartTimer(Timer.ANSWER_PROMPT))
_row(State.PROMPTING, Kind.NO_KEY_IN_TIME, State.PROMPTING, *_play_prompt)
_row(
    State.PROMPTING,
    Kind.WRONG_KEY,
    State.PROMPTING,
    *_TIMERS[State.PROMPTING],
    Play(("wrong_key", "press_1")),
    StartTimer(Timer.SOUND),
)
_row(
    State.PROMPTING,
    Kind.ONE_PRESSED,
    State.CALLEE_RINGING,
    *_TIMERS[State.PROMPTING],
    StopPlaying(),
    *_ring_callee,
)
for _kind in (Kind.NO_KEY_AT_ALL, Kind.LAST_WRONG_KEY):
    _row(
        State.PROMPTING,
        _kind,
        State.GOODBYE,
        *_TIMERS[State.PROMPTING],
        Show(CALLER, IN_PROGRESS, "The caller did not press 1 and is told that no call is placed."),
        Play(("goodbye",)),
        StartTimer(Timer.SOUND),
    )
for _kind in (Kind.SOUNDS_PLAYED, Kind.SOUND_TIME_UP):
    _over(
        State.GOODBYE,
        _kind,
        End(CALLER, NO_ANSWER, BY_SERVER, "The caller answered but did not press 1."),
        _NOT_CALLED,
        _unreached(BY_SERVER, "The caller answered but did not press 1."),
    )
for _state in PROMPTED:
    _over(
        _state,
        Kind.CALLER_HUNG_UP,
        End(CALLER, REJECTED, BY_CALLER, "The caller hung up without pressing 1."),
        _NOT_CALLED,
        _unreached(BY_CALLER, "The caller hung up without pressing 1."),
        gone=CALLER,
    )
    _over(
        _state,
        Kind.CALLER_LOST,
        End(CALLER, ERROR, BY_NETWORK, "The caller's phone {detail}."),
        _NOT_CALLED,
        _unreached(BY_NETWORK, "The caller's phone {detail}."),
        gone=CALLER,
    )
    _over(
        _state,
        Kind.CALLER_SILENT,
        End(CALLER, NO_ANSWER, BY_SERVER, "No audio came from the caller's phone for {detail} seconds."),
        _NOT_CALLED,
        _unreached(BY_SERVER, "No audio came from the caller's phone for {detail} seconds."),
    )

# --- dialling the callee -----------------------------------------------------------------------------------------

_CALLEE_RINGS = Show(CALLEE, IN_PROGRESS, "The callee's phone is ringing.")
_row(State.CALLEE_RINGING, Kind.CALLEE_RANG, State.CALLEE_RINGING, _CALLEE_RINGS, PlayRingback())
_row(
    State.CALLEE_RINGING,
    Kind.CALLEE_RANG_AFTER_EARLY_MEDIA,
    State.CALLEE_RINGING,
    _CALLEE_RINGS,
    PlayRingback(),
    ListenToCallee(),  # a ringback replaces what plays; until RTP comes the caller hears it, then the callee
)
_row(
    State.CALLEE_RINGING,
    Kind.CALLEE_EARLY_MEDIA,
    State.CALLEE_RINGING,
    Show(CALLEE, IN_PROGRESS, "The callee's side plays a tone or announcement."),
    ListenToCallee(),
)
_row(
    State.CALLEE_RINGING,
    Kind.CALLEE_ANSWERED,
    State.CONNECTED,
    StopTimer(Timer.CALLEE_RING),
    Bridge(),
    SendPostDial(),
    Show(CALLEE, SUCCESS, "The callee is connected."),
    Conclude(CallStatus.SUCCESS, None, "The caller and the callee are connected."),
    StartTimer(Timer.CALL),
)
_let_go = End(CALLER, SUCCESS, None, "The caller was hung up, because the callee could not be reached.")
_over(State.CALLEE_RINGING, Kind.CALLEE_FAILED, End(CALLEE, None, None, None), _let_go, _AS_OUTCOME, gone=CALLEE)
_over(State.CALLEE_RINGING, Kind.CALLEE_ANSWER_UNUSABLE, End(CALLEE, None, None, None), _let_go, _AS_OUTCOME)
_over(
    State.CALLEE_RINGING,
    Kind.CALLEE_HUNG_UP,
    End(CALLEE, REJECTED, BY_CALLEE, "The callee hung up right after the answer."),
    _let_go,
    _unreached(BY_CALLEE, "The callee hung up right after the answer."),
    gone=CALLEE,
)
_over(
    State.CALLEE_RINGING,
    Kind.CALLEE_LOST,
    End(CALLEE, ERROR, BY_NETWORK, "The callee's phone {detail}."),
    _let_go,
    _unreached(BY_NETWORK, "The callee's phone {detail}."),
    gone=CALLEE,
)
_over(
    State.CALLEE_RINGING,
    Kind.CALLEE_RING_TIME_UP,
    End(CALLEE, NO_ANSWER, BY_SERVER, "The callee's phone was not answered in time."),
    End(CALLER, SUCCESS, BY_SERVER, "The caller was hung up, because the callee could not be reached."),
    _unreached(BY_SERVER, "The callee's phone was not answered in time."),
)
_over(
    State.CALLEE_RINGING,
    Kind.CALLER_HUNG_UP,
    End(CALLER, FINISHED, BY_CALLER, "The caller hung up before the callee answered."),
    End(CALLEE, REJECTED, BY_CALLER, "The callee's phone stopped ringing, because the caller hung up."),
    _unreached(BY_CALLER, "The caller hung up before the callee answered."),
    gone=CALLER,
)
_over(
    State.CALLEE_RINGING,
    Kind.CALLER_LOST,
    End(CALLER, FINISHED, BY_NETWORK, "The caller's phone {detail}."),
    End(CALLEE, REJECTED, BY_NETWORK, "The callee's phone stopped ringing, because the caller's phone {detail}."),
    _unreached(BY_NETWORK, "The caller's phone {detail}."),
    gone=CALLER,
)
_over(
    State.CALLEE_RINGING,
    Kind.CALLER_SILENT,
    End(CALLER, FINISHED, BY_SERVER, "No audio came from the caller's phone for {detail} seconds."),
    End(CALLEE, REJECTED, BY_SERVER, "The callee's phone stopped ringing, because the caller's phone went silent."),
    _unreached(BY_SERVER, "No audio came from the caller's phone for {detail} seconds."),
)

# --- connected ---------------------------------------------------------------------------------------------------


def _finished(kind: Kind, by: EndedBy, caller: str, callee: str, text: str, gone: Party | None = None) -> None:
    _over(
        State.CONNECTED,
        kind,
        End(CALLER, FINISHED, by, caller),
        End(CALLEE, FINISHED, by, callee),
        _conclude(CallStatus.SUCCESS, by, text),
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
    (Kind.DRAINED, BY_SERVER, "the server is shutting down"),
    (Kind.MEDIA_FAILED, BY_SERVER, "the server's audio failed: {detail}"),
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
    _over(
        _state,
        Kind.BALANCE_USED_UP,
        End(CALLER, NO_FUNDS, BY_SERVER, _BROKE),
        _NOT_CALLED,
        _unreached(BY_SERVER, _BROKE),
    )
_over(
    State.CALLEE_RINGING,
    Kind.BALANCE_USED_UP,
    End(CALLER, FINISHED, BY_SERVER, _BROKE),
    End(CALLEE, NO_FUNDS, BY_SERVER, _BROKE),
    _unreached(BY_SERVER, _BROKE),
)

# --- from outside, at any moment -----------------------------------------------------------------------------------

for _state in RUNNING:
    _answered = _state in _BOTH_DIALLED
    for _kind, _by, _why in (
        (Kind.CANCELLED, BY_USER, "the user cancelled it through the API"),
        (Kind.DRAINED, BY_SERVER, "the server is shutting down"),
    ):
        if _state is not State.CONNECTED:
            _over(
                _state,
                _kind,
                End(CALLER, FINISHED if _answered else REJECTED, _by, f"The call was ended, because {_why}."),
                End(CALLEE, REJECTED, _by, f"The call was ended, because {_why}."),
                _unreached(_by, f"The call was ended, because {_why}."),
            )
    for _kind, _why in (
        (Kind.MEDIA_FAILED, "the server's audio failed: {detail}"),
        (Kind.BROKEN, "an error occurred in the server"),
    ):
        if (_state, _kind) not in TABLE:
            _connected = _state is State.CONNECTED
            _over(
                _state,
                _kind,
                End(CALLER, FINISHED if _answered else ERROR, BY_SERVER, f"The call was ended, because {_why}."),
                End(CALLEE, FINISHED if _connected else ERROR, BY_SERVER, f"The call was ended, because {_why}."),
                _conclude(CallStatus.ERROR, BY_SERVER, f"The call was ended, because {_why}."),
            )

# Nobody has been dialled yet: the worker that held the reserved ports died between reservation and begin.
for _kind, _status, _call_status, _by, _why in (
    (Kind.CANCELLED, REJECTED, CallStatus.CANNOT_REACH, BY_USER, "the user cancelled it through the API"),
    (Kind.DRAINED, REJECTED, CallStatus.CANNOT_REACH, BY_SERVER, "the server is shutting down"),
    (Kind.MEDIA_FAILED, ERROR, CallStatus.ERROR, BY_SERVER, "the server's audio failed: {detail}"),
    (Kind.BROKEN, ERROR, CallStatus.ERROR, BY_SERVER, "an error occurred in the server"),
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

# --- ending ------------------------------------------------------------------------------------------------------

_row(State.ENDING, Kind.LEG_GONE, State.ENDING)
_row(State.ENDING, Kind.LAST_LEG_GONE, State.ENDED, StopTimer(Timer.ENDING))
_row(State.ENDING, Kind.ENDING_TIME_UP, State.ENDED)
