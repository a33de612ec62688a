"""One INVITE after another until a target takes the call: by the trunk's gateways, or straight to a phone's places."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringout.domain import policy
from ringout.domain.outcomes import (
    NO_ROUTE,
    NOT_REGISTERED,
    OWN_FAULT,
    Outcome,
    make_outcome,
    timeout_outcome,
    transport_outcome,
)
from ringout.engine.identity import identity_for
from ringout.engine.leg_way import LegWay
from ringout.engine.phone_route import route_to
from ringout.engine.route import Route, Target
from ringout.sip.errors import SipError
from ringout.sip.flow import NoFlow

if TYPE_CHECKING:
    from ringout.domain.plan import Phone
    from ringout.engine.leg import Leg
    from ringout.engine.timers import TimerHandle
    from ringout.sip.flow import Flow


class LegDialling:
    """Of one leg: gives it its route, and one session after another."""

    __slots__ = ("_leg", "_timer", "_way")

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._way = LegWay(leg)
        self._timer: TimerHandle | None = None  # until the gateway must have said something

    def dial(self) -> None:
        """Sends the first INVITE, or has the leg fail."""
        leg = self._leg
        node, number = leg.call.node, leg.number
        if leg.phone is not None and not number:
            self._dial_phone(leg.phone)
            return
        trunk = node.trunks.find(number)
        if trunk is None:
            leg.fail(make_outcome(leg.party, NO_ROUTE, 404, "Not Found", quoted=False))
            return
        leg.audio.sdp_id = node.ids.number(48)
        may_be_sent_on = partial(policy.may_be_sent_on, leg.call.plan, number)
        leg.route = Route(trunk, number, node.clock.monotonic(), may_be_sent_on, node.ids.number)
        self.try_next(transport_outcome(leg.party))

    def _dial_phone(self, phone: Phone) -> None:
        """One that no trunk stands before: a device, or a SIP address."""
        leg = self._leg
        node = leg.call.node
        leg.audio.sdp_id = node.ids.number(48)
        is_browser = leg.media is not None and leg.media.local(leg.party).protocol.startswith("UDP/TLS")
        may_be_sent_on = partial(policy.may_be_sent_on, leg.call.plan, "")
        route = route_to(
            phone, node.phones_trunk, node.phones, self._way.can_reach, may_be_sent_on, is_browser=is_browser
        )
        if route is None:
            leg.fail(make_outcome(leg.party, NOT_REGISTERED, 480, "Temporarily Unavailable", quoted=False))
            return
        leg.route = route
        self.try_next(transport_outcome(leg.party))

    def try_next(self, outcome: Outcome) -> None:
        """outcome: how the leg reads when no target is left."""
        leg = self._leg
        route = leg.route
        assert route is not None
        while (target := route.next()) is not None:
            try:
                flow = self._way.flow_of(target)
                if flow is not None:
                    self._invite(target, flow)
                elif self._way.look_up(target, partial(self.try_next, outcome)):
                    continue
            except NoFlow:
                outcome = transport_outcome(leg.party)
                route.found(target, ())
                continue
            except SipError:
                outcome = make_outcome(leg.party, OWN_FAULT, 500, "Internal Error", quoted=False)
                continue
            return
        leg.fail(outcome)

    def _invite(self, target: Target, flow: Flow) -> None:
        leg = self._leg
        node, route = leg.call.node, leg.route
        assert route is not None
        trunk = route.trunk
        trusted = target.gateway is not None
        identity = identity_for(leg.party, leg.call.plan, trunk, flow.local[0], trusted=trusted)
        leg.session = node.user_agent.invite(
            flow=flow,
            uri=target.uri,
            from_=identity.from_,
            to=f"<{(route.to or target.uri).partition(';')[0]}>",
            body=leg.audio.offer(flow),
            headers=identity.headers + route.passed_on(target.uri),
            route=target.routes,
            keeps_flow=target.flow is not None,
            credentials=trunk.credentials if trusted else None,
            now=node.clock.monotonic(),
        )
        leg.session.owner = leg
        leg.call.dialog_changed(leg.party, at_once=True)
        self.restart_timer()

    # --- a gateway that says nothing -----------------------------------------------------------------------------

    def restart_timer(self) -> None:
        """An INVITE has gone out."""
        self.stop_timer()
        leg = self._leg
        node = leg.call.node
        if leg.route is None or leg.hung_up:
            return
        seconds = leg.route.trunk.config.gateway_timeout_seconds
        if seconds < node.give_up_seconds:
            self._timer = node.call_later(seconds, self._time_up)

    def stop_timer(self) -> None:
        """It has said something, or the leg is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stop(self) -> None:
        """Nothing more is sent."""
        self.stop_timer()
        self._way.stop()

    def _time_up(self) -> None:
        """The gateway said nothing, not even 100. Its session goes on in the background until it can be cancelled."""
        self._timer = None
        leg = self._leg
        session, call = leg.session, leg.call
        if session is None or leg.route is None or session.state != "calling" or leg.hung_up:
            return
        try:
            leg.abandoned += (leg.give_up_session(leg.abandoned_gone),)
            call.dialog_changed(leg.party, at_once=True)
            leg.route.rest(call.node.clock.monotonic(), None, own_fault=True)
            self.try_next(timeout_outcome(leg.party))
        except Exception:  # noqa: BLE001  the top of a call
            call.break_down()
        leg.call.settle()
        leg.call.node.flush()
