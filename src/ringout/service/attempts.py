"""Bounds the guessing of passwords, without letting a stranger keep a user out."""

from __future__ import annotations

import ipaddress
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from ringout.service.ports import Clock

FREE_FAILURES_OF_A_NAME = 10
FREE_FAILURES_OF_AN_ADDRESS = 50  # an office behind one address mistypes more often than one person
FIRST_REST_SECONDS = 5.0  # doubled with each further failure
LONGEST_REST_SECONDS = 900.0
FORGET_SECONDS = 3600.0  # of silence
_MOST_KEPT = 10_000
_MOST_COMPARED = 100


@dataclass(slots=True)
class _Failures:
    count: int
    last: float
    rests_until: float = 0.0


class Attempts:
    """Failed logins by name and by address.

    After ten failures a name rests: 5 seconds, then twice as long with each further failure, 15 minutes at most; an
    address after fifty. Attempts during a rest are refused unseen and do not prolong it. An address from which that
    name has logged in before is counted apart from all others, so that strangers who guess lock out only strangers.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[Hashable, _Failures] = {}  # least recent first
        self._familiar: dict[tuple[str, str], None] = {}  # (name, address) of successful logins, least recent first

    def is_locked(self, name: str, address: str) -> bool:
        """Whether an attempt is refused without a look at the password."""
        return self._rests(*self._keys(name, _subscriber(address)))

    def is_address_locked(self, address: str) -> bool:
        return self._rests(_subscriber(address))

    def failed(self, name: str, address: str) -> None:
        address = _subscriber(address)
        for key in self._keys(name, address):
            self._count(key, FREE_FAILURES_OF_AN_ADDRESS if key == address else FREE_FAILURES_OF_A_NAME)

    def address_failed(self, address: str) -> None:
        """Something else than a user's password was wrong."""
        address = _subscriber(address)
        if _is_counted(address):
            self._count(address, FREE_FAILURES_OF_AN_ADDRESS)

    def succeeded(self, name: str, address: str) -> None:
        """Forgets the name's failures, not the address's: who knows one password must not be able to guess on."""
        address = _subscriber(address)
        for key in self._keys(name, address):
            if key != address:
                self._failures.pop(key, None)
        self._familiar.pop((name, address), None)
        self._familiar[(name, address)] = None
        if len(self._familiar) > _MOST_KEPT:
            del self._familiar[next(iter(self._familiar))]

    def _rests(self, *keys: Hashable) -> bool:
        now = self._clock.monotonic()
        return any(f.rests_until > now for key in keys if (f := self._failures.get(key)))

    def _count(self, key: Hashable, free: int) -> None:
        now = self._clock.monotonic()
        failures = self._failures.pop(key, None)
        if failures is None or now - failures.last > FORGET_SECONDS:
            failures = _Failures(0, now)
        failures.count, failures.last = failures.count + 1, now
        if failures.count >= free:
            # 2**20 is far beyond the longest rest; the exponent stays small.
            rest = FIRST_REST_SECONDS * 2.0 ** min(failures.count - free, 20)
            failures.rests_until = now + min(rest, LONGEST_REST_SECONDS)
        self._failures[key] = failures
        if len(self._failures) > _MOST_KEPT:
            # Not simply the oldest: who tries thousands of other names must not make us forget a guessed one.
            oldest = islice(self._failures, _MOST_COMPARED)
            del self._failures[min(oldest, key=lambda known: self._failures[known].count)]

    def _keys(self, name: str, address: str) -> tuple[Hashable, ...]:
        """What is counted: a familiar pair alone, else the name and the address."""
        if (name, address) in self._familiar:
            return ((name, address),)
        mine: Hashable = ("name", name)
        return (mine, address) if _is_counted(address) else (mine,)


@lru_cache(maxsize=1024)
def _subscriber(address: str) -> str:
    """What one subscriber has: an address, or in IPv6 a network of 2**64 of them (RFC 6177), all the guesser's own."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 6:
        ip = ip.ipv4_mapped or (ip if ip.is_loopback else ipaddress.IPv6Address(int(ip) >> 64 << 64))
    return str(ip)


@lru_cache(maxsize=1024)
def _is_counted(address: str) -> bool:
    """Not loopback: behind a proxy on this machine everybody comes from there."""
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
