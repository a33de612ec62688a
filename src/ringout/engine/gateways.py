"""Gateways of the trunks: where each leads, and which of its addresses are to be spared."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ringout.sip.errors import SipError
from ringout.sip.flow import Transport, default_port
from ringout.sip.location import Choice, Place, Tiers, drawn, wanted
from ringout.sip.uri import SipUri

REST_AFTER_FAULT_SECONDS = 30.0  # a gateway that gave no answer at all would cost every call its whole time-out
MAX_REST_SECONDS = 3600.0  # however long a Retry-After is


class Hop:
    """One address of a gateway, and how it does. resting_until: monotonic seconds. answers: whether it answered the
    latest OPTIONS, None = it has not been asked. misses: how many in a row it left unanswered. down: too many."""

    __slots__ = ("answers", "down", "misses", "place", "resting_until")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.resting_until = 0.0
        self.answers: bool | None = None
        self.misses = 0
        self.down = False

    @property
    def remote(self) -> tuple[str, int]:
        return self.place.host, self.place.port

    def rest(self, now: float, seconds: float) -> None:
        """Others are preferred for so long; it is still used when all of them rest, because then nothing is better."""
        self.resting_until = now + min(max(seconds, 0.0), MAX_REST_SECONDS)

    def is_spared(self, now: float) -> bool:
        return self.down or self.resting_until > now


class Gateway:
    """One gateway as configured. hops: its addresses, by which calls reach it; none = a name that has not been
    resolved. registered: whether its registrar knows us, None = nobody asks it to. home: the hop by which it does,
    which calls prefer: a carrier of several servers may admit them there only. service_route: what calls must pass, as
    the registrar says (RFC 3608)."""

    __slots__ = ("_tiers", "home", "hops", "host", "registered", "service_route", "uri_parts", "where")

    def __init__(self, uri: SipUri) -> None:
        """uri: one that wanted() knows a way for. An IP is its own hop at once."""
        self.host = uri.host.strip("[]")
        self.uri_parts = uri
        self.where = _where(uri)
        self.hops: list[Hop] = []
        self.registered: bool | None = None
        self.home: Hop | None = None
        self.service_route: tuple[str, ...] = ()
        self._tiers: Tiers = ()
        want = wanted(uri)
        if want is not None and want.is_ip:
            self.use(((Choice(0, (want.place(want.name),)),),))

    @property
    def is_named(self) -> bool:
        """DNS decides where it leads."""
        want = wanted(self.uri_parts)
        return want is not None and not want.is_ip

    @property
    def secure(self) -> bool:
        return self.uri_parts.scheme == "sips"

    def use(self, tiers: Tiers) -> None:
        """Where it leads from now on. An address that stays keeps what is known of it."""
        known = {hop.place: hop for hop in self.hops}
        self._tiers = tiers
        places = dict.fromkeys(place for tier in tiers for choice in tier for place in choice.places)
        self.hops = [known.get(place) or Hop(place) for place in places]
        if self.home not in self.hops:
            self.home = None

    def drawn(self, number: Callable[[int], int]) -> list[Hop]:
        """Its hops in the order for one call. number: as IdSource's."""
        if len(self.hops) < 2:
            return self.hops
        by_place = {hop.place: hop for hop in self.hops}
        found = [by_place[place] for place in drawn(self._tiers, number)]
        if self.home is not None:
            found.sort(key=lambda hop: hop is not self.home)
        return found

    def is_at(self, uri: SipUri) -> bool:
        """Whether uri leads to this gateway."""
        host = uri.host.strip("[]").lower()
        if host == self.host.lower() and _port(uri) == _port(self.uri_parts):
            return True
        want = wanted(uri)
        port = uri.port or (default_port(want.transports[0]) if want else 5060)
        return any(hop.remote == (host, port) for hop in self.hops)

    def uri(self, user: str = "") -> str:
        """user: escaped; "" = the gateway itself."""
        return f"{self.uri_parts.scheme}:{user}{'@' if user else ''}{self.where}"


def _where(uri: SipUri) -> str:
    """What follows the user."""
    port = "" if _port(uri) == 0 or uri.port == 5060 else f":{uri.port}"
    transport = "" if uri.transport in (None, "udp") else f";transport={uri.transport}"
    return f"{uri.host}{port}{transport}"


def _port(uri: SipUri) -> int:
    """0 = the usual one."""
    want = wanted(uri)
    transport: Transport = want.transports[0] if want else "udp"
    return 0 if uri.port in (None, default_port(transport)) else uri.port or 0


def parse_gateway(text: str) -> Gateway:
    """text: sip:host[:port][;transport=udp|tcp|tls] or sips:host[:port]. Raises ValueError with one plain sentence."""
    try:
        uri = SipUri.parse(text)
    except SipError as error:
        raise ValueError(f"The gateway {text!r} is not a SIP URI.") from error
    if wanted(uri) is None:
        raise ValueError(f"The gateway {text!r} asks for a transport that is not supported: use udp, tcp or tls.")
    return Gateway(uri)


def in_order(gateways: Iterable[Gateway], now: float, number: Callable[[int], int]) -> list[tuple[Gateway, Hop]]:
    """As configured and drawn; those that rest, are down or do not know us come last, for want of anything better."""
    found = [(gateway, hop) for gateway in gateways for hop in gateway.drawn(number)]
    if len(found) > 1:
        found.sort(key=lambda pair: pair[1].is_spared(now) or pair[0].registered is False)
    return found
