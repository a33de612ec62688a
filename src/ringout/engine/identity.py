"""What a phone is shown: From, the header fields by which a trusted trunk is told the identity, and Privacy. Sources:
RFC 3261 20.20, RFC 3323, RFC 3325; Remote-Party-ID as draft-ietf-sip-privacy-04 has it and carriers still want it.

The caller's own phone is shown the account's main number with the callee's number as its display name (see the decision
record in the docs): a carrier accepts only numbers that the account owns, and the user recognises the call.
"""

from __future__ import annotations

from typing import NamedTuple

from ringout.domain.plan import CallPlan
from ringout.domain.status import Party
from ringout.engine.trunks import Trunk
from ringout.sip.uri import escape_user

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'  # RFC 3323 section 4.1.1.3


class Identity(NamedTuple):
    """from_: name-addr without a tag. headers: to be added to the INVITE."""

    from_: str
    headers: tuple[tuple[str, str], ...]


def identity_for(party: Party, plan: CallPlan, trunk: Trunk, our_host: str, *, trusted: bool = True) -> Identity:
    """our_host: IP of the listener that the INVITE leaves from, the domain when the trunk names none. trusted: the
    INVITE goes to the trunk; whom a redirection named is never told a blocked identity (RFC 3325 section 7)."""
    domain = trunk.from_domain or (f"[{our_host}]" if ":" in our_host else our_host)
    if party is Party.CALLER:
        main = _uri(trunk, plan.main_number, domain)
        return Identity(f'"{plan.callee_number}" <{main}>', _told(trunk, main))
    if plan.caller_id is None:
        main = _uri(trunk, plan.main_number, domain)
        told = _told(trunk, main, blocked=True) if trusted else ()
        return Identity(ANONYMOUS, (*told, ("Privacy", "id")))
    shown = _uri(trunk, plan.caller_id, domain)
    return Identity(f"<{shown}>", _told(trunk, shown))


def _uri(trunk: Trunk, e164: str, domain: str) -> str:
    return f"sip:{escape_user(trunk.number(e164))}@{domain}"


def _told(trunk: Trunk, uri: str, *, blocked: bool = False) -> tuple[tuple[str, str], ...]:
    """The trunk's identity headers in its own order."""
    return tuple([(name, _value(name, uri, blocked)) for name in trunk.identity_headers])


def _value(name: str, uri: str, blocked: bool) -> str:
    if name == "Remote-Party-ID":
        return f"<{uri}>;party=calling;screen=yes;privacy={'full' if blocked else 'off'}"
    return f"<{uri}>"
