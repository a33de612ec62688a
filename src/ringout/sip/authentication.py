"""Answering 401 and 407 along one chain of attempts at the same request (RFC 3261 section 22, RFC 7616)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ringout.sip import digest
from ringout.sip.errors import MalformedMessage

if TYPE_CHECKING:
    from ringout.sip.ids import IdSource
    from ringout.sip.message import Response

_MAX_ROUNDS: Final = 4  # the proxy's and the registrar's challenge, each once more with a fresh nonce


class AuthenticationChain:
    """The challenges met so far by one request. A later attempt answers all of them, 401 and 407 alike."""

    __slots__ = ("_challenges", "_credentials", "_nonce_counts", "_rounds")

    def __init__(self, credentials: digest.Credentials | None, nonce_counts: dict[str, int]) -> None:
        """nonce_counts: shared by all requests of a session, for a nonce that serves them all."""
        self._credentials = credentials
        self._nonce_counts = nonce_counts
        self._challenges: dict[tuple[str, str], digest.Challenge] = {}  # by header and realm
        self._rounds = 0

    def learn(self, response: Response) -> bool:
        """False = no use to try again: no credentials, nothing we can answer, or the credentials were refused."""
        if self._credentials is None:
            return False
        try:
            challenges = digest.read_challenges(response)
        except MalformedMessage:
            return False
        self._rounds += 1
        if not challenges or self._rounds > _MAX_ROUNDS:
            return False
        best = challenges[0]
        key = (best.answer_header, best.realm)
        known = self._challenges.get(key)
        if known is not None and (not best.stale or best.nonce == known.nonce):
            return False
        self._challenges[key] = best
        return True

    def lines(self, ids: IdSource, method: str, uri: str, body: bytes) -> str:
        """Authorization and Proxy-Authorization lines for the next attempt."""
        if self._credentials is None:
            return ""
        return "".join(
            f"{challenge.answer_header}: "
            f"{digest.answer(challenge, method, uri, self._credentials, body, ids.token(), self._nonce_counts)}\r\n"
            for challenge in self._challenges.values()
        )
