"""Registers with the registrars of those trunks that ask for it, and keeps them from forgetting us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ringout import logs
from ringout.engine.gateways import REST_AFTER_FAULT_SECONDS, Gateway, Hop
from ringout.engine.trunks import Trunk
from ringout.sip.errors import SipError
from ringout.sip.events import RegistrationChanged
from ringout.sip.flow import NoFlow
from ringout.sip.registration import ClientRegistration, RegistrationSettings, RegistrationState
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.engine.node import Node
    from ringout.sip.flow import Flow
    from ringout.sip.location import Place

NOT_ASKED = "not asked yet"
NO_WAY_SECONDS = 30.0  # until a registrar that we have no way to is looked for again

log = logs.get("engine")


class Registrations:
    """All registrations of a node. The node hands it each RegistrationChanged."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._known: list[TrunkRegistration] = []
        self._gone = asyncio.Event()
        self._leaving = False

    def start(self) -> None:
        for trunk in self._node.trunks.trunks:
            for registrar in trunk.registrars:
                self._known.append(TrunkRegistration(self._node, trunk, registrar))
        for registration in self._known:
            registration.start()
        self._node.flush()

    def changed(self, event: RegistrationChanged) -> None:
        for registration in self._known:
            if registration.machine is event.registration:
                registration.receive(event)
        self._look_whether_gone()

    def connection_lost(self, flow: Flow) -> None:
        for registration in self._known:
            registration.connection_lost(flow)

    def moved(self, gateway: Gateway) -> None:
        """Its name leads elsewhere."""
        for registration in self._known:
            if registration.registrar is gateway and not self._leaving:
                registration.moved()
        self._node.flush()

    def renew(self, gateway: Gateway) -> None:
        """It was away and is back: it may have forgotten us, and our wait after its last failure may be long."""
        for registration in self._known:
            if registration.registrar is gateway and not self._leaving:
                registration.renew()

    def of(self, gateway: Gateway) -> TrunkRegistration | None:
        """The registration that serves that gateway."""
        return next((one for one in self._known if gateway in one.serves), None)

    async def leave(self, seconds: float) -> None:
        """Takes every registration back; returns when the registrars have confirmed it, or after so long."""
        self._leaving = True
        for registration in self._known:
            registration.leave()
        self._node.flush()
        self._look_whether_gone()
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            log.warning("not every registrar has confirmed that we leave")

    def _look_whether_gone(self) -> None:
        if self._leaving and all(one.machine.state is RegistrationState.GONE for one in self._known):
            self._gone.set()


