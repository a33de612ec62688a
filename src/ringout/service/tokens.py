"""Sessions and their tokens: given out, renewed, looked up. Which grant leads to one is decided in service.grants."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ringout.domain import scopes as permissions
from ringout.domain.account import Client, Extension, Principal, Session
from ringout.domain.errors import InsufficientScope, TokenExpired, TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.live_sessions import Live, LiveSessions
from ringout.service.personal_jwts import PersonalJwts
from ringout.service.ports import Clock, IdSource, TokenStore
from ringout.service.signing import SigningKey
from ringout.service.token_text import HASH_BYTES, base64url, new_token, sha256

MAX_ACCESS_SECONDS = 3600
MIN_ACCESS_SECONDS = 600
MAX_REFRESH_SECONDS = 604_800
MOST_SESSIONS_OF_A_USER = 5  # the oldest die
MOST_SESSIONS_OF_A_CLIENT = 100  # of those that no user stands behind: programs run side by side and do not log out
GRACE_UNUSED_SECONDS = 3600.0  # an exchanged refresh token gives the same tokens again while nobody has used them,
GRACE_USED_SECONDS = 10.0  # and for so long after their first use
_WS_TOKEN_SECONDS = 30
_MOST_WS_TOKENS = 10_000
_SPENT_KEPT = 10  # exchanged refresh tokens of a session that are recognised


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """The answer of the token endpoint. The only place where tokens stand in clear. refresh_token: "" = none.
    Seconds: from now. signed_in_at and nonce: of the login page, for an ID token; None = there was no login page."""

    session: Session
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_seconds: int
    refresh_seconds: int
    signed_in_at: float | None = None
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds, already within the limits. refresh: 0 = no refresh token."""

    access: int = MAX_ACCESS_SECONDS
    refresh: int = MAX_REFRESH_SECONDS


