"""Causes of the telephone network (ITU-T Q.850), which say more than the SIP code that a gateway made of them.

SIP carries them in Reason header fields, `Q.850;cause=17` (RFC 3326), also in responses (RFC 6432).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ringout.domain.status import PartyStatus

Side = Literal["party", "network", "server"]

_BUSY = PartyStatus.BUSY
_ERROR = PartyStatus.GENERIC_ERROR
_NO_ANSWER = PartyStatus.NO_ANSWER
_REJECTED = PartyStatus.REJECTED
_NO_SUCH_USER = PartyStatus.NO_SUCH_USER
_BLOCKED = PartyStatus.DESTINATION_BLOCKED

ORDINARY = frozenset({16, 31})  # normal clearing, which explains no failure and is worth no word at a hang-up


class Cause(NamedTuple):
    """name: Q.850's. status, side, what: as in outcomes.Row, for a leg that was never answered; status None = the
    cause tells nothing of that."""

    name: str
    status: PartyStatus | None = None
    side: Side = "network"
    what: str = ""


_FULL = "call failed: the network has no free line"
_FAULT = "call failed: a fault in the network"
_BARRED = "number may not be called through this network"
_SERVICE = "call is not supported by the network or phone"

CAUSES: dict[int, Cause] = {
    1: Cause("unallocated number", _NO_SUCH_USER, "network", "number does not exist"),
    2: Cause("no route to transit network", _NO_SUCH_USER, "network", "number cannot be reached by this network"),
    3: Cause("no route to destination", _NO_SUCH_USER, "network", "number cannot be reached by this network"),
    4: Cause("send special information tone", _NO_SUCH_USER, "network", "number cannot be reached"),
    5: Cause("misdialled trunk prefix", _NO_SUCH_USER, "network", "number was dialled with a wrong prefix"),
    6: Cause("channel unacceptable", _ERROR, "network", _FAULT),
    8: Cause("pre-emption", _ERROR, "network", "call gave way to a more urgent one"),
    16: Cause("normal call clearing"),
    17: Cause("user busy", _BUSY, "party", "phone is busy"),
    18: Cause("no user responding", _NO_ANSWER, "network", "phone did not respond in time"),
    19: Cause("no answer from user", _NO_ANSWER, "party", "phone rang and nobody answered"),
    20: Cause("subscriber absent", _NO_ANSWER, "party", "phone is switched off or out of reach"),
    21: Cause("call rejected", _REJECTED, "party", "side declined the call"),
    22: Cause("number changed", _NO_SUCH_USER, "network", "number has changed"),
    23: Cause("redirection to new destination", _ERROR, "network", "call was sent elsewhere"),
    24: Cause("call rejected by a feature", _REJECTED, "party", "side takes no such calls"),
    25: Cause("exchange routing error", _ERROR, "network", _FAULT),
    26: Cause("non-selected user clearing", _NO_ANSWER, "network", "call was taken on another phone"),
    27: Cause("destination out of order", _ERROR, "network", "phone is out of order"),
    28: Cause("invalid number format", _NO_SUCH_USER, "network", "number is incomplete"),
    29: Cause("facility rejected", _ERROR, "network", _SERVICE),
    30: Cause("response to status enquiry"),
    31: Cause("normal, unspecified"),
    34: Cause("no circuit available", _ERROR, "network", _FULL),
    38: Cause("network out of order", _ERROR, "network", "call failed: the network is out of order"),
    41: Cause("temporary failure", _ERROR, "network", "call failed: a passing fault in the network"),
    42: Cause("switching equipment congestion", _ERROR, "network", "call failed: the network is overloaded"),
    43: Cause("access information discarded", _ERROR, "network", _FAULT),
    44: Cause("requested circuit not available", _ERROR, "network", _FULL),
    47: Cause("resource unavailable", _ERROR, "network", "call failed: the network is overloaded"),
    50: Cause("facility not subscribed", _BLOCKED, "network", _BARRED),
    52: Cause("outgoing calls barred", _BLOCKED, "network", _BARRED),
    53: Cause("outgoing calls barred within the group", _BLOCKED, "network", _BARRED),
    54: Cause("incoming calls barred", _REJECTED, "party", "side takes no such calls"),
    55: Cause("incoming calls barred within the group", _BLOCKED, "network", _BARRED),
    57: Cause("bearer capability not authorized", _BLOCKED, "network", _BARRED),
    58: Cause("bearer capability not available", _ERROR, "network", _SERVICE),
    63: Cause("service not available", _ERROR, "network", _SERVICE),
    65: Cause("bearer capability not implemented", _ERROR, "network", _SERVICE),
    69: Cause("facility not implemented", _ERROR, "network", _SERVICE),
    70: Cause("only restricted digital information", _ERROR, "network", _SERVICE),
    79: Cause("service not implemented", _ERROR, "network", _SERVICE),
    81: Cause("invalid call reference", _ERROR, "network", _FAULT),
    87: Cause("user not member of the group", _BLOCKED, "network", _BARRED),
    88: Cause("incompatible destination", _ERROR, "party", "phone cannot take this kind of call"),
    91: Cause("invalid transit network", _ERROR, "network", _FAULT),
    95: Cause("invalid message", _ERROR, "network", _FAULT),
    96: Cause("mandatory element missing", _ERROR, "network", _FAULT),
    97: Cause("message type unknown", _ERROR, "network", _FAULT),
    98: Cause("message not compatible with state", _ERROR, "network", _FAULT),
    99: Cause("information element unknown", _ERROR, "network", _FAULT),
    100: Cause("invalid element contents", _ERROR, "network", _FAULT),
    101: Cause("message not compatible with call state", _ERROR, "network", _FAULT),
    102: Cause(
        "recovery on timer expiry",
        _ERROR,
        "network",
        "call failed: a part of the network did not respond in time",
    ),
    103: Cause("parameter unknown", _ERROR, "network", _FAULT),
    110: Cause("message with unknown parameter discarded", _ERROR, "network", _FAULT),
    111: Cause("protocol error", _ERROR, "network", _FAULT),
    127: Cause("interworking", None),
}

# SIP codes that a gateway gives for many causes, or that a proxy puts in the place of another (RFC 3398 section
# 7.2.4.1): here the cause decides. 404, 410, 484, 486 and 603 say by themselves what they mean.
VAGUE = frozenset({400, 403, 408, 480, 487, 500, 502, 503, 504, 600})


def cause_words(cause: int) -> str:
    """`Q.850 cause 17: user busy`; only the number of one that nobody has named."""
    known = CAUSES.get(cause)
    return f"Q.850 cause {cause}: {known.name}" if known else f"Q.850 cause {cause}"


def with_cause(sentence: str, cause: int | None) -> str:
    """sentence, with the cause in brackets before its full stop when it says more than that all went well."""
    if cause is None or cause in ORDINARY:
        return sentence
    return f"{sentence.removesuffix('.')} ({cause_words(cause)})."
