"""Several of the user's phones ring for the caller, in order or at once, until one of them takes the call.

A Hunt stands in the place of Call.caller meanwhile: it is dialled and hung up as a leg is, and reports an Answered when
a phone was answered (and 1 pressed, where that is asked), or one Failed when none took the call. Then the leg of that
phone is Call.caller, with its audio, and all others are hung up as answered elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ringout.domain import facts as f
from ringout.domain import orders as o
from ringout.domain.errors import Unavailable
from ringout.domain.facts import Timer
from ringout.domain.hunted import summary
from ringout.domain.ringing import Beaten, CalledOff, PhoneFact, RingingMachine
from ringout.domain.ringing_table import GiveUp, LetGo, PhoneState, Take
from ringout.domain.status import Party, PartyStatus
from ringout.engine.abandoned import Abandoned
from ringout.engine.ringing_phone import RingingPhone
from ringout.engine.stored_sessions import pack
from ringout.sip.reason import COMPLETED_ELSEWHERE

if TYPE_CHECKING:
    from ringout.domain.plan import CallPlan
    from ringout.engine.call import Call
    from ringout.engine.node import Node
    from ringout.service.ports import MediaSession

_ASKED = o.Show(Party.CALLER, PartyStatus.IN_PROGRESS, "A phone of the caller was answered and is asked to press 1.")
_GOES_ON = o.Show(Party.CALLER, PartyStatus.IN_PROGRESS, "The caller's phones are being called.")


class NoSuchAudio(Exception):
    """The media engine cannot carry the audio of that phone, whoever else it has ports for. refusal: its own words."""

    def __init__(self, refusal: Unavailable) -> None:
        super().__init__(refusal.why)
        self.refusal = refusal


class Hunt:
    """One RingOut's phones of the caller, two or more. Exceptions end the call, nothing else."""

    __slots__ = (
        "_busy",
        "_facts",
        "_is_over",
        "abandoned_sessions",
        "begun",
        "call",
        "media",
        "phones",
        "plan",
        "taken",
    )

    def __init__(self, call: Call, plan: CallPlan) -> None:
        """Opens no audio yet: open_media must follow."""
        self.call = call
        self.plan = plan
        self.phones = [
            RingingPhone(self, phone, position, _machine(call, plan))
            for position, phone in enumerate(plan.caller_phones)
        ]
        self.taken: RingingPhone | None = None
        self.begun = False
        self.media: MediaSession | None = None  # in a Leg's place: the phones have their own
        self.abandoned_sessions: tuple[Abandoned, ...] = ()
        self._facts: deque[tuple[RingingPhone, PhoneFact]] = deque()
        self._busy = False
        self._is_over = False

    @property
    def node(self) -> Node:
        return self.call.node

    def ring_seconds(self, usual: float) -> float:
        """What the RingOut's own time for the caller has to be: no hunt that works lasts longer. usual: as of Leg."""
        seconds, config = self.node.seconds, self.node.config.call
        asked = 0.0
        if self.plan.play_prompt:
            attempts = max(1, config.prompt_attempts)
            asked = attempts * (seconds[Timer.SOUND] + seconds[Timer.ANSWER_PROMPT]) + seconds[Timer.SOUND]
        turns: dict[int, float] = {}
        for phone in self.phones:
            turn = phone.phone.turn
            turns[turn] = max(turns.get(turn, 0.0), asked + phone.leg.ring_seconds(usual))
        return 1.0 + sum(turns.values())

    # --- audio ---------------------------------------------------------------------------------------------------

    def open_media(self, open_one: Callable[[RingingPhone], MediaSession]) -> None:
        """A session for each phone. A phone whose kind of audio the engine does not have will be left out, unless it is
        so with all of them. Otherwise Unavailable is passed on, and nothing is open."""
        lacking: Unavailable | None = None
        try:
            for phone in self.phones:
                try:
                    phone.leg.media = open_one(phone)
                except NoSuchAudio as error:
                    lacking = error.refusal
                    phone.media_failed(lacking.why)
            if lacking is not None and all(phone.leg.media is None for phone in self.phones):
                raise lacking
        except BaseException:
            self.close_media()
            raise

    async def ready(self) -> None:
        for phone in self.phones:
            if phone.leg.media is not None:
                await phone.leg.media.ready()

    def close_media(self) -> None:
        """Of all phones but the one that has taken the call, whose audio is the call's."""
        for phone in self.phones:
            if phone is not self.taken:
                phone.stop()

    @property
    def more_places(self) -> int:
        """How many calls it counts for beside its own: each phone with audio takes what a call takes."""
        return max(0, sum(phone.leg.media is not None for phone in self.phones) - 1)

    # --- in a Leg's place ----------------------------------------------------------------------------------------

    @property
    def party(self) -> Party:
        return Party.CALLER

    @property
    def session(self) -> object | None:
        """Something that must be hung up; None = nothing."""
        return next((phone for phone in self.phones if phone.leg.session is not None), None)

    @property
    def abandoned(self) -> tuple[Abandoned, ...]:
        """What is being hung up and not gone yet."""
        return sum((phone.leg.abandoned for phone in self.phones), self.abandoned_sessions)

    def dial(self) -> None:
        """The phones whose turn is first."""
        self.begun = True
        for phone, draft in zip(self.phones, self.call.draft.caller.phones, strict=True):
            phone.draft = draft
            phone.begin()
        self._dial_next()

    def hang_up(self, reason: str | None = None) -> None:
        """Whatever rings or is up. One Failed follows. Idempotent."""
        if self._is_over:  # or broken
            for phone in self.phones:
                with suppress(Exception):
                    self._drop(phone, None)
            return
        for phone in self.phones:
            phone.receive(CalledOff())

    def stored(self) -> bytes | None:
        """As of Leg: all sessions of all phones."""
        sessions = [abandoned.session for abandoned in self.abandoned_sessions]
        for phone in self.phones:
            sessions += phone.leg.sessions()
        return pack([session.stored() for session in sessions])

    # --- facts of the phones -------------------------------------------------------------------------------------

    def receive(self, phone: RingingPhone, fact: PhoneFact) -> None:
        if self._is_over:
            return
        self._facts.append((phone, fact))
        if self._busy:
            return
        self._busy = True
        try:
            while self._facts and not self._is_over:
                self._handle(*self._facts.popleft())
        except Exception:  # noqa: BLE001  the top of a call
            self.break_down()
        finally:
            self._busy = False
        self.call.settle()

    def break_down(self) -> None:
        self._is_over = True
        self._facts.clear()
        self.call.break_down()
        self.close_media()

    def _handle(self, phone: RingingPhone, fact: PhoneFact) -> None:
        self._step(phone, fact)
        if self.taken is not None:
            self._is_over = True
        elif all(known.machine.state is PhoneState.GONE for known in self.phones):
            self._is_over = True
            self.call.receive(f.Failed(Party.CALLER, summary([known.draft.record() for known in self.phones])))

    def _step(self, phone: RingingPhone, fact: PhoneFact) -> None:
        wall = self.call.wall()
        if type(fact) in _TELLING:
            phone.draft.note(fact, wall)
            self.call.row_changed(at_once=type(fact) is not f.Rang)
        paying = self.call.paying
        if paying is not None and type(fact) is f.Answered:
            paying.phone_answered(phone.position)
        for order in phone.machine.receive(fact):
            _CARRY_OUT[type(order)](self, phone, order, fact)
        if phone.machine.state is PhoneState.GONE:
            self._drop(phone, None)
            if paying is not None:
                paying.phone_ended(phone.position)
        elif paying is not None and phone.machine.state is PhoneState.PROMPTING and type(fact) is f.Answered:
            paying.look()
        if type(fact) is f.Rang and not any(known.machine.state is PhoneState.PROMPTING for known in self.phones):
            self.call.receive(fact)

    def _drop(self, phone: RingingPhone, reason: str | None) -> None:
        phone.stop()
        phone.draft.redirection = phone.leg.redirection
        left = phone.leg.abandon(self._abandoned_gone, reason)
        if left:
            self.abandoned_sessions += left
            self.call.dialog_changed(Party.CALLER, at_once=True)

    def _abandoned_gone(self, abandoned: Abandoned) -> None:
        self.abandoned_sessions = tuple(known for known in self.abandoned_sessions if known is not abandoned)
        self.call.dialog_changed(Party.CALLER)
        self.call.settle()

    # --- orders for one phone ------------------------------------------------------------------------------------

    def _dial(self, phone: RingingPhone, order: o.Dial, fact: PhoneFact) -> None:
        phone.draft.dialed_at = self.call.wall()
        phone.leg.dial()

    def _hang_up(self, phone: RingingPhone, order: o.HangUp, fact: PhoneFact) -> None:
        self._drop(phone, None)

    def _let_go(self, phone: RingingPhone, order: LetGo, fact: PhoneFact) -> None:
        self._drop(phone, COMPLETED_ELSEWHERE)

    def _play(self, phone: RingingPhone, order: o.Play, fact: PhoneFact) -> None:
        if phone.leg.media is not None:
            phone.leg.media.play(Party.CALLER, order.sounds, self.plan.language)
        if type(fact) is f.Answered:
            self._show_call(_ASKED)

    def _stop_playing(self, phone: RingingPhone, order: o.StopPlaying, fact: PhoneFact) -> None:
        if phone.leg.media is not None:
            phone.leg.media.stop_playing(Party.CALLER)

    def _close_media(self, phone: RingingPhone, order: o.CloseMedia, fact: PhoneFact) -> None:
        phone.stop()

    def _start_timer(self, phone: RingingPhone, order: o.StartTimer, fact: PhoneFact) -> None:
        phone.start_timer(order.timer)

    def _stop_timer(self, phone: RingingPhone, order: o.StopTimer, fact: PhoneFact) -> None:
        phone.stop_timer(order.timer)

    def _show(self, phone: RingingPhone, order: o.Show, fact: PhoneFact) -> None:
        phone.draft.show(order)
        self.call.row_changed(at_once=type(fact) is not f.Rang)

    def _end(self, phone: RingingPhone, order: o.End, fact: PhoneFact) -> None:
        phone.draft.end(order, fact, self.call.wall())
        self.call.row_changed()

    def _give_up(self, phone: RingingPhone, order: GiveUp, fact: PhoneFact) -> None:
        self._dial_next()
        if any(known.machine.state is PhoneState.WAITING or known.is_trying for known in self.phones):
            self._show_call(_GOES_ON)

    def _dial_next(self) -> None:
        """The phones whose turn is next, unless one still rings."""
        waiting = [phone for phone in self.phones if phone.machine.state is PhoneState.WAITING]
        if waiting and not any(phone.is_trying for phone in self.phones):
            turn = min(phone.phone.turn for phone in waiting)
            for phone in waiting:
                if phone.phone.turn == turn:
                    phone.receive(f.Begun())

    def _show_call(self, order: o.Show) -> None:
        self.call.draft.show(order)
        self.call.row_changed()

    def _take(self, phone: RingingPhone, order: Take, fact: PhoneFact) -> None:
        self.taken = phone
        for other in self.phones:
            if other is not phone:
                self._step(other, Beaten())
        call, leg, found = self.call, phone.leg, phone.draft
        caller = call.draft.caller
        caller.taken_by = phone.position
        caller.number, caller.extension, caller.label = found.number, found.extension, found.label
        caller.ringing_at, caller.answered_at = found.ringing_at, found.answered_at
        left, self.abandoned_sessions = self.abandoned_sessions, ()
        leg.report_to(call, left)
        call.caller_found(leg)
        call.receive(f.Answered(Party.CALLER, found.sip_code or 200, found.sip_reason or ""))


def _machine(call: Call, plan: CallPlan) -> RingingMachine:
    attempts = max(1, call.node.config.call.prompt_attempts)
    return RingingMachine(play_prompt=plan.play_prompt, prompt_attempts=attempts)


_TELLING = frozenset((f.Rang, f.Answered, f.EarlyMediaOffered, f.Failed, f.AnswerUnusable))

_CARRY_OUT: dict[type, Callable[[Hunt, RingingPhone, Any, Any], None]] = {
    o.Dial: Hunt._dial,
    o.HangUp: Hunt._hang_up,
    o.Play: Hunt._play,
    o.StopPlaying: Hunt._stop_playing,
    o.CloseMedia: Hunt._close_media,
    o.StartTimer: Hunt._start_timer,
    o.StopTimer: Hunt._stop_timer,
    o.Show: Hunt._show,
    o.End: Hunt._end,
    Take: Hunt._take,
    GiveUp: Hunt._give_up,
    LetGo: Hunt._let_go,
}
