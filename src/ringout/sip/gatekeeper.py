"""Who may register: digest challenges of ours, and what comes back for them (RFC 7616, RFC 8760, RFC 3261 22.4).

A challenge costs no memory, because the nonce itself tells when and for whom it was made. Only what the right
credentials have used is kept, so that it is not used again.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ringout.sip import digest
from ringout.sip.errors import MalformedMessage
from ringout.sip.flow import Flow, network_of
from ringout.sip.grammar import quote
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.sip.ids import IdSource
    from ringout.sip.message import Request

NONCE_SECONDS: Final = 300.0  # then the phone is asked anew, which costs it one round trip
MOST_NONCES: Final = 50_000  # in use at one time; of more the oldest are asked anew
FAILURES_OF_A_NAME: Final = 10  # wrong passwords for one user name from one address
FAILURES_OF_AN_ADDRESS: Final = 100  # and from an address in all: an office has many phones
REST_SECONDS: Final = 300.0  # how long neither is listened to then, and how long a failure is remembered
KNOWN_SECONDS: Final = 7200.0  # after a right password the failures of others at that address do not count
LONGEST_NAME: Final = 64  # characters of a user name; strangers' would fill the memory by their length otherwise
_MOST_REMEMBERED: Final = 20_000
_DUMMY: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a phone is recognised by: digest.hash_password of its password. "" = that algorithm is not for it."""

    sha256: str = field(repr=False)
    md5: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """code with finished header lines. reason: None = the registered phrase. shut_out: with this failure the name, or
    "" for the address as a whole, has had as many as it may."""

    code: int
    extra: str = ""
    reason: str | None = None
    shut_out: str | None = None


