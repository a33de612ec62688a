"""Where a leg's INVITE goes: the trunk's gateways in order, then the targets of a redirection by q, never twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from ringout.engine.gateways import REST_AFTER_FAULT_SECONDS, Gateway, in_order, transport_of
from ringout.engine.trunks import Trunk
from ringout.sip.errors import SipError
from ringout.sip.events import Failed
from ringout.sip.flow import Transport
from ringout.sip.uri import SipUri

MAX_REDIRECTIONS = 5  # targets of 3xx responses per leg


class Target(NamedTuple):
    """One INVITE. transport, hosts, port: the next hop, of whose IPs the first usable one counts; a redirection's own
    may be a name, which nobody resolves. gateway: whose next hop it is; None = a redirection's own address, which must
    not see the trunk's credentials."""

    uri: str
    transport: Transport
    hosts: tuple[str, ...]
    port: int
    gateway: Gateway | None


class Route:
    """The targets of one leg that are still to be tried."""

    __slots__ = ("_may_be_sent_on", "_redirections_left", "_targets", "_tried", "current", "redirected", "trunk")

    def __init__(self, trunk: Trunk, e164: str, now: float, may_be_sent_on: Callable[[str, str], bool]) -> None:
        """may_be_sent_on: whether a trunk with that dialling prefix (the second) may be given a redirection's user part
        (the first)."""
        self._may_be_sent_on = may_be_sent_on
        user = trunk.dialled(e164)
        self.trunk = trunk
        self.current: Target | None = None
        self.redirected = False
        self._targets = [_through(gateway, gateway.uri(user)) for gateway in in_order(trunk.gateways, now)]
        self._tried: list[SipUri] = []
        self._redirections_left = MAX_REDIRECTIONS

    def next(self) -> Target | None:
        """The next target to be tried, best first. None: no target is left."""
        self.current = self._targets.pop(0) if self._targets else None
        return self.current

    def failed(self, failure: Failed, now: float) -> bool:
        """Takes note of the failure of the current target. True: another one may be tried."""
        if failure.cause == "response" and 300 <= failure.code < 400:
            self._redirect(failure.contacts)
        elif is_gateway_fault(failure):
            self.rest(now, failure.retry_after, own_fault=failure.cause != "response")
        elif not self.redirected or failure.code >= 600:
            # The far end has spoken. After a redirection its other targets may still answer (RFC 3261 8.1.3.4).
            self._targets.clear()
        return bool(self._targets)

    def rest(self, now: float, retry_after: int | None, *, own_fault: bool) -> None:
        """The current gateway is to be spared. own_fault: it gave no response at all."""
        gateway = self.current.gateway if self.current else None
        if gateway is None:
            return
        if retry_after is not None:
            gateway.rest(now, retry_after)
        elif own_fault:
            gateway.rest(now, REST_AFTER_FAULT_SECONDS)

    def _redirect(self, contacts: list[str]) -> None:
        if not self.redirected:
            self.redirected = True
            self._targets.clear()  # the other gateways would only redirect again
        if self.current is not None and not self._tried:
            self._tried.append(SipUri.parse(self.current.uri))
        found = []
        for text in contacts:
            if self._redirections_left == 0:
                break
            target = self._redirection(text)
            if target is not None:
                self._redirections_left -= 1
                found.append(target)
        self._targets[:0] = found

    def _redirection(self, text: str) -> Target | None:
        try:
            uri = SipUri.parse(text)
        except SipError:
            return None
        transport = transport_of(uri)
        if transport is None or uri in self._tried:
            return None
        self._tried.append(uri)
        uri.headers = ""  # RFC 3261 19.1.5: header fields of a foreign URI are not ours to send
        host, port = uri.host.strip("[]"), uri.port or 5060
        for gateway in self.trunk.gateways:
            if gateway.port == port and (host == gateway.host or host in gateway.addresses):
                return _through(gateway, str(uri)) if self._is_allowed(uri) else None
        return Target(str(uri), transport, (host,), port, None)

    def _is_allowed(self, uri: SipUri) -> bool:
        return self._may_be_sent_on(unquote(uri.user or ""), self.trunk.config.number_prefix)

    def through_gateway(self, target: Target) -> Target | None:
        """For a redirection to a name that we cannot reach ourselves: by way of the trunk's first gateway."""
        gateway = self.trunk.gateways[0]
        if target.gateway or not self._is_allowed(SipUri.parse(target.uri)):
            return None
        return _through(gateway, target.uri)


def is_gateway_fault(failure: Failed) -> bool:
    """Another gateway may do better: nothing came back, or a 503, and no phone has rung yet (RFC 3263 4.3)."""
    if failure.was_ringing:
        return False
    return failure.cause in ("transport", "timeout") or (failure.cause == "response" and failure.code == 503)


def _through(gateway: Gateway, uri: str) -> Target:
    return Target(uri, gateway.transport, gateway.addresses, gateway.port, gateway)
