"""Where a leg's INVITE goes: the trunk's gateways in order, then the targets of a redirection by q, never twice."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import unquote

from ringout.domain.causes import CAUSES
from ringout.engine.gateways import REST_AFTER_FAULT_SECONDS, Gateway, Hop, in_order
from ringout.engine.trunks import Trunk
from ringout.sip.errors import SipError
from ringout.sip.events import Failed
from ringout.sip.flow import Flow
from ringout.sip.location import Place, wanted
from ringout.sip.redirection import Redirected
from ringout.sip.uri import SipUri

MAX_REDIRECTIONS = 5  # targets of 3xx responses per leg


class Target(NamedTuple):
    """One INVITE. hop: where it goes; None = the uri names a host that is still to be looked up. gateway: whose hop it
    is; None = a redirection's own address, which must not see the trunk's credentials."""

    uri: str
    hop: Hop | None
    gateway: Gateway | None
    flow: Flow | None = None  # the way that the phone itself opened: neither hop nor name matter then
    routes: tuple[str, ...] = ()  # name-addrs of the proxies on that way


class Route:
    """The targets of one leg that are still to be tried."""

    __slots__ = (
        "_may_be_sent_on",
        "_number",
        "_redirections_left",
        "_targets",
        "_tried",
        "current",
        "redirected",
        "redirection",
        "to",
        "trunk",
    )

    def __init__(
        self,
        trunk: Trunk,
        e164: str,
        now: float,
        may_be_sent_on: Callable[[str, str], bool],
        number: Callable[[int], int],
    ) -> None:
        """may_be_sent_on: whether a trunk with that dialling prefix (the second) may be given a redirection's user part
        (the first). number: as IdSource's, for the draw among servers of equal priority."""
        self._may_be_sent_on = may_be_sent_on
        self._number = number
        user = trunk.dialled(e164)
        self.trunk = trunk
        self.current: Target | None = None
        self.redirected = False
        self.redirection: Redirected | None = None  # what the redirections said besides where to go
        # What To names after a redirection, still (RFC 3261 8.1.3.4): signatures of the caller ID name it as well.
        self.to: str | None = None
        self._targets = [
            Target(gateway.uri(user), hop, gateway, None, gateway.service_route)
            for gateway, hop in in_order(trunk.gateways, now, number)
        ]
        self._tried: list[SipUri] = []
        self._redirections_left = MAX_REDIRECTIONS

    def next(self) -> Target | None:
        """The next target to be tried, best first. None: no target is left."""
        self.current = self._targets.pop(0) if self._targets else None
        return self.current

    def failed(self, failure: Failed, now: float) -> bool:
        """Takes note of the failure of the current target. True: another one may be tried."""
        # A 380 offers another service, not another place (RFC 3261 21.3.5).
        if failure.cause == "response" and 300 <= failure.code < 400 and failure.code != 380:
            if self.to is None and self.current is not None:
                self.to = self.current.uri
            if failure.redirected is not None:
                self.redirection = failure.redirected.after(self.redirection)
            self._redirect(failure.contacts)
        elif is_gateway_fault(failure):
            self.rest(now, failure.retry_after, own_fault=failure.cause != "response")
        elif not self.redirected or failure.code >= 600:
            # The far end has spoken. After a redirection its other targets may still answer (RFC 3261 8.1.3.4).
            self._targets.clear()
        return bool(self._targets)

    def passed_on(self, uri: str) -> tuple[tuple[str, str], ...]:
        """Header fields of the redirections that the INVITE to uri repeats."""
        return () if self.redirection is None else self.redirection.headers_for(uri)

    def rest(self, now: float, retry_after: int | None, *, own_fault: bool) -> None:
        """The current hop is to be spared. own_fault: it gave no response at all."""
        hop = self.current.hop if self.current else None
        if hop is None:
            return
        if retry_after is not None:
            hop.rest(now, retry_after)
        elif own_fault:
            hop.rest(now, REST_AFTER_FAULT_SECONDS)

    def _redirect(self, contacts: list[str]) -> None:
        if not self.redirected:
            self.redirected = True
            self._targets.clear()  # the other gateways would only redirect again
        if self.current is not None and not self._tried:
            self._tried.append(SipUri.parse(self.current.uri))
        found: list[Target] = []
        for text in contacts:
            if self._redirections_left == 0:
                break
            targets = self._redirection(text)
            if targets:
                self._redirections_left -= 1
                found += targets
        self._targets[:0] = found

    def _redirection(self, text: str) -> list[Target]:
        """The targets that a Contact means; none when it is no way for us, was tried, or must not be."""
        try:
            uri = SipUri.parse(text)
        except SipError:
            return []
        want = wanted(uri)
        if want is None or uri in self._tried:
            return []
        self._tried.append(uri)
        uri.headers = ""  # RFC 3261 19.1.5: header fields of a foreign URI are not ours to send
        for gateway in self.trunk.gateways:
            if gateway.is_at(uri):
                return self._through(gateway, uri)
        target = Target(str(uri), None, None)
        if not want.is_ip:
            return [target]
        place = want.place(want.name)
        return self.instead_of(target) if self._leads_inside(place) else [target._replace(hop=Hop(place))]

    def found(self, target: Target, places: Iterable[Place]) -> None:
        """The host of the current target leads there, best first; nowhere: it may go by way of the trunk instead."""
        targets = [Target(target.uri, Hop(place), None) for place in places if not self._leads_inside(place)]
        self._targets[:0] = targets or self.instead_of(target)

    def instead_of(self, target: Target) -> list[Target]:
        """For a redirection that we cannot reach ourselves: by way of the trunk's first gateway."""
        if target.gateway is not None:
            return []
        return self._through(self.trunk.gateways[0], SipUri.parse(target.uri))[:1]

    def _leads_inside(self, place: Place) -> bool:
        """A carrier on the internet, or whoever it calls, must not make us ring what only our own network reaches: a
        PBX in there may take us for a friend."""
        hops = [hop for gateway in self.trunk.gateways for hop in gateway.hops]
        return not _is_global(place.host) and any(_is_global(hop.place.host) for hop in hops)

    def _through(self, gateway: Gateway, uri: SipUri) -> list[Target]:
        """By the gateway's hops, unless the policy or the uri itself forbids."""
        if not self._may_be_sent_on(unquote(uri.user or ""), self.trunk.config.number_prefix):
            return []
        hops = gateway.drawn(self._number)
        # RFC 3261 26.2.2: what a SIPS URI names is reached over TLS on every hop, or not at all.
        usable = [hop for hop in hops if uri.scheme == "sip" or hop.place.transport == "tls"]
        return [Target(str(uri), hop, gateway, None, gateway.service_route) for hop in usable]


def _is_global(host: str) -> bool:
    return ipaddress.ip_address(host).is_global


def is_gateway_fault(failure: Failed) -> bool:
    """Another gateway may do better: nothing came back, or a 503, and no phone has rung yet (RFC 3263 4.3)."""
    if failure.was_ringing:
        return False
    if failure.cause in ("transport", "timeout"):
        return True
    # A cause such as "user busy" beside the 503 is the phone's own word, and no other gateway gets another.
    cause = CAUSES.get(failure.q850 or 0)
    return failure.cause == "response" and failure.code == 503 and (cause is None or cause.side != "party")