class TrunkRegistration:
    """One registrar of one trunk: its addresses in turn, its redirections, and what calls may know of it.

    serves: the gateways that calls of this registration go by. says: the latest answer, in words."""

    def __init__(self, node: Node, trunk: Trunk, registrar: Gateway) -> None:
        """registrar: one of the trunk's registrars, which may be one of its gateways."""
        self._node = node
        self._trunk = trunk
        self.registrar = registrar
        self.serves = [registrar] if registrar in trunk.gateways else trunk.gateways
        self.machine = ClientRegistration(node.user_agent, _settings(trunk, registrar))
        self.says = NOT_ASKED
        self._hop: Hop | None = None
        self._tried: set[Hop | None] = set()
        self._lookup: Callable[[], None] | None = None
        self._was_bound: bool | None = None
        self._refusal = ""  # the latest answer, when it was none that keeps us registered

    def start(self) -> None:
        self._show()
        self._ask_next()

    @property
    def bound(self) -> bool:
        return self.machine.is_bound(self._node.clock.monotonic())

    def leave(self) -> None:
        self._stop_lookup()
        self.machine.remove(self._node.clock.monotonic())

    def connection_lost(self, flow: Flow) -> None:
        machine, now = self.machine, self._node.clock.monotonic()
        due = machine.due
        machine.connection_lost(flow, now)
        if machine.due < due:
            seconds = round(machine.due - now)
            log.info("the connection to a registrar is gone", **self._where(), registers_again_in_seconds=seconds)

    def moved(self) -> None:
        self._tried.clear()
        if self._hop not in self.registrar.hops:
            self._ask_next()

    def renew(self) -> None:
        self._tried.clear()
        self._ask_next()

    # --- answers -------------------------------------------------------------------------------------------------

    def receive(self, event: RegistrationChanged) -> None:
        node = self._node
        if event.code:
            self.says = f"{event.code} {event.reason}".strip()
            self._refusal = self.says if event.code >= 300 else ""
        else:
            self.says = self._refusal or event.reason  # why the refresh failed says more than that it did
        if self._refusal and event.code and self.bound:
            log.warning("not refreshed", **self._where(), answer=self._refusal)
        self._show()
        if self.machine.state is not RegistrationState.WAITING:
            return
        if event.code and event.code < 300:
            self._tried = {self._hop}
            return
        if not event.code:
            return  # a refresh is on its way already
        faulty = event.code == 408 or event.code >= 500
        if faulty and self._hop is not None and self.machine.registrar == self.machine.settings.registrar:
            self._hop.rest(node.clock.monotonic(), REST_AFTER_FAULT_SECONDS)
        if faulty and self._ask_next():
            return
        self._rewind()
        if event.contacts:
            self._follow(event.contacts)

    def _show(self) -> None:
        """To the calls and in the log."""
        bound = self.bound
        for gateway in self.serves:
            gateway.registered = bound
            gateway.service_route = self.machine.service_route if bound else ()
            gateway.home = self._hop if bound and self._hop in gateway.hops else None
        if bound == self._was_bound:
            return
        if bound:
            seconds = round(self.machine.bound_until - self._node.clock.monotonic())
            log.info("registered", **self._where(), seconds=seconds)
        elif self.says != NOT_ASKED and self.machine.state is not RegistrationState.GONE:
            log.warning("not registered", **self._where(), answer=self.says)
        self._was_bound = bound if self.says != NOT_ASKED else None

    def _where(self) -> dict[str, str]:
        return {"trunk": self._trunk.name, "registrar": self.machine.registrar}

    # --- where to ask --------------------------------------------------------------------------------------------

    def _ask_next(self) -> bool:
        """By the next address that was not tried in this round, at once. False: all were."""
        for hop in self._hops():
            if hop not in self._tried and self._go_to(hop.place):
                self._hop = hop
                self._tried.add(hop)
                return True
        if not self._tried:
            self.says = "no way to it: no address, or no listener of ours that reaches it"
            self._node.call_later(NO_WAY_SECONDS, self._look_again)
        return False

    def _rewind(self) -> None:
        """The next round begins with our own registrar's first address, when the machine's wait is over."""
        for hop in self._hops():
            try:
                self.machine.next_time(self._node.driver.flow_to(*hop.place))
            except NoFlow:
                continue
            self._hop = hop
            self._tried = {hop}
            return

    def _hops(self) -> list[Hop]:
        return sorted(self.registrar.drawn(self._node.ids.number), key=lambda hop: hop.down)

    def _look_again(self) -> None:
        if self._hop is None and self.machine.state is RegistrationState.WAITING:
            self._ask_next()
            self._node.flush()

    def _go_to(self, place: Place, registrar: str | None = None) -> bool:
        node = self._node
        try:
            flow = node.driver.flow_to(*place)
            self.machine.go_to(flow, node.clock.monotonic(), registrar)
        except (NoFlow, SipError):
            return False
        return True

    def _follow(self, contacts: list[str]) -> None:
        """To the first Contact of a redirection that leads somewhere."""
        names = self._node.names
        while contacts:
            contact = contacts.pop(0)
            try:
                places = names.known(contact)
            except SipError:
                continue
            if places is None:
                self._lookup = names.find(contact, partial(self._found, contact, contacts))
                return
            if self._go_to_one(contact, places):
                return

    def _found(self, contact: str, others: list[str], places: list[Place]) -> None:
        self._lookup = None
        if not self._go_to_one(contact, places):
            self._follow(others)
        self._node.flush()

    def _go_to_one(self, contact: str, places: list[Place]) -> bool:
        uri = SipUri.parse(contact)
        uri.user = uri.password = None  # section 10.2: the Request-URI of a REGISTER names a domain
        uri.headers = ""
        return any(self._go_to(place, str(uri)) for place in places)

    def _stop_lookup(self) -> None:
        if self._lookup is not None:
            self._lookup()
            self._lookup = None


def _settings(trunk: Trunk, registrar: Gateway) -> RegistrationSettings:
    aor = SipUri.parse(trunk.address_of_record(registrar))
    return RegistrationSettings(
        registrar=registrar.uri(),
        aor=str(aor),
        contact_user=aor.user or "ringout",
        credentials=trunk.credentials,
        contacts=trunk.config.register_contacts,
        expires=trunk.config.register_seconds,
    )
