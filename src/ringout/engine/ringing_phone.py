"""One of several phones that ring for the caller: a leg of its own, with its own audio and its own timers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.domain import facts as f
from ringout.domain.facts import Timer
from ringout.domain.quality import LegQuality
from ringout.domain.ring_out import LegRecord
from ringout.domain.ringing import RingingMachine
from ringout.domain.ringing_table import PhoneState
from ringout.domain.status import Party
from ringout.engine.leg import Leg
from ringout.engine.records import LegDraft
from ringout.engine.timers import Timers

if TYPE_CHECKING:
    from ringout.domain.plan import CallPlan, Phone
    from ringout.domain.ringing import PhoneFact
    from ringout.engine.hunt import Hunt
    from ringout.engine.node import Node


class RingingPhone:
    """Owner of its leg until it takes the call; listener of its media session for good. Implements engine.leg.LegOwner
    and service.ports.MediaListener."""

    __slots__ = ("_fault", "_timers", "draft", "hunt", "leg", "machine", "phone", "position")

    def __init__(self, hunt: Hunt, phone: Phone, position: int, machine: RingingMachine) -> None:
        self.hunt = hunt
        self.phone = phone
        self.position = position
        self.machine = machine
        self.draft = LegDraft(LegRecord(phone.number, label=phone.label))
        self.leg = Leg(self, Party.CALLER)
        self.leg.phone = phone
        self._timers = Timers(hunt.node, self.receive)
        self._fault: str | None = None  # its audio failed before anything rang

    @property
    def node(self) -> Node:
        return self.hunt.node

    @property
    def plan(self) -> CallPlan:
        return self.hunt.plan

    @property
    def is_trying(self) -> bool:
        """It rings, or is being asked for a 1."""
        return self.machine.state in (PhoneState.RINGING, PhoneState.PROMPTING)

    def begin(self) -> None:
        """The RingOut is placed."""
        if self._fault is not None:
            self.receive(f.MediaFailed(self._fault))

    # --- the leg's owner -----------------------------------------------------------------------------------------

    def receive(self, fact: PhoneFact) -> None:
        self.hunt.receive(self, fact)

    def dialog_changed(self, party: Party, *, at_once: bool = False) -> None:
        self.hunt.call.dialog_changed(Party.CALLER, at_once=at_once)

    def digit_by_info(self, party: Party, digit: str) -> None:
        if self.leg.media is not None:
            self.leg.media.digit_seen(Party.CALLER, digit)

    def settle(self) -> None:
        self.hunt.call.settle()

    def break_down(self) -> None:
        self.hunt.break_down()

    # --- the media engine's reports; from the moment it takes the call on they are the call's ----------------------

    @property
    def _is_caller(self) -> bool:
        return self.hunt.taken is self

    def media_started(self, party: Party) -> None:
        if self._is_caller:
            self.hunt.call.audio.media_started(party)

    def digit_pressed(self, party: Party, digit: str) -> None:
        if self._is_caller:
            self.hunt.call.audio.digit_pressed(party, digit)
        else:
            self._from_media(f.DigitPressed(Party.CALLER, digit))

    def sounds_played(self, party: Party) -> None:
        if self._is_caller:
            self.hunt.call.audio.sounds_played(party)
        else:
            self._from_media(f.SoundsPlayed())

    def media_silent(self, party: Party, seconds: float) -> None:
        if self._is_caller:
            self.hunt.call.audio.media_silent(party, seconds)
        else:
            self._from_media(f.WentSilent(Party.CALLER, seconds))

    def media_quality(self, party: Party, quality: LegQuality) -> None:
        # Not handled: the audio quality of a phone that did not take the call. Nobody has talked on it.
        if self._is_caller:
            self.hunt.call.audio.media_quality(party, quality)

    def media_failed(self, why: str) -> None:
        if self._is_caller:
            self.hunt.call.audio.media_failed(why)
        elif self.hunt.begun:
            self._from_media(f.MediaFailed(why))
        else:
            self._fault = why

    def _from_media(self, fact: PhoneFact) -> None:
        self.receive(fact)
        self.node.flush()

    # --- timers --------------------------------------------------------------------------------------------------

    def start_timer(self, timer: Timer) -> None:
        seconds = self.node.seconds[timer]
        if timer is Timer.CALLER_RING:
            seconds = self.leg.ring_seconds(seconds)
        self._timers.start(timer, seconds)

    def stop_timer(self, timer: Timer) -> None:
        self._timers.stop(timer)

    def stop(self) -> None:
        """Nothing wakes it any more, and its audio is over."""
        self._timers.stop_all()
        media, self.leg.media = self.leg.media, None
        if media is not None:
            media.close()
