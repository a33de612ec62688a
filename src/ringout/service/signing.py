"""The key that signs personal JWTs and ID tokens."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from ringout.domain.account import Credential
from ringout.private_file import write_private

_ISSUER = "ringout"
_AUDIENCE = "ringout:token"  # the login is bound to the key, not to a host name that may change
_MOST_CHARACTERS = 4096


class SigningKey:
    """An RSA key of 2048 bits; RS256 is what clients of this API expect in a personal JWT."""

    def __init__(self, key: RSAKey) -> None:
        self._key = key
        self._kid = key.thumbprint()

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Reads the key, or makes one at the first start: only its owner may read the file. Raises OSError."""
        try:
            pem = path.read_bytes()
        except FileNotFoundError:
            pem = RSAKey.generate_key(2048).as_pem(private=True)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, pem)
        return cls(RSAKey.import_key(pem))

    def sign(self, credential: Credential) -> str:
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(credential.extension_id),
            "jti": credential.jti,
            "iat": credential.issued_at,
            "exp": credential.expires_at,
        }
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self._kid}, claims, self._key)

    def sign_id_token(self, claims: Mapping[str, str | int | bool]) -> str:
        """OpenID Connect Core section 2. Its audience is a client, so that it is never taken for a personal JWT."""
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self._kid}, dict(claims), self._key)

    def secret(self, purpose: str) -> bytes:
        """32 bytes for something else that only this server must know; the same at every start."""
        private = str(self._key.as_dict(private=True)["d"])
        return hmac.new(private.encode(), purpose.encode(), "sha256").digest()

    def public(self) -> dict[str, str]:
        """The public half as a JWK (RFC 7517): kty, alg, use, kid, n and e."""
        public = self._key.as_dict(private=False)
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self._kid,
            "n": str(public["n"]),
            "e": str(public["e"]),
        }

    def read(self, assertion: str, now: float) -> tuple[str, int]:
        """(jti, extension id) of a JWT that this key signed and that has not expired. Raises ValueError."""
        if len(assertion) > _MOST_CHARACTERS:
            raise ValueError("too long")
        try:
            claims = jwt.decode(assertion, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:  # TypeError: of odd values in the header
            raise ValueError("not signed by this server") from error
        if claims.get("iss") != _ISSUER or claims.get("aud") != _AUDIENCE:
            raise ValueError("for somebody else")
        expires_at = claims.get("exp")
        if not isinstance(expires_at, int) or expires_at <= now:
            raise ValueError("expired")
        jti, subject = claims.get("jti"), claims.get("sub")
        if not isinstance(jti, str) or not isinstance(subject, str) or not subject.isdecimal():
            raise ValueError("incomplete")
        return jti, int(subject)
