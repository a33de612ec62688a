"""Sessions and their tokens: given out, renewed, looked up. Which grant leads to one is decided in service.grants."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace

from ringout.domain.account import Client, Credential, Extension, Principal, Session
from ringout.domain.errors import TokenExpired, TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.ports import Clock, IdSource, TokenStore
from ringout.service.signing import SigningKey

MAX_ACCESS_SECONDS = 3600
MIN_ACCESS_SECONDS = 600
MAX_REFRESH_SECONDS = 604_800
_JWT_SECONDS = 10 * 365 * 86_400
_MOST_SESSIONS_PER_EXTENSION = 100  # the oldest die: bounds memory, and the harm of a client that logs in per call


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """The answer of the token endpoint. The only place where tokens stand in clear."""

    session: Session
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds, already within the limits."""

    access: int = MAX_ACCESS_SECONDS
    refresh: int = MAX_REFRESH_SECONDS


class Tokens:
    """The tokens that are good now, in memory and on disk. Tokens are opaque: 256 random bits, kept as SHA-256."""

    def __init__(self, store: TokenStore, accounts: Accounts, clock: Clock, ids: IdSource, key: SigningKey) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._ids = ids
        self._key = key
        self._by_access: dict[bytes, tuple[Session, Principal]] = {}
        self._by_refresh: dict[bytes, Session] = {}
        self._by_id: dict[str, Session] = {}  # oldest first
        self._credentials: dict[str, Credential] = {}

    async def load(self) -> None:
        """Takes over what an earlier start has left, without the sessions of users and clients that are gone. Call
        once, before the first request."""
        gone = []
        for session in sorted(await self._store.sessions(), key=lambda s: s.created_at):
            if self._accounts.is_enabled(session.extension_id) and self._accounts.client(session.client_id):
                self._remember(session)
            else:
                gone.append(session)
        await self._close(gone)
        self._credentials = {c.jti: c for c in await self._store.credentials()}

    # --- every request -----------------------------------------------------------------------------------------

    def principal(self, access_token: str) -> Principal:
        """Raises TokenInvalid for what we never gave out or took back, TokenExpired for ours whose time is over."""
        found = self._by_access.get(_sha256(access_token))
        if found is None:
            raise TokenInvalid
        session, principal = found
        if session.access_expires_at <= self._clock.wall():
            raise TokenExpired
        return principal

    # --- logins --------------------------------------------------------------------------------------------------

    async def open_session(
        self, client: Client, extension: Extension, scopes: tuple[str, ...], lifetimes: Lifetimes, endpoint_id: str
    ) -> IssuedTokens:
        """A new session, durable."""
        now = self._clock.wall()
        access, refresh = self._new_token(), self._new_token()
        session = Session(
            session_id=self._ids.token(),
            client_id=client.client_id,
            extension_id=extension.id,
            scopes=scopes,
            endpoint_id=endpoint_id or self._ids.token(),
            access_sha256=_sha256(access),
            access_expires_at=now + lifetimes.access,
            refresh_sha256=_sha256(refresh),
            refresh_expires_at=now + lifetimes.refresh,
            access_ttl_seconds=lifetimes.access,
            refresh_ttl_seconds=lifetimes.refresh,
            created_at=now,
        )
        await self._store.save_session(session)
        self._remember(session)
        await self._close_oldest(extension.id)
        return IssuedTokens(session, access, refresh)

    async def renew(
        self, refresh_token: str, client: Client, scopes: tuple[str, ...] | None, lifetimes: Lifetimes
    ) -> IssuedTokens:
        """New tokens for the session of that refresh token; both old ones are dead at once. scopes: None = as before,
        and never more than before (RFC 6749 section 6). Raises TokenInvalid."""
        old = self._by_refresh.get(_sha256(refresh_token))
        now = self._clock.wall()
        if old is None or old.client_id != client.client_id or old.refresh_expires_at <= now:
            raise TokenInvalid
        if scopes is not None and not set(scopes) <= set(old.scopes):
            raise TokenInvalid
        access, refresh = self._new_token(), self._new_token()
        session = replace(
            old,
            scopes=old.scopes if scopes is None else scopes,
            access_sha256=_sha256(access),
            access_expires_at=now + lifetimes.access,
            refresh_sha256=_sha256(refresh),
            refresh_expires_at=now + lifetimes.refresh,
            access_ttl_seconds=lifetimes.access,
            refresh_ttl_seconds=lifetimes.refresh,
        )
        # Before the write and not after: of two requests with one refresh token only the first may win.
        self._forget(old)
        self._remember(session)
        try:
            await self._store.save_session(session)
        except BaseException:
            # The client never hears of the new tokens: it may try again with the old one.
            self._forget(session)
            self._remember(old)
            raise
        return IssuedTokens(session, access, refresh)

    async def revoke(self, token: str, client: Client) -> None:
        """Ends the session that the token belongs to, be it the access or the refresh token. Nothing happens when
        there is none, or when it is another client's (RFC 7009 section 2)."""
        key = _sha256(token)
        found = self._by_access.get(key)
        session = found[0] if found else self._by_refresh.get(key)
        if session is not None and session.client_id == client.client_id:
            await self._close([session])

    async def remove_expired(self) -> int:
        """Drops the sessions that can no longer be renewed; says how many."""
        now = self._clock.wall()
        gone = [s for s in self._by_id.values() if max(s.refresh_expires_at, s.access_expires_at) <= now]
        await self._close(gone)
        return len(gone)

    # --- personal JWTs -------------------------------------------------------------------------------------------

    async def issue_jwt(self, extension_id: int, label: str, lifetime_seconds: int = _JWT_SECONDS) -> str:
        """A personal JWT with which an application logs in as that extension."""
        now = int(self._clock.wall())
        credential = Credential(self._ids.token(), extension_id, label, now, now + lifetime_seconds)
        await self._store.add_credential(credential)
        self._credentials[credential.jti] = credential
        return self._key.sign(credential)

    def jwt_owner(self, assertion: str) -> Extension:
        """Raises ValueError for anything but a JWT of issue_jwt that is still good."""
        jti, extension_id = self._key.read(assertion, self._clock.wall())
        credential = self._credentials.get(jti)
        if credential is None or credential.extension_id != extension_id:
            raise ValueError("revoked")
        if not self._accounts.is_enabled(extension_id):
            raise ValueError("its user is gone")
        return self._accounts.extension(extension_id)

    # --- the books -----------------------------------------------------------------------------------------------

    def _new_token(self) -> str:
        return base64.urlsafe_b64encode(self._ids.number(256).to_bytes(32, "big")).rstrip(b"=").decode()

    def _remember(self, session: Session) -> None:
        extension = self._accounts.extension(session.extension_id)
        client = self._accounts.client(session.client_id)
        # What was taken from the client since its login does not count any more.
        scopes = frozenset(session.scopes).intersection(client.scopes if client else ())
        principal = Principal(extension.account_id, extension.id, session.client_id, session.session_id, scopes)
        self._by_access[session.access_sha256] = (session, principal)
        self._by_refresh[session.refresh_sha256] = session
        self._by_id[session.session_id] = session

    def _forget(self, session: Session) -> None:
        self._by_access.pop(session.access_sha256, None)
        self._by_refresh.pop(session.refresh_sha256, None)
        self._by_id.pop(session.session_id, None)

    async def _close(self, sessions: list[Session]) -> None:
        for session in sessions:
            self._forget(session)
        if sessions:
            await self._store.remove_sessions([s.session_id for s in sessions])

    async def _close_oldest(self, extension_id: int) -> None:
        own = [s for s in self._by_id.values() if s.extension_id == extension_id]
        await self._close(own[:-_MOST_SESSIONS_PER_EXTENSION])


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
