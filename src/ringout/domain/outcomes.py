"""How a leg that was never answered reads: final response or failure of the transport -> status, whose side, sentence.

Every code of 300-699 has an answer: an exact row where a document or the trade gives the code a meaning of its own, the
row of its class otherwise (RFC 3261 section 8.1.3.2). A Q.850 cause beside a vague code decides instead of it (causes).
Printed as docs/reference/outcomes.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ringout.domain.causes import CAUSES, VAGUE, Side, cause_words
from ringout.domain.status import EndedBy, Party, PartyStatus

_BUSY = PartyStatus.BUSY
_ERROR = PartyStatus.GENERIC_ERROR
_NO_ANSWER = PartyStatus.NO_ANSWER
_REJECTED = PartyStatus.REJECTED
_NO_SUCH_USER = PartyStatus.NO_SUCH_USER
_BLOCKED = PartyStatus.DESTINATION_BLOCKED
_NO_FUNDS = PartyStatus.NOT_ENOUGH_FUNDS


class Row(NamedTuple):
    """status of the leg; side: who ended it; what: follows "The caller's" or "The callee's"; source: why so."""

    status: PartyStatus
    side: Side
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One leg's end in the API's words. cause: Q.850's number, when the network gave one."""

    status: PartyStatus
    ended_by: EndedBy
    code: int
    reason: str
    explanation: str
    cause: int | None = None


_SETTINGS = "call was refused: this server's request does not suit the network"
_MEDIA = "phone cannot talk in the audio formats that we offer"
_NETWORK = "call was refused by the network"

