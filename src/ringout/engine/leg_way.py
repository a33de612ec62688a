"""The way of a leg's next INVITE: by what flow it goes, and where its host is when DNS must be asked first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ringout.sip.flow import NoFlow
from ringout.sip.location import Place

if TYPE_CHECKING:
    from ringout.engine.leg import Leg
    from ringout.engine.route import Target
    from ringout.sip.flow import Flow


class LegWay:
    """Of one leg. At most one question is open at a time; the leg has no session meanwhile."""

    __slots__ = ("_leg", "_stop")

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._stop: Callable[[], None] | None = None

    def flow_of(self, target: Target) -> Flow | None:
        """None: its host must be looked up. Raises NoFlow."""
        if target.flow is not None:
            return target.flow
        return self._flow_to(target.hop.place) if target.hop is not None else None

    def can_reach(self, place: Place) -> bool:
        try:
            self._flow_to(place)
        except NoFlow:
            return False
        return True

    def _flow_to(self, place: Place) -> Flow:
        return self._leg.call.node.driver.flow_to(*place)

    def look_up(self, target: Target, then: Callable[[], None]) -> bool:
        """Puts the addresses of target's host first in the route. False: DNS is asked, and then is called later."""
        names = self._leg.call.node.names
        places = names.known(target.uri)
        if places is None:
            self._stop = names.find(target.uri, partial(self._found, target, then))
            return False
        self._use(target, places)
        return True

    def _found(self, target: Target, then: Callable[[], None], places: list[Place]) -> None:
        self._stop = None
        call = self._leg.call
        try:
            self._use(target, places)
            then()
        except Exception:  # noqa: BLE001  the top of a call
            call.break_down()
        call.settle()
        call.node.flush()

    def _use(self, target: Target, places: list[Place]) -> None:
        route = self._leg.route
        assert route is not None
        route.found(target, [place for place in places if self.can_reach(place)])

    def stop(self) -> None:
        """Nobody waits for the answer any more."""
        if self._stop is not None:
            self._stop()
            self._stop = None
