"""The row of a running RingOut: facts and orders write into it, `row` gives the frozen one that is stored.

Mutable on purpose: a RingOut changes some ten times in its life, and copying a frozen row for every change costs more
CPU than everything else the engine does for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ringout.domain import facts as f
from ringout.domain.causes import with_cause
from ringout.domain.facts import Fact
from ringout.domain.orders import Conclude, End, Show
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus


class LegDraft:
    """One leg's record while it changes; fields as in LegRecord."""

    __slots__ = (
        "answered_at",
        "cause",
        "dialed_at",
        "dialog",
        "ended_at",
        "ended_by",
        "explanation",
        "extension",
        "label",
        "number",
        "phones",
        "quality",
        "redirection",
        "ringing_at",
        "sip_code",
        "sip_reason",
        "status",
        "taken_by",
    )

    def __init__(self, record: LegRecord) -> None:
        self.number = record.number
        self.status = record.status
        self.sip_code = record.sip_code
        self.sip_reason = record.sip_reason
        self.explanation = record.explanation
        self.ended_by = record.ended_by
        self.dialed_at = record.dialed_at
        self.ringing_at = record.ringing_at
        self.answered_at = record.answered_at
        self.ended_at = record.ended_at
        self.dialog = record.dialog
        self.extension = record.extension
        self.cause = record.cause
        self.redirection = record.redirection
        self.label = record.label
        self.phones: tuple[LegDraft, ...] = tuple(map(LegDraft, record.phones))
        self.taken_by = record.taken_by
        self.quality = record.quality

    def record(self) -> LegRecord:
        record = LegRecord(
            self.number,
            self.status,
            self.sip_code,
            self.sip_reason,
            self.explanation,
            self.ended_by,
            self.dialed_at,
            self.ringing_at,
            self.answered_at,
            self.ended_at,
            self.dialog,
            self.extension,
            self.cause,
            self.redirection,
            label=self.label,
            quality=self.quality,
        )
        return self._with_phones(record) if self.phones else record

    def _with_phones(self, record: LegRecord) -> LegRecord:
        phones = [phone.record() for phone in self.phones]
        if self.taken_by is not None:
            phones[self.taken_by] = replace(record, dialog=None)  # what becomes of it is what becomes of the leg
        return replace(record, phones=tuple(phones), taken_by=self.taken_by)

    def note(self, fact: Any, wall: float) -> None:
        kind = type(fact)
        if kind is f.EarlyMediaOffered:
            if self.ringing_at is None:
                self.ringing_at = wall
        elif self.ended_at is not None:
            return  # it was told to hang up: the 487 to our CANCEL decides nothing
        elif kind is f.Rang or kind is f.Answered:
            self.sip_code, self.sip_reason = fact.code, fact.reason
            if kind is f.Answered:
                if self.answered_at is None:  # of several phones, the one that took the call has been up for a while
                    self.answered_at = wall
            elif self.ringing_at is None:
                self.ringing_at = wall
        elif kind is f.Failed or kind is f.AnswerUnusable:
            outcome = fact.outcome
            self.sip_code, self.sip_reason, self.cause = outcome.code, outcome.reason, outcome.cause

    def show(self, order: Show) -> None:
        self.status = order.status
        self.explanation = order.explanation

    def end(self, order: End, fact: Any, wall: float) -> None:
        outcome = getattr(fact, "outcome", None)
        self.status = order.status or (outcome.status if outcome else PartyStatus.GENERIC_ERROR)
        self.ended_by = order.ended_by or (outcome.ended_by if outcome else EndedBy.SERVER)
        self.explanation = _words(order.explanation, fact)
        self.ended_at = wall


class Draft:
    """One RingOut's row while it runs. Times are given by the caller, seconds since the epoch."""

    __slots__ = ("callee", "caller", "ended_at", "ended_by", "explanation", "first", "prices", "status")

    def __init__(self, ring_out: RingOut) -> None:
        self.first = ring_out
        self.caller = LegDraft(ring_out.caller)
        self.callee = LegDraft(ring_out.callee)
        self.status = ring_out.status
        self.explanation = ring_out.explanation
        self.ended_by = ring_out.ended_by
        self.ended_at = ring_out.ended_at
        self.prices = ring_out.prices

    def leg(self, party: Party) -> LegDraft:
        return self.caller if party is Party.CALLER else self.callee

    def row(self) -> RingOut:
        first = self.first
        return RingOut(
            first.id,
            first.account_id,
            first.extension_id,
            first.node,
            self.caller.record(),
            self.callee.record(),
            first.caller_id,
            first.play_prompt,
            first.created_at,
            self.status,
            self.explanation,
            self.ended_by,
            self.ended_at,
            first.extra,
            self.prices,
        )

    def note(self, fact: Fact, wall: float) -> None:
        """What the fact itself tells, whatever the machine makes of it: codes and times. fact: of a leg."""
        self.leg(fact.party).note(fact, wall)  # type: ignore[union-attr]

    def show(self, order: Show) -> None:
        self.leg(order.party).show(order)

    def end(self, order: End, fact: Fact, wall: float) -> None:
        leg = self.leg(order.party)
        leg.end(order, fact, wall)
        if type(fact) is f.HungUp and fact.cause is not None and fact.party is order.party:
            leg.cause = fact.cause
            leg.explanation = with_cause(leg.explanation, fact.cause)

    def conclude(self, order: Conclude, fact: Fact) -> None:
        self.status = order.status
        self.explanation = _words(order.explanation, fact)
        if order.status is not CallStatus.SUCCESS or order.ended_by is not None:
            outcome = getattr(fact, "outcome", None)
            self.ended_by = order.ended_by or (outcome.ended_by if outcome else EndedBy.SERVER)


def _words(text: str | None, fact: Fact) -> str:
    if text is None:
        outcome = getattr(fact, "outcome", None)
        return outcome.explanation if outcome else "It ended for a reason that was not noted."
    if "{detail}" not in text:
        return text
    if type(fact) is f.WentSilent:
        return text.replace("{detail}", f"{fact.seconds:g}")
    if type(fact) is f.Lost:
        return text.replace("{detail}", fact.why)
    why = fact.why if type(fact) is f.MediaFailed else ""
    return text.replace("{detail}", _as_clause(why))


def _as_clause(sentence: str) -> str:
    """A sentence as the tail of another one: no full stop, no capital at the start."""
    sentence = sentence.strip().rstrip(".")
    return sentence[:1].lower() + sentence[1:] if sentence else "no reason was given"
