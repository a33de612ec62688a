"""The grants of the token endpoint (RFC 6749 section 4, RFC 7523): who may have a session, and for how long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ringout.domain.account import Client, Grant
from ringout.domain.errors import GrantRefused, TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.attempts import Attempts
from ringout.service.passwords import Passwords
from ringout.service.ports import Clock
from ringout.service.tokens import (
    MAX_ACCESS_SECONDS,
    MAX_REFRESH_SECONDS,
    MIN_ACCESS_SECONDS,
    IssuedTokens,
    Lifetimes,
    Tokens,
)

Form = Mapping[str, str]
_MOST_CHARACTERS = 255  # of an endpoint_id; its characters are checked too because it is stored and echoed


@dataclass(frozen=True, slots=True)
class ClientLogin:
    """What a client showed of itself: from HTTP Basic, from the form, or from both (they must agree then)."""

    client_id: str
    secret: str | None


class Grants:
    """POST /restapi/oauth/token. A later grant is one more entry of the table in __init__."""

    def __init__(self, tokens: Tokens, accounts: Accounts, passwords: Passwords, clock: Clock) -> None:
        self._tokens = tokens
        self._accounts = accounts
        self._passwords = passwords
        self._attempts = Attempts(clock)
        self._grants: dict[str, Callable[[Client, Form], Awaitable[IssuedTokens]]] = {
            "urn:ietf:params:oauth:grant-type:jwt-bearer": self._jwt_bearer,
            "password": self._password,
            "refresh_token": self._refresh,
        }

    async def grant(self, login: ClientLogin | None, form: Form) -> IssuedTokens:
        """form: each parameter once. Raises GrantRefused, or Unavailable when too many logins wait."""
        client = await self._client(login)
        kind = _required(form, "grant_type")
        if kind not in self._grants:
            why = f"Unsupported grant type: {kind[:100]}"
            raise GrantRefused("unsupported_grant_type", "CMN-101", why, "grant_type")
        return await self._grants[kind](client, form)

    async def revoke(self, login: ClientLogin | None, form: Form) -> None:
        """RFC 7009: the session of the form's `token` ends; a token that nobody knows is no error."""
        client = await self._client(login)
        await self._tokens.revoke(_required(form, "token"), client)

    async def _client(self, login: ClientLogin | None) -> Client:
        if login is None:
            why = "Client authentication is required"
            raise GrantRefused("invalid_client", "OAU-153", why, "client_id", client_rejected=True)
        client = self._accounts.client(login.client_id)
        if client is None:
            why = f"Invalid client: {login.client_id[:100]}"
            raise GrantRefused("invalid_client", "OAU-153", why, "client_id", client_rejected=True)
        stored = client.secret_hash
        if stored and not (login.secret and await self._passwords.matches_secret(login.secret, stored)):
            raise GrantRefused("invalid_client", "OAU-146", "Invalid client credentials", client_rejected=True)
        return client

    async def _jwt_bearer(self, client: Client, form: Form) -> IssuedTokens:
        try:
            extension = self._tokens.jwt_owner(_required(form, "assertion"))
        except ValueError as error:
            raise GrantRefused("invalid_grant", "OAU-213", f"Invalid assertion: {error}", "assertion") from error
        endpoint_id = _endpoint_id(form)
        return await self._tokens.open_session(client, extension, _scopes(client, form), _lifetimes(form), endpoint_id)

    async def _password(self, client: Client, form: Form) -> IssuedTokens:
        if Grant.PASSWORD not in client.grants:
            raise GrantRefused("unauthorized_client", "OAU-251", "Unauthorized for this grant type")
        username, password = _required(form, "username"), _required(form, "password")
        scopes, lifetimes, endpoint_id = _scopes(client, form), _lifetimes(form), _endpoint_id(form)
        extension = self._accounts.find_login(username, form.get("extension", ""))
        name = str(extension.id) if extension else username[:100]
        if self._attempts.is_locked(name):
            raise GrantRefused("invalid_grant", "OAU-147", "Too many failed logins. Try again in a minute.")
        # Counted before the check: guesses that arrive together must not all be tried.
        self._attempts.failed(name)
        stored = extension.password_hash if extension else None
        if not await self._passwords.matches(password[:1024], stored) or extension is None:
            raise GrantRefused("invalid_grant", "OAU-140", "Invalid resource owner credentials.")
        self._attempts.succeeded(name)
        return await self._tokens.open_session(client, extension, scopes, lifetimes, endpoint_id)

    async def _refresh(self, client: Client, form: Form) -> IssuedTokens:
        token = _required(form, "refresh_token")
        scopes = _scopes(client, form) if form.get("scope", "").strip() else None
        try:
            return await self._tokens.renew(token, client, scopes, _lifetimes(form))
        except TokenInvalid:
            raise GrantRefused("invalid_grant", "OAU-213", "Token not found", "refresh_token") from None


def _required(form: Form, name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise GrantRefused("invalid_request", "CMN-100", f"Parameter [{name}] is mandatory", name)
    return value


def _scopes(client: Client, form: Form) -> tuple[str, ...]:
    """Those asked for, or all that the client has."""
    wanted = tuple(dict.fromkeys(form.get("scope", "").split()))
    if not set(wanted) <= set(client.scopes):
        raise GrantRefused("invalid_scope", "CMN-101", "Parameter [scope] value is invalid", "scope")
    return wanted or client.scopes


def _lifetimes(form: Form) -> Lifetimes:
    """What was asked for, brought within the limits as RingCentral documents it: never more than the default."""
    access = _seconds(form, "access_token_ttl", MAX_ACCESS_SECONDS)
    refresh = _seconds(form, "refresh_token_ttl", MAX_REFRESH_SECONDS)
    return Lifetimes(max(min(access, MAX_ACCESS_SECONDS), MIN_ACCESS_SECONDS), min(refresh, MAX_REFRESH_SECONDS))


def _seconds(form: Form, name: str, default: int) -> int:
    text = form.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) > 0):
        raise GrantRefused("invalid_request", "CMN-101", f"Parameter [{name}] value is invalid", name)
    return int(text)


def _endpoint_id(form: Form) -> str:
    """The client's own, or "" for one of ours."""
    text = form.get("endpoint_id", "")
    if len(text) > _MOST_CHARACTERS or not text.isprintable():
        raise GrantRefused("invalid_request", "CMN-101", "Parameter [endpoint_id] value is invalid", "endpoint_id")
    return text
