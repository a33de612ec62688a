"""Authorization codes (RFC 6749 section 4.1) and the proof that goes with them (RFC 7636)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field

from ringout.domain.account import Client
from ringout.domain.errors import GrantRefused
from ringout.service.ports import Clock, IdSource
from ringout.service.token_text import base64url, new_token, sha256

CODE_SECONDS = 120  # time to copy one by hand; RFC 6749 section 4.1.2 allows ten minutes
_MOST_CODES = 10_000
_LONGEST_ECHO = 200
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636 section 4.1; plain challenges look the same
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # SHA-256 in base64url


@dataclass(frozen=True, slots=True)
class Challenge:
    """code_challenge of the authorization request. is_hashed: S256, else plain."""

    text: str
    is_hashed: bool

    def is_well_formed(self) -> bool:
        return bool((_S256_CHALLENGE if self.is_hashed else _VERIFIER).fullmatch(self.text))

    def is_met_by(self, verifier: str) -> bool:
        """RFC 7636 section 4.6."""
        if not _VERIFIER.fullmatch(verifier):
            return False
        shown = base64url(sha256(verifier)) if self.is_hashed else verifier
        return hmac.compare_digest(shown, self.text)


@dataclass(frozen=True, slots=True)
class Authorized:
    """What a user has allowed. redirect_uri: where the code went; is_uri_named: whether the request named it or the
    client has only that one. password_hash: of the user at that moment; a new password makes the code worthless."""

    client_id: str
    extension_id: int
    scopes: tuple[str, ...]
    redirect_uri: str
    is_uri_named: bool
    challenge: Challenge | None
    nonce: str
    signed_in_at: float
    password_hash: str | None = field(repr=False)


@dataclass(slots=True)
class _Code:
    authorized: Authorized
    expires_at: float
    is_spent: bool = False
    is_replayed: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """A code on its way to become a session. sha256: of the code."""

    authorized: Authorized
    sha256: bytes
    _code: _Code = field(repr=False)

    @property
    def is_replayed(self) -> bool:
        """Somebody has shown the code again meanwhile."""
        return self._code.is_replayed


class Codes:
    """Codes that are good now. In memory: a restart within their two minutes costs the user another click."""

    def __init__(self, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self._codes: dict[bytes, _Code] = {}  # SHA-256 -> code; oldest first

    def issue(self, authorized: Authorized) -> str:
        """A code, good once and for CODE_SECONDS."""
        now = self._clock.wall()
        while self._codes:
            oldest, code = next(iter(self._codes.items()))
            # Kept for a while after their time, so that the answer can say that it was that.
            if code.expires_at > now - CODE_SECONDS and len(self._codes) < _MOST_CODES:
                break
            del self._codes[oldest]
        text = new_token(self._ids)
        self._codes[sha256(text)] = _Code(authorized, now + CODE_SECONDS)
        return text

    def take(self, text: str, client: Client, redirect_uri: str, verifier: str) -> Exchange:
        """Spends the code, also when what comes with it is wrong; another client's stays untouched. redirect_uri and
        verifier: "" = not given. Raises GrantRefused with OAU-106, OAU-108, OAU-109 or CMN-101."""
        key = sha256(text)
        code = self._codes.get(key)
        if code is None or code.authorized.client_id != client.client_id:
            raise _invalid()
        if code.is_spent:
            code.is_replayed = True
            raise _invalid()
        code.is_spent = True
        if code.expires_at <= self._clock.wall():
            raise GrantRefused("invalid_grant", "OAU-108", "Authorization code is expired", "code")
        authorized = code.authorized
        if redirect_uri != authorized.redirect_uri and (redirect_uri or authorized.is_uri_named):
            raise bad_redirect_uri("invalid_grant", redirect_uri)
        self._check_proof(authorized.challenge, verifier)
        return Exchange(authorized, key, code)

    def _check_proof(self, challenge: Challenge | None, verifier: str) -> None:
        if challenge is None and not verifier:
            return
        # A verifier without a challenge means that somebody has cut the challenge out of the request on its way here
        # (RFC 9700 section 2.1.1).
        if challenge is None or not challenge.is_met_by(verifier):
            raise GrantRefused("invalid_grant", "CMN-101", "Parameter [{parameter}] value is invalid", "code_verifier")


def bad_redirect_uri(error: str, named: str) -> GrantRefused:
    """named: "" = none was sent."""
    value = named[:_LONGEST_ECHO] or None
    return GrantRefused(error, "OAU-109", "Redirect URIs do not match", "redirect_uri", value=value)


def _invalid() -> GrantRefused:
    return GrantRefused("invalid_grant", "OAU-106", "Authorization code is invalid", "code")
