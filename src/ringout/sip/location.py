"""Where a request goes by its URI: the questions for DNS and the order of the answers (RFC 3263, RFC 2782). Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from ringout.sip.flow import Transport, default_port
from ringout.sip.uri import SipUri

MOST_RECORDS: Final = 16  # of one answer; whoever publishes more wants something else than calls
MOST_PLACES: Final = 32  # that one name may lead to

_SRV_PREFIX: Final[dict[Transport, str]] = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
_SERVICES: Final[dict[str, Transport]] = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
# RFC 6761 and RFC 6762: names that no DNS server knows services of; asking would only tell strangers about them.
_LOCAL_DOMAINS: Final = ("localhost", "local", "invalid")


class Place(NamedTuple):
    """One next hop. host: an IP without brackets. name: with TLS the domain of the URI, which the certificate must name
    (RFC 5922 section 4); "" when the URI holds the IP itself."""

    transport: Transport
    host: str
    port: int
    name: str = ""


class Choice(NamedTuple):
    """One server of a tier. weight: RFC 2782. places: its addresses, in the order in which they are tried."""

    weight: int
    places: tuple[Place, ...]


Tiers = tuple[tuple[Choice, ...], ...]  # all of a tier are tried before the next one


class Wanted(NamedTuple):
    """What must be found out for one URI. name: domain or IP, without brackets. transports: those to be looked for,
    best first; the first is taken when DNS says nothing. port: as in the URI. by_srv: SRV records decide about the
    servers, and by_naptr: NAPTR records about the transport before them."""

    name: str
    transports: tuple[Transport, ...]
    port: int | None
    by_srv: bool
    by_naptr: bool

    @property
    def is_ip(self) -> bool:
        return is_ip(self.name)

    def place(self, address: str, transport: Transport | None = None, port: int | None = None) -> Place:
        """address: an IP of a server. transport, port: None = what the URI says or means."""
        transport = transport or self.transports[0]
        name = self.name if transport == "tls" and not self.is_ip else ""
        return Place(transport, address, port or self.port or default_port(transport), name)


class Naptr(NamedTuple):
    """One NAPTR record. replacement: without the dot at its end."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class Srv(NamedTuple):
    """One SRV record. target: without the dot at its end; "" = the service is decidedly not there."""

    priority: int
    weight: int
    port: int
    target: str


def wanted(uri: SipUri) -> Wanted | None:
    """RFC 3263 section 4. None: a transport that we open no flows with."""
    name = (uri.params.get("maddr") or uri.host).strip("[]").rstrip(".")
    secure, named = uri.scheme == "sips", uri.transport
    if named is not None and named not in _SRV_PREFIX:
        return None
    transport: Transport | None = "tls" if named == "tls" else "tcp" if named == "tcp" else "udp" if named else None
    if secure and transport == "udp":
        return None
    if secure:
        transport = "tls"  # section 26.2.2 of RFC 3261: transport=tcp of a SIPS URI is TLS over TCP
    by_srv = not is_ip(name) and uri.port is None and _may_have_services(name)
    # Both section 4.1: the SRV queries that stand in for NAPTR ask for "_sip" with a SIP URI, never for "_sips".
    transports: tuple[Transport, ...] = (transport,) if transport else ("udp", "tcp") if by_srv else ("udp",)
    by_naptr = by_srv and named is None
    return Wanted(name, transports, uri.port, by_srv, by_naptr)


def is_ip(host: str) -> bool:
    """host: without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _may_have_services(name: str) -> bool:
    labels = name.lower().split(".")
    return len(labels) > 1 and labels[-1] not in _LOCAL_DOMAINS


def srv_name(transport: Transport, domain: str) -> str:
    return _SRV_PREFIX[transport] + domain


def services(records: Iterable[Naptr], *, secure: bool) -> list[tuple[Transport, str]]:
    """(transport, name of the SRV records) of the usable NAPTR records, best first (RFC 3263 section 4.1).

    secure: a SIPS URI, for which only SIPS services count."""
    usable = [
        (record, transport)
        for record in records
        if record.flags.lower() == "s" and (transport := _SERVICES.get(record.service.upper())) is not None
    ]
    usable.sort(key=lambda pair: (pair[0].order, pair[0].preference))
    return [(transport, record.replacement) for record, transport in usable if transport == "tls" or not secure]


def tiers(records: Iterable[Srv]) -> list[list[Srv]]:
    """By priority, the smallest number first; the servers of one tier share the load by their weights."""
    by_priority: dict[int, list[Srv]] = {}
    for record in records:
        if record.target:
            by_priority.setdefault(record.priority, []).append(record)
    return [by_priority[priority] for priority in sorted(by_priority)]


def drawn(known: Tiers, number: Callable[[int], int]) -> list[Place]:
    """Every place once, in the order for one request: tiers in turn, within each a draw by weight (RFC 2782).

    number: unpredictable, 0 <= number(bits) < 2**bits; asked only where there is a choice."""
    found: dict[Place, None] = {}
    for tier in known:
        for choice in _draw(tier, number) if len(tier) > 1 else tier:
            found.update(dict.fromkeys(choice.places))
    return list(found)


def _draw(tier: Sequence[Choice], number: Callable[[int], int]) -> Iterable[Choice]:
    left = sorted(tier, key=lambda choice: choice.weight > 0)  # those of weight 0 first: a small chance, not none
    while left:
        total = sum(choice.weight for choice in left)
        point = number(32) % (total + 1)
        for position, choice in enumerate(left):
            point -= choice.weight
            if point <= 0:
                yield left.pop(position)
                break


def limited(known: Iterable[Iterable[Choice]]) -> Tiers:
    """The first MOST_PLACES of them; a tier in which nothing is left is no tier."""
    room = MOST_PLACES
    kept: list[tuple[Choice, ...]] = []
    for tier in known:
        choices = []
        for choice in tier:
            places = choice.places[:room]
            room -= len(places)
            if places:
                choices.append(Choice(choice.weight, places))
        if choices:
            kept.append(tuple(choices))
    return tuple(kept)