EXACT: dict[int, Row] = {
    380: Row(_ERROR, "network", "number offers another service instead of a call", "RFC 3261 21.3.5"),
    400: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.1"),
    401: Row(_ERROR, "server", "call was refused: our credentials were not accepted", "RFC 3261 21.4.2"),
    402: Row(_NO_FUNDS, "network", "call was refused: payment is required", "RFC 3261 21.4.3; prepaid trunks"),
    403: Row(
        _BLOCKED,
        "network",
        "number may not be called through this network",
        "RFC 3261 21.4.4; RFC 3398 7.2.4.1 (cause 21, 55, 57)",
    ),
    404: Row(_NO_SUCH_USER, "network", "number does not exist", "RFC 3261 21.4.5; RFC 3398 7.2.4.1 (cause 1, 2, 3)"),
    405: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.6"),
    406: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.7"),
    407: Row(_ERROR, "server", "call was refused: our credentials were not accepted", "RFC 3261 21.4.8"),
    408: Row(_NO_ANSWER, "network", "phone did not respond in time", "RFC 3261 21.4.9; RFC 3398 7.2.4.1 (cause 18)"),
    410: Row(_NO_SUCH_USER, "network", "number is no longer in use", "RFC 3261 21.4.10; RFC 3398 7.2.4.1 (cause 22)"),
    413: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.11"),
    414: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.12"),
    415: Row(_ERROR, "party", _MEDIA, "RFC 3261 21.4.13"),
    416: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.14"),
    420: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.15"),
    421: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.16"),
    422: Row(_ERROR, "server", _SETTINGS, "RFC 4028 section 6"),
    423: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.4.17"),
    424: Row(_ERROR, "server", _SETTINGS, "RFC 6442 section 4.2"),
    425: Row(_ERROR, "network", _NETWORK, "RFC 8599"),
    428: Row(_BLOCKED, "network", "call was refused: the network wants a signed caller ID", "RFC 8224 section 6.2.2"),
    429: Row(_ERROR, "network", _NETWORK, "RFC 3892 section 5"),
    430: Row(_NO_ANSWER, "network", "phone could not be reached: its connection failed", "RFC 5626 section 11.6"),
    433: Row(_REJECTED, "party", "side takes no anonymous calls", "RFC 5079 section 5"),
    436: Row(_BLOCKED, "network", "call was refused: the caller ID could not be verified", "RFC 8224 section 6.2.2"),
    437: Row(_BLOCKED, "network", "call was refused: the caller ID could not be verified", "RFC 8224 section 6.2.2"),
    438: Row(_BLOCKED, "network", "call was refused: the caller ID could not be verified", "RFC 8224 section 6.2.2"),
    439: Row(_ERROR, "network", _NETWORK, "RFC 5626 section 11.6"),
    440: Row(_ERROR, "network", "call passed through too many networks", "RFC 5393 section 5.4"),
    469: Row(_ERROR, "server", _SETTINGS, "RFC 6086 section 4.2.2"),
    470: Row(_REJECTED, "party", "side needs to agree to calls from here first", "RFC 5360 section 5.9.2"),
    480: Row(
        _NO_ANSWER, "party", "phone is not available at the moment", "RFC 3261 21.4.18; RFC 3398 7.2.4.1 (cause 19, 20)"
    ),
    481: Row(_ERROR, "network", "call was lost by the network", "RFC 3261 21.4.19"),
    482: Row(_ERROR, "network", "call went in a circle in the network", "RFC 3261 21.4.20"),
    483: Row(_ERROR, "network", "call passed through too many networks", "RFC 3261 21.4.21"),
    484: Row(_NO_SUCH_USER, "network", "number is incomplete", "RFC 3261 21.4.22; RFC 3398 7.2.4.1 (cause 28)"),
    485: Row(_NO_SUCH_USER, "network", "number is ambiguous", "RFC 3261 21.4.23"),
    486: Row(_BUSY, "party", "phone is busy", "RFC 3261 21.4.24; RFC 3398 7.2.4.1 (cause 17)"),
    487: Row(
        _NO_ANSWER, "network", "phone stopped ringing without an answer", "RFC 3261 21.4.25, without a CANCEL of ours"
    ),
    488: Row(_ERROR, "party", _MEDIA, "RFC 3261 21.4.26"),
    489: Row(_ERROR, "server", _SETTINGS, "RFC 6665 section 8.3.2"),
    491: Row(_ERROR, "network", "call met another request on its way", "RFC 3261 21.4.27"),
    493: Row(_ERROR, "party", "phone could not decipher the request", "RFC 3261 21.4.28"),
    494: Row(_ERROR, "server", "call was refused: the network wants a security agreement", "RFC 3329 section 2.3.1"),
    500: Row(_ERROR, "network", "call failed: an error in the network or phone", "RFC 3261 21.5.1"),
    501: Row(
        _ERROR,
        "network",
        "call is not supported by the network or phone",
        "RFC 3261 21.5.2; RFC 3398 7.2.4.1 (cause 29, 79)",
    ),
    502: Row(_ERROR, "network", "phone is out of order", "RFC 3261 21.5.3; RFC 3398 7.2.4.1 (cause 27)"),
    503: Row(
        _ERROR,
        "network",
        "call failed: the network is out of service or full",
        "RFC 3261 21.5.4; RFC 3398 7.2.4.1 (cause 34, 41, 42)",
    ),
    504: Row(
        _ERROR,
        "network",
        "call failed: a part of the network did not respond in time",
        "RFC 3261 21.5.5; RFC 3398 7.2.4.1 (cause 102)",
    ),
    505: Row(_ERROR, "network", "call failed: the network speaks another version of SIP", "RFC 3261 21.5.6"),
    513: Row(_ERROR, "server", _SETTINGS, "RFC 3261 21.5.7"),
    555: Row(_NO_ANSWER, "network", "phone could not be woken", "RFC 8599 section 14.5"),
    580: Row(_ERROR, "network", "call failed: the network could not reserve the bandwidth", "RFC 3312 section 8"),
    600: Row(_BUSY, "party", "phones are all busy", "RFC 3261 21.6.1"),
    603: Row(_REJECTED, "party", "side declined the call", "RFC 3261 21.6.2; RFC 3398 8.2.6.1 (cause 21)"),
    604: Row(_NO_SUCH_USER, "network", "number does not exist anywhere", "RFC 3261 21.6.3"),
    606: Row(_ERROR, "party", _MEDIA, "RFC 3261 21.6.4"),
    607: Row(_REJECTED, "party", "side does not want calls from here", "RFC 8197"),
    608: Row(_REJECTED, "network", "call was rejected by a filter in the network", "RFC 8688"),
}

