"""The pairs of the RingOut machine that change nothing, each with the reason. A pair that is neither here nor in the
table is a bug."""

from __future__ import annotations

from ringout.domain.machine_kinds import Kind, State

K = Kind

_CALLER_RINGS = (K.CALLER_RANG, K.CALLER_EARLY_MEDIA)
_CALLER_ANSWERS = (K.CALLER_ANSWERED, K.CALLER_ANSWERED_TO_PROMPT, K.CALLER_ANSWER_UNUSABLE)
_CALLEE_RINGS = (
    K.CALLEE_RANG,
    K.CALLEE_RANG_AFTER_EARLY_MEDIA,
    K.CALLEE_RANG_AGAIN,
    K.CALLEE_EARLY_MEDIA,
    K.CALLEE_EARLY_MEDIA_AGAIN,
)
_CALLEE_ANSWERS = (K.CALLEE_ANSWERED, K.CALLEE_ANSWER_UNUSABLE, K.CALLEE_FAILED)
_CALLEE_MEDIA = (K.CALLEE_HEARD, K.CALLEE_SILENT, K.CALLEE_DIGIT)
_CALLEE = (*_CALLEE_RINGS, *_CALLEE_ANSWERS, *_CALLEE_MEDIA, K.CALLEE_HUNG_UP, K.CALLEE_LOST)
_KEYS = (K.ONE_PRESSED, K.WRONG_KEY, K.LAST_WRONG_KEY)
_SOUNDS = (K.SOUNDS_PLAYED, K.SOUND_TIME_UP)
_KEY_TIMES = (K.NO_KEY_IN_TIME, K.NO_KEY_AT_ALL)
_CALLER_GONE = (K.CALLER_FAILED, K.CALLER_HUNG_UP, K.CALLER_LOST)
_RING_TIMES = (K.CALLER_RING_TIME_UP, K.CALLEE_RING_TIME_UP)
_GONE = (K.LEG_GONE, K.LAST_LEG_GONE)

_NOBODY = "nobody has been dialled"
_NO_CALLEE = "the callee has not been dialled"
_NOT_ASKED = "the caller is not being asked"
_ONCE = "a leg answers or fails once, and the caller has answered"
_STOPPED = "that timer does not run here"
_UNHEARD = "the caller's RTP goes nowhere yet"
_FREE = "no leg is up that could cost anything"
_NOT_ENDING = "no leg has been told to hang up"
_DECIDED = "all is decided: only the legs' ends count now"
_OVER = "all is over"

_ALWAYS: dict[str, tuple[Kind, ...]] = {_NOT_ENDING: (*_GONE, K.ENDING_TIME_UP)}

_REASONS: dict[State, dict[str, tuple[Kind, ...]]] = {
    State.NEW: {
        _NOBODY: (
            *_CALLER_RINGS,
            *_CALLER_ANSWERS,
            *_CALLER_GONE,
            *_CALLEE,
            *_KEYS,
            *_SOUNDS,
            K.CALLER_HEARD,
            K.CALLER_SILENT,
        ),
        _STOPPED: (*_KEY_TIMES, *_RING_TIMES, K.CALL_TIME_UP),
        _FREE: (K.BALANCE_USED_UP,),
        **_ALWAYS,
    },
    State.CALLER_RINGING: {
        "it has begun": (K.BEGUN,),
        "the caller's early media is for nobody": (K.CALLER_EARLY_MEDIA, K.CALLER_HEARD),
        "no audio is due before the answer": (K.CALLER_SILENT,),
        "the caller has not answered": (*_KEYS, *_SOUNDS),
        _NO_CALLEE: _CALLEE,
        _STOPPED: (*_KEY_TIMES, K.CALLEE_RING_TIME_UP, K.CALL_TIME_UP),
        **_ALWAYS,
    },
    State.PROMPTING: {
        "it has begun": (K.BEGUN,),
        _ONCE: (*_CALLER_RINGS, *_CALLER_ANSWERS, K.CALLER_FAILED),
        _UNHEARD: (K.CALLER_HEARD,),
        _NO_CALLEE: _CALLEE,
        _STOPPED: (*_RING_TIMES, K.CALL_TIME_UP),
        **_ALWAYS,
    },
    State.GOODBYE: {
        "it has begun": (K.BEGUN,),
        _ONCE: (*_CALLER_RINGS, *_CALLER_ANSWERS, K.CALLER_FAILED),
        _UNHEARD: (K.CALLER_HEARD,),
        "the caller has just been told that no call is placed": _KEYS,
        _NO_CALLEE: _CALLEE,
        _STOPPED: (*_KEY_TIMES, *_RING_TIMES, K.CALL_TIME_UP),
        **_ALWAYS,
    },
    State.CALLEE_RINGING: {
        "it has begun": (K.BEGUN,),
        _ONCE: (*_CALLER_RINGS, *_CALLER_ANSWERS, K.CALLER_FAILED),
        _UNHEARD: (K.CALLER_HEARD,),
        "the caller hears it already": (K.CALLEE_RANG_AGAIN, K.CALLEE_EARLY_MEDIA_AGAIN),
        "only kept in mind: a later 180 does not replace it": (K.CALLEE_HEARD,),
        "no audio is due before the answer": (K.CALLEE_SILENT,),
        "the callee has not answered": (K.CALLEE_DIGIT,),
        _NOT_ASKED: (*_KEYS, *_SOUNDS, *_KEY_TIMES),
        _STOPPED: (K.CALLER_RING_TIME_UP, K.CALL_TIME_UP),
        **_ALWAYS,
    },
    State.CONNECTED: {
        "it has begun": (K.BEGUN,),
        _ONCE: (*_CALLER_RINGS, *_CALLER_ANSWERS, K.CALLER_FAILED),
        "the callee has answered": (*_CALLEE_RINGS, *_CALLEE_ANSWERS),
        "the bridge carries it": (K.CALLER_HEARD, K.CALLEE_HEARD, K.CALLEE_DIGIT, *_KEYS),
        "the bridge has replaced what played": _SOUNDS,
        _STOPPED: (*_KEY_TIMES, *_RING_TIMES),
        **_ALWAYS,
    },
    State.ENDING: {
        _DECIDED: tuple(kind for kind in Kind if kind not in (*_GONE, K.ENDING_TIME_UP)),
    },
    State.ENDED: {_OVER: tuple(Kind)},
}

IGNORED: dict[tuple[State, Kind], str] = {
    (state, kind): why for state, reasons in _REASONS.items() for why, kinds in reasons.items() for kind in kinds
}
