"""DNS for SIP: a URI becomes next hops (RFC 3263). Nothing here is waited for by a call.

Without servers of its own the resolver asks those of the system for NAPTR and SRV, and the system itself for addresses,
which knows the hosts file too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from ringout.net.tasks import Tasks
from ringout.sip.flow import Transport
from ringout.sip.location import (
    MOST_PLACES,
    MOST_RECORDS,
    Choice,
    Naptr,
    Place,
    Srv,
    Tiers,
    Wanted,
    limited,
    services,
    srv_name,
    tiers,
    wanted,
)
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver as DnsResolver

LOOKUP_SECONDS: Final = 5.0  # one URI with all its questions
QUERY_SECONDS: Final = 2.0  # one question; a server that stays silent is asked again within that time
MOST_QUESTIONS: Final = 100  # about one URI, names of servers and of services: strangers write what is asked about
UNKNOWN_TTL: Final = 60.0  # of addresses from the system, which does not say, and of records that are not there


class Located(NamedTuple):
    """tiers: where a URI leads, never empty. seconds: for how long that holds."""

    tiers: Tiers
    seconds: float


Found = Callable[[Located | OSError], None]


class Locator(Protocol):
    """What the engine needs of the Resolver."""

    def look_up(self, uri: SipUri, found: Found) -> Callable[[], None]:
        """Calls found once, later, with where uri leads or with an OSError that names the host. What it returns
        cancels: found is not called then."""


class Resolver:
    """Implements Locator. nameservers: "IP" or "IP:port", IPv6 in brackets; none = the system's."""

    def __init__(self, nameservers: Sequence[str], tasks: Tasks) -> None:
        self._nameservers = nameservers
        self._tasks = tasks
        self._made: DnsResolver | None = None

    def look_up(self, uri: SipUri, found: Found) -> Callable[[], None]:
        async def ask() -> None:
            try:
                answer: Located | OSError = await self.locate(uri)
            except OSError as error:
                answer = error
            found(answer)

        task = self._tasks.start(ask(), f"lookup of {uri.host}")
        return lambda: None if task.done() else _cancel(task)

    async def locate(self, uri: SipUri) -> Located:
        """Raises OSError, naming the host: nobody knows it, or no answer came in time."""
        want = wanted(uri)
        if want is None:
            raise OSError(f"{uri.host!r} is reached by a transport that is not supported")
        if want.is_ip:
            return Located(((Choice(0, (want.place(want.name),)),),), float("inf"))
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                return await _Lookup(self, want, secure=uri.scheme == "sips").run()
        except TimeoutError as error:
            raise OSError(f"no answer about the name {want.name!r} within {LOOKUP_SECONDS:g} seconds") from error

    # --- questions -----------------------------------------------------------------------------------------------

    async def records(self, name: str, kind: str) -> tuple[list[Any], float]:
        """Records of that kind and their time to live; none when the name or the kind does not exist. Raises
        TimeoutError when no server answers, OSError when none can."""
        if self._made is None:
            # dnspython takes 0.15 s to load, which only those need who use names, and no call should notice.
            self._made = await asyncio.to_thread(self._make)
        if self._made is None:
            return [], UNKNOWN_TTL
        import dns.exception
        import dns.resolver

        try:
            answer = await self._made.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return [], UNKNOWN_TTL
        except dns.exception.Timeout as error:
            raise TimeoutError from error
        except dns.exception.DNSException as error:
            raise OSError(f"{kind} of {name!r}: {_sentence(error)}") from error
        if answer.rrset is None:
            return [], UNKNOWN_TTL
        return list(answer.rrset)[:MOST_RECORDS], float(answer.chaining_result.minimum_ttl)

    async def addresses(self, name: str) -> tuple[list[str], float]:
        """IPs, IPv6 first (RFC 6724) unless the system knows better. Raises OSError for a name that nobody knows."""
        if not self._nameservers:
            return await _system_addresses(name)
        (six, six_ttl), (four, four_ttl) = await asyncio.gather(
            self.records(name, "AAAA"), self.records(name, "A"), return_exceptions=False
        )
        if not six and not four:
            raise OSError(f"the name {name!r} cannot be resolved: it has no address")
        ttls = [ttl for found, ttl in ((six, six_ttl), (four, four_ttl)) if found]
        return [record.address for record in (*six, *four)], min(ttls)

    def _make(self) -> DnsResolver | None:
        """None: the system has no name server, as on a machine that lives by its hosts file."""
        from dns.asyncresolver import Resolver as DnsResolver
        from dns.nameserver import Do53Nameserver
        from dns.resolver import NoResolverConfiguration

        try:
            made = DnsResolver(configure=not self._nameservers)
        except NoResolverConfiguration:
            return None
        if self._nameservers:
            made.nameservers = [Do53Nameserver(*parse_nameserver(text)) for text in self._nameservers]
        made.timeout, made.lifetime = QUERY_SECONDS / 2, QUERY_SECONDS
        return made


