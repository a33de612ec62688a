"""OpenID Connect: what an application may know of the user who has logged in."""

from __future__ import annotations

from collections.abc import Collection

from ringout.domain import scopes as permissions
from ringout.service.accounts import Accounts
from ringout.service.ports import Clock
from ringout.service.signing import SigningKey
from ringout.service.tokens import IssuedTokens


class Identity:
    """Makes ID tokens and the claims in them."""

    def __init__(self, accounts: Accounts, clock: Clock, key: SigningKey) -> None:
        self._accounts = accounts
        self._clock = clock
        self._key = key

    def public_key(self) -> dict[str, str]:
        """Of the key that signs ID tokens and personal JWTs, as a JWK."""
        return self._key.public()

    def token(self, issued: IssuedTokens, issuer: str) -> str | None:
        """Who has signed in, signed (OpenID Connect Core section 2); None when the application did not ask for it.
        issuer: our base URL."""
        session = issued.session
        if permissions.OPENID not in session.scopes or issued.signed_in_at is None:
            return None
        now = int(self._clock.wall())
        claims: dict[str, str | int | bool] = {
            "iss": issuer,
            "aud": session.client_id,
            "iat": now,
            "exp": now + issued.access_seconds,
            "auth_time": int(issued.signed_in_at),
            **self.claims(session.extension_id, session.scopes),
        }
        if issued.nonce:
            claims["nonce"] = issued.nonce
        return self._key.sign_id_token(claims)

    def claims(self, extension_id: int, scopes: Collection[str]) -> dict[str, str | bool]:
        """Ids always, e-mail address and name as the scopes say."""
        user = self._accounts.extension(extension_id)
        known: dict[str, str | bool] = {"sub": str(user.id), "account_id": str(user.account_id)}
        if user.contact.email and not {"email", "ReadAccounts"}.isdisjoint(scopes):
            known |= {"email": user.contact.email, "email_verified": False}  # nobody has checked it
        if not {"profile", "ReadAccounts"}.isdisjoint(scopes):
            names = {"given_name": user.contact.first_name, "family_name": user.contact.last_name}
            known |= {name: value for name, value in names.items() if value}
        return known
