"""Personal JWTs: credentials with which an application logs in as a user without asking anybody."""

from __future__ import annotations

from ringout.domain.account import Credential, Extension
from ringout.service.accounts import Accounts
from ringout.service.ports import Clock, IdSource, TokenStore
from ringout.service.signing import SigningKey

_USUAL_SECONDS = 10 * 365 * 86_400


class PersonalJwts:
    """Those that are good now. Only their jti is stored: who loses one gets another."""

    def __init__(self, store: TokenStore, accounts: Accounts, clock: Clock, ids: IdSource, key: SigningKey) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._ids = ids
        self._key = key
        self._credentials: dict[str, Credential] = {}

    async def load(self) -> None:
        """Takes over what an earlier start has left."""
        self._credentials = {c.jti: c for c in await self._store.credentials()}

    async def add(
        self, extension_id: int, label: str, lifetime_seconds: int = _USUAL_SECONDS, client_id: str = ""
    ) -> Credential:
        """A new one for that extension, durable. client_id: the only client that may show it, "" = any."""
        now = int(self._clock.wall())
        credential = Credential(self._ids.token(), extension_id, label, now, now + lifetime_seconds, client_id)
        await self._store.add_credential(credential)
        self._credentials[credential.jti] = credential
        return credential

    def sign(self, credential: Credential) -> str:
        """The JWT itself. To be shown once."""
        return self._key.sign(credential)

    async def issue(
        self, extension_id: int, label: str, lifetime_seconds: int = _USUAL_SECONDS, client_id: str = ""
    ) -> str:
        """add and sign."""
        return self.sign(await self.add(extension_id, label, lifetime_seconds, client_id))

    def of_user(self, extension_id: int) -> list[Credential]:
        """Expired ones too, oldest first."""
        own = [c for c in self._credentials.values() if c.extension_id == extension_id]
        return sorted(own, key=lambda c: (c.issued_at, c.jti))

    async def remove(self, jti: str) -> None:
        """Whoever shows that JWT gets nothing from now on; sessions that it opened go on. Nothing happens when there is
        none."""
        if self._credentials.pop(jti, None) is not None:
            await self._store.remove_credentials([jti])

    def owner(self, assertion: str, client_id: str) -> Extension:
        """Raises ValueError for anything but a JWT of ours that is still good and meant for that client."""
        jti, extension_id = self._key.read(assertion, self._clock.wall())
        credential = self._credentials.get(jti)
        if credential is None or credential.extension_id != extension_id:
            raise ValueError("revoked")
        if credential.client_id not in ("", client_id):
            raise ValueError("for another client")
        if not self._accounts.is_enabled(extension_id):
            raise ValueError("its user is gone")
        return self._accounts.extension(extension_id)
