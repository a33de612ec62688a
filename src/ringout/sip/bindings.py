"""Where the phones of an address-of-record are: its bindings, and what one REGISTER makes of them (RFC 3261 10.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from ringout.sip.errors import MalformedMessage
from ringout.sip.flow import Flow
from ringout.sip.grammar import unquote
from ringout.sip.header_values import NameAddr
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.sip.message import Request

MOST_CONTACTS: Final = 10  # of one REGISTER
LONGEST_URI: Final = 512  # characters of a Contact or Path
MOST_HOPS: Final = 8  # in Path
_LONGEST_INSTANCE: Final = 128
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a phone waits for calls. Requests to it go to uri along flow, through path. expires_at and
    created_at: seconds of the user agent's clock.

    instance and reg_id: of the phone and of its flow (RFC 5626); "" and 0 = it names none. gruu: public GRUU
    (RFC 5627), "" = it wants none.
    """

    user: str  # user part of the address-of-record
    uri: str
    flow: Flow
    call_id: str
    cseq: int
    created_at: float
    expires_at: float
    path: tuple[str, ...] = ()  # name-addrs, first hop first
    instance: str = ""
    reg_id: int = 0
    gruu: str = ""
    q: float = 1.0
    agent: str = ""  # User-Agent


class Intervals(NamedTuple):
    """Seconds for which a binding may hold."""

    shortest: int = 60
    longest: int = 3600


class TooBrief(Exception):
    """A binding was asked for that would end too soon: 423."""


class OutOfOrder(Exception):
    """A REGISTER that is older than what it would change."""


class NoOutbound(Exception):
    """The phone wants RFC 5626, and the proxy before us does not know it: 439."""


def current(bindings: tuple[Binding, ...], now: float) -> tuple[Binding, ...]:
    """Those that hold still."""
    return tuple(binding for binding in bindings if binding.expires_at > now)


def by_preference(bindings: tuple[Binding, ...]) -> list[Binding]:
    """By q, then the newest first: the phone that was picked up last is where the user is."""
    return sorted(bindings, key=lambda binding: (-binding.q, -binding.created_at))


def update(
    known: tuple[Binding, ...], request: Request, user: str, flow: Flow, now: float, intervals: Intervals, most: int
) -> tuple[Binding, ...]:
    """The bindings as that REGISTER wants them; the oldest go beyond most. Raises MalformedMessage, TooBrief,
    OutOfOrder or NoOutbound, and then nothing changes."""
    contacts = request.headers.values("Contact")
    if contacts == ["*"]:
        if (request.headers.get("Expires") or "").strip() != "0":
            raise MalformedMessage("A Contact of * needs Expires: 0")
        for binding in known:
            _check_order(binding, request)
        return ()
    if "*" in contacts or len(contacts) > MOST_CONTACTS:
        raise MalformedMessage("More Contacts than can be")
    found = list(known)
    for text in contacts:
        wanted = _read(text, request, user, flow, now, intervals)
        place = next((i for i, old in enumerate(found) if _is_same(old, wanted)), None)
        if place is None:
            if wanted.expires_at > now:
                found.append(wanted)
            continue
        _check_order(found[place], request)
        wanted = replace(wanted, created_at=found[place].created_at if found[place].flow == flow else now)
        if wanted.expires_at > now:
            found[place] = wanted
        else:
            del found[place]
    found.sort(key=lambda binding: binding.created_at)
    return tuple(found[-most:])


def shown(bindings: tuple[Binding, ...], now: float) -> str:
    """The Contact lines of a 200."""
    lines = []
    for binding in bindings:
        text = f"Contact: <{binding.uri}>;expires={max(1, round(binding.expires_at - now))}"
        if binding.instance:
            text += f';+sip.instance="{binding.instance}"'
        if binding.reg_id:
            text += f";reg-id={binding.reg_id}"
        if binding.gruu:
            text += f';pub-gruu="{binding.gruu}"'
        lines.append(text + "\r\n")
    return "".join(lines)


