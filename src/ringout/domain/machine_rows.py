"""How a row of the RingOut machine's table is written, and the short names that the rows use."""

from __future__ import annotations

from ringout.domain.facts import Timer
from ringout.domain.machine_kinds import Kind, State
from ringout.domain.orders import CloseMedia, Conclude, End, HangUp, Order, Show, StartTimer, StopTimer
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus

CALLER, CALLEE = Party.CALLER, Party.CALLEE
BY_CALLER, BY_CALLEE, BY_USER, BY_SERVER = EndedBy.CALLER, EndedBy.CALLEE, EndedBy.USER, EndedBy.SERVER
BY_NETWORK = EndedBy.NETWORK
IN_PROGRESS, SUCCESS, FINISHED = PartyStatus.IN_PROGRESS, PartyStatus.SUCCESS, PartyStatus.FINISHED
REJECTED, NO_ANSWER, ERROR = PartyStatus.REJECTED, PartyStatus.NO_ANSWER, PartyStatus.GENERIC_ERROR
NO_FUNDS = PartyStatus.NOT_ENOUGH_FUNDS

PROMPTED = (State.PROMPTING, State.GOODBYE)
BOTH_DIALLED = (State.CALLEE_RINGING, State.CONNECTED)

TIMERS: dict[State, tuple[Order, ...]] = {
    State.CALLER_RINGING: (StopTimer(Timer.CALLER_RING),),
    State.PROMPTING: (StopTimer(Timer.SOUND), StopTimer(Timer.ANSWER_PROMPT)),
    State.GOODBYE: (StopTimer(Timer.SOUND),),
    State.CALLEE_RINGING: (StopTimer(Timer.CALLEE_RING),),
    State.CONNECTED: (StopTimer(Timer.CALL),),
}

AS_OUTCOME = Conclude(CallStatus.CANNOT_REACH, None, None)
NOT_CALLED = Show(CALLEE, IN_PROGRESS, "The callee was not called, because the caller was not connected.")


def unreached(by: EndedBy, text: str) -> Conclude:
    return Conclude(CallStatus.CANNOT_REACH, by, text)


Row = tuple[State, tuple[Order, ...]]


class Rows(dict[tuple[State, Kind], Row]):
    """Rows of the table, (state, kind of fact) -> (next state, orders), or all of them."""

    def add(self, state: State, kind: Kind, then: State, *orders: Order) -> None:
        """Raises ValueError for a pair that has a row."""
        if (state, kind) in self:
            raise ValueError(f"two rows for {kind} in {state}")
        self[state, kind] = (then, orders)

    def add_all(self, rows: Rows) -> None:
        for (state, kind), (then, orders) in rows.items():
            self.add(state, kind, then, *orders)

    def end(self, state: State, kind: Kind, *told: Order, gone: Party | None = None) -> None:
        """The RingOut is over: what is told, then no audio, no timer of the state, and every leg that is left hung up.
        gone: the leg that the fact itself has ended."""
        parties = (CALLER, CALLEE) if state in BOTH_DIALLED else (CALLER,)
        left = tuple(HangUp(party) for party in parties if party is not gone)
        rest: tuple[Order, ...] = (CloseMedia(), *TIMERS[state], *left)
        if left:
            self.add(state, kind, State.ENDING, *told, *rest, StartTimer(Timer.ENDING))
        else:
            self.add(state, kind, State.ENDED, *told, *rest)

    def end_without_caller(
        self, state: State, kind: Kind, status: PartyStatus, by: EndedBy, text: str, gone: Party | None = None
    ) -> None:
        """The RingOut is over before its callee was dialled. status: the caller's."""
        self.end(state, kind, End(CALLER, status, by, text), NOT_CALLED, unreached(by, text), gone=gone)
