"""The session timer of one dialog (RFC 4028): who refreshes it, when, and what happens when nobody does.

A call whose far end has vanished ends by it, on both sides, though no media flows that could tell.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ringout.sip.errors import MalformedMessage
from ringout.sip.heap import NEVER, Waiting
from ringout.sip.reason import SESSION_EXPIRED
from ringout.sip.session_interval import (
    Refresher,
    chosen_interval,
    interval_lines,
    knows_timers,
    read_min_se,
    read_session_expires,
)
from ringout.sip.session_table import SessionInput
from ringout.sip.state_table import Ignored, Steps, Table, compile_table

if TYPE_CHECKING:
    from ringout.sip.invite_session import InviteSession
    from ringout.sip.message import Message, Request, Response


class TimerState(StrEnum):
    OFF = "off"
    OURS = "ours"  # we refresh, at half the interval
    REFRESHING = "refreshing"
    THEIRS = "theirs"  # the peer does, or the session is over
    STOPPED = "terminated"


class TimerInput(StrEnum):
    """What a 2xx to a refresh, theirs or ours, has agreed, and what else happens."""

    WE_REFRESH = "we refresh"
    PEER_REFRESHES = "peer refreshes"
    NOBODY_REFRESHES = "nobody refreshes"
    TIME_UP = "time up"
    NOT_REFRESHED = "not refreshed"  # our request was refused, or could not be sent now
    STOP = "stop"


_S = TimerState
_I = TimerInput
_RUNNING: Final = (_S.OFF, _S.OURS, _S.REFRESHING, _S.THEIRS)

TABLE: Final[Table[TimerState, TimerInput]] = {
    **{(state, _I.WE_REFRESH): (_S.OURS, ("wake_at_half",)) for state in _RUNNING},
    **{(state, _I.PEER_REFRESHES): (_S.THEIRS, ("wake_before_end",)) for state in _RUNNING},
    **{(state, _I.NOBODY_REFRESHES): (_S.OFF, ("sleep",)) for state in _RUNNING},
    **{(state, _I.STOP): (_S.STOPPED, ("sleep",)) for state in _RUNNING},
    (_S.OURS, _I.TIME_UP): (_S.REFRESHING, ("refresh",)),
    (_S.REFRESHING, _I.NOT_REFRESHED): (_S.OURS, ("wake_again",)),
    (_S.THEIRS, _I.TIME_UP): (_S.STOPPED, ("end_session",)),
}
IGNORED: Final[Ignored[TimerState, TimerInput]] = frozenset(
    {(state, _I.NOT_REFRESHED) for state in (_S.OFF, _S.OURS, _S.THEIRS)}
    | {(state, _I.TIME_UP) for state in (_S.OFF, _S.REFRESHING)}
    | {(_S.STOPPED, kind) for kind in TimerInput}
)

_MAX_RAISES: Final = 3  # in the life of a session
_HOP_SECONDS: Final = 30.0
_SOON_SECONDS: Final = 10.0  # the shortest wait after a refresh that came to nothing
_END_EARLY_SECONDS: Final = 32.0  # section 10: the BYE goes out so long before the end, at most a third of the interval


class SessionTimer(Waiting):
    """Made when a peer agrees to have one; a session without it pays nothing.

    interval: seconds. by_update: the peer takes UPDATE. body: our latest description, which a refresh by re-INVITE
    repeats.
    """

    __slots__ = (
        "_asked_at",
        "_raises",
        "_session",
        "_wake_at",
        "body",
        "by_update",
        "ends_at",
        "interval",
        "min_se",
        "state",
    )

    STEPS: ClassVar[Steps]

    def __init__(self, session: InviteSession, body: bytes) -> None:
        super().__init__()
        self._session = session
        self.state = TimerState.OFF
        self.interval = 0
        self.min_se = session.user_agent.settings.min_se
        self._raises = 0  # of the interval, by 422
        self.by_update = False
        self.body = body
        self.ends_at = NEVER
        self._wake_at = NEVER
        self._asked_at = NEVER  # when our latest refresh went out

    @property
    def is_on(self) -> bool:
        return self.state in (_S.OURS, _S.REFRESHING, _S.THEIRS)

    def feed(self, kind: TimerInput, now: float) -> None:
        self.state, orders = self.STEPS[self.state, kind]
        for order in orders:
            order(self, None, now)

    def stop(self, now: float) -> None:
        """The session is over or ending."""
        self.feed(_I.STOP, now)
        self.body = b""

    # As the UAC of a refresh.

    def request_lines(self, now: float) -> str:
        """For a re-INVITE or UPDATE of ours; it keeps the roles (section 7.4). Nothing while there is no timer."""
        if not self.is_on:
            return ""
        self._asked_at = now
        return interval_lines(self.interval, "uas" if self.state is _S.THEIRS else "uac", self.min_se)

    def answered(self, response: Response, now: float) -> None:
        """A 2xx to a request that offered an interval. Without Session-Expires there is no timer (section 7.2)."""
        self._note_allowed(response)
        agreed = read_session_expires(response)
        if agreed is None:
            self.feed(_I.NOBODY_REFRESHES, now)
        else:
            # The peer counts from its first 2xx, of which copies may have been lost, so it may have answered at once.
            self._agree(agreed.seconds, agreed.refresher != "uas", now, min(now, self._asked_at))

    def learn_minimum(self, response: Response) -> bool:
        """From a 422. True: there is sense in trying again, with the longer interval."""
        least = read_min_se(response)
        self._raises += 1
        if least <= self.interval or self._raises > _MAX_RAISES:
            return False
        self.min_se = max(self.min_se, least)
        self.interval = least
        return True

    # As the UAS of a refresh.

    def answer(self, request: Request, now: float) -> str:
        """Header lines for our 2xx to an INVITE or UPDATE, and the timer starts anew with it (section 9)."""
        self._note_allowed(request)
        settings = self._session.user_agent.settings
        theirs = knows_timers(request)
        wanted = read_session_expires(request)
        if wanted is not None:
            interval = chosen_interval(request, wanted, settings.session_expires, self.min_se)
            refresher = wanted.refresher
        elif self.is_on:
            interval, refresher = self.interval, None
        elif theirs and self.state is _S.OFF and not self._session.answered:
            interval, refresher = settings.session_expires, None  # the first INVITE: ours to propose
        else:
            return ""
        by = self._refresher(refresher, theirs)
        self._agree(interval, by == "uas", now, now)
        return interval_lines(self.interval, by, 0) + ("Require: timer\r\n" if theirs else "")

    def _refresher(self, wanted: Refresher | None, theirs: bool) -> Refresher:
        """Table 2 of section 9: who knows nothing of timers refreshes nothing."""
        if not theirs:
            return "uas"
        if wanted is not None:
            return wanted
        return "uas" if self.state in (_S.OURS, _S.REFRESHING) else "uac"

    def _agree(self, interval: int, ours: bool, now: float, since: float) -> None:
        """ours: we refresh. since: when the interval has begun as the peer may see it."""
        # A peer that names less than anybody may must not make us refresh without pause.
        self.interval = max(interval, self._session.user_agent.settings.min_se)
        self.ends_at = (since if ours else now) + self.interval
        self.feed(_I.WE_REFRESH if ours else _I.PEER_REFRESHES, now)

    def _note_allowed(self, message: Message) -> None:
        if "Allow" not in message.headers:
            return
        try:
            self.by_update = "UPDATE" in message.headers.values("Allow")
        except MalformedMessage:
            self.by_update = False

    def time_up(self, now: float) -> None:
        if now < self._wake_at:
            self._wake(self._wake_at, now)
        else:
            self.feed(_I.TIME_UP, now)

    # Orders.

    def _sleep(self, _: Any, now: float) -> None:
        self.due = NEVER

    def _wake(self, when: float, now: float) -> None:
        # In hops: what waits in the heap keeps its session in memory, and most calls end long before the timer is due.
        self._wake_at = when
        self._session.user_agent.layer.heap.wake_at(self, min(when, now + _HOP_SECONDS))

    def _wake_at_half(self, _: Any, now: float) -> None:
        self._wake(self.ends_at - self.interval / 2, now)

    def _wake_before_end(self, _: Any, now: float) -> None:
        self._wake(self.ends_at - min(_END_EARLY_SECONDS, self.interval / 3), now)

    def _wake_again(self, _: Any, now: float) -> None:
        # Past the end too: the peer answers, so the call is alive, and whether it ends is the peer's to say.
        left = self.ends_at - now if self.ends_at > now else self.interval
        self._wake(now + max(left / 2, _SOON_SECONDS), now)

    def _refresh(self, _: Any, now: float) -> None:
        self._session.offers.refresh(self, now)

    def _end_session(self, _: Any, now: float) -> None:
        session = self._session
        self.due = NEVER
        session.hang_up_reason = session.hang_up_reason or SESSION_EXPIRED
        session.feed(SessionInput.PEER_SILENT, "the peer did not refresh the session", now)


SessionTimer.STEPS = compile_table(SessionTimer, TABLE, IGNORED)
