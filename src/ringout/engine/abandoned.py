"""A session that is being hung up while its leg has gone on or is over: a phone may still ring by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ringout.sip import events as e

if TYPE_CHECKING:
    from ringout.engine.timers import CallLater, TimerHandle
    from ringout.sip.invite_session import InviteSession


class Abandoned:
    """Owner of a session that was told to hang up; an INVITE without any response cannot be cancelled yet (RFC 3261
    section 9.1)."""

    __slots__ = ("_timer", "gone", "session")

    def __init__(self, session: InviteSession, gone: Callable[[Abandoned], None]) -> None:
        """gone: called once, when nothing of the session is left. give_up_after must follow."""
        self.session = session
        self.gone = gone
        self._timer: TimerHandle | None = None
        session.owner = self

    def give_up_after(self, seconds: float, call_later: CallLater) -> None:
        """The user agent reports an end within 64*T1; should it fail to, a RingOut must not wait for ever."""
        self._timer = call_later(seconds, self._end)

    def receive(self, event: e.Event) -> None:
        """An event of the session; what it says besides its end concerns nobody."""
        if isinstance(event, e.Failed | e.Ended):
            self._end()

    def _end(self) -> None:
        self.session.owner = None
        if self._timer is not None:
            self._timer.cancel()
        self.gone(self)
