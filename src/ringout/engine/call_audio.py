"""The audio of one call: its media session, what that reports, and what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.domain import facts as f
from ringout.domain.quality import LegQuality
from ringout.domain.status import Party
from ringout.engine.leg import Leg
from ringout.engine.wideband import Wideband

if TYPE_CHECKING:
    from ringout.domain.facts import Fact
    from ringout.domain.orders import Play
    from ringout.engine.call import Call
    from ringout.service.ports import MediaSession


class CallAudio:
    """Of one call, from its reservation on. Implements service.ports.MediaListener.

    session: both legs' once there is one caller, None before and after. fault: why the session failed, which may be
    before the call has begun."""

    __slots__ = ("_call", "fault", "session")

    def __init__(self, call: Call) -> None:
        self._call = call
        self.session: MediaSession | None = None
        self.fault: str | None = None

    def use(self, session: MediaSession) -> None:
        """Both legs' audio is that session's from now on."""
        call = self._call
        self.session = call.caller.media = call.callee.media = session

    def close(self) -> None:
        """Idempotent."""
        session, self.session = self.session, None
        call = self._call
        call.caller.media = call.callee.media = None
        if session is not None:
            session.close()

    # --- the media engine's reports ------------------------------------------------------------------------------

    def media_started(self, party: Party) -> None:
        self._report(f.MediaHeard(party))

    def digit_pressed(self, party: Party, digit: str) -> None:
        self._report(f.DigitPressed(party, digit))

    def sounds_played(self, party: Party) -> None:
        if party is Party.CALLER:
            self._report(f.SoundsPlayed())

    def media_silent(self, party: Party, seconds: float) -> None:
        self._report(f.WentSilent(party, seconds))

    def media_quality(self, party: Party, quality: LegQuality) -> None:
        call = self._call
        if call.has_begun:
            call.draft.leg(party).quality = quality
            call.row_changed(at_once=False)
            call.settle()

    def media_failed(self, why: str) -> None:
        self.fault = why
        self._report(f.MediaFailed(why))

    def _report(self, fact: Fact) -> None:
        if self._call.has_begun:
            self._call.receive(fact)
            self._call.node.flush()

    # --- what is done with it ------------------------------------------------------------------------------------

    def digit_by_info(self, party: Party, digit: str) -> None:
        """A digit that came as SIP INFO. The media engine knows what the phone's RTP tells of the same press."""
        if self.session is not None:
            self.session.digit_seen(party, digit)

    def play(self, order: Play) -> None:
        """To the caller, as what follows."""
        if self.session is not None:
            self.session.play(Party.CALLER, order.sounds, self._call.plan.language)

    def play_ringback(self) -> None:
        if self.session is not None:
            self.session.play_ringback(Party.CALLER, self._call.plan.country)

    def listen_to_callee(self) -> None:
        if self.session is not None:
            self.session.listen_to_other(Party.CALLER)

    def stop_playing(self) -> None:
        if self.session is not None:
            self.session.stop_playing(Party.CALLER)

    def bridge(self) -> None:
        call = self._call
        if self.session is not None:
            self.session.bridge()
            if call.node.wideband and isinstance(call.caller, Leg):
                Wideband(call.caller, call.callee).begin()
