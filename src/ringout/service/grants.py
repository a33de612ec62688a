"""The grants of the token endpoint (RFC 6749 section 4, RFC 7523): who may have a session, and for how long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from ringout.domain import scopes as permissions
from ringout.domain.account import Client, Grant
from ringout.domain.errors import GrantRefused, InsufficientScope, TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.client_logins import ClientLogin, ClientLogins
from ringout.service.codes import Codes
from ringout.service.grant_form import (
    Form,
    asked_scopes,
    bad_scope,
    endpoint_id,
    lifetimes,
    required,
    user_scopes,
)
from ringout.service.logins import Logins
from ringout.service.passwords import Passwords
from ringout.service.token_text import sha256
from ringout.service.tokens import IssuedTokens, Tokens

REFRESH = "refresh_token"  # part of the other grants, so that no client is given it by itself


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request. address: IP of whoever asks."""

    client: Client
    form: Form
    address: str


class Grants:
    """POST /restapi/oauth/token and /revoke. A later grant is one more entry of the table in __init__."""

    def __init__(self, tokens: Tokens, accounts: Accounts, passwords: Passwords, logins: Logins, codes: Codes) -> None:
        self._tokens = tokens
        self._accounts = accounts
        self._clients = ClientLogins(accounts, passwords, logins)
        self._logins = logins
        self._codes = codes
        self._grants: dict[str, Callable[[_Asked], Awaitable[IssuedTokens]]] = {
            Grant.JWT: self._jwt_bearer,
            Grant.CODE: self._code,
            Grant.PASSWORD: self._password,
            Grant.CLIENT_CREDENTIALS: self._client_credentials,
            REFRESH: self._refresh,
        }

    async def grant(self, login: ClientLogin | None, form: Form, address: str) -> IssuedTokens:
        """form: each parameter once. Raises GrantRefused, or Unavailable when too many logins wait."""
        client = await self._clients.check(login, address)
        kind = required(form, "grant_type")
        if kind not in self._grants:
            raise GrantRefused(
                "unsupported_grant_type", "CMN-101", "Unsupported grant type: {value}", "grant_type", value=kind[:100]
            )
        if kind != REFRESH and kind not in client.grants:
            raise _not_for_this_client(Grant(kind))
        return await self._grants[kind](_Asked(client, form, address))

    async def revoke(self, login: ClientLogin | None, form: Form, address: str) -> None:
        """RFC 7009: the session of the form's `token` ends; a token that nobody knows is no error."""
        client = await self._clients.check(login, address)
        await self._tokens.revoke(required(form, "token"), client)

    async def _jwt_bearer(self, asked: _Asked) -> IssuedTokens:
        client, form = asked.client, asked.form
        try:
            extension = self._tokens.jwts.owner(required(form, "assertion"), client.client_id)
            if client.account_id not in (None, extension.account_id):
                raise ValueError("for another client")
        except ValueError as error:
            raise GrantRefused(
                "invalid_grant", "OAU-213", "Invalid assertion: {why}", "assertion", reason=str(error)
            ) from error
        why = "Invalid assertion: {why}"
        refusal = GrantRefused("invalid_grant", "OAU-213", why, "assertion", reason="its user has changed")
        scopes, times, endpoint = user_scopes(client, form), lifetimes(form), endpoint_id(form)
        return await _unless_changed(self._tokens.open_session(client, extension, scopes, times, endpoint), refusal)

    async def _code(self, asked: _Asked) -> IssuedTokens:
        client, form = asked.client, asked.form
        code, times, endpoint = required(form, "code"), lifetimes(form), endpoint_id(form)
        try:
            exchange = self._codes.take(code, client, form.get("redirect_uri", ""), form.get("code_verifier", ""))
        except GrantRefused as refused:
            if refused.code == "OAU-106":
                await self._tokens.close_session_of_code(sha256(code), client)
            raise
        authorized = exchange.authorized
        refusal = GrantRefused("invalid_grant", "OAU-106", "Authorization code is invalid", "code")
        if not self._accounts.is_enabled(authorized.extension_id):
            raise refusal
        extension = self._accounts.extension(authorized.extension_id)
        # What was true when the user agreed may not be so any more.
        if extension.password_hash != authorized.password_hash or client.account_id not in (None, extension.account_id):
            raise refusal
        scopes = authorized.scopes  # a scope of the token request means nothing here: RFC 6749 section 4.1.3
        opening = self._tokens.open_session(client, extension, scopes, times, endpoint, exchange.sha256)
        issued = await _unless_changed(opening, refusal)
        if exchange.is_replayed:
            await self._tokens.close_session_of_code(exchange.sha256, client)
            raise refusal
        return replace(issued, signed_in_at=authorized.signed_in_at, nonce=authorized.nonce)

    async def _password(self, asked: _Asked) -> IssuedTokens:
        client, form = asked.client, asked.form
        username, password = required(form, "username"), required(form, "password")
        scopes, times, endpoint = user_scopes(client, form), lifetimes(form), endpoint_id(form)
        extension = await self._logins.check(client, username, form.get("extension", ""), password, asked.address)
        refusal = GrantRefused("invalid_grant", "OAU-140", "Invalid resource owner credentials.")
        return await _unless_changed(self._tokens.open_session(client, extension, scopes, times, endpoint), refusal)

    async def _client_credentials(self, asked: _Asked) -> IssuedTokens:
        client, form = asked.client, asked.form
        if client.secret_hash is None:  # RFC 6749 section 4.4: confidential clients only
            raise _not_for_this_client(Grant.CLIENT_CREDENTIALS)
        own = tuple(scope for scope in client.scopes if scope == permissions.ADMIN)
        wanted = asked_scopes(form)
        if not own or not set(wanted) <= set(own):
            raise bad_scope(form)
        return await self._tokens.open_session(client, None, wanted or own, lifetimes(form), endpoint_id(form))

    async def _refresh(self, asked: _Asked) -> IssuedTokens:
        client, form = asked.client, asked.form
        token = required(form, "refresh_token")
        scopes = user_scopes(client, form) if asked_scopes(form) else None
        try:
            return await self._tokens.renew(token, client, scopes, lifetimes(form))
        except TokenInvalid:
            raise GrantRefused("invalid_grant", "OAU-213", "Token not found", "refresh_token") from None
        except InsufficientScope:  # RFC 6749 section 6: no more than what the user has allowed
            raise bad_scope(form) from None


async def _unless_changed(opening: Awaitable[IssuedTokens], refusal: GrantRefused) -> IssuedTokens:
    """The session, or the refusal when its user was removed or has got another password meanwhile."""
    try:
        return await opening
    except TokenInvalid:
        raise refusal from None


def _not_for_this_client(grant: Grant) -> GrantRefused:
    if grant is Grant.PASSWORD:
        why = "Unauthorized for this grant type"
        return GrantRefused("unauthorized_client", "OAU-251", why, "grant_type", value=grant.value)
    why = "The client is unauthorized for the required grant type: [{value}]"
    return GrantRefused("unauthorized_client", "OAU-112", why, "grant_type", value=grant.value)
