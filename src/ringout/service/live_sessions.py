"""The sessions in memory, found by each of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringout.domain import scopes as permissions
from ringout.domain.account import Principal, Session
from ringout.service.accounts import Accounts
from ringout.service.token_text import HASH_BYTES


@dataclass(slots=True)
class Live:
    """A session in memory. version: of the directory that principal was derived from. principal: None = nobody's any
    more. used_at: when its present access token was first shown."""

    session: Session
    version: int
    principal: Principal | None
    used_at: float | None = None


class LiveSessions:
    """by_spent: refresh tokens that were exchanged; by_code: authorization codes that began a session; by_id: oldest
    session first. Keys are SHA-256."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.by_access: dict[bytes, Live] = {}
        self.by_refresh: dict[bytes, Live] = {}
        self.by_spent: dict[bytes, Live] = {}
        self.by_code: dict[bytes, Live] = {}
        self.by_id: dict[str, Live] = {}
        self._of_owner: dict[tuple[int, str], dict[str, Live]] = {}

    def of_owner(self, session: Session) -> Sequence[Live]:
        """All of the same user, or of the same client where no user stands behind it; oldest first."""
        return tuple(self._of_owner.get(_owner(session), {}).values())

    def principal_of(self, session: Session) -> Principal | None:
        """Who that is as the directory stands now; None = the user or the client is gone or switched off."""
        client = self._accounts.client(session.client_id)
        if client is None:
            return None
        if session.extension_id == 0:
            carried = frozenset(session.scopes) & frozenset(client.scopes)
            return Principal(0, 0, client.client_id, session.session_id, carried)
        if not self._accounts.is_enabled(session.extension_id):
            return None
        account_id = self._accounts.extension(session.extension_id).account_id
        if client.account_id not in (None, account_id):
            return None
        # What was taken from the client since the login does not count any more.
        allowed = permissions.expand((*permissions.of_users(client.scopes), *permissions.IDENTITY))
        carried = permissions.expand(session.scopes) & allowed
        return Principal(account_id, session.extension_id, client.client_id, session.session_id, carried)

    def present(self, live: Live) -> Principal | None:
        """Whose it is now; looked up anew only after the directory has changed."""
        if live.version != self._accounts.version:
            live.version, live.principal = self._accounts.version, self.principal_of(live.session)
        return live.principal

    def add(self, session: Session) -> None:
        live = Live(session, self._accounts.version, self.principal_of(session))
        self.by_id[session.session_id] = live
        self._of_owner.setdefault(_owner(session), {})[session.session_id] = live
        if session.code_sha256:
            self.by_code[session.code_sha256] = live
        self._add_tokens(live)

    def replace(self, live: Live, session: Session) -> None:
        """The same session with other tokens."""
        if session.access_sha256 != live.session.access_sha256:
            live.used_at = None
        self._remove_tokens(live)
        live.session, live.version, live.principal = session, self._accounts.version, self.principal_of(session)
        self._add_tokens(live)

    def remove(self, live: Live) -> None:
        session = live.session
        self._remove_tokens(live)
        self.by_id.pop(session.session_id, None)
        self.by_code.pop(session.code_sha256, None)
        own = self._of_owner.get(_owner(session), {})
        own.pop(session.session_id, None)
        if not own:
            self._of_owner.pop(_owner(session), None)

    def _add_tokens(self, live: Live) -> None:
        self.by_access[live.session.access_sha256] = live
        if live.session.refresh_sha256:
            self.by_refresh[live.session.refresh_sha256] = live
        for spent in _spent(live.session):
            self.by_spent[spent] = live

    def _remove_tokens(self, live: Live) -> None:
        self.by_access.pop(live.session.access_sha256, None)
        self.by_refresh.pop(live.session.refresh_sha256, None)
        for spent in _spent(live.session):
            self.by_spent.pop(spent, None)


def _owner(session: Session) -> tuple[int, str]:
    return (session.extension_id, "") if session.extension_id else (0, session.client_id)


def _spent(session: Session) -> list[bytes]:
    kept = session.spent_sha256
    return [kept[start : start + HASH_BYTES] for start in range(0, len(kept), HASH_BYTES)]
