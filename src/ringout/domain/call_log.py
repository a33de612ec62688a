"""How a RingOut reads in the call log: two entries, one for each leg, in RingCentral's words.

The Outbound entry is the call as a whole, the Inbound one the ringing of the user's own phone. Their sessionIds differ
by 1000: clients know by that, and by the actions, that the two belong together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ringout.domain.ring_out import LegRecord, RingOut, parse_string_id, string_id
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus


class CallDirection(StrEnum):
    """As the user sees the call."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class CallResult(StrEnum):
    """How a call or a leg went. A part of RingCentral's list."""

    ACCEPTED = "Accepted"
    ANSWERED_NOT_ACCEPTED = "Answered Not Accepted"
    BUSY = "Busy"
    CALL_CONNECTED = "Call connected"
    CALL_FAILED = "Call Failed"
    HANG_UP = "Hang Up"
    IN_PROGRESS = "In Progress"
    INTERNAL_ERROR = "Internal Error"
    INTERNATIONAL_DISABLED = "International Disabled"
    MISSED = "Missed"
    NO_ANSWER = "No Answer"
    NO_CALLING_CREDIT = "No Calling Credit"
    REJECTED = "Rejected"
    RESTRICTED_NUMBER = "Restricted Number"
    WRONG_NUMBER = "Wrong Number"


class CallReason(StrEnum):
    """Why. A part of RingCentral's list."""

    ACCEPTED = "Accepted"
    CALLS_NOT_ACCEPTED = "Calls Not Accepted"
    CONNECTED = "Connected"  # answered, and nobody said what to do with the call: no "1" was pressed
    FAILED_TRY_AGAIN = "Failed Try Again"
    HANG_UP = "Hang Up"
    INTERNAL_ERROR = "Internal Error"
    INTERNATIONAL_DISABLED = "International Disabled"
    LINE_BUSY = "Line Busy"
    NO_ANSWER = "No Answer"  # by the user
    NO_CREDIT = "No Credit"
    NOT_ANSWERED = "Not Answered"  # by the number called
    RESTRICTED_NUMBER = "Restricted Number"
    WRONG_NUMBER = "Wrong Number"


@dataclass(frozen=True, slots=True)
class Verdict:
    """reason and description are None while the call lasts."""

    result: CallResult
    reason: CallReason | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the call log."""

    ring_out: RingOut
    direction: CallDirection

    @property
    def id(self) -> str:
        """The digits of the telephonySessionId, and which of the two entries it is."""
        return f"{string_id(self.ring_out.id).removeprefix('s-')}-{_ENDINGS[self.direction]}"

    @property
    def party(self) -> Party:
        """Whose leg it stands for."""
        return Party.CALLEE if self.direction is CallDirection.OUTBOUND else Party.CALLER

    @property
    def verdict(self) -> Verdict:
        if self.direction is CallDirection.OUTBOUND:
            return of_call(self.ring_out)
        # As any call to that phone would read: accepted or missed.
        verdict = of_leg(self.ring_out, Party.CALLER)
        return replace(verdict, result=_AS_INBOUND.get(verdict.result, verdict.result))

    def seconds(self, now: float) -> float:
        """How long was talked: on the whole call since the callee answered, on the user's leg since the user did."""
        return talk_seconds(self.ring_out.leg(self.party), now)


_AS_INBOUND = {CallResult.CALL_CONNECTED: CallResult.ACCEPTED, CallResult.NO_ANSWER: CallResult.MISSED}
_ENDINGS = {CallDirection.INBOUND: "1", CallDirection.OUTBOUND: "2"}


def parse_entry_id(text: str) -> tuple[int, CallDirection] | None:
    """The RingOut and which of its entries; None for anything that Entry.id never printed."""
    digits, _, ending = text.partition("-")
    ring_out_id = parse_string_id(f"s-{digits}")
    direction = next((d for d, known in _ENDINGS.items() if known == ending), None)
    return None if ring_out_id is None or direction is None else (ring_out_id, direction)


def talk_seconds(leg: LegRecord, now: float) -> float:
    """From the answer to the end, or until now."""
    if leg.answered_at is None:
        return 0.0
    return max(0.0, (now if leg.ended_at is None else leg.ended_at) - leg.answered_at)


def of_call(ring_out: RingOut) -> Verdict:
    """The whole call: the leg that failed tells why."""
    if ring_out.ended_at is None and ring_out.status in (CallStatus.IN_PROGRESS, CallStatus.SUCCESS):
        return Verdict(CallResult.IN_PROGRESS)
    if ring_out.status is CallStatus.SUCCESS:
        return Verdict(CallResult.CALL_CONNECTED, CallReason.ACCEPTED, ring_out.explanation or None)
    failed = Party.CALLEE if ring_out.caller.status in _ANSWERED else Party.CALLER
    result, reason = _words(ring_out.leg(failed), failed)
    return Verdict(result, reason, ring_out.explanation or None)


def of_leg(ring_out: RingOut, party: Party) -> Verdict:
    """One phone's part in it."""
    leg = ring_out.leg(party)
    if ring_out.ended_at is None and leg.ended_at is None:
        return Verdict(CallResult.IN_PROGRESS)
    result, reason = _words(leg, party)
    return Verdict(result, reason, leg.explanation or None)


_ANSWERED = (PartyStatus.SUCCESS, PartyStatus.FINISHED)
_PLAIN = {
    PartyStatus.SUCCESS: (CallResult.CALL_CONNECTED, CallReason.ACCEPTED),
    PartyStatus.FINISHED: (CallResult.CALL_CONNECTED, CallReason.ACCEPTED),
    PartyStatus.BUSY: (CallResult.BUSY, CallReason.LINE_BUSY),
    PartyStatus.INTERNATIONAL_DISABLED: (CallResult.INTERNATIONAL_DISABLED, CallReason.INTERNATIONAL_DISABLED),
    PartyStatus.DESTINATION_BLOCKED: (CallResult.RESTRICTED_NUMBER, CallReason.RESTRICTED_NUMBER),
    PartyStatus.NOT_ENOUGH_FUNDS: (CallResult.NO_CALLING_CREDIT, CallReason.NO_CREDIT),
    PartyStatus.NO_SUCH_USER: (CallResult.WRONG_NUMBER, CallReason.WRONG_NUMBER),
}
_FAILED = (CallResult.CALL_FAILED, CallReason.FAILED_TRY_AGAIN)
_OUR_FAULT = (CallResult.INTERNAL_ERROR, CallReason.INTERNAL_ERROR)
_BY_PEOPLE = (EndedBy.CALLER, EndedBy.CALLEE, EndedBy.USER)


def _words(leg: LegRecord, party: Party) -> tuple[CallResult, CallReason]:
    if leg.status in _PLAIN:
        return _PLAIN[leg.status]
    if leg.status is PartyStatus.NO_ANSWER:
        if leg.answered_at is not None:
            return CallResult.ANSWERED_NOT_ACCEPTED, CallReason.CONNECTED
        return CallResult.NO_ANSWER, CallReason.NO_ANSWER if party is Party.CALLER else CallReason.NOT_ANSWERED
    if leg.status is PartyStatus.REJECTED:
        if leg.sip_code is not None and leg.sip_code >= 300:
            return CallResult.REJECTED, CallReason.CALLS_NOT_ACCEPTED
        return (CallResult.HANG_UP, CallReason.HANG_UP) if leg.ended_by in _BY_PEOPLE else _FAILED
    return _OUR_FAULT if leg.ended_by is EndedBy.SERVER else _FAILED