def _read(text: str, request: Request, user: str, flow: Flow, now: float, intervals: Intervals) -> Binding:
    contact = NameAddr.parse(text)
    uri = SipUri.parse(contact.uri)
    if len(contact.uri) > LONGEST_URI or uri.headers:
        raise MalformedMessage("Bad Contact")
    if uri.scheme == "sips" and not flow.secure:
        # RFC 3261 section 26.2.2: every hop to it would have to be encrypted, and this one is not.
        raise MalformedMessage("A SIPS Contact needs TLS")
    path = _path(request)
    instance, reg_id, gruu = _outbound(contact, request, user, flow, path)
    number, _ = request.cseq
    return Binding(
        user=user,
        uri=contact.uri,
        flow=flow,
        call_id=request.call_id,
        cseq=number,
        created_at=now,
        expires_at=now + _seconds(contact.params.get("expires"), request, intervals),
        path=path,
        instance=instance,
        reg_id=reg_id,
        gruu=gruu,
        q=_preference(contact.params.get("q")),
        agent="".join(c for c in (request.headers.get("User-Agent") or "")[:80] if c.isprintable()),
    )


def _seconds(named: str | None, request: Request, intervals: Intervals) -> int:
    """Section 10.2.1.1: what cannot be read counts as an hour. Section 10.3: only less than an hour is too brief."""
    text = named if named is not None else request.headers.get("Expires")
    text = (text or "").strip()
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else _HOUR
    if 0 < wanted < min(intervals.shortest, _HOUR):
        raise TooBrief
    return min(wanted, intervals.longest)


def _preference(text: str | None) -> float:
    try:
        value = float(text) if text is not None and len(text) <= 5 else 1.0
    except ValueError:
        return 1.0
    return value if 0.0 <= value <= 1.0 else 1.0


def _path(request: Request) -> tuple[str, ...]:
    """RFC 3327 section 5.3: the topmost is the proxy next to us, which requests go to first."""
    values = request.headers.values("Path") if "Path" in request.headers else []
    if len(values) > MOST_HOPS or any(len(value) > LONGEST_URI for value in values):
        raise MalformedMessage("Path too long")
    hops = []
    for value in values:
        uri = NameAddr.parse(value).uri
        SipUri.parse(uri)
        hops.append(f"<{uri}>")
    return tuple(hops)


def _outbound(
    contact: NameAddr, request: Request, user: str, flow: Flow, path: tuple[str, ...]
) -> tuple[str, int, str]:
    """(instance, reg-id, GRUU). Without an instance there is neither of the others (RFC 5626 section 6, RFC 5627)."""
    instance = unquote(contact.params.get("+sip.instance") or "")
    if not instance:
        return "", 0, ""
    if len(instance) > _LONGEST_INSTANCE or not instance.isascii() or any(c in instance for c in '"\\ ;,'):
        raise MalformedMessage("Bad +sip.instance")
    supported = {tag.lower() for tag in request.headers.values("Supported")} if "Supported" in request.headers else ()
    text = contact.params.get("reg-id") or ""
    reg_id = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0
    if "outbound" not in supported:
        reg_id = 0
    if reg_id and len(request.headers.values("Via")) > 1 and not (path and _says_ob(path[-1])):
        raise NoOutbound
    # Only a browser's phone has no address of its own to be asked for; others would name this one as their Contact,
    # and requests to it come here again.
    gruu = ""
    if "gruu" in supported and flow.is_websocket:
        host = SipUri.parse(NameAddr.parse(request.headers.get("To") or "").uri).host
        gruu = f"sip:{user}@{host};gr={instance.strip('<>')}"
    return instance, reg_id, gruu


def _says_ob(hop: str) -> bool:
    return "ob" in SipUri.parse(hop.strip("<>")).params


def _is_same(old: Binding, new: Binding) -> bool:
    """RFC 5626 section 6: instance and reg-id tell flows apart, else the URI does (RFC 3261 section 10.3)."""
    if old.reg_id and new.reg_id:
        return (old.instance, old.reg_id) == (new.instance, new.reg_id)
    return SipUri.parse(old.uri) == SipUri.parse(new.uri)


def _check_order(old: Binding, request: Request) -> None:
    """Section 10.3, step 7."""
    number, _ = request.cseq
    if old.call_id == request.call_id and number <= old.cseq:
        raise OutOfOrder
