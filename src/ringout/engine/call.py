"""One running RingOut: drives its machine. Facts come from legs, media, timers and the API; orders go back to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ringout import logs
from ringout.domain import facts as f
from ringout.domain import orders as o
from ringout.domain.facts import Fact, Timer
from ringout.domain.machine import LegPhase, Machine
from ringout.domain.machine_kinds import State
from ringout.domain.plan import CallPlan
from ringout.domain.ring_out import RingOut
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus
from ringout.engine.leg import Leg
from ringout.engine.paying import Paying
from ringout.engine.post_dial import PostDial
from ringout.engine.records import Draft

if TYPE_CHECKING:
    from ringout.engine.node import Node
    from ringout.service.ports import MediaSession

INFO_RELAY_SECONDS = 1.0  # the media engine reports a digit of an INFO within milliseconds, or never
_BROKEN = "The call was ended, because an error occurred in the server."

log = logs.get("engine")


class TimerHandle(Protocol):
    """What call_later gives: asyncio's TimerHandle."""

    def cancel(self) -> None: ...


class Call:
    """One RingOut from its reservation until both legs are gone. Implements service.ports.MediaListener.

    `receive` and what it calls never let an exception out: the call then ends by itself, stored as Error."""

    __slots__ = (
        "_busy",
        "_changed",
        "_dialogs_changed",
        "_facts",
        "_info_digit",
        "_timers",
        "_urgent",
        "callee",
        "caller",
        "draft",
        "machine",
        "media",
        "media_fault",
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
        self.media: MediaSession | None = None
        self.media_fault: str | None = None
        self.caller = Leg(self, Party.CALLER)
        self.callee = Leg(self, Party.CALLEE)
        self.paying: Paying | None = None
        self.post_dial: PostDial | None = None
        self._facts: deque[Fact] = deque()
        self._busy = False
        self._changed = False  # the row differs from what the store has
        self._urgent = False  # and the store is to have it at once
        self._dialogs_changed: list[Party] = []
        self._timers: dict[Timer, TimerHandle] = {}
        self._info_digit: tuple[Party, str, float] | None = None

    def begin(self, ring_out: RingOut, plan: CallPlan) -> None:
        """Rings the caller."""
        self.plan = plan
        self.draft = Draft(ring_out)
        if ring_out.prices is not None and self.node.meter is not None:
            self.paying = Paying(self, self.node.meter)
        self.machine = Machine(
            play_prompt=plan.play_prompt, prompt_attempts=max(1, self.node.config.call.prompt_attempts)
        )
        if self.media_fault is not None:
            self.receive(f.MediaFailed(self.media_fault))
        else:
            self.receive(f.Drained() if self.node.closed else f.Begun())

    def leg(self, party: Party) -> Leg:
        return self.caller if party is Party.CALLER else self.callee

    @property
    def ending(self) -> bool:
        return self.machine.state in (State.ENDING, State.ENDED)

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
            self.draft.note(fact, self.node.clock.wall())
            self._changed = True
            if kind is f.Answered and self.paying is not None and not was_ending:
                self.paying.answered(fact.party)  # type: ignore[union-attr]
        if orders and kind is not f.HungUp and kind is not f.Rang and not was_ending:
            self._urgent = True
        for order in orders:
            _CARRY_OUT[type(order)](self, order, fact)

    def row_changed(self) -> None:
        """The store is to have the row at once."""
        self._changed = self._urgent = True

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
            self.draft.ended_at = self.node.clock.wall()
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

    def _store_dialog(self, party: Party) -> None:
        self.draft.leg(party).dialog = self.leg(party).stored()

    # --- the media engine's reports ------------------------------------------------------------------------------

    def media_started(self, party: Party) -> None:
        self._from_media(f.MediaHeard(party))

    def digit_pressed(self, party: Party, digit: str) -> None:
        pending, self._info_digit = self._info_digit, None
        if pending is not None and self.media is not None and self._is_bridged():
            who, what, until = pending
            if (who, what) == (party, digit) and self.node.clock.monotonic() <= until:
                self.media.send_digit(party.other, digit)
        self._from_media(f.DigitPressed(party, digit))

    def sounds_played(self, party: Party) -> None:
        if party is Party.CALLER:
            self._from_media(f.SoundsPlayed())

    def media_silent(self, party: Party, seconds: float) -> None:
        self._from_media(f.WentSilent(party, seconds))

    def media_failed(self, why: str) -> None:
        self.media_fault = why
        self._from_media(f.MediaFailed(why))

    def _from_media(self, fact: Fact) -> None:
        if not hasattr(self, "machine"):
            return  # reserved, and not begun
        self.receive(fact)
        self.node.flush()

    def digit_by_info(self, party: Party, digit: str) -> None:
        """A digit that came as SIP INFO. It joins the media engine's de-duplication; only what that reports as new is
        passed on to the other party, so a phone that sends both ways is heard once."""
        if self.media is not None:
            self._info_digit = (party, digit, self.node.clock.monotonic() + INFO_RELAY_SECONDS)
            self.media.digit_seen(party, digit)

    def _is_bridged(self) -> bool:
        return self.machine.state is State.CONNECTED

    # --- orders out ----------------------------------------------------------------------------------------------

    def _dial(self, order: o.Dial, fact: Fact) -> None:
        self.draft.leg(order.party).dialed_at = self.node.clock.wall()
        self.leg(order.party).dial()

    def _hang_up(self, order: o.HangUp, fact: Fact) -> None:
        self.leg(order.party).hang_up()

    def _play(self, order: o.Play, fact: Fact) -> None:
        if self.media is not None:
            self.media.play(Party.CALLER, order.sounds, self.plan.language)

    def _play_ringback(self, order: o.PlayRingback, fact: Fact) -> None:
        if self.media is not None:
            self.media.play_ringback(Party.CALLER, self.plan.country)

    def _listen(self, order: o.ListenToCallee, fact: Fact) -> None:
        if self.media is not None:
            self.media.listen_to_other(Party.CALLER)

    def _stop_playing(self, order: o.StopPlaying, fact: Fact) -> None:
        if self.media is not None:
            self.media.stop_playing(Party.CALLER)

    def _bridge(self, order: o.Bridge, fact: Fact) -> None:
        if self.media is not None:
            self.media.bridge()

    def _send_post_dial(self, order: o.SendPostDial, fact: Fact) -> None:
        if self.plan.post_dial:
            self.post_dial = PostDial(self, self.plan.post_dial)

    def _close_media(self, order: o.CloseMedia | None, fact: Fact | None) -> None:
        if self.post_dial is not None:
            self.post_dial.stop()
        media, self.media = self.media, None
        if media is not None:
            media.close()

    def _start_timer(self, order: o.StartTimer, fact: Fact) -> None:
        self._stop_timer(order, fact)
        timer = order.timer
        self._timers[timer] = self.node.call_later(self.node.seconds[timer], partial(self._time_up, timer))

    def _stop_timer(self, order: o.StartTimer | o.StopTimer, fact: Fact) -> None:
        handle = self._timers.pop(order.timer, None)
        if handle is not None:
            handle.cancel()

    def _time_up(self, timer: Timer) -> None:
        self._timers.pop(timer, None)
        self.receive(f.TimeUp(timer))
        self.node.flush()

    def _show(self, order: o.Show, fact: Fact) -> None:
        self.draft.show(order)
        self._changed = True

    def _end(self, order: o.End, fact: Fact) -> None:
        self.draft.end(order, fact, self.node.clock.wall())
        self._changed = True

    def _conclude(self, order: o.Conclude, fact: Fact) -> None:
        self.draft.conclude(order, fact)
        self._changed = True

    # --- the end -------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
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
        draft.status, draft.explanation, draft.ended_by = CallStatus.ERROR, _BROKEN, EndedBy.SERVER
        for record in (draft.caller, draft.callee):
            if record.status is PartyStatus.IN_PROGRESS:
                record.status, record.explanation = PartyStatus.GENERIC_ERROR, _BROKEN
                record.ended_by, record.ended_at = EndedBy.SERVER, self.node.clock.wall()
        self._changed = self._urgent = True
        self._facts.clear()  # what they told is covered by the hang-ups
        self._busy = was_busy
        self.settle()

    def _await_legs(self, fact: Fact) -> None:
        """Brings the machine to where it waits for the legs that are left, whatever state the failure left it in."""
        machine = self.machine
        for leg in (self.caller, self.callee):
            machine._set(leg.party, LegPhase.ENDING if leg.session is not None else LegPhase.GONE)
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
