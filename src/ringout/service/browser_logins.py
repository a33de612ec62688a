"""Who has signed in on the login page, browser by browser, and what they have allowed there."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from ringout.domain.account import Extension
from ringout.service.accounts import Accounts
from ringout.service.ports import Clock, IdSource
from ringout.service.token_text import base64url, new_token, sha256

LOGIN_SECONDS = 1800.0
_MOST_LOGINS = 10_000


@dataclass(slots=True)
class BrowserLogin:
    """consents: client id -> the permissions allowed to it here."""

    extension_id: int
    signed_in_at: float
    password_hash: str | None = field(repr=False)
    consents: dict[str, frozenset[str]] = field(default_factory=dict)


class BrowserLogins:
    """A browser is known by a cookie of 256 random bits, of which we keep the SHA-256. In memory: after a restart
    everybody signs in again."""

    def __init__(self, accounts: Accounts, clock: Clock, ids: IdSource) -> None:
        self._accounts = accounts
        self._clock = clock
        self._ids = ids
        self._form_key = ids.number(256).to_bytes(32, "big")
        self._logins: dict[bytes, BrowserLogin] = {}  # oldest first

    def new_cookie(self) -> str:
        """For a browser that nobody has signed in on yet."""
        return new_token(self._ids)

    def sign_in(self, extension: Extension, before: str) -> str:
        """The cookie of a new login, in the place of the one before. It is another: one that somebody had planted is
        worth nothing. What the same user has allowed before stays allowed."""
        old = self.find(before)
        self.sign_out(before)
        cookie = self.new_cookie()
        consents = old.consents if old and old.extension_id == extension.id else {}
        login = BrowserLogin(extension.id, self._clock.wall(), extension.password_hash, consents)
        self._logins[sha256(cookie)] = login
        if len(self._logins) > _MOST_LOGINS:
            del self._logins[next(iter(self._logins))]
        return cookie

    def find(self, cookie: str) -> BrowserLogin | None:
        """The login of that browser while it lasts: half an hour, and not beyond a changed password."""
        key = sha256(cookie)
        login = self._logins.get(key)
        if login is None:
            return None
        if (
            login.signed_in_at + LOGIN_SECONDS <= self._clock.wall()
            or not self._accounts.is_enabled(login.extension_id)
            or self._accounts.extension(login.extension_id).password_hash != login.password_hash
        ):
            del self._logins[key]
            return None
        return login

    def sign_out(self, cookie: str) -> None:
        self._logins.pop(sha256(cookie), None)

    def form_token(self, cookie: str, request: str) -> str:
        """Binds a form to the browser that it was given to and to what it asks for: no other site can send it."""
        return base64url(hmac.digest(self._form_key, sha256(cookie) + request.encode(), "sha256"))

    def is_form_token(self, token: str, cookie: str, request: str) -> bool:
        return bool(cookie) and hmac.compare_digest(token.encode(), self.form_token(cookie, request).encode())
