"""Our side of one party: one invite session after another until a target takes the call, with its offer/answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ringout.domain import facts as f
from ringout.domain.outcomes import (
    NO_SDP,
    UNUSABLE_ANSWER,
    Outcome,
    make_outcome,
    outcome_of,
    timeout_outcome,
    transport_outcome,
)
from ringout.domain.ring_out import Diversion, Redirection
from ringout.domain.status import Party
from ringout.engine.abandoned import Abandoned
from ringout.engine.dtmf_info import read_digit
from ringout.engine.leg_audio import LegAudio
from ringout.engine.leg_dialling import LegDialling
from ringout.engine.phone_route import PhoneRoute
from ringout.engine.route import Route
from ringout.engine.stored_sessions import pack
from ringout.sdp.codecs import SPOKEN
from ringout.sip import events as e

if TYPE_CHECKING:
    from ringout.domain.facts import Fact
    from ringout.domain.plan import CallPlan, Phone
    from ringout.engine.node import Node
    from ringout.engine.wideband import Wideband
    from ringout.service.ports import MediaSession
    from ringout.sip.invite_session import InviteSession


class LegOwner(Protocol):
    """Whom a leg reports to: the call, or one ringing phone of several (engine.hunt) until it is known whether it
    becomes the caller."""

    @property
    def node(self) -> Node: ...

    @property
    def plan(self) -> CallPlan: ...

    def receive(self, fact: Fact) -> None:
        """Never lets an exception out."""

    def dialog_changed(self, party: Party, *, at_once: bool = False) -> None: ...

    def digit_by_info(self, party: Party, digit: str) -> None: ...

    def settle(self) -> None: ...

    def break_down(self) -> None: ...


class Leg:
    """One party's leg. Reports facts to its owner; is the owner of its session."""

    __slots__ = (
        "abandoned",
        "answered",
        "audio",
        "call",
        "dialling",
        "hung_up",
        "media",
        "party",
        "phone",
        "route",
        "session",
        "unspoken",
        "wideband",
    )

    def __init__(self, call: LegOwner, party: Party) -> None:
        self.call = call
        self.party = party
        self.phone: Phone | None = None  # None = the one behind the plan's number
        self.media: MediaSession | None = None  # where it is `party`; None once all audio is over
        self.session: InviteSession | None = None  # the current one, until its terminal event
        self.abandoned: tuple[Abandoned, ...] = ()  # earlier ones that are not gone yet
        self.route: Route | PhoneRoute | None = None
        self.audio = LegAudio(self)
        self.dialling = LegDialling(self)
        self.wideband: Wideband | None = None  # when both legs are joined and might have it
        self.unspoken: e.Answered | None = None  # the answer of a phone that is asked for a codec which we speak
        self.answered = False
        self.hung_up = False

    @property
    def number(self) -> str:
        """E.164 with +, "" for a phone that has none."""
        if self.phone is not None:
            return self.phone.number
        return self.call.plan.caller_number if self.party is Party.CALLER else self.call.plan.callee_number

    def ring_seconds(self, usual: float) -> float:
        """How long the phone may ring. usual: one that has no time of its own."""
        return usual if self.phone is None or self.phone.ring_seconds is None else self.phone.ring_seconds

    @property
    def redirection(self) -> Redirection | None:
        """What came with the redirections that it has followed."""
        told = self.route.redirection if self.route is not None else None
        if told is None or not (told.came_from or told.attestation):
            return None
        return Redirection(tuple(Diversion(*who) for who in told.came_from), told.attestation)

    @property
    def name(self) -> str:
        """What tells this phone from others."""
        return (self.phone.device or self.phone.address if self.phone is not None else "") or self.number

    # --- verbs ---------------------------------------------------------------------------------------------------

    def dial(self) -> None:
        """Sends the first INVITE. What comes of it are facts, also when nothing can be sent."""
        self.dialling.dial()

    def hang_up(self, reason: str | None = None) -> None:
        """CANCEL or BYE as needed; a terminal fact follows. Idempotent. reason: value of their Reason header."""
        if self.hung_up:
            return
        self._stop_trying()
        if self.session is not None:
            self.session.hang_up(self.call.node.clock.monotonic(), reason)
        else:
            self.fail(outcome_of(self.party, 487, "Request Terminated"))

    def _stop_trying(self) -> None:
        self.hung_up = True
        self.dialling.stop()

    def stored(self) -> bytes | None:
        """What a restarted server needs to take this leg down; None = nothing is up."""
        return pack([session.stored() for session in self.sessions()])

    def sessions(self) -> list[InviteSession]:
        """Those that are up or not gone yet, the current one first."""
        current = [] if self.session is None else [self.session]
        return current + [abandoned.session for abandoned in self.abandoned]

    def abandon(self, gone: Callable[[Abandoned], None], reason: str | None = None) -> tuple[Abandoned, ...]:
        """Hangs up for good, and hands over what is not gone yet: gone is called once for each. The leg reports nothing
        from now on. reason: as of hang_up."""
        self._stop_trying()
        left, self.abandoned = self.abandoned, ()
        for abandoned in left:
            abandoned.gone = gone
        if self.session is not None:
            left += (self.give_up_session(gone, reason),)
        return left

    def report_to(self, owner: LegOwner, abandoned: tuple[Abandoned, ...]) -> None:
        """Facts go to that owner from now on. abandoned: sessions besides its own that are its to wait for."""
        self.call = owner
        for known in abandoned:
            known.gone = self.abandoned_gone
        self.abandoned += abandoned

    # --- events of the session -----------------------------------------------------------------------------------

    def receive(self, event: e.Event) -> None:
        """An event of one of our sessions. An exception in here ends the call, nothing else."""
        react = _REACTIONS.get(type(event))
        if react is None:
            return
        try:
            react(self, event)
        except Exception:  # noqa: BLE001  the top of a call
            self.call.break_down()

    def _dialog_changed(self, event: e.DialogChanged) -> None:
        if event.session.state == "calling":
            # The INVITE has gone out anew: a CANCEL needs its branch, and the gateway its full time to answer.
            self.dialling.restart_timer()
            self.call.dialog_changed(self.party, at_once=True)
        else:
            self.call.dialog_changed(self.party)
        self.call.settle()

    def _provisional(self, event: e.Provisional) -> None:
        self.call.dialog_changed(self.party)  # by the peer's tag it can be sent BYE, should CANCEL come too late
        if self.hung_up:
            self.call.settle()
            return
        if event.code == 180:
            self.call.receive(f.Rang(self.party, event.code, event.reason))
        if event.body and self.party is Party.CALLEE and self.audio.take_answer(event.body):
            self.call.receive(f.EarlyMediaOffered(self.party))
        self.call.settle()

    def _answered(self, event: e.Answered) -> None:
        self.answered = True
        self.dialling.stop_timer()
        self.call.dialog_changed(self.party, at_once=True)
        if self.hung_up:
            self.call.settle()
            return
        # A 2xx without SDP after an unreliable 183 with it: RFC 3261 13.2.1 forbids it, and phones do it.
        usable = self.audio.take_answer(event.body) if event.body else self.audio.negotiated is not None
        if usable and self.audio.negotiated is not None and self.audio.negotiated.codec not in SPOKEN:
            self.unspoken = event
            self.offer_again(self.call.node.spoken)
            self.call.settle()
        else:
            self._tell_answered(event, usable)

    def _tell_answered(self, event: e.Answered, usable: bool) -> None:
        if usable:
            self.call.receive(f.Answered(self.party, event.code, event.reason))
        else:
            row = UNUSABLE_ANSWER if event.body else NO_SDP
            outcome = make_outcome(self.party, row, event.code, event.reason, quoted=False)
            self.call.receive(f.AnswerUnusable(self.party, outcome))

    def _failed(self, event: e.Failed) -> None:
        self._let_session_go()
        now = self.call.node.clock.monotonic()
        outcome = self._outcome(event)
        if not self.hung_up and event.cause != "cancelled" and self.route and self.route.failed(event, now):
            self.dialling.try_next(outcome)
            self.call.settle()  # the new session is to be stored
        else:
            self.fail(outcome)

    def _ended(self, event: e.Ended) -> None:
        self._let_session_go()
        if event.cause == "bye":
            self.call.receive(f.HungUp(self.party, event.q850))
        else:
            self.call.receive(f.Lost(self.party, _LOST[event.cause]))

    def _offer_received(self, event: e.OfferReceived) -> None:
        now = self.call.node.clock.monotonic()
        answer = None if self.hung_up else self.audio.answer(event.body, event.session.flow)
        if answer is None:
            event.session.refuse_offer(now)  # 488; the session stays as it was (RFC 3261 14.2)
            return
        event.session.accept_offer(now, answer)
        self._audio_settled()

    def _offer_wanted(self, event: e.OfferWanted) -> None:
        now = self.call.node.clock.monotonic()
        if self.media is None or self.hung_up:
            event.session.refuse_offer(now)
            return
        event.session.accept_offer(now, self.audio.new_offer(event.session.flow))

    def offer_again(self, codecs: Sequence[str]) -> None:
        """Offers our side anew within the dialog, with those codecs. Raises LocalProtocolError when there is none."""
        if self.session is not None and self.media is not None and not self.hung_up:
            offer = self.audio.new_offer(self.session.flow, codecs)
            self.session.reinvite(self.call.node.clock.monotonic(), offer)

    def _answer_received(self, event: e.AnswerReceived) -> None:
        # Not handled: an ACK whose answer cannot be used. The stream goes on as before, which is what the peer hears.
        if event.body and not self.hung_up:
            self.audio.take_answer(event.body)
        self._audio_settled()

    def _request_answered(self, event: e.RequestAnswered) -> None:
        if event.method == "INVITE" and event.code >= 300:
            self._audio_settled()

    def _audio_settled(self) -> None:
        """An offer within the dialog has been answered or refused."""
        if self.hung_up:
            return
        event, self.unspoken = self.unspoken, None
        if event is not None:
            negotiated = self.audio.negotiated
            self._tell_answered(event, negotiated is not None and negotiated.codec in SPOKEN)
        elif self.wideband is not None:
            self.wideband.settled(self)

    def _info_received(self, event: e.InfoReceived) -> None:
        digit = read_digit(event.content_type, event.body)
        if digit is not None and self.answered and not self.hung_up:
            self.call.digit_by_info(self.party, digit)

    # --- sessions that go ----------------------------------------------------------------------------------------

    def give_up_session(self, gone: Callable[[Abandoned], None], reason: str | None = None) -> Abandoned:
        """Hangs the current session up, which goes on in the background until it is gone."""
        node, session = self.call.node, self.session
        assert session is not None
        self.session = None
        abandoned = Abandoned(session, gone)
        abandoned.give_up_after(node.seconds[f.Timer.ENDING], node.call_later)
        session.hang_up(node.clock.monotonic(), reason)
        return abandoned

    def abandoned_gone(self, abandoned: Abandoned) -> None:
        self.abandoned = tuple(known for known in self.abandoned if known is not abandoned)
        self.call.dialog_changed(self.party)
        self.call.settle()

    def fail(self, outcome: Outcome) -> None:
        self.call.receive(f.Failed(self.party, outcome))

    def _outcome(self, event: e.Failed) -> Outcome:
        if event.cause == "timeout":
            return timeout_outcome(self.party)
        if event.cause == "transport":
            is_rung_by_itself = self.phone is not None and not self.number
            return transport_outcome(self.party, nothing_listens=event.refused and is_rung_by_itself)
        return outcome_of(self.party, event.code, event.reason, event.q850)

    def _let_session_go(self) -> None:
        self.dialling.stop_timer()
        if self.session is not None:
            self.session.owner = None
            self.session = None
        self.call.dialog_changed(self.party)


_LOST = {"gone": "no longer knows the call (481)", "silent": "stopped responding"}

_REACTIONS: dict[type, Callable[[Leg, Any], None]] = {
    e.DialogChanged: Leg._dialog_changed,
    e.Provisional: Leg._provisional,
    e.Answered: Leg._answered,
    e.Failed: Leg._failed,
    e.Ended: Leg._ended,
    e.OfferReceived: Leg._offer_received,
    e.OfferWanted: Leg._offer_wanted,
    e.AnswerReceived: Leg._answer_received,
    e.InfoReceived: Leg._info_received,
    e.RequestAnswered: Leg._request_answered,
}
