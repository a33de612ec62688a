"""Our registration with a registrar: one machine for each (RFC 3261 section 10.2). Pure.

The machine asks, refreshes before what was granted ends, and waits longer after each failure in a row (RFC 5626 section
4.5). Its user hears of every answer that changes something, and may send it elsewhere at once with go_to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from ringout.sip.authentication import AuthenticationChain
from ringout.sip.events import RegistrationChanged
from ringout.sip.flow import own_uri
from ringout.sip.heap import Alarm, Waiting
from ringout.sip.invite_responses import redirect_contacts, retry_after_seconds
from ringout.sip.outgoing import OutgoingRequest, checked_uri, is_sips, new_branch, reason_phrase
from ringout.sip.peer_text import printable
from ringout.sip.registration_answers import granted_seconds, min_expires, service_route
from ringout.sip.state_table import Ignored, Steps, Table, compile_table
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.sip.client_transaction import ClientTransaction
    from ringout.sip.digest import Credentials
    from ringout.sip.flow import Flow
    from ringout.sip.message import Response
    from ringout.sip.user_agent import UserAgent

MAX_REDIRECTIONS: Final = 5  # in a row without a registration
MAX_RETRY_AFTER_SECONDS: Final = 3600.0
BASE_WAIT_SECONDS, MAX_WAIT_SECONDS = 30.0, 1800.0  # RFC 5626 section 4.5
STEADY_SECONDS: Final = 600.0  # a connection that lasts so long after a registration has not failed in a row
REFUSED_WAIT_SECONDS: Final = 300.0  # at least, after a refusal for good: many registrars lock out who insists
_TEMPORARY: Final = frozenset((408, 480, 491))  # besides 5xx: worth the usual wait


class RegistrationState(StrEnum):
    WAITING = "waiting"  # nothing is asked; a timer may run
    ASKING = "asking"
    FINISHING = "finishing"  # asking, and told to leave: section 10.2 forbids a second REGISTER before the answer
    LEAVING = "leaving"  # the removal is asked for
    GONE = "gone"


class RegistrationInput(StrEnum):
    DUE = "due"
    ACCEPTED = "2xx"
    ANSWERABLE = "401, 407 or 423 that we can meet"
    REFUSED = "300-699"
    UNREACHABLE = "timer F or transport error"
    LAPSED = "binding ended"
    CONNECTION_LOST = "its connection is gone"
    LEAVE_BOUND = "remove, bound"
    LEAVE_UNBOUND = "remove, not bound"


_S = RegistrationState
_I = RegistrationInput

TABLE: Final[Table[RegistrationState, RegistrationInput]] = {
    (_S.WAITING, _I.DUE): (_S.ASKING, ("begin", "send")),
    (_S.WAITING, _I.LAPSED): (_S.WAITING, ("report",)),
    (_S.WAITING, _I.CONNECTION_LOST): (_S.WAITING, ("ask_soon",)),
    (_S.WAITING, _I.LEAVE_BOUND): (_S.LEAVING, ("begin", "send_removal")),
    (_S.WAITING, _I.LEAVE_UNBOUND): (_S.GONE, ("forget", "report")),
    (_S.ASKING, _I.ACCEPTED): (_S.WAITING, ("keep", "wait_for_refresh", "report")),
    (_S.ASKING, _I.ANSWERABLE): (_S.ASKING, ("send",)),
    (_S.ASKING, _I.REFUSED): (_S.WAITING, ("back_off", "report")),
    (_S.ASKING, _I.UNREACHABLE): (_S.WAITING, ("back_off", "report")),
    (_S.ASKING, _I.LAPSED): (_S.ASKING, ("report",)),
    (_S.ASKING, _I.LEAVE_BOUND): (_S.FINISHING, ()),
    (_S.ASKING, _I.LEAVE_UNBOUND): (_S.FINISHING, ()),
    # It may have been bound whatever the answer says that is not a refusal: the removal makes sure.
    (_S.FINISHING, _I.ACCEPTED): (_S.LEAVING, ("keep", "begin", "send_removal")),
    (_S.FINISHING, _I.ANSWERABLE): (_S.LEAVING, ("send_removal",)),
    (_S.FINISHING, _I.REFUSED): (_S.GONE, ("forget", "report")),
    (_S.FINISHING, _I.UNREACHABLE): (_S.GONE, ("forget", "report")),
    (_S.LEAVING, _I.ACCEPTED): (_S.GONE, ("forget", "report")),
    (_S.LEAVING, _I.ANSWERABLE): (_S.LEAVING, ("send_removal",)),
    (_S.LEAVING, _I.REFUSED): (_S.GONE, ("forget", "report")),
    (_S.LEAVING, _I.UNREACHABLE): (_S.GONE, ("forget", "report")),
}
IGNORED: Final[Ignored[RegistrationState, RegistrationInput]] = frozenset(
    {
        # The timer is set while nothing is asked only; what else comes with them is told to do twice what it does.
        *((state, _I.DUE) for state in (_S.ASKING, _S.FINISHING, _S.LEAVING, _S.GONE)),
        *((state, _I.LAPSED) for state in (_S.FINISHING, _S.LEAVING, _S.GONE)),
        *((state, _I.LEAVE_BOUND) for state in (_S.FINISHING, _S.LEAVING, _S.GONE)),
        *((state, _I.LEAVE_UNBOUND) for state in (_S.FINISHING, _S.LEAVING, _S.GONE)),
        # What is asked for fails with its connection.
        *((state, _I.CONNECTION_LOST) for state in (_S.ASKING, _S.FINISHING, _S.LEAVING, _S.GONE)),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """registrar: Request-URI, without a user. aor: address-of-record, sip:user@domain. contact_user: escaped, of our
    own Contact. contacts: further URIs to be bound. expires: seconds to be asked for."""

    registrar: str
    aor: str
    contact_user: str
    credentials: Credentials | None = None
    contacts: tuple[str, ...] = ()
    expires: int = 3600


class ClientRegistration(Waiting):
    """One address-of-record at one registrar. start, go_to and remove are its verbs; RegistrationChanged its events.

    flow, registrar: where it asks, and was asked last. bound_until: when what was granted ends.
    service_route: Route entries that the registrar wants calls to have (RFC 3608)."""

    STEPS: ClassVar[Steps]

    def __init__(self, user_agent: UserAgent, settings: RegistrationSettings) -> None:
        """Raises LocalProtocolError for URIs that cannot stand in a request."""
        super().__init__()
        for uri in (settings.registrar, settings.aor, *settings.contacts):
            checked_uri(uri)
        self.settings = settings
        self.registrar = settings.registrar
        self.flow: Flow | None = None
        self.bound_until = float("-inf")
        self.service_route: tuple[str, ...] = ()
        self.state = _S.WAITING
        self._user_agent = user_agent
        self._call_id = user_agent.ids.token()
        self._tag = user_agent.ids.token()
        self._cseq = 0
        self._expires = settings.expires
        self._contacts: list[SipUri] = []
        self._nonce_counts: dict[str, int] = {}
        self._chain = AuthenticationChain(settings.credentials, self._nonce_counts)
        self._raised = False  # this asking was told of a longer interval already
        self._failures = 0
        self._redirections = 0
        self._losses = 0  # connections in a row that did not last
        self._registered_at = float("-inf")
        self._will_ask_soon = False
        self._lapse: Alarm | None = None
        self._answer: tuple[int, str, list[str]] = (0, "", [])

    # --- verbs ---------------------------------------------------------------------------------------------------

    def go_to(self, flow: Flow, now: float, registrar: str | None = None) -> None:
        """Asks there, at once unless an answer is awaited. registrar: the Request-URI of a redirection; None = our
        own."""
        self.flow = flow
        self.registrar = checked_uri(registrar or self.settings.registrar)
        self.feed(_I.DUE, None, now)

    def next_time(self, flow: Flow) -> None:
        """Asks there, with our own Request-URI, when its wait is over."""
        self.flow = flow
        self.registrar = self.settings.registrar

    def connection_lost(self, flow: Flow, now: float) -> None:
        """A connection is gone. If it was ours, the registrar may have forgotten us with it, or may not reach us any
        more: we ask again soon."""
        if self.flow is not None and self.flow.way == flow.way:
            self.feed(_I.CONNECTION_LOST, None, now)

    def remove(self, now: float) -> None:
        """Takes our own bindings away, nobody else's; the state is GONE with the last event."""
        bound = self.is_bound(now) and self.flow is not None
        self.feed(_I.LEAVE_BOUND if bound else _I.LEAVE_UNBOUND, None, now)

    def is_bound(self, now: float) -> bool:
        """The registrar knows us."""
        return self.bound_until > now

    # --- what comes ----------------------------------------------------------------------------------------------

    def feed(self, kind: RegistrationInput, response: Response | None, now: float) -> None:
        """Looks the pair up and carries out its orders. KeyError = a pair nobody thought of."""
        self.state, orders = self.STEPS[self.state, kind]
        for order in orders:
            order(self, response, now)

    def response_received(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        if response.status < 200:
            return
        self._answer = response.status, printable(response.reason), []
        self.feed(self._classify(response), response, now)

    def transaction_failed(
        self, transaction: ClientTransaction, cause: Literal["timeout", "transport"], now: float
    ) -> None:
        code = 408 if cause == "timeout" else 503
        self._answer = code, reason_phrase(code), []
        self.feed(_I.UNREACHABLE, None, now)

    def time_up(self, now: float) -> None:
        self.feed(_I.DUE, None, now)

    def _classify(self, response: Response) -> RegistrationInput:
        code = response.status
        if code < 300:
            return _I.ACCEPTED
        if code in (401, 407) and self._chain.learn(response):
            return _I.ANSWERABLE
        if code == 423 and not self._raised and self.state is not _S.LEAVING:
            wanted = min_expires(response)
            if wanted is not None and wanted > self._expires:
                self._expires, self._raised = wanted, True
                return _I.ANSWERABLE
        return _I.REFUSED

    # --- orders --------------------------------------------------------------------------------------------------

    def _begin(self, _: Response | None, now: float) -> None:
        self._chain = AuthenticationChain(self.settings.credentials, self._nonce_counts)
        self._raised = self._will_ask_soon = False

    def _send(self, _: Response | None, now: float) -> None:
        self._request(self._expires, now)

    def _send_removal(self, _: Response | None, now: float) -> None:
        self._request(0, now)

    def _request(self, expires: int, now: float) -> None:
        flow, user_agent = self.flow, self._user_agent
        assert flow is not None
        self._cseq += 1
        sips = is_sips(self.registrar, flow)
        ours = [own_uri(self.settings.contact_user, flow, sips=sips), *self.settings.contacts]
        self._contacts = [SipUri.parse(uri) for uri in ours]
        contacts = ", ".join(f"<{uri}>" for uri in ours)
        authorization = self._chain.lines(user_agent.ids, "REGISTER", self.registrar, b"")
        request = OutgoingRequest(
            method="REGISTER",
            uri=self.registrar,
            flow=flow,
            branch=new_branch(user_agent.ids.token()),
            routes="",
            from_=f"<{self.settings.aor}>;tag={self._tag}",
            to=f"<{self.settings.aor}>",
            call_id=self._call_id,
            cseq=self._cseq,
            extra=f"Contact: {contacts}\r\nExpires: {expires}\r\n{authorization}"
            f"{user_agent.allow_line}Supported: path\r\n{user_agent.product_line}",
        )
        user_agent.layer.request(request, self, now)

    def _keep(self, response: Response, now: float) -> None:
        self._failures = self._redirections = 0
        self._registered_at = now
        granted = granted_seconds(response, self._contacts, self._expires)
        self.bound_until = now + granted
        self.service_route = service_route(response)
        if self._lapse is not None:
            self._lapse.stop()
        self._lapse = Alarm(self._user_agent.layer.heap, self.bound_until, self._lapsed)

    def _lapsed(self, now: float) -> None:
        self._answer = 0, "the registration ended before it was refreshed", []
        self.feed(_I.LAPSED, None, now)

    def _wait_for_refresh(self, _: Response | None, now: float) -> None:
        granted = self.bound_until - now
        # A tenth of it before the end, half a minute at least, so that there is time for another attempt.
        self._wake_after(granted - min(granted / 2, max(granted / 10, 30.0)), now)

    def _back_off(self, response: Response | None, now: float) -> None:
        code, reason, _ = self._answer
        self._failures += 1
        if response is not None and 300 <= code < 400:
            self._redirections += 1
            if self._redirections <= MAX_REDIRECTIONS:
                self._answer = code, reason, redirect_contacts(response)
        retry_after = retry_after_seconds(response) if response is not None else None
        if retry_after is not None:
            self._wake_after(min(max(retry_after, 1.0), MAX_RETRY_AFTER_SECONDS), now)
            return
        wait = self._drawn_wait(self._failures)
        if 400 <= code < 500 or code >= 600:
            wait = wait if code in _TEMPORARY else max(wait, REFUSED_WAIT_SECONDS)
        elif self.is_bound(now):
            wait = min(wait, max((self.bound_until - now) / 2, 1.0))
        self._wake_after(wait, now)

    def _ask_soon(self, _: Response | None, now: float) -> None:
        """Nothing changes while a failure is waited out, or a loss is already."""
        if self._failures or self._will_ask_soon:
            return
        self._will_ask_soon = True
        if now >= self._registered_at + STEADY_SECONDS:
            self._losses = 0
        self._wake_after(min(self.due - now, self._drawn_wait(self._losses)), now)
        self._losses += 1

    def _drawn_wait(self, failures: int) -> float:
        """Seconds, after so many in a row: between half of the longest wait and all of it, so that the users of a
        registrar that comes back do not all come at once."""
        most = min(MAX_WAIT_SECONDS, BASE_WAIT_SECONDS * 2.0 ** min(failures, 16))
        return most * (0.5 + self._user_agent.ids.number(16) / 2**17)

    def _wake_after(self, seconds: float, now: float) -> None:
        self._user_agent.layer.heap.wake_at(self, now + seconds)

    def _forget(self, _: Response | None, now: float) -> None:
        self.due = float("inf")
        self.bound_until = float("-inf")
        if self._lapse is not None:
            self._lapse.stop()

    def _report(self, _: Any, now: float) -> None:
        code, reason, contacts = self._answer
        self._user_agent.emit(RegistrationChanged(self, code, reason, contacts))


ClientRegistration.STEPS = compile_table(ClientRegistration, TABLE, IGNORED)
