"""What is known of one RingOut: the row that is stored and that GET shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringout.domain.quality import LegQuality
from ringout.domain.rates import Prices
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus

_SESSIONS_APART = 1000  # clients take an Inbound and an Outbound entry so far apart for the two legs of one RingOut


@dataclass(frozen=True, slots=True)
class Diversion:
    """A number that sent the call on (RFC 5806, RFC 7044). address: its user part, else its URI; reason: the header's
    word, such as "unconditional" or "user-busy"."""

    address: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Redirection:
    """What came with the 3xx that a leg has followed. diversions: the latest first. attestation: "A", "B" or "C" of the
    PASSporT by which the network has signed the caller ID (RFC 8588)."""

    diversions: tuple[Diversion, ...] = ()
    attestation: str | None = None


@dataclass(frozen=True, slots=True)
class LegRecord:
    """One party's leg as the API tells it. Times are seconds since the epoch (UTC); None = has not happened."""

    number: str  # E.164 with +; "" = a phone that has none
    status: PartyStatus = PartyStatus.IN_PROGRESS
    sip_code: int | None = None  # the last final or provisional code that decided the status; 408 may be local
    sip_reason: str | None = None  # the peer's phrase, or ours when sip_code is local
    explanation: str = ""  # plain English, one sentence, never empty once the leg has ended
    ended_by: EndedBy | None = None
    dialed_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    dialog: bytes | None = None  # opaque to all but the engine: enough to CANCEL or BYE after a restart
    extension: str | None = None  # a colleague's, by which the user named the phone: told in the place of its number
    cause: int | None = None  # Q.850's number, from the Reason header of what ended the leg
    redirection: Redirection | None = None
    label: str = ""  # the user's word for the phone, when it is one of several or has no number
    # What became of each of the caller's phones, when several were to ring; the number above is that of the one which
    # took the call, before that of the first. Their own `phones` are empty.
    phones: tuple[LegRecord, ...] = ()
    taken_by: int | None = None  # which of them took the call, 0 = the first; None = none so far
    quality: LegQuality | None = None  # of its audio; None = nothing was heard of it, or the call still runs


@dataclass(frozen=True, slots=True)
class RingOut:
    """One RingOut. id: 1 <= id < 2**53 (a JavaScript number holds it); see string_id for the new twin."""

    id: int
    account_id: int
    extension_id: int
    node: str
    caller: LegRecord
    callee: LegRecord
    caller_id: str | None  # E.164 shown to the callee; None = blocked (anonymous)
    play_prompt: bool
    created_at: float
    status: CallStatus = CallStatus.IN_PROGRESS
    explanation: str = ""
    ended_by: EndedBy | None = None
    ended_at: float | None = None
    extra: dict[str, str] = field(default_factory=dict)
    prices: Prices | None = None  # None = the account does not pay for its calls

    def leg(self, party: Party) -> LegRecord:
        return self.caller if party is Party.CALLER else self.callee


def string_id(ring_out_id: int) -> str:
    """The id of the `ring-out` twin, which is the telephonySessionId as well: `s-` and 14 hexadecimal digits."""
    return f"s-{ring_out_id:014x}"


def parse_string_id(text: str) -> int | None:
    """The integer behind a string id; None for anything that string_id never printed."""
    if len(text) != 16 or not text.startswith("s-"):
        return None
    try:
        value = int(text[2:], 16)
    except ValueError:
        return None
    return value if string_id(value) == text else None


def session_id(ring_out_id: int, party: Party) -> str:
    """The numeric sessionId of one leg, decimal digits: the callee's is 1000 above the caller's."""
    return str(ring_out_id if party is Party.CALLER else ring_out_id + _SESSIONS_APART)


def party_id(ring_out_id: int, party: Party) -> str:
    """The partyId of one leg: `p-`, the digits of string_id, and `-1` for the caller or `-2` for the callee."""
    return f"p-{ring_out_id:014x}-{1 if party is Party.CALLER else 2}"
