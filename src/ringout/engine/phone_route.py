"""Where a leg's INVITE goes when no trunk is in between: the places where a device has registered, or a SIP address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ringout.config import PhonesConfig, TrunkConfig
from ringout.engine.gateways import Hop
from ringout.engine.route import Target
from ringout.engine.trunks import Trunk
from ringout.sip.errors import SipError
from ringout.sip.location import Place, wanted
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.domain.plan import Phone
    from ringout.engine.registered_phones import RegisteredPhones
    from ringout.sip.bindings import Binding
    from ringout.sip.events import Failed
    from ringout.sip.redirection import Redirected

MOST_TARGETS = 10
# The user has spoken, at whichever of the phone's places: no other is to ring.
_DECISIONS = frozenset((486, 600, 603, 607))


def phones_trunk(config: PhonesConfig, country: str) -> Trunk:
    """What a leg to a phone of one's own is called by: numbers in full, and nothing that only a carrier may know."""
    described = TrunkConfig(
        "phones",
        ("sip:phones.invalid",),
        prefixes=(),
        from_domain=config.domain,
        identity_headers=(),
        gateway_timeout_seconds=config.answer_seconds,
    )
    return Trunk(described, country)


class PhoneRoute:
    """The targets of one leg that are still to be tried; as engine.route.Route."""

    __slots__ = ("_targets", "current", "redirected", "redirection", "to", "trunk")

    def __init__(self, trunk: Trunk, targets: Iterable[Target], to: str | None) -> None:
        """to: what To names at every target; None = the target's own URI."""
        self.trunk = trunk
        self.to = to
        self.current: Target | None = None
        self.redirected = False
        self.redirection: Redirected | None = None
        self._targets = list(targets)[:MOST_TARGETS]

    def next(self) -> Target | None:
        self.current = self._targets.pop(0) if self._targets else None
        return self.current

    def failed(self, failure: Failed, now: float) -> bool:
        """A redirection is not followed: whoever sets up a phone could send calls anywhere at the account's cost."""
        if failure.cause == "response" and (failure.code in _DECISIONS or failure.was_ringing):
            self._targets.clear()
        return bool(self._targets)

    def rest(self, now: float, retry_after: int | None, *, own_fault: bool) -> None:
        """Nobody else is called by this way."""

    def passed_on(self, uri: str) -> tuple[tuple[str, str], ...]:
        return ()

    def found(self, target: Target, places: Iterable[Place]) -> None:
        """The host of the current target leads there, best first."""
        self._targets[:0] = [Target(target.uri, Hop(place), None) for place in places]


def route_to(
    phone: Phone,
    trunk: Trunk,
    phones: RegisteredPhones | None,
    can_reach: Callable[[Place], bool],
    may_be_sent_on: Callable[[str], bool],
    *,
    is_browser: bool,
) -> PhoneRoute | None:
    """The way to a phone without a number; None: it is not registered. can_reach: whether a listener of ours does.
    may_be_sent_on: whether somebody else than the phone may be given that user part of a URI. is_browser: whether the
    leg's media is a browser's; the device's places of the other kind cannot be called."""
    if phone.address:
        uri = SipUri.parse(phone.address)
        want = wanted(uri)
        hop = Hop(want.place(want.name)) if want is not None and want.is_ip else None
        return PhoneRoute(trunk, [Target(phone.address, hop, None)] if want is not None else [], None)
    bindings = phones.bindings(phone.device) if phones is not None else []
    usable = [binding for binding in bindings if binding.flow.is_websocket is is_browser]
    targets = [target for binding in usable for target in _targets(binding, can_reach, may_be_sent_on)]
    return PhoneRoute(trunk, targets, None) if targets else None


def _targets(
    binding: Binding, can_reach: Callable[[Place], bool], may_be_sent_on: Callable[[str], bool]
) -> list[Target]:
    """Along the flow by which the phone registered (RFC 5626 section 5.3). When that was a connection which is gone,
    the same host may still listen where its Contact, or the last proxy of its Path, says (RFC 3261 section 18.1.1);
    never another host: a phone must not make us call whatever it names.

    What it names goes past others where there is a Path, and where somebody else may listen at that host: a proxy or a
    PBX that takes us for a friend would dial a number for it."""
    user = unquote(SipUri.parse(binding.uri).user or "")
    is_number_of_others = user != binding.user and not may_be_sent_on(user)
    if is_number_of_others and binding.path:
        return []
    found = [Target(binding.uri, None, None, binding.flow, binding.path)]
    if binding.flow.reliable and not binding.flow.is_websocket and not is_number_of_others:
        place = _listens_at(binding)
        if place is not None and can_reach(place):
            found.append(Target(binding.uri, Hop(place), None, None, binding.path))
    return found


def _listens_at(binding: Binding) -> Place | None:
    text = binding.path[0].strip("<>") if binding.path else binding.uri
    try:
        want = wanted(SipUri.parse(text))
    except SipError:
        return None
    if want is None or not want.is_ip:
        return None
    place = want.place(want.name)
    if place.host != binding.flow.remote[0] or (place.host, place.port) == binding.flow.remote:
        return None
    return place._replace(transport=binding.flow.transport, name=binding.flow.name)
