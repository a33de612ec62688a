"""What a crash left behind: rows that never ended, and phones that may still be up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus
from ringout.engine.stored_sessions import unpack
from ringout.sip import events as e

if TYPE_CHECKING:
    from ringout.sip.digest import Credentials
    from ringout.sip.invite_session import InviteSession

_RESTARTED = "because the server restarted"
_TELLING_DIGITS = 7  # at a number's end: every form of it has them


class Restorer(Protocol):
    """The part of the SIP user agent that recovery needs."""

    def restore(self, stored: bytes, now: float, credentials: Credentials | None = None) -> InviteSession: ...


def recovered(row: RingOut, wall: float) -> RingOut:
    """row with a final status for everything that was still going on. What had been decided stays; ended_at is open
    as long as a leg may be up."""
    if row.ended_by is not None:
        return row  # its end was under way: only the phones are left to be told
    connected = row.status is CallStatus.SUCCESS
    explanation = (
        f"The call took place; both were hung up, {_RESTARTED}." if connected else f"The call was ended, {_RESTARTED}."
    )
    return replace(
        row,
        caller=_recovered_leg(row.caller, Party.CALLER, wall),
        callee=_recovered_leg(row.callee, Party.CALLEE, wall),
        status=CallStatus.SUCCESS if connected else CallStatus.ERROR,
        explanation=explanation,
        ended_by=EndedBy.SERVER,
    )


def _recovered_leg(leg: LegRecord, party: Party, wall: float) -> LegRecord:
    if leg.ended_at is not None:
        return leg
    if leg.dialed_at is None:
        explanation = f"The {party.value} was not called, {_RESTARTED}."
    else:
        explanation = f"The {party.value} was hung up, {_RESTARTED}."
    status = PartyStatus.FINISHED if leg.status is PartyStatus.SUCCESS else PartyStatus.GENERIC_ERROR
    phones = tuple(_recovered_leg(phone, party, wall) for phone in leg.phones)
    return replace(leg, status=status, explanation=explanation, ended_by=EndedBy.SERVER, ended_at=wall, phones=phones)


class Orphan:
    """The phones of one recovered RingOut, being hung up. Owner of their restored sessions."""

    __slots__ = ("_done", "_sessions", "row")

    def __init__(self, row: RingOut, done: Callable[[Orphan], None]) -> None:
        """row: as recovered() gave it. done: called once, when no phone is left or waiting is given up."""
        self.row = row
        self._done = done
        self._sessions: list[InviteSession] = []

    def hang_up(self, user_agent: Restorer, now: float, credentials_for: Callable[[str], Credentials | None]) -> None:
        """Sends BYE or CANCEL on every stored dialog. Calls done at once when there is none. credentials_for: those of
        the trunk that serves a number, because a BYE may be challenged too."""
        for leg in (self.row.caller, self.row.callee):
            for stored in unpack(leg.dialog or b""):
                try:
                    session = user_agent.restore(stored, now, credentials_for(_number_of(stored, leg)))
                except ValueError:
                    continue  # written by another version, or half a row: nobody can be told
                session.owner = self
                self._sessions.append(session)
        for session in tuple(self._sessions):
            session.hang_up(now)
        if not self._sessions:
            self.give_up()

    def receive(self, event: e.Event) -> None:
        """An event of a restored session."""
        if isinstance(event, e.Failed | e.Ended) and event.session in self._sessions:
            self._sessions.remove(event.session)
            event.session.owner = None
            if not self._sessions:
                self.give_up()

    def give_up(self) -> None:
        """The row ends now. Idempotent."""
        for session in self._sessions:
            session.owner = None
        self._sessions.clear()
        done, self._done = self._done, _nothing
        done(self)

    def ended_row(self, wall: float) -> RingOut:
        row = self.row
        return replace(
            row,
            caller=replace(row.caller, dialog=None),
            callee=replace(row.callee, dialog=None),
            ended_at=wall,
        )


def _number_of(stored: bytes, leg: LegRecord) -> str:
    """The number whose phone that session is with: of several the one that its text names, in whatever form."""
    for phone in leg.phones:
        if phone.number and phone.number[-_TELLING_DIGITS:].encode() in stored:
            return phone.number
    return leg.number


def _nothing(_: Orphan) -> None:
    pass
