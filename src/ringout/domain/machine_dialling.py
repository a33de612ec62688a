"""The rows of a RingOut from its begin until both are connected, or one of them cannot be. Pure data."""

from __future__ import annotations

from ringout.domain.facts import Timer
from ringout.domain.machine_kinds import Kind, State
from ringout.domain.machine_rows import (
    AS_OUTCOME,
    BY_CALLEE,
    BY_CALLER,
    BY_NETWORK,
    BY_SERVER,
    CALLEE,
    CALLER,
    ERROR,
    FINISHED,
    IN_PROGRESS,
    NO_ANSWER,
    NOT_CALLED,
    PROMPTED,
    REJECTED,
    SUCCESS,
    TIMERS,
    Rows,
    unreached,
)
from ringout.domain.orders import (
    Bridge,
    Conclude,
    Dial,
    End,
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
from ringout.domain.status import CallStatus

DIALLING = Rows()
_row, _end, _end_without_caller = DIALLING.add, DIALLING.end, DIALLING.end_without_caller

# --- dialling the caller -----------------------------------------------------------------------------------------

_RING_CALLEE: tuple[Order, ...] = (
    Show(CALLER, SUCCESS, "The caller is connected."),
    Show(CALLEE, IN_PROGRESS, "The callee's phone is being called."),
    Dial(CALLEE),
    StartTimer(Timer.CALLEE_RING),
)
_PLAY_PROMPT: tuple[Order, ...] = (Play(("press_1",)), StartTimer(Timer.SOUND))

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
    *_RING_CALLEE,
)
_row(
    State.CALLER_RINGING,
    Kind.CALLER_ANSWERED_TO_PROMPT,
    State.PROMPTING,
    StopTimer(Timer.CALLER_RING),
    Show(CALLER, IN_PROGRESS, "The caller answered and is asked to press 1."),
    *_PLAY_PROMPT,
)
_end(State.CALLER_RINGING, Kind.CALLER_FAILED, End(CALLER, None, None, None), NOT_CALLED, AS_OUTCOME, gone=CALLER)
_end(State.CALLER_RINGING, Kind.CALLER_ANSWER_UNUSABLE, End(CALLER, None, None, None), NOT_CALLED, AS_OUTCOME)
# Answered and over, while its phone was still being asked for a codec that we speak.
_end_without_caller(
    State.CALLER_RINGING,
    Kind.CALLER_HUNG_UP,
    REJECTED,
    BY_CALLER,
    "The caller hung up right after the answer.",
    gone=CALLER,
)
_end_without_caller(
    State.CALLER_RINGING,
    Kind.CALLER_LOST,
    ERROR,
    BY_NETWORK,
    "The caller's phone {detail}.",
    gone=CALLER,
)
_end_without_caller(
    State.CALLER_RINGING,
    Kind.CALLER_RING_TIME_UP,
    NO_ANSWER,
    BY_SERVER,
    "The caller's phone was not answered in time.",
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
_row(State.PROMPTING, Kind.NO_KEY_IN_TIME, State.PROMPTING, *_PLAY_PROMPT)
_row(
    State.PROMPTING,
    Kind.WRONG_KEY,
    State.PROMPTING,
    *TIMERS[State.PROMPTING],
    Play(("wrong_key", "press_1")),
    StartTimer(Timer.SOUND),
)
_row(
    State.PROMPTING,
    Kind.ONE_PRESSED,
    State.CALLEE_RINGING,
    *TIMERS[State.PROMPTING],
    StopPlaying(),
    *_RING_CALLEE,
)
for _kind in (Kind.NO_KEY_AT_ALL, Kind.LAST_WRONG_KEY):
    _row(
        State.PROMPTING,
        _kind,
        State.GOODBYE,
        *TIMERS[State.PROMPTING],
        Show(CALLER, IN_PROGRESS, "The caller did not press 1 and is told that no call is placed."),
        Play(("goodbye",)),
        StartTimer(Timer.SOUND),
    )
for _kind in (Kind.SOUNDS_PLAYED, Kind.SOUND_TIME_UP):
    _end_without_caller(State.GOODBYE, _kind, NO_ANSWER, BY_SERVER, "The caller answered but did not press 1.")
for _state in PROMPTED:
    _end_without_caller(
        _state,
        Kind.CALLER_HUNG_UP,
        REJECTED,
        BY_CALLER,
        "The caller hung up without pressing 1.",
        gone=CALLER,
    )
    _end_without_caller(_state, Kind.CALLER_LOST, ERROR, BY_NETWORK, "The caller's phone {detail}.", gone=CALLER)
    _end_without_caller(
        _state,
        Kind.CALLER_SILENT,
        NO_ANSWER,
        BY_SERVER,
        "No audio came from the caller's phone for {detail} seconds.",
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
_LET_GO = End(CALLER, SUCCESS, None, "The caller was hung up, because the callee could not be reached.")
_end(State.CALLEE_RINGING, Kind.CALLEE_FAILED, End(CALLEE, None, None, None), _LET_GO, AS_OUTCOME, gone=CALLEE)
_end(State.CALLEE_RINGING, Kind.CALLEE_ANSWER_UNUSABLE, End(CALLEE, None, None, None), _LET_GO, AS_OUTCOME)
_end(
    State.CALLEE_RINGING,
    Kind.CALLEE_HUNG_UP,
    End(CALLEE, REJECTED, BY_CALLEE, "The callee hung up right after the answer."),
    _LET_GO,
    unreached(BY_CALLEE, "The callee hung up right after the answer."),
    gone=CALLEE,
)
_end(
    State.CALLEE_RINGING,
    Kind.CALLEE_LOST,
    End(CALLEE, ERROR, BY_NETWORK, "The callee's phone {detail}."),
    _LET_GO,
    unreached(BY_NETWORK, "The callee's phone {detail}."),
    gone=CALLEE,
)
_end(
    State.CALLEE_RINGING,
    Kind.CALLEE_RING_TIME_UP,
    End(CALLEE, NO_ANSWER, BY_SERVER, "The callee's phone was not answered in time."),
    End(CALLER, SUCCESS, BY_SERVER, "The caller was hung up, because the callee could not be reached."),
    unreached(BY_SERVER, "The callee's phone was not answered in time."),
)
_end(
    State.CALLEE_RINGING,
    Kind.CALLER_HUNG_UP,
    End(CALLER, FINISHED, BY_CALLER, "The caller hung up before the callee answered."),
    End(CALLEE, REJECTED, BY_CALLER, "The callee's phone stopped ringing, because the caller hung up."),
    unreached(BY_CALLER, "The caller hung up before the callee answered."),
    gone=CALLER,
)
_end(
    State.CALLEE_RINGING,
    Kind.CALLER_LOST,
    End(CALLER, FINISHED, BY_NETWORK, "The caller's phone {detail}."),
    End(CALLEE, REJECTED, BY_NETWORK, "The callee's phone stopped ringing, because the caller's phone {detail}."),
    unreached(BY_NETWORK, "The caller's phone {detail}."),
    gone=CALLER,
)
_end(
    State.CALLEE_RINGING,
    Kind.CALLER_SILENT,
    End(CALLER, FINISHED, BY_SERVER, "No audio came from the caller's phone for {detail} seconds."),
    End(CALLEE, REJECTED, BY_SERVER, "The callee's phone stopped ringing, because the caller's phone went silent."),
    unreached(BY_SERVER, "No audio came from the caller's phone for {detail} seconds."),
)