class _Lookup:
    """One URI on its way through NAPTR, SRV and addresses."""

    def __init__(self, resolver: Resolver, want: Wanted, *, secure: bool) -> None:
        self._resolver = resolver
        self._want = want
        self._secure = secure
        self._seconds = float("inf")
        self._left = MOST_QUESTIONS

    async def run(self) -> Located:
        found: Tiers = ()
        if self._want.by_srv:
            found = await self._by_srv()
        if not found:
            addresses = await self._addresses(self._want.name)
            found = limited([[Choice(0, tuple(self._want.place(address) for address in addresses))]])
        return Located(found, self._seconds)

    async def _by_srv(self) -> Tiers:
        """None when the domain says nothing of its services: then its own addresses count (section 4.2)."""
        named = await self._by_naptr()
        said = bool(named)
        found: list[list[Choice]] = []
        for transport, name in named or [(one, srv_name(one, self._want.name)) for one in self._want.transports]:
            records = [Srv(r.priority, r.weight, r.port, _name(r.target)) for r in await self._ask(name, "SRV")]
            said = said or bool(records)
            found += [await self._choices(transport, tier) for tier in tiers(records)]
            if sum(len(choice.places) for tier in found for choice in tier) >= MOST_PLACES:
                break
        if said and not any(found):
            # Among them RFC 2782's target of ".". The domain's own address may be that of its web site.
            raise OSError(f"the servers of {self._want.name!r} have no addresses, or it offers no such service")
        return limited(found)

    async def _by_naptr(self) -> list[tuple[Transport, str]]:
        """(transport, name of its SRV records), best first."""
        if not self._want.by_naptr:
            return []
        # A relay that cannot answer for a kind of record it does not know is no reason to have no call.
        with contextlib.suppress(OSError):
            found = await self._ask(self._want.name, "NAPTR")
            records = [
                Naptr(r.order, r.preference, _text(r.flags), _text(r.service), _name(r.replacement)) for r in found
            ]
            return services(records, secure=self._secure)
        return []

    async def _choices(self, transport: Transport, tier: list[Srv]) -> list[Choice]:
        """The servers of a tier; one without addresses is left out."""
        answers = await asyncio.gather(*(self._addresses(record.target) for record in tier), return_exceptions=True)
        choices = []
        for record, answer in zip(tier, answers, strict=True):
            if isinstance(answer, OSError):
                self._seconds = min(self._seconds, UNKNOWN_TTL)
                continue
            if isinstance(answer, BaseException):
                raise answer
            places: tuple[Place, ...] = tuple(self._want.place(one, transport, record.port) for one in answer)
            choices.append(Choice(record.weight, places))
        return choices

    async def _ask(self, name: str, kind: str) -> list[Any]:
        self._count()
        records, seconds = await self._resolver.records(name, kind)
        self._seconds = min(self._seconds, seconds)
        return records

    async def _addresses(self, name: str) -> list[str]:
        self._count()
        addresses, seconds = await self._resolver.addresses(name)
        self._seconds = min(self._seconds, seconds)
        return addresses[:MOST_RECORDS]

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise OSError(f"the name {self._want.name!r} leads to more names than can be asked about")


async def _system_addresses(name: str) -> tuple[list[str], float]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise OSError(f"the name {name!r} cannot be resolved: {why}") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found)), UNKNOWN_TTL


def parse_nameserver(text: str) -> tuple[str, int]:
    """ "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353"; ValueError for another text."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    if port and not (port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"not a name server: {text!r}")
    return host, int(port or 53)


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _name(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True)) if len(name) > 1 else ""


def _sentence(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