CLASSES: dict[int, Row] = {
    3: Row(
        _ERROR,
        "network",
        "call was sent elsewhere, and nothing there could be reached",
        "RFC 3261 21.3; the redirections were followed first",
    ),
    4: Row(_ERROR, "network", _NETWORK, "RFC 3261 8.1.3.2: as 400"),
    5: Row(_ERROR, "network", "call failed: an error in the network or phone", "RFC 3261 8.1.3.2: as 500"),
    6: Row(_BUSY, "party", "side cannot take the call anywhere", "RFC 3261 8.1.3.2: as 600"),
}

NO_RESPONSE = Row(_NO_ANSWER, "network", "phone never responded", "RFC 3261 8.1.3.1 and 17.1.1.2, timer B: as 408")
UNREACHABLE = Row(_ERROR, "network", "network could not be reached", "RFC 3261 8.1.3.1, transport error: as 503")
NOTHING_LISTENS = Row(
    _ERROR,
    "network",
    "phone could not be reached: nothing listens at its address",
    "RFC 3261 8.1.3.1: as 503; a phone that is rung by itself, not by a trunk",
)
UNUSABLE_ANSWER = Row(_ERROR, "party", _MEDIA, "RFC 3261 13.2.2.4: ACK, then BYE")
NO_SDP = Row(_ERROR, "party", "phone answered without saying where to send the audio", "RFC 3261 13.2.1: ACK, then BYE")
OWN_FAULT = Row(_ERROR, "server", "phone could not be called: an error in this server", "a fault of ours")
NO_ROUTE = Row(_BLOCKED, "server", "number is not served by any trunk of this server", "the configuration")
NOT_REGISTERED = Row(
    PartyStatus.INVALID, "party", "phone is not registered at the moment", "RFC 3261 16.5: no binding, as 480"
)

_PHRASES = {408: "Request Timeout", 503: "Service Unavailable"}


def row_for(code: int, cause: int | None = None) -> Row:
    """code: 300-699; anything else reads as 500 (RFC 3261 section 7.2 knows no other class). cause: Q.850's number."""
    exact = EXACT.get(code)
    if cause is not None and (exact is None or code in VAGUE):
        known = CAUSES.get(cause)
        if known is not None and known.status is not None:
            return Row(known.status, known.side, known.what, f"ITU-T Q.850, cause {cause}")
    return exact or CLASSES.get(code // 100) or CLASSES[5]


def outcome_of(party: Party, code: int, reason: str, cause: int | None = None) -> Outcome:
    """What a final response of the peer means. reason: its phrase, possibly empty; cause: of its Reason header."""
    return make_outcome(party, row_for(code, cause), code, reason, cause=cause)


def timeout_outcome(party: Party) -> Outcome:
    """Nothing answered at all (timer B)."""
    return make_outcome(party, NO_RESPONSE, 408, _PHRASES[408], quoted=False)


def transport_outcome(party: Party, *, nothing_listens: bool = False) -> Outcome:
    """The request could not be sent, or the path broke before any final response. nothing_listens: the phone's own
    machine said that there is no phone."""
    return make_outcome(party, NOTHING_LISTENS if nothing_listens else UNREACHABLE, 503, _PHRASES[503], quoted=False)


def make_outcome(
    party: Party, row: Row, code: int, reason: str, *, quoted: bool = True, cause: int | None = None
) -> Outcome:
    """quoted: the sentence names code and phrase, because they came from the peer."""
    said = f"{code} {reason}".rstrip() if quoted else ""
    if cause is not None:
        said = f"{said}, {cause_words(cause)}" if said else cause_words(cause)
    explanation = f"The {party.value}'s {row.what} ({said})." if said else f"The {party.value}'s {row.what}."
    return Outcome(row.status, _ended_by(party, row.side), code, reason, explanation, cause)


def _ended_by(party: Party, side: Side) -> EndedBy:
    if side == "party":
        return EndedBy.CALLER if party is Party.CALLER else EndedBy.CALLEE
    return EndedBy.NETWORK if side == "network" else EndedBy.SERVER