class Gatekeeper:
    """Admits a request, or says how to refuse it."""

    def __init__(
        self,
        ids: IdSource,
        realm: str,
        secrets_of: Callable[[str], Secrets | None],
        algorithms: Sequence[str] = ("SHA-256", "MD5"),
    ) -> None:
        """secrets_of: by user name; None = there is no such phone. algorithms: those offered, best first."""
        self._ids = ids
        self._key = ids.number(256).to_bytes(32, "big")
        self._realm = realm
        self._secrets_of = secrets_of
        self._algorithms = tuple(algorithms)
        self._silent: dict[tuple[str, str], int] = {}  # (address, name) -> hash of Call-ID and CSeq, oldest first
        self._counts: dict[str, int] = {}  # nonce -> highest count used, oldest first
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}  # (address, name or "") -> count, latest
        self._admitted: dict[tuple[str, str], float] = {}  # (address, name) -> when last, oldest first

    def check(self, request: Request, username: str, flow: Flow, now: float) -> Refused | None:
        """None = the request is that user's. Raises MalformedMessage for credentials that cannot be read."""
        if len(username) > LONGEST_NAME:
            return Refused(403, reason="Wrong user name or password")
        address = network_of(flow.remote[0])
        if self._rests(address, username, now):
            return Refused(403, reason="Too many failures")
        answer = self._answer(request)
        if answer is None:
            return self._challenge(self._offer(request, username, address), flow, now)
        self._silent.pop((address, username), None)
        known = answer.algorithm.removesuffix("-sess")
        if answer.qop != "auth" or known not in self._algorithms:
            return self._challenge(self._algorithms, flow, now)
        if not self._is_right(answer, request, username):
            if not self._is_ours(answer.nonce, flow):
                return self._challenge((known,), flow, now)  # who only pretends to be at that address keeps nobody out
            shut_out = self._failed(address, username, now)
            return Refused(403, reason="Wrong user name or password", shut_out=shut_out)
        if not _is_same_place(answer.uri, request.uri):
            return Refused(400, reason="The digest is for another URI")
        if not self._is_fresh(answer, flow, now):
            return self._challenge((known,), flow, now, stale=True)
        self._failures.pop((address, username), None)
        self._admitted.pop((address, username), None)
        self._admitted[address, username] = now
        while len(self._admitted) > _MOST_REMEMBERED:
            del self._admitted[next(iter(self._admitted))]
        return None

    def _offer(self, request: Request, username: str, address: str) -> Sequence[str]:
        """Many phones stop at the first algorithm that they do not know, instead of looking at the next header field
        (RFC 8760 section 2.4). Who asks again without having answered is offered the last one alone, the oldest."""
        key, this = (address, username), hash((request.call_id, request.cseq[0]))
        unanswered = self._silent.setdefault(key, this)
        while len(self._silent) > _MOST_REMEMBERED:
            del self._silent[next(iter(self._silent))]
        return self._algorithms if unanswered == this else self._algorithms[-1:]

    def _answer(self, request: Request) -> digest.Answer | None:
        """Those for our realm, when the request has any."""
        for value in request.headers.all("Authorization"):
            answer = digest.read_answer(value)
            if answer.realm == self._realm:
                return answer
        return None

    def _is_right(self, answer: digest.Answer, request: Request, username: str) -> bool:
        """Takes as long for a name that nobody has."""
        secrets = self._secrets_of(username)
        is_sha = answer.algorithm.startswith("SHA-256")
        secret = "" if secrets is None else secrets.sha256 if is_sha else secrets.md5
        right = digest.verify_hashed(
            answer, request.method, username, secret or _DUMMY[: 64 if is_sha else 32], self._realm, request.body
        )
        return right and bool(secret)

    # --- nonces --------------------------------------------------------------------------------------------------

    def _challenge(self, algorithms: Sequence[str], flow: Flow, now: float, *, stale: bool = False) -> Refused:
        """One header line for each algorithm, the best first (RFC 8760 section 2.3)."""
        nonce = self._nonce(f"{int(now):x}.{self._ids.token()}", flow)
        lines = [
            f'WWW-Authenticate: Digest realm={quote(self._realm)}, nonce="{nonce}", algorithm={algorithm}, '
            f'qop="auth"{", stale=true" if stale else ""}\r\n'
            for algorithm in algorithms
        ]
        return Refused(401, "".join(lines))

    def _nonce(self, head: str, flow: Flow) -> str:
        """For one source address only: what is overheard is of no use elsewhere."""
        text = _octets(f"{head}.{flow.transport}.{flow.remote[0]}")
        return f"{head}.{hmac.new(self._key, text, 'sha256').hexdigest()[:32]}"

    def _is_fresh(self, answer: digest.Answer, flow: Flow, now: float) -> bool:
        """Our nonce, young enough, and counted on since it was last used."""
        nonce = answer.nonce
        if not self._is_ours(nonce, flow):
            return False
        made_at = int(nonce.partition(".")[0], 16)
        if not made_at - 1 <= now <= made_at + NONCE_SECONDS or answer.nonce_count <= self._counts.get(nonce, 0):
            return False
        self._counts.pop(nonce, None)
        self._counts[nonce] = answer.nonce_count
        while len(self._counts) > MOST_NONCES or self._is_old(next(iter(self._counts)), now):
            # What is too old is refused by its age.
            del self._counts[next(iter(self._counts))]
        return True

    def _is_ours(self, nonce: str, flow: Flow) -> bool:
        head, _, _ = nonce.rpartition(".")
        return hmac.compare_digest(_octets(self._nonce(head, flow)), _octets(nonce))

    @staticmethod
    def _is_old(nonce: str, now: float) -> bool:
        return int(nonce.partition(".")[0], 16) + NONCE_SECONDS < now

    # --- guessing ------------------------------------------------------------------------------------------------

    def _rests(self, address: str, username: str, now: float) -> bool:
        if self._count((address, username), now) >= FAILURES_OF_A_NAME:
            return True
        if self._count((address, ""), now) < FAILURES_OF_AN_ADDRESS:
            return False
        # Behind one NAT or proxy sit all phones of an office: whoever guesses there shuts out none that is known.
        return now - self._admitted.get((address, username), float("-inf")) > KNOWN_SECONDS

    def _count(self, key: tuple[str, str], now: float) -> int:
        count, latest = self._failures.get(key, (0, now))
        return count if now - latest < REST_SECONDS else 0

    def _failed(self, address: str, username: str, now: float) -> str | None:
        """Who rests from now on: see Refused.shut_out."""
        shut_out = None
        for name, most in ((username, FAILURES_OF_A_NAME), ("", FAILURES_OF_AN_ADDRESS)):
            key = address, name
            count = self._count(key, now) + 1
            self._failures.pop(key, None)
            self._failures[key] = (count, now)
            if count == most:
                shut_out = name
        while len(self._failures) > _MOST_REMEMBERED:
            del self._failures[next(iter(self._failures))]
        return shut_out


def _is_same_place(named: str, wanted: str) -> bool:
    """Whether the digest is for the request's URI. Parameters may be changed on the way (RFC 3261 section 22.4)."""
    try:
        ours, theirs = SipUri.parse(wanted), SipUri.parse(named)
    except MalformedMessage:
        return False
    return (ours.user, ours.host.lower(), ours.port) == (theirs.user, theirs.host.lower(), theirs.port)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