class Tokens:
    """The tokens that are good now, in memory and on disk. Tokens are opaque: 256 bits, kept as SHA-256.

    jwts: the credentials that open sessions by themselves. watcher: called with the id of a user (0 = a client's own)
    whose access tokens have become fewer; None = nobody watches."""

    def __init__(self, store: TokenStore, accounts: Accounts, clock: Clock, ids: IdSource, key: SigningKey) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._ids = ids
        self.jwts = PersonalJwts(store, accounts, clock, ids, key)
        self.watcher: Callable[[int], None] | None = None
        self._renewing = asyncio.Lock()
        self._sessions = LiveSessions(accounts)
        self._ws_tokens: dict[bytes, tuple[float, str]] = {}  # SHA-256 -> end of its time, session id; oldest first

    async def load(self) -> None:
        """Takes over what an earlier start has left, without the sessions of users and clients that are gone. Call
        once, before the first request."""
        gone = []
        for session in sorted(await self._store.sessions(), key=lambda s: s.created_at):
            if self._sessions.principal_of(session) is None:
                gone.append(session.session_id)
            else:
                self._sessions.add(session)
        if gone:
            await self._store.remove_sessions(gone)
        await self.jwts.load()

    # --- every request -----------------------------------------------------------------------------------------

    def principal(self, access_token: str) -> Principal:
        """What the directory says now of whoever shows that token. Raises TokenInvalid for what we never gave out or
        took back, TokenExpired for ours whose time is over."""
        live = self._sessions.by_access.get(sha256(access_token))
        if live is None:
            raise TokenInvalid
        now = self._clock.wall()
        if live.session.access_expires_at <= now:
            raise TokenExpired
        principal = self._sessions.present(live)
        if principal is None:
            raise TokenInvalid
        if live.used_at is None:
            live.used_at = now
        return principal

    # --- logins --------------------------------------------------------------------------------------------------

    async def open_session(
        self,
        client: Client,
        extension: Extension | None,
        scopes: tuple[str, ...],
        lifetimes: Lifetimes,
        endpoint_id: str,
        code_sha256: bytes = b"",
    ) -> IssuedTokens:
        """A new session, durable. extension: None = the client's own; it is not renewed then; else as it was when its
        login was checked. Raises TokenInvalid when the user or the password has changed since: whoever ended the
        user's sessions for that could not see this one yet."""
        now = self._clock.wall()
        is_renewable = client.refresh_tokens and extension is not None and lifetimes.refresh > 0
        access, refresh = new_token(self._ids), new_token(self._ids) if is_renewable else ""
        session = Session(
            session_id=self._ids.token(),
            client_id=client.client_id,
            extension_id=extension.id if extension else 0,
            scopes=scopes,
            endpoint_id=endpoint_id or self._ids.token(),
            access_sha256=sha256(access),
            access_expires_at=now + lifetimes.access,
            refresh_sha256=sha256(refresh) if refresh else b"",
            refresh_expires_at=now + (lifetimes.refresh if refresh else 0),
            access_ttl_seconds=lifetimes.access,
            refresh_ttl_seconds=lifetimes.refresh if refresh else 0,
            created_at=now,
            code_sha256=code_sha256,
        )
        await self._store.save_session(session)
        self._sessions.add(session)
        await self._close_oldest(session)
        if extension is not None and not self._is_still(extension):
            live = self._sessions.by_id.get(session.session_id)
            await self._close([live] if live else [])
            raise TokenInvalid
        return IssuedTokens(session, access, refresh, session.access_ttl_seconds, session.refresh_ttl_seconds)

    async def renew(
        self, refresh_token: str, client: Client, scopes: tuple[str, ...] | None, lifetimes: Lifetimes
    ) -> IssuedTokens:
        """New tokens for the session of that refresh token; both old ones are dead at once. scopes: None = as before,
        and never more than before (RFC 6749 section 6). A token that was exchanged already gives the same tokens again
        while the grace lasts; after that it ends the session (RFC 9700 section 4.14.2). Raises TokenInvalid, or
        InsufficientScope, which changes nothing."""
        key = sha256(refresh_token)
        async with self._renewing:  # of two requests with one token the second must see what the first has done
            live = self._sessions.by_refresh.get(key)
            if live is None:
                return await self._renew_again(refresh_token, key, client)
            if live.session.client_id != client.client_id or self._sessions.principal_of(live.session) is None:
                raise TokenInvalid
            old, now = live.session, self._clock.wall()
            if old.refresh_expires_at <= now or not client.refresh_tokens:
                raise TokenInvalid
            for scope in scopes or ():
                if scope not in permissions.expand(old.scopes):
                    raise InsufficientScope(scope)
            salt = self._ids.number(256).to_bytes(HASH_BYTES, "big")
            access, refresh = _derived(salt, refresh_token)
            session = replace(
                old,
                scopes=old.scopes if scopes is None else scopes,
                access_sha256=sha256(access),
                access_expires_at=now + lifetimes.access,
                refresh_sha256=sha256(refresh),
                refresh_expires_at=now + lifetimes.refresh,
                access_ttl_seconds=lifetimes.access,
                refresh_ttl_seconds=lifetimes.refresh,
                renewed_at=now,
                spent_sha256=(old.spent_sha256 + key)[-_SPENT_KEPT * HASH_BYTES :],
                renewal_salt=salt,
            )
            await self._replace(live, session)
        return IssuedTokens(session, access, refresh, lifetimes.access, lifetimes.refresh)

    async def _renew_again(self, refresh_token: str, key: bytes, client: Client) -> IssuedTokens:
        live = self._sessions.by_spent.get(key)
        if live is None or live.session.client_id != client.client_id:
            raise TokenInvalid
        session, now = live.session, self._clock.wall()
        is_over = max(session.access_expires_at, session.refresh_expires_at) <= now
        is_over = is_over or self._sessions.principal_of(session) is None
        if is_over or session.spent_sha256[-HASH_BYTES:] != key or not self._is_in_grace(live, now):
            await self._close([live])
            raise TokenInvalid
        if session.access_expires_at <= now:  # a short-lived one, which ran out before anybody had seen it
            session = replace(session, access_expires_at=now + session.access_ttl_seconds)
            await self._replace(live, session)
        access, refresh = _derived(session.renewal_salt, refresh_token)
        access_seconds, refresh_seconds = session.access_expires_at - now, session.refresh_expires_at - now
        return IssuedTokens(session, access, refresh, int(access_seconds), int(refresh_seconds))

    async def _replace(self, live: Live, session: Session) -> None:
        """Durable first: a client never hears of tokens that a crash would take back."""
        await self._store.save_session(session)
        if self._sessions.by_id.get(session.session_id) is not live:  # logged out meanwhile
            await self._store.remove_sessions([session.session_id])
            raise TokenInvalid
        self._sessions.replace(live, session)
        self._tell(session)

    def _is_in_grace(self, live: Live, now: float) -> bool:
        if not live.session.renewal_salt:
            return False
        if live.used_at is not None and now >= live.used_at + GRACE_USED_SECONDS:
            return False
        return now < live.session.renewed_at + GRACE_UNUSED_SECONDS

    async def revoke(self, token: str, client: Client) -> None:
        """Ends the session that the token belongs to, be it the access or the refresh token, or one that was exchanged
        for it: the client may never have seen the answer. Nothing happens when there is none, or when it is another
        client's (RFC 7009 section 2)."""
        key, sessions = sha256(token), self._sessions
        live = sessions.by_access.get(key) or sessions.by_refresh.get(key) or sessions.by_spent.get(key)
        if live is not None and live.session.client_id == client.client_id:
            await self._close([live])

    def is_anybody(self, principal: Principal) -> bool:
        """Whether that session is still open and its user and client still there."""
        live = self._sessions.by_id.get(principal.session_id)
        return live is not None and self._sessions.present(live) is not None

    async def close_session_of_code(self, code_sha256: bytes, client: Client) -> None:
        """A code was shown for the second time: what it began ends (RFC 6749 section 4.1.2)."""
        live = self._sessions.by_code.get(code_sha256)
        if live is not None and live.session.client_id == client.client_id:
            await self._close([live])

    async def close_sessions(self, extension_id: int) -> int:
        """Ends all sessions of that user, for example because the password has changed; says how many."""
        own = [live for live in self._sessions.by_id.values() if live.session.extension_id == extension_id]
        await self._close(own)
        return len(own)

    async def close_own_sessions(self, client_id: str) -> None:
        """Ends the sessions of that client that no user stands behind."""
        own = [live for live in self._sessions.by_id.values() if live.session.client_id == client_id]
        await self._close([live for live in own if not live.session.extension_id])

    async def remove_expired(self) -> int:
        """Drops the sessions that can no longer be renewed, and those of users and clients that are gone; says how
        many. Takes back the means to make tokens again whose grace is over."""
        now = self._clock.wall()
        gone = []
        for live in list(self._sessions.by_id.values()):
            session = live.session
            if max(session.refresh_expires_at, session.access_expires_at) <= now or not self._sessions.principal_of(
                session
            ):
                gone.append(live)
            elif session.renewal_salt and not self._is_in_grace(live, now):
                await self._end_grace(live)
        await self._close(gone)
        for key in [key for key, (until, _) in self._ws_tokens.items() if until <= now]:
            del self._ws_tokens[key]
        return len(gone)

    async def _end_grace(self, live: Live) -> None:
        async with self._renewing:
            if not self._is_in_grace(live, self._clock.wall()):  # renewed while we waited
                try:
                    await self._replace(live, replace(live.session, renewal_salt=b""))
                except TokenInvalid:
                    pass  # logged out meanwhile: there is nothing left to take back

    # --- tokens for one connection ---------------------------------------------------------------------------------

    def issue_ws_token(self, principal: Principal) -> tuple[str, int]:
        """A token that opens one WebSocket connection for the session of whoever asks, and its seconds to live. Kept
        in memory only; the oldest of very many die."""
        token = new_token(self._ids)
        self._ws_tokens[sha256(token)] = (self._clock.wall() + _WS_TOKEN_SECONDS, principal.session_id)
        if len(self._ws_tokens) > _MOST_WS_TOKENS:
            del self._ws_tokens[next(iter(self._ws_tokens))]
        return token, _WS_TOKEN_SECONDS

    def take_ws_token(self, token: str) -> Principal:
        """Whose connection that is; the token is spent. Raises TokenInvalid."""
        until, session_id = self._ws_tokens.pop(sha256(token), (0.0, ""))
        live = self._sessions.by_id.get(session_id)
        principal = self._sessions.principal_of(live.session) if live else None
        if principal is None or until <= self._clock.wall():
            raise TokenInvalid
        return principal

    # --- the books -----------------------------------------------------------------------------------------------

    def _is_still(self, extension: Extension) -> bool:
        """Whether the user may still log in, with the same password."""
        if not self._accounts.is_enabled(extension.id):
            return False
        return self._accounts.extension(extension.id).password_hash == extension.password_hash

    async def _close(self, lives: Sequence[Live]) -> None:
        for live in lives:
            self._sessions.remove(live)
            self._tell(live.session)
        if lives:
            await self._store.remove_sessions([live.session.session_id for live in lives])

    def _tell(self, session: Session) -> None:
        if self.watcher is not None:
            self.watcher(session.extension_id)

    async def _close_oldest(self, session: Session) -> None:
        most = MOST_SESSIONS_OF_A_USER if session.extension_id else MOST_SESSIONS_OF_A_CLIENT
        await self._close(self._sessions.of_owner(session)[:-most])


def _derived(salt: bytes, refresh_token: str) -> tuple[str, str]:
    """The access and refresh token that an exchange gives. Whoever has only the salt (the disk) or only the old token
    (a thief, later) cannot make them."""
    key = refresh_token.encode()
    return tuple(base64url(hmac.digest(key, salt + kind, "sha256")) for kind in (b"access", b"refresh"))  # type: ignore[return-value]
