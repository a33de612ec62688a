"""The registrar: which phone is where (RFC 3261 section 10.3, RFC 3327, RFC 5626 section 6, RFC 5627).

A REGISTER with the right credentials changes the bindings of its own address-of-record and is answered once its user
has stored them: `BindingsChanged` tells them, `Registration.confirm` or `fail` answers. Everybody else is answered
without any state. The host of an address-of-record is not looked at: user names are unique on this server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ringout.sip import bindings as b
from ringout.sip.bindings import Binding, Intervals
from ringout.sip.errors import MalformedMessage
from ringout.sip.events import BindingsChanged, GuesserShutOut
from ringout.sip.gatekeeper import Gatekeeper, Refused
from ringout.sip.header_values import NameAddr
from ringout.sip.heap import NEVER, Waiting
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringout.sip.flow import Flow
    from ringout.sip.message import Request
    from ringout.sip.server_transaction import ServerTransaction
    from ringout.sip.user_agent import UserAgent

EXTENSIONS: Final = ("path", "outbound", "gruu")
# Accepted of one phone in the time for which each is kept, 64*T1; ten browsers of a user that come back at once need
# some thirty.
MOST_REQUESTS: Final = 60
FLOW_TIMER_SECONDS: Final = 120  # RFC 5626 section 4.4.1: how often a phone is to show that its connection lives
Connection = tuple[str, tuple[str, int]]  # transport, remote address
_RETRY_AFTER: Final = "Retry-After: 10\r\n"
_SUPPORTED: Final = f"Supported: {', '.join(EXTENSIONS)}\r\n"


class Registrar:
    """Belongs to one user agent, which hands it every REGISTER outside a dialog."""

    def __init__(self, user_agent: UserAgent, gatekeeper: Gatekeeper, intervals: Intervals, most: int = 10) -> None:
        """most: bindings of one address-of-record; of more the oldest go."""
        self._user_agent = user_agent
        self._gatekeeper = gatekeeper
        self._intervals = intervals
        self._most = most
        self._records: dict[str, _Record] = {}
        self._requests: dict[str, tuple[float, int]] = {}  # of each phone that may register: since when, how many
        self._over: dict[Connection, set[str]] = {}  # who is there only as long as that connection is
        user_agent.registrar = self

    # --- what its user asks --------------------------------------------------------------------------------------

    def bindings(self, user: str, now: float) -> list[Binding]:
        """Where that phone is, the best first; [] = it is not there."""
        record = self._records.get(user)
        return b.by_preference(b.current(record.bindings, now)) if record else []

    def restore(self, bindings: Iterable[Binding]) -> None:
        """What an earlier process had stored, before the first REGISTER."""
        for binding in bindings:
            self._set(binding.user, (*self._of(binding.user), binding))

    def forget(self, user: str) -> None:
        """The phone may not be registered any more. BindingsChanged follows when it was."""
        if self._of(user):
            self._set(user, ())
            self._user_agent.emit(BindingsChanged(user, ()))

    # --- what the user agent brings ------------------------------------------------------------------------------

    def receive(self, request: Request, key: tuple[str, ...], flow: Flow, now: float) -> None:
        """A REGISTER. Raises MalformedMessage for one that cannot be read."""
        user_agent = self._user_agent
        try:
            user = self._admitted(request, flow, now)
        except MalformedMessage as fault:
            fault.message = request
            raise
        if isinstance(user, Refused):
            user_agent.counters["registration_refused"] += user.code != 401
            user_agent.refuse(request, user.code, user.extra, flow, user.reason)
            if user.shut_out is not None:
                user_agent.emit(GuesserShutOut(user.shut_out, flow.remote[0]))
            return
        if self._is_flooded(user, now):
            user_agent.counters["registration_flood"] += 1
            user_agent.refuse(request, 503, _RETRY_AFTER, flow)
            return
        transaction = user_agent.layer.accept(request, key, None, flow)
        before = b.current(self._of(user), now)
        refusal = Refused(400)
        try:
            after = b.update(before, request, user, flow, now, self._intervals, self._most)
        except MalformedMessage as fault:
            refusal = Refused(fault.code, reason=fault.reason)
        except b.TooBrief:
            refusal = Refused(423, f"Min-Expires: {self._intervals.shortest}\r\n")
        except b.OutOfOrder:
            refusal = Refused(500, reason="Out of order")
        except b.NoOutbound:
            refusal = Refused(439, reason="First Hop Lacks Outbound Support")
        else:
            registration = Registration(self, transaction, request, user, before, after)
            if after == before:
                registration.confirm(now)  # it only asks
                return
            self._set(user, after)
            user_agent.emit(BindingsChanged(user, after, registration))
            return
        transaction.respond(refusal.code, now, reason=refusal.reason, extra=refusal.extra)

    def flow_lost(self, flow: Flow) -> None:
        """A connection is gone. Who can only be reached over it is not there any more; whoever listens for others may
        be. A datagram that was not taken says nothing of the phone."""
        lost = flow.transport, flow.remote
        for user in tuple(self._over.get(lost, ())):
            left = tuple(known for known in self._of(user) if _needs(known) != lost)
            self._set(user, left)
            self._user_agent.emit(BindingsChanged(user, left))

    # --- inside --------------------------------------------------------------------------------------------------

    def _admitted(self, request: Request, flow: Flow, now: float) -> str | Refused:
        """Whose address-of-record the request may change."""
        lacking = [
            tag
            for tag in (request.headers.values("Require") if "Require" in request.headers else ())
            if tag.lower() not in EXTENSIONS
        ]
        if lacking:
            return Refused(420, f"Unsupported: {', '.join(lacking)}\r\n")
        uri = SipUri.parse(NameAddr.parse(request.headers.get("To") or "").uri)
        user = unquote(uri.user or "")
        return self._gatekeeper.check(request, user, flow, now) or user

    def _is_flooded(self, user: str, now: float) -> bool:
        """Counts a request of a phone that may register. Each costs a transaction for 64*T1, and most are stored."""
        since, count = self._requests.get(user, (now, 0))
        if now >= since + self._user_agent.layer.give_up_seconds:
            since, count = now, 0
        self._requests[user] = since, count + 1
        return count >= MOST_REQUESTS

    def _of(self, user: str) -> tuple[Binding, ...]:
        record = self._records.get(user)
        return record.bindings if record else ()

    def _set(self, user: str, bindings: tuple[Binding, ...]) -> None:
        record = self._records.get(user)
        self._note_connections(user, record.bindings if record else (), bindings)
        if not bindings:
            if record is not None:
                record.due = NEVER
                del self._records[user]
            return
        if record is None:
            record = self._records[user] = _Record(self, user)
        record.bindings = bindings
        self._user_agent.layer.heap.wake_at(record, min(binding.expires_at for binding in bindings))

    def _note_connections(self, user: str, before: tuple[Binding, ...], after: tuple[Binding, ...]) -> None:
        for connection in filter(None, map(_needs, before)):
            users = self._over.get(connection, set())
            users.discard(user)
            if not users:
                self._over.pop(connection, None)
        for connection in filter(None, map(_needs, after)):
            self._over.setdefault(connection, set()).add(user)

    def expire(self, record: _Record, now: float) -> None:
        left = b.current(record.bindings, now)
        self._set(record.user, left)
        self._user_agent.emit(BindingsChanged(record.user, left))

    def roll_back(self, user: str, before: tuple[Binding, ...], after: tuple[Binding, ...]) -> None:
        """Section 10.3, step 7: a REGISTER that fails has changed nothing. What came since stays."""
        if self._of(user) == after:
            self._set(user, before)


class _Record(Waiting):
    """One address-of-record, to be woken when its first binding ends."""

    __slots__ = ("_registrar", "bindings", "user")

    def __init__(self, registrar: Registrar, user: str) -> None:
        super().__init__()
        self._registrar = registrar
        self.user = user
        self.bindings: tuple[Binding, ...] = ()

    def time_up(self, now: float) -> None:
        self._registrar.expire(self, now)


class Registration:
    """An accepted REGISTER that waits for its answer. Exactly one of confirm and fail must follow."""

    __slots__ = ("_after", "_before", "_echo", "_registrar", "_transaction", "user")

    def __init__(
        self,
        registrar: Registrar,
        transaction: ServerTransaction,
        request: Request,
        user: str,
        before: tuple[Binding, ...],
        after: tuple[Binding, ...],
    ) -> None:
        self._registrar = registrar
        self._transaction = transaction
        self.user = user
        self._before = before
        self._after = after
        # RFC 3327 section 5.3: the phone learns by which way it will be reached.
        path = request.headers.values("Path") if "Path" in request.headers else []
        self._echo = f"Path: {', '.join(path)}\r\n" if path else ""
        number, _ = request.cseq
        if any(known.reg_id and (known.call_id, known.cseq) == (request.call_id, number) for known in after):
            self._echo += f"Require: outbound\r\nFlow-Timer: {FLOW_TIMER_SECONDS}\r\n"

    def confirm(self, now: float) -> None:
        """The bindings are stored: 200."""
        self._transaction.respond(200, now, extra=f"{b.shown(self._after, now)}{self._echo}{_SUPPORTED}")

    def fail(self, now: float) -> None:
        """They could not be: 500, and all is as before."""
        self._registrar.roll_back(self.user, self._before, self._after)
        self._transaction.respond(500, now, extra=_RETRY_AFTER)


def _needs(binding: Binding) -> Connection | None:
    """The connection without which that binding is of no use: a browser's, and one that the phone keeps up itself
    (RFC 5626). None: it can be reached without, or by datagrams."""
    flow = binding.flow
    if flow.is_websocket or (flow.reliable and binding.reg_id and not binding.path):
        return flow.transport, flow.remote
    return None
