"""The phones that register here: between the registrar and what is stored of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ringout import logs
from ringout.net.tasks import Tasks
from ringout.service.ports import Clock, MediaKind, RegistrationStore
from ringout.sip.bindings import Binding
from ringout.sip.events import BindingsChanged

if TYPE_CHECKING:
    from ringout.sip.registrar import Registrar, Registration

log = logs.get("engine")


class RegisteredPhones:
    """Implements service.ports.Registrations. A REGISTER is answered once its bindings are durable, so a phone that was
    told that it is registered can be rung after a crash."""

    def __init__(
        self,
        node: str,
        registrar: Registrar,
        is_known: Callable[[str], bool],
        store: RegistrationStore,
        clock: Clock,
        tasks: Tasks,
        flush: Callable[[], None],
    ) -> None:
        """is_known: whether the phone with that user name may be registered still. flush: the SipDriver's."""
        self._node = node
        self._registrar = registrar
        self._is_known = is_known
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._flush = flush
        self._there: set[str] = set()  # of whom it has been logged that they are

    async def load(self) -> int:
        """Brings back what an earlier process stored; how many bindings. Connections of browsers are gone with it.
        Raises OSError."""
        ahead = self._clock.monotonic() - self._clock.wall()
        now = self._clock.monotonic()
        kept = [
            replace(stored, created_at=stored.created_at + ahead, expires_at=stored.expires_at + ahead)
            for stored in await self._store.load(self._node)
            if not stored.flow.is_websocket
        ]
        kept = [binding for binding in kept if binding.expires_at > now and self._is_known(binding.user)]
        self._registrar.restore(kept)
        self._there.update(binding.user for binding in kept)
        return len(kept)

    # --- Registrations -------------------------------------------------------------------------------------------

    def is_registered(self, username: str) -> bool:
        return bool(self.bindings(username))

    def there(self) -> list[str]:
        """User names of the phones that are registered."""
        return list(self._there)

    def bindings(self, username: str) -> list[Binding]:
        """Where the phone is, the best first; nowhere when it has been taken from its user."""
        return self._registrar.bindings(username, self._clock.monotonic()) if self._is_known(username) else []

    def forget(self, username: str) -> None:
        self._registrar.forget(username)
        self._flush()

    # --- for the calls -------------------------------------------------------------------------------------------

    def kind(self, username: str) -> MediaKind:
        """How the best binding's phone carries media. One that cannot be asked is taken for an ordinary phone."""
        found = self.bindings(username)
        return media_kind(found[0]) if found else MediaKind.RTP

    # --- the user agent's reports --------------------------------------------------------------------------------

    def receive(self, event: BindingsChanged) -> None:
        """Stores what has changed, then answers."""
        self._note(event)
        behind = self._clock.wall() - self._clock.monotonic()
        stored = [
            replace(binding, created_at=binding.created_at + behind, expires_at=binding.expires_at + behind)
            for binding in event.bindings
        ]
        saving = self._store.save(self._node, event.user, stored)
        self._tasks.start(self._finish(saving, event), "store a registration")

    def _note(self, event: BindingsChanged) -> None:
        if event.bindings and event.user not in self._there:
            self._there.add(event.user)
            flow = event.bindings[-1].flow
            log.info("a phone has registered", device=event.user, transport=flow.transport, address=flow.remote[0])
        elif not event.bindings and event.user in self._there:
            self._there.discard(event.user)
            log.info("a phone is not registered any more", device=event.user)

    async def _finish(self, saving: Awaitable[None], event: BindingsChanged) -> None:
        try:
            await saving
        except OSError:
            log.exception("a registration could not be stored", device=event.user)
            self._answer(event.registration, stored=False)
        else:
            self._answer(event.registration, stored=True)

    def _answer(self, registration: Registration | None, *, stored: bool) -> None:
        if registration is not None:
            (registration.confirm if stored else registration.fail)(self._clock.monotonic())
            self._flush()


def media_kind(binding: Binding) -> MediaKind:
    """A phone behind a WebSocket is a browser (RFC 8827: it takes nothing but DTLS-SRTP). One that has registered over
    TLS is offered keys, which nobody else can read there."""
    if binding.flow.is_websocket:
        return MediaKind.WEBRTC
    return MediaKind.SRTP_OPTIONAL if binding.flow.secure and not binding.path else MediaKind.RTP
