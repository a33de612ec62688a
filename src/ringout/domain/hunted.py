"""How a RingOut reads whose caller has several phones."""

from __future__ import annotations

from collections.abc import Sequence

from ringout.domain.outcomes import Outcome
from ringout.domain.plan import CallPlan
from ringout.domain.ring_out import LegRecord
from ringout.domain.status import EndedBy, PartyStatus

# Of several ends the one that tells most of the user: a refusal by hand before a phone that is busy or was not
# answered, those before what the network says, our own faults last.
_TELLING_MOST = (
    PartyStatus.REJECTED,
    PartyStatus.BUSY,
    PartyStatus.NO_ANSWER,
    PartyStatus.NOT_ENOUGH_FUNDS,
    PartyStatus.DESTINATION_BLOCKED,
    PartyStatus.NO_SUCH_USER,
    PartyStatus.GENERIC_ERROR,
)


def phone_records(plan: CallPlan, extension: str) -> tuple[LegRecord, ...]:
    """One for each of the caller's phones, none when only one may ring. extension: number of their user, which stands
    for phones without a number of their own."""
    if len(plan.caller_phones) < 2:
        return ()
    return tuple(
        LegRecord(phone.number, extension=None if phone.number else extension, label=phone.label)
        for phone in plan.caller_phones
    )


def summary(phones: Sequence[LegRecord]) -> Outcome:
    """Of phones that all came to nothing, at least one."""
    ended = sorted((phone for phone in phones if phone.ended_at is not None), key=_rank)
    best = ended[0] if ended else phones[0]
    words = dict.fromkeys(_as_clause(phone.explanation) for phone in ended)
    told = "; ".join(words) or "none of them rang"
    return Outcome(
        best.status if ended else PartyStatus.REJECTED,
        best.ended_by or EndedBy.SERVER,
        best.sip_code or 480,
        best.sip_reason or "",
        f"None of the caller's {len(phones)} phones took the call: {told}.",
        best.cause,
    )


def _rank(phone: LegRecord) -> int:
    return _TELLING_MOST.index(phone.status) if phone.status in _TELLING_MOST else len(_TELLING_MOST)


def _as_clause(sentence: str) -> str:
    sentence = sentence.rstrip(".")
    return sentence[:1].lower() + sentence[1:]
