"""The states of a RingOut and the kinds of input that its table tells apart."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a RingOut stands."""

    NEW = "New"
    CALLER_RINGING = "CallerRinging"  # the caller's phone is dialled
    PROMPTING = "Prompting"  # the caller is asked for a 1
    GOODBYE = "Goodbye"  # the caller is told that no call comes of it
    CALLEE_RINGING = "CalleeRinging"  # the caller is up, the callee's phone is dialled
    CONNECTED = "Connected"
    ENDING = "Ending"  # all is decided, a leg still has to be gone
    ENDED = "Ended"

    # Enum's own __hash__ runs in Python and hashes a text; members are singletons, so identity does.
    __hash__ = object.__hash__


class Kind(Enum):
    """What a fact means in the situation it meets."""

    BEGUN = "begun"
    CALLER_RANG = "caller rang"
    CALLER_EARLY_MEDIA = "caller's early media"
    CALLER_HEARD = "caller's first RTP"
    CALLER_ANSWERED = "caller answered"
    CALLER_ANSWERED_TO_PROMPT = "caller answered, to be prompted"
    CALLER_ANSWER_UNUSABLE = "caller's answer unusable"
    CALLER_FAILED = "caller failed"
    CALLER_HUNG_UP = "caller hung up"
    CALLER_LOST = "caller lost"
    CALLER_SILENT = "caller went silent"
    CALLEE_RANG = "callee rang"
    CALLEE_RANG_AFTER_EARLY_MEDIA = "callee rang after early SDP"
    CALLEE_RANG_AGAIN = "callee rang again"
    CALLEE_EARLY_MEDIA = "callee's early media"
    CALLEE_EARLY_MEDIA_AGAIN = "callee's early media again"
    CALLEE_HEARD = "callee's first RTP"
    CALLEE_ANSWERED = "callee answered"
    CALLEE_ANSWER_UNUSABLE = "callee's answer unusable"
    CALLEE_FAILED = "callee failed"
    CALLEE_HUNG_UP = "callee hung up"
    CALLEE_LOST = "callee lost"
    CALLEE_SILENT = "callee went silent"
    CALLEE_DIGIT = "callee pressed a key"
    ONE_PRESSED = "1 pressed"
    WRONG_KEY = "wrong key"
    LAST_WRONG_KEY = "wrong key, no attempt left"
    SOUNDS_PLAYED = "sounds played"
    SOUND_TIME_UP = "sounds never ended"
    NO_KEY_IN_TIME = "no key in time"
    NO_KEY_AT_ALL = "no key in time, no attempt left"
    CALLER_RING_TIME_UP = "caller's ring time up"
    CALLEE_RING_TIME_UP = "callee's ring time up"
    CALL_TIME_UP = "call time up"
    ENDING_TIME_UP = "ending time up"
    BALANCE_USED_UP = "balance used up"
    CANCELLED = "cancelled by the user"
    DRAINED = "drained"
    MEDIA_FAILED = "media failed"
    BROKEN = "broken"
    LEG_GONE = "a leg is gone"
    LAST_LEG_GONE = "the last leg is gone"

    __hash__ = object.__hash__
