"""The user agent: bytes, time and verbs go in; datagrams, a deadline and events come out. No socket, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ringout.sip.admission import refuse_headers, refuse_method
from ringout.sip.errors import MalformedMessage
from ringout.sip.events import ConnectionLost, Event
from ringout.sip.flow import Flow, own_uri
from ringout.sip.invite_client import UacSession
from ringout.sip.invite_server import UasSession
from ringout.sip.message import Request, Response
from ringout.sip.options_ping import OptionsPing
from ringout.sip.outgoing import (
    checked,
    checked_address,
    checked_uri,
    header_lines,
    is_sips,
    reason_phrase,
    render_response,
    response_echo,
    route_lines,
)
from ringout.sip.parser import check_request, parse
from ringout.sip.restored_session import restore_session
from ringout.sip.session_interval import SMALLEST, TIMER, interval_lines, refuse_interval
from ringout.sip.stray_answer import hang_up_stray
from ringout.sip.timers import TimerValues
from ringout.sip.transaction_key import merge_key, server_key
from ringout.sip.transaction_layer import TransactionLayer

if TYPE_CHECKING:
    from ringout.sip.digest import Credentials
    from ringout.sip.flow import Listeners
    from ringout.sip.ids import IdSource
    from ringout.sip.invite_session import InviteSession
    from ringout.sip.message import Message
    from ringout.sip.registrar import Registrar
    from ringout.sip.server_transaction import ServerTransaction

ALLOWED_METHODS: Final = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "PRACK")
_RETRY_AFTER: Final = "Retry-After: 10\r\n"
_MAX_ENDED: Final = 10_000


@dataclass(frozen=True, slots=True)
class UserAgentSettings:
    """accept_invites: False = an INVITE from outside gets 403. Limits beyond which new work is refused with 503."""

    timers: TimerValues = field(default_factory=TimerValues)
    product: str = "RingOut"  # User-Agent header field
    allow: Sequence[str] = ALLOWED_METHODS
    accept_invites: bool = False
    session_expires: int = 1800  # seconds, what our INVITEs ask for (RFC 4028); 0 = no session timers
    min_se: int = SMALLEST  # seconds, the shortest session interval that we agree to
    max_sessions: int = 20_000
    max_transactions: int = 200_000


class UserAgent:
    """See the package's facade: receive_datagram, pass_time, datagrams_to_send, next_deadline, events, and the verbs.

    counters: plain counts by name. listeners: (transport, host, port) of each listening socket, set by the shell.
    """

    def __init__(self, ids: IdSource, settings: UserAgentSettings | None = None) -> None:
        self.ids = ids
        self.settings = settings = settings or UserAgentSettings()
        self.layer = TransactionLayer(ids, settings.timers)
        self.counters = self.layer.counters
        self.sessions: dict[tuple[str, str], InviteSession] = {}  # by Call-ID and our tag
        self._ended: dict[tuple[str, str], float] = {}  # ended by our BYE -> forgotten at; oldest first
        self.strays_until = float("-inf")  # so long 2xx that match nothing are met with ACK and BYE
        self._events: list[Event] = []
        self.registrar: Registrar | None = None  # whom phones register with; None = with nobody
        self.product_line = f"User-Agent: {checked(settings.product)}\r\n"
        self.allow_line = f"Allow: {', '.join(settings.allow)}\r\n"
        self.supported = ("100rel", TIMER) if settings.session_expires else ("100rel",)
        supported = f"Supported: {', '.join(self.supported)}\r\n"
        # Of each new INVITE; no refresher, so that the peer chooses (RFC 4028 section 7.1).
        self.interval_line = (
            interval_lines(settings.session_expires, None, settings.min_se) if settings.session_expires else ""
        )
        self.tail = f"{self.allow_line}{supported}{self.product_line}"
        self.capabilities = f"Accept: application/sdp\r\n{self.tail}"

    @property
    def listeners(self) -> Listeners:
        return self.layer.listeners

    @listeners.setter
    def listeners(self, listeners: Listeners) -> None:
        self.layer.listeners = listeners

    # What the shell does.

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """Takes one whole message. Never raises for any bytes; what cannot be read is counted as "malformed"."""
        message: Message | None = None
        try:
            message = parse(data)
            if isinstance(message, Response):
                if not self.layer.receive_response(message, now):
                    self.counters["unmatched_response"] += 1
                    if now < self.strays_until and not self._full():
                        hang_up_stray(self, message, flow, now)
            else:
                self._receive_request(message, flow, now)
        except MalformedMessage as fault:
            if not data.strip(b"\r\n\0"):
                self.counters["keep_alive"] += 1  # RFC 5626 section 4.4.1, and what some phones make of it
                return
            self.counters["malformed"] += 1
            request = fault.message or message  # some header fields are looked at only once they are needed
            if isinstance(request, Request) and request.method != "ACK":
                self._refuse_malformed(request, fault.code, fault.reason, flow)

    def transport_failed(self, flow: Flow, now: float, refused: bool = False) -> None:
        """ICMP said so, or a connection could not be made or was lost: requests on that way fail at once. refused:
        nothing listens on that port."""
        self.counters["transport_failed"] += 1
        self.layer.transport_failed(flow, now, refused=refused)
        if self.registrar is not None:
            self.registrar.flow_lost(flow)
        if flow.reliable:
            self.emit(ConnectionLost(flow))

    def pass_time(self, now: float) -> None:
        """Does everything that is due at now."""
        self.layer.heap.pass_time(now)

    def next_deadline(self) -> float | None:
        """When pass_time has something to do; perhaps a little early, never late. None = never."""
        return self.layer.heap.next_deadline()

    def datagrams_to_send(self) -> list[tuple[bytes, Flow]]:
        """What is to be sent, in order; the caller now owns it."""
        outbox = self.layer.outbox
        if outbox:
            self.layer.outbox = []
        return outbox

    def events(self) -> list[Event]:
        """What has happened, in order; the caller now owns it."""
        events = self._events
        if events:
            self._events = []
        return events

    @property
    def has_output(self) -> bool:
        """Something waits to be sent or delivered."""
        return bool(self.layer.outbox or self._events)

    # Verbs.

    def invite(
        self,
        *,
        flow: Flow,
        uri: str,
        from_: str,
        to: str,
        contact_user: str = "ringout",
        body: bytes = b"",
        content_type: str = "application/sdp",
        headers: Sequence[tuple[str, str]] = (),
        route: Sequence[str] = (),
        credentials: Credentials | None = None,
        keeps_flow: bool = False,
        now: float,
    ) -> UacSession:
        """Calls. from_, to: name-addrs without a tag; route: name-addrs; body: the offer. keeps_flow: the peer itself
        opened that way (RFC 5626 section 5.3) and may be behind a NAT, so all requests take it, whatever its Contact.

        Raises LocalProtocolError for text that could break out of its place or that is no address, and for a `sips:`
        URI on a flow that is not encrypted.
        """
        for address in (from_, to, *route):
            checked_address(address)
        tag = self.ids.token()
        contact = own_uri(checked_uri(contact_user), flow, sips=is_sips(uri, flow))
        session = UacSession(
            self,
            flow=flow,
            uri=checked_uri(uri),
            from_=f"{from_};tag={tag}",
            to=to,
            call_id=self.ids.token(),
            local_tag=tag,
            contact=f"<{contact}>",
            routes=route_lines(route),
            headers=header_lines(headers),
            content_type=checked(content_type),
            body=body,
        )
        session.credentials = credentials
        session.keeps_flow = keeps_flow
        if self._full():
            session.refuse_locally(now)
        else:
            self.sessions[session.call_id, tag] = session
            session.send_invite(now)
        return session

    def options(self, flow: Flow, uri: str, now: float) -> OptionsPing:
        """Asks a peer whether it is there; OptionsAnswered follows. Raises LocalProtocolError for a broken URI."""
        return OptionsPing(self, flow, checked_uri(uri), now)

    def restore(self, stored: bytes, now: float, credentials: Credentials | None = None) -> UacSession:
        """A session of an earlier process, to be hung up. Raises ValueError for bytes that no session stored."""
        session = restore_session(self, stored, now)
        session.credentials = credentials
        self.sessions[session.call_id, session.local_tag] = session
        return session

    # For sessions.

    def emit(self, event: Event) -> None:
        self._events.append(event)

    def drop_session(self, session: InviteSession) -> None:
        self.sessions.pop((session.call_id, session.local_tag), None)

    def remember_ended(self, session: InviteSession, now: float) -> None:
        """A BYE of the peer that crossed ours may still be on its way, for T4 at most (RFC 3261 17.1.1.2)."""
        ended = self._ended
        while ended and (len(ended) >= _MAX_ENDED or next(iter(ended.values())) <= now):
            del ended[next(iter(ended))]
        ended[session.call_id, session.local_tag] = now + self.settings.timers.t4

    def _full(self) -> bool:
        return len(self.sessions) >= self.settings.max_sessions or len(self.layer) >= self.settings.max_transactions

    # Requests from outside.

    def _receive_request(self, request: Request, flow: Flow, now: float) -> None:
        key = server_key(request)
        known = self.layer.servers.get(key)
        if known is not None:
            known.receive_again(request, now)
            return
        if request.method == "ACK":
            self._receive_ack(request, now)
            return
        if len(self.layer) >= self.settings.max_transactions:
            self.counters["overload"] += 1
            self._respond_stateless(request, 503, reason_phrase(503), flow, _RETRY_AFTER)
            return
        check_request(request)
        if request.method == "CANCEL":
            self._receive_cancel(request, flow, now)
            return
        to_tag = request.to_tag
        if to_tag is not None:
            self._receive_in_dialog(request, key, to_tag, flow, now)
        else:
            self._receive_out_of_dialog(request, key, flow, now)

    def _receive_ack(self, ack: Request, now: float) -> None:
        session = self.sessions.get((ack.call_id, ack.to_tag or ""))
        if session is None:
            self.counters["unmatched_ack"] += 1
        else:
            session.ack_received(ack, now)

    def _receive_cancel(self, request: Request, flow: Flow, now: float) -> None:
        invite = self.layer.servers.get(server_key(request, "INVITE"))
        if invite is None:
            self._refuse(request, (481, ""), flow)
            return
        transaction = self.layer.accept(request, server_key(request), None, flow)
        transaction.to, transaction.tagged = invite.to, invite.tagged  # section 9.2: the same To tag
        transaction.respond(200, now)
        if invite.user is not None and not invite.answered:
            invite.user.cancel_received(invite, now)

    def _receive_in_dialog(self, request: Request, key: tuple[str, ...], to_tag: str, flow: Flow, now: float) -> None:
        session = self.sessions.get((request.call_id, to_tag))
        if session is None:
            crossed = request.method == "BYE" and self._ended.get((request.call_id, to_tag), 0.0) > now
            self._refuse(request, (200 if crossed else 481, ""), flow)
            return
        if session.is_flooded(now) and request.method != "BYE":
            self.counters["request_flood"] += 1
            self._refuse(request, (500, _RETRY_AFTER), flow)
            return
        transaction = self.layer.accept(request, key, None, flow)
        try:
            refusal = refuse_headers(request, self.supported)
            if refusal is not None:
                transaction.respond(refusal[0], now, extra=refusal[1])
            else:
                session.receive_request(request, transaction, now)
        except MalformedMessage as fault:
            self._refuse_accepted(transaction, fault, now)

    def _receive_out_of_dialog(self, request: Request, key: tuple[str, ...], flow: Flow, now: float) -> None:
        if self.registrar is not None and request.method == "REGISTER":
            self.registrar.receive(request, key, flow, now)
            return
        merged = merge_key(request)
        refusal = refuse_method(request.method, self.allow_line)
        if refusal is None and merged in self.layer.merged:
            refusal = 482, ""  # section 8.2.2.2: the same request by another way
        refusal = refusal or refuse_headers(request, self.supported)
        if refusal is None and self.interval_line:
            refusal = refuse_interval(request, self.settings.min_se)
        if refusal is None and request.method == "OPTIONS":
            refusal = 200, self.capabilities
        if refusal is None and not self.settings.accept_invites:
            refusal = 403, ""
        if refusal is None and self._full():
            self.counters["overload"] += 1
            refusal = 503, _RETRY_AFTER
        if refusal is not None:
            self._refuse(request, refusal, flow)
            return
        transaction = self.layer.accept(request, key, merged, flow)
        try:
            session = UasSession(self, request, transaction, flow, now)
        except MalformedMessage as fault:
            self._refuse_accepted(transaction, fault, now)
            return
        self.sessions[session.call_id, session.local_tag] = session

    def _refuse_accepted(self, transaction: ServerTransaction, fault: MalformedMessage, now: float) -> None:
        """Without a final response the transaction would stay for ever."""
        self.counters["malformed"] += 1
        transaction.user = None
        transaction.respond(fault.code, now, reason=fault.reason)

    def _refuse(self, request: Request, answer: tuple[int, str], flow: Flow) -> None:
        """answer: code, finished header lines."""
        self.refuse(request, *answer, flow)

    def refuse(self, request: Request, code: int, extra: str, flow: Flow, reason: str | None = None) -> None:
        """Statelessly (section 8.2.7), so that strangers can fill no memory: each copy of the request is answered
        alike, and the ACK of a refused INVITE belongs to nobody. extra: finished header lines."""
        self.counters["answered_stateless"] += 1
        self._respond_stateless(request, code, reason or reason_phrase(code), flow, extra)

    def _refuse_malformed(self, request: Request, code: int, reason: str, flow: Flow) -> None:
        try:
            self._respond_stateless(request, code, reason, flow, "")
        except MalformedMessage:
            self.counters["unanswerable"] += 1

    def _respond_stateless(self, request: Request, code: int, reason: str, flow: Flow, extra: str) -> None:
        """Section 8.2.7: the same bytes for every copy of the request, so the To tag is derived from it."""
        call_id, number = request.call_id, request.cseq[0]
        to = request.headers.get("To")
        if to is None or request.headers.get("From") is None:
            raise MalformedMessage("Missing From or To")
        via, back = self.layer.response_path(request, flow)
        if "tag=" not in to:
            to = f"{to};tag=stateless{len(call_id)}{number}"
        self.layer.send(render_response(code, reason, response_echo(request, via), to, extra), back)
