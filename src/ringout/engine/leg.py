"""Our side of one party: one invite session after another until a target takes the call, with its offer/answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ringout.domain import facts as f
from ringout.domain import policy
from ringout.domain.outcomes import (
    NO_ROUTE,
    NO_SDP,
    OWN_FAULT,
    UNUSABLE_ANSWER,
    Outcome,
    make_outcome,
    outcome_of,
    timeout_outcome,
    transport_outcome,
)
from ringout.domain.status import Party
from ringout.engine.abandoned import Abandoned
from ringout.engine.dtmf_info import read_digit
from ringout.engine.identity import identity_for
from ringout.engine.route import Route, Target
from ringout.engine.stored_sessions import pack
from ringout.sdp.errors import NotAcceptable
from ringout.sdp.offer_answer import Negotiated, answer_offer, make_offer, read_answer
from ringout.service.ports import RtpDestination
from ringout.sip import events as e
from ringout.sip.errors import SipError

if TYPE_CHECKING:
    from ringout.engine.call import Call, TimerHandle
    from ringout.sip.flow import Flow
    from ringout.sip.invite_session import InviteSession


class Leg:
    """One party's leg. Reports facts to its call; is the owner of its session."""

    __slots__ = (
        "abandoned",
        "answered",
        "call",
        "gateway_timer",
        "hung_up",
        "negotiated",
        "party",
        "route",
        "sdp_id",
        "sdp_version",
        "session",
    )

    def __init__(self, call: Call, party: Party) -> None:
        self.call = call
        self.party = party
        self.session: InviteSession | None = None  # the current one, until its terminal event
        self.abandoned: tuple[Abandoned, ...] = ()  # earlier ones that are not gone yet
        self.route: Route | None = None
        self.sdp_id = 0
        self.sdp_version = 1
        self.negotiated: Negotiated | None = None
        self.answered = False
        self.hung_up = False
        self.gateway_timer: TimerHandle | None = None

    # --- verbs ---------------------------------------------------------------------------------------------------

    def dial(self) -> None:
        """Sends the first INVITE. What comes of it are facts, also when nothing can be sent."""
        node = self.call.node
        number = self.call.plan.caller_number if self.party is Party.CALLER else self.call.plan.callee_number
        trunk = node.trunks.find(number)
        if trunk is None:
            self._fail(make_outcome(self.party, NO_ROUTE, 404, "Not Found", quoted=False))
            return
        self.sdp_id = node.ids.number(48)
        may_be_sent_on = partial(policy.may_be_sent_on, self.call.plan, number)
        self.route = Route(trunk, number, node.clock.monotonic(), may_be_sent_on)
        self._try_next(transport_outcome(self.party))

    def hang_up(self) -> None:
        """CANCEL or BYE as needed; a terminal fact follows. Idempotent."""
        if self.hung_up:
            return
        self.hung_up = True
        self._stop_gateway_timer()
        if self.session is not None:
            self.session.hang_up(self.call.node.clock.monotonic())
        else:
            self._fail(outcome_of(self.party, 487, "Request Terminated"))

    def stored(self) -> bytes | None:
        """What a restarted server needs to take this leg down; None = nothing is up."""
        sessions = [abandoned.session for abandoned in self.abandoned]
        if self.session is not None:
            sessions.insert(0, self.session)
        return pack([session.stored() for session in sessions])

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
            self._start_gateway_timer()
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
        if event.body and self.party is Party.CALLEE and self._connect(event.body):
            self.call.receive(f.EarlyMediaOffered(self.party))
        self.call.settle()

    def _answered(self, event: e.Answered) -> None:
        self.answered = True
        self._stop_gateway_timer()
        self.call.dialog_changed(self.party, at_once=True)
        if self.hung_up:
            self.call.settle()
            return
        # A 2xx without SDP after an unreliable 183 with it: RFC 3261 13.2.1 forbids it, and phones do it.
        usable = self._connect(event.body) if event.body else self.negotiated is not None
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
            self._try_next(outcome)
        else:
            self._fail(outcome)

    def _ended(self, event: e.Ended) -> None:
        self._let_session_go()
        if event.cause == "bye":
            self.call.receive(f.HungUp(self.party))
        else:
            self.call.receive(f.Lost(self.party, _LOST[event.cause]))

    def _offer_received(self, event: e.OfferReceived) -> None:
        now = self.call.node.clock.monotonic()
        media = self.call.media
        if media is None or self.hung_up:
            event.session.refuse_offer(now)
            return
        local = media.local(self.party)
        try:
            answer, negotiated = answer_offer(event.body, local.host, local.port, self.sdp_id, self.sdp_version + 1)
        except NotAcceptable:
            event.session.refuse_offer(now)  # 488; the session stays as it was (RFC 3261 14.2)
            return
        self.sdp_version += 1
        event.session.accept_offer(now, answer)
        self._use(negotiated, event.body)

    def _offer_wanted(self, event: e.OfferWanted) -> None:
        now = self.call.node.clock.monotonic()
        if self.call.media is None or self.hung_up:
            event.session.refuse_offer(now)
            return
        self.sdp_version += 1
        event.session.accept_offer(now, self._offer())

    def _answer_received(self, event: e.AnswerReceived) -> None:
        # Not handled: an ACK whose answer cannot be used. The stream goes on as before, which is what the peer hears.
        if event.body and not self.hung_up:
            self._connect(event.body)

    def _info_received(self, event: e.InfoReceived) -> None:
        digit = read_digit(event.content_type, event.body)
        if digit is not None and self.answered and not self.hung_up:
            self.call.digit_by_info(self.party, digit)

    # --- one target after another --------------------------------------------------------------------------------

    def _try_next(self, outcome: Outcome) -> None:
        """outcome: how the leg reads when no target is left."""
        assert self.route is not None
        while (target := self.route.next()) is not None:
            try:
                flow, target = self._flow_to(target)
                self._invite(target, flow)
            except LookupError:
                outcome = transport_outcome(self.party)
                continue
            except SipError:
                outcome = make_outcome(self.party, OWN_FAULT, 500, "Internal Error", quoted=False)
                continue
            return
        self._fail(outcome)

    def _flow_to(self, target: Target) -> tuple[Flow, Target]:
        """The way to target; for a redirection that cannot be gone to, by the trunk's gateway. Raises LookupError."""
        driver = self.call.node.driver
        for host in target.hosts:
            try:
                return driver.flow_to(target.transport, host, target.port), target
            except LookupError:
                continue
        other = self.route.through_gateway(target) if self.route else None
        if other is None:
            raise LookupError(f"no way to {target.uri}")
        return self._flow_to(other)

    def _invite(self, target: Target, flow: Flow) -> None:
        node, route = self.call.node, self.route
        assert route is not None
        trunk = route.trunk
        identity = identity_for(self.party, self.call.plan, trunk, flow.local[0])
        self.session = node.user_agent.invite(
            flow=flow,
            uri=target.uri,
            from_=identity.from_,
            to=f"<{target.uri.partition(';')[0]}>",
            body=self._offer(),
            headers=identity.headers,
            credentials=trunk.credentials if target.gateway is not None else None,
            now=node.clock.monotonic(),
        )
        self.session.owner = self
        self.call.dialog_changed(self.party, at_once=True)
        self._start_gateway_timer()

    def _start_gateway_timer(self) -> None:
        self._stop_gateway_timer()
        node = self.call.node
        if self.route is None or self.hung_up:
            return
        seconds = self.route.trunk.config.gateway_timeout_seconds
        if seconds < node.give_up_seconds:
            self.gateway_timer = node.call_later(seconds, self._gateway_time_up)

    def _gateway_time_up(self) -> None:
        """The gateway said nothing, not even 100. Its session goes on in the background until it can be cancelled."""
        self.gateway_timer = None
        session = self.session
        if session is None or self.route is None or session.state != "calling" or self.hung_up:
            return
        node = self.call.node
        now = node.clock.monotonic()
        try:
            self.session = None
            abandoned = Abandoned(session, self._abandoned_gone)
            self.abandoned += (abandoned,)
            abandoned.give_up_after(node.seconds[f.Timer.ENDING], node.call_later)
            session.hang_up(now)
            self.call.dialog_changed(self.party, at_once=True)
            self.route.rest(now, None, own_fault=True)
            self._try_next(timeout_outcome(self.party))
        except Exception:  # noqa: BLE001  the top of a call
            self.call.break_down()
        self.call.settle()
        node.flush()

    def _abandoned_gone(self, abandoned: Abandoned) -> None:
        self.abandoned = tuple(known for known in self.abandoned if known is not abandoned)
        self.call.dialog_changed(self.party)
        self.call.settle()

    def _fail(self, outcome: Outcome) -> None:
        self.call.receive(f.Failed(self.party, outcome))

    def _outcome(self, event: e.Failed) -> Outcome:
        if event.cause == "timeout":
            return timeout_outcome(self.party)
        if event.cause == "transport":
            return transport_outcome(self.party)
        return outcome_of(self.party, event.code, event.reason)

    def _let_session_go(self) -> None:
        self._stop_gateway_timer()
        if self.session is not None:
            self.session.owner = None
            self.session = None
        self.call.dialog_changed(self.party)

    def _stop_gateway_timer(self) -> None:
        if self.gateway_timer is not None:
            self.gateway_timer.cancel()
            self.gateway_timer = None

    # --- offer/answer --------------------------------------------------------------------------------------------

    def _offer(self) -> bytes:
        assert self.call.media is not None
        local = self.call.media.local(self.party)
        return make_offer(local.host, local.port, self.sdp_id, self.sdp_version)

    def _connect(self, answer: bytes) -> bool:
        try:
            negotiated = read_answer(answer)
        except NotAcceptable:
            return False
        self._use(negotiated, answer)
        return True

    def _use(self, negotiated: Negotiated, description: bytes) -> None:
        if self.call.media is None or negotiated == self.negotiated:
            return  # a 2xx that repeats the 183's SDP must not re-arm the latching
        self.negotiated = negotiated
        self.call.media.connect(
            self.party,
            RtpDestination(
                negotiated.host,
                negotiated.port,
                negotiated.codec,
                negotiated.payload_type,
                negotiated.telephone_event,
                negotiated.may_send,
                negotiated.may_receive,
                description,
            ),
        )


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
}
