"""One running RingOut: drives its machine. Facts come from legs, media, timers and the API; orders go back to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ringout import logs
from ringout.domain import facts as f
from ringout.domain import orders as o
from ringout.domain.facts import Fact, Timer
from ringout.domain.machine import LegPhase, Machine
from ringout.domain.machine_endings import BROKE_DOWN
from ringout.domain.machine_kinds import State
from ringout.domain.plan import CallPlan
from ringout.domain.ring_out import RingOut
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus
from ringout.engine.call_audio import CallAudio
from ringout.engine.leg import Leg
from ringout.engine.paying import Paying
from ringout.engine.post_dial import PostDial
from ringout.engine.records import Draft
from ringout.engine.timers import Timers

if TYPE_CHECKING:
    from ringout.engine.hunt import Hunt
    from ringout.engine.node import Node

log = logs.get("engine")


class Call:
    """One RingOut from its reservation until both legs are gone.

    `receive` and what it calls never let an exception out: the call then ends by itself, stored as Error."""

    __slots__ = (
        "_ahead",
        "_busy",
        "_changed",
        "_dialogs_changed",
        "_facts",
        "_timers",
        "_urgent",
        "audio",
        "callee",
        "caller",
        "draft",
        "hunt",
        "machine",
        "node",
        "paying",
        "plan",
        "post_dial",
    )

    plan: CallPlan
    draft: Draft
    machine: Machine

    def __init__(self, node: Node) -> None:
        self.node = node
        self.caller: Leg | Hunt = Leg(self, Party.CALLER)
        self.callee = Leg(self, Party.CALLEE)
        self.audio = CallAudio(self)
        self.hunt: Hunt | None = None  # for a caller with several phones
        self.paying: Paying | None = None
        self.post_dial: PostDial | None = None
        self._ahead = 0.0  # of the monotonic clock
        self._facts: deque[Fact] = deque()
        self._busy = False
        self._changed = False  # the row differs from what the store has
        self._urgent = False  # and the store is to have it at once
        self._dialogs_changed: list[Party] = []
        self._timers = Timers(node, self.receive)

    def begin(self, ring_out: RingOut, plan: CallPlan) -> None:
        """Rings the caller."""
        self.plan = plan
        self._ahead = self.node.clock.wall() - self.node.clock.monotonic()
        self.draft = Draft(ring_out)
        if ring_out.prices is not None and self.node.meter is not None:
            self.paying = Paying(self, self.node.meter)
        self.callee.phone = plan.callee_phone
        if plan.caller_phones and isinstance(self.caller, Leg):
            self.caller.phone = plan.caller_phones[0]
        # Of several phones each asks for the 1 itself, before it becomes the caller.
        self.machine = Machine(
            play_prompt=plan.play_prompt and self.hunt is None,
            prompt_attempts=max(1, self.node.config.call.prompt_attempts),
        )
        if self.audio.fault is not None:
            self.receive(f.MediaFailed(self.audio.fault))
        else:
            self.receive(f.Drained() if self.node.closed else f.Begun())

    def wall(self) -> float:
        """Seconds since 1970, as the wall clock would say if nobody had set it since the call began: what a call lasts
        and costs is the difference of two of these."""
        return self.node.clock.monotonic() + self._ahead

    @property
    def has_begun(self) -> bool:
        """False: only its place is reserved."""
        return hasattr(self, "machine")

    def leg(self, party: Party) -> Leg | Hunt:
        return self.caller if party is Party.CALLER else self.callee

    @property
    def ending(self) -> bool:
        return self.machine.state in (State.ENDING, State.ENDED)

    def hunt_for_caller(self, hunt: Hunt) -> None:
        """Several phones are to ring in the caller's place."""
        self.caller = self.hunt = hunt

    def caller_found(self, leg: Leg) -> None:
        """One of several phones has taken the call."""
        self.caller = leg
        if leg.media is not None:
            self.audio.use(leg.media)

    async def ready(self) -> None:
        """Returns when the audio is. Raises Unavailable."""
        if self.hunt is not None:
            await self.hunt.ready()
        elif self.audio.session is not None:
            await self.audio.session.ready()

    def close_media(self) -> None:
        """All audio of the call. Idempotent."""
        if self.hunt is not None:
            self.hunt.close_media()
        self.audio.close()

    # --- facts in ------------------------------------------------------------------------------------------------

    def receive(self, fact: Fact) -> None:
        """Takes one fact; the orders of the earlier ones are carried out first. Queues the changed row."""
        self._facts.append(fact)
        if self._busy:
            return
        self._busy = True
        try:
            while self._facts:
                self._handle(self._facts.popleft())
        except Exception:  # noqa: BLE001  the top of a call
            self.break_down()
        finally:
            self._busy = False
        self.settle()

    def _handle(self, fact: Fact) -> None:
        was_ending = self.ending
        orders = self.machine.receive(fact)
        kind = type(fact)
        if kind in _TELLING:
            self.draft.note(fact, self.wall())
            self._changed = True
            if kind is f.Answered and self.paying is not None and not was_ending:
                self.paying.answered(fact.party)  # type: ignore[union-attr]
        if orders and kind is not f.HungUp and kind is not f.Rang and not was_ending:
            self._urgent = True
        for order in orders:
            _CARRY_OUT[type(order)](self, order, fact)

    def row_changed(self, *, at_once: bool = True) -> None:
        """The store is to have the row; at_once: without waiting for the next change."""
        self._changed = True
        self._urgent = self._urgent or at_once

    def dialog_changed(self, party: Party, *, at_once: bool = False) -> None:
        """That leg's stored dialog is to be renewed in the row; at_once: without waiting for the next change."""
        self._changed = True
        self._urgent = self._urgent or at_once
        if party not in self._dialogs_changed:
            self._dialogs_changed.append(party)

    def settle(self) -> None:
        """After a turn of this call: the row to the store when it changed, and away with the call when it has ended."""
        if self._busy:
            return
        ended = self.machine.state is State.ENDED and not (self.caller.abandoned or self.callee.abandoned)
        if ended and self.draft.ended_at is None:
            self.draft.ended_at = self.wall()
            self._changed = True
            self._forget()
        if not self._changed:
            self._urgent = False
        elif self._urgent:
            self.write()
        else:
            self.node.write_soon(self)

    def write(self) -> None:
        """Queues the row as it is now."""
        if not self._changed:
            return
        for party in self._dialogs_changed:
            self._attempt(partial(self._store_dialog, party))
        self._dialogs_changed.clear()
        self._changed = self._urgent = False
        self.node.store.update(self.draft.row())

    def digit_by_info(self, party: Party, digit: str) -> None:
        self.audio.digit_by_info(party, digit)

    def _store_dialog(self, party: Party) -> None:
        leg, record = self.leg(party), self.draft.leg(party)
        record.dialog = leg.stored()
        if isinstance(leg, Leg):  # of several phones each has its own
            record.redirection = leg.redirection

    # --- orders out ----------------------------------------------------------------------------------------------

    def _dial(self, order: o.Dial, fact: Fact) -> None:
        self.draft.leg(order.party).dialed_at = self.wall()
        self.leg(order.party).dial()

    def _hang_up(self, order: o.HangUp, fact: Fact) -> None:
        self.leg(order.party).hang_up()

    def _play(self, order: o.Play, fact: Fact) -> None:
        self.audio.play(order)

    def _play_ringback(self, order: o.PlayRingback, fact: Fact) -> None:
        self.audio.play_ringback()

    def _listen(self, order: o.ListenToCallee, fact: Fact) -> None:
        self.audio.listen_to_callee()

    def _stop_playing(self, order: o.StopPlaying, fact: Fact) -> None:
        self.audio.stop_playing()

    def _bridge(self, order: o.Bridge, fact: Fact) -> None:
        self.audio.bridge()

    def _send_post_dial(self, order: o.SendPostDial, fact: Fact) -> None:
        if self.plan.post_dial:
            self.post_dial = PostDial(self, self.plan.post_dial)

    def _close_media(self, order: o.CloseMedia | None, fact: Fact | None) -> None:
        if self.post_dial is not None:
            self.post_dial.stop()
        self.close_media()

    def _start_timer(self, order: o.StartTimer, fact: Fact) -> None:
        seconds = self.node.seconds[order.timer]
        if order.timer is Timer.CALLER_RING:
            seconds = self.caller.ring_seconds(seconds)
        self._timers.start(order.timer, seconds)

    def _stop_timer(self, order: o.StopTimer, fact: Fact) -> None:
        self._timers.stop(order.timer)

    def _show(self, order: o.Show, fact: Fact) -> None:
        self.draft.show(order)
        self._changed = True

    def _end(self, order: o.End, fact: Fact) -> None:
        self.draft.end(order, fact, self.wall())
        self._changed = True

    def _conclude(self, order: o.Conclude, fact: Fact) -> None:
        self.draft.conclude(order, fact)
        self._changed = True

    # --- the end -------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._timers.stop_all()
        self._close_media(None, None)
        if self.paying is not None:
            self._attempt(self.paying.ended)
        self.node.forget(self)

    def break_down(self) -> None:
        """Our own code failed, while the exception is being handled. Whatever is up is taken down, step by step, so
        that one more failure costs only its own step; the RingOut is stored as Error."""
        log.exception("a call broke", call=self.draft.first.id, state=self.machine.state.value)
        was_busy, self._busy = self._busy, True
        fact = f.Broken()
        try:
            orders = self.machine.receive(fact)
        except Exception:
            log.exception("the machine broke", call=self.draft.first.id)
            orders = ()
        for order in orders:
            self._attempt(partial(_CARRY_OUT[type(order)], self, order, fact))
        self._attempt(partial(self._close_media, None, None))
        for leg in (self.caller, self.callee):
            if leg.session is not None:
                self._attempt(leg.hang_up)
        self._await_legs(fact)
        draft = self.draft
        draft.status, draft.explanation, draft.ended_by = CallStatus.ERROR, BROKE_DOWN, EndedBy.SERVER
        for record in (draft.caller, draft.callee):
            if record.status is PartyStatus.IN_PROGRESS:
                record.status, record.explanation = PartyStatus.GENERIC_ERROR, BROKE_DOWN
                record.ended_by, record.ended_at = EndedBy.SERVER, self.wall()
        self._changed = self._urgent = True
        self._facts.clear()  # what they told is covered by the hang-ups
        self._busy = was_busy
        self.settle()

    def _await_legs(self, fact: Fact) -> None:
        """Brings the machine to where it waits for the legs that are left, whatever state the failure left it in."""
        machine = self.machine
        for leg in (self.caller, self.callee):
            machine.set_phase(leg.party, LegPhase.ENDING if leg.session is not None else LegPhase.GONE)
        if LegPhase.ENDING not in (machine.caller, machine.callee):
            machine.state = State.ENDED
        else:
            machine.state = State.ENDING
            self._attempt(partial(self._start_timer, o.StartTimer(Timer.ENDING), fact))

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            log.exception("a step of a call failed", call=self.draft.first.id)


_TELLING = frozenset((f.Rang, f.Answered, f.EarlyMediaOffered, f.Failed, f.AnswerUnusable))

_CARRY_OUT: dict[type, Callable[[Call, Any, Any], None]] = {
    o.Dial: Call._dial,
    o.HangUp: Call._hang_up,
    o.Play: Call._play,
    o.PlayRingback: Call._play_ringback,
    o.ListenToCallee: Call._listen,
    o.StopPlaying: Call._stop_playing,
    o.Bridge: Call._bridge,
    o.SendPostDial: Call._send_post_dial,
    o.CloseMedia: Call._close_media,
    o.StartTimer: Call._start_timer,
    o.StopTimer: Call._stop_timer,
    o.Show: Call._show,
    o.End: Call._end,
    o.Conclude: Call._conclude,
}
