"""All transactions of a user agent, what they send and when they wake."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ringout.sip.client_transaction import ClientTransaction, InviteClientTransaction, OtherClientTransaction
from ringout.sip.flow import Flow, Listeners, default_port, flow_by
from ringout.sip.heap import NEVER, DeadlineHeap
from ringout.sip.server_transaction import InviteServerTransaction, OtherServerTransaction, ServerTransaction
from ringout.sip.transaction_key import ClientKey, MergeKey, ServerKey, client_key

if TYPE_CHECKING:
    from ringout.sip.ids import IdSource
    from ringout.sip.message import Request, Response
    from ringout.sip.outgoing import OutgoingRequest
    from ringout.sip.timers import TimerValues
    from ringout.sip.transaction import ClientUser


# A larger request would come in fragments, of which a single lost one costs it whole, and which some NATs drop
# (RFC 3261 section 18.1.1).
MOST_UDP_BYTES: Final = 1300
_NO_TCP_SECONDS: Final = 600.0
_MOST_WITHOUT_TCP: Final = 1000


class TransactionLayer:
    """Finds the transaction of a message and holds what is to be sent. counters: plain counts by name. listeners: our
    own."""

    __slots__ = (
        "_without_tcp",
        "clients",
        "counters",
        "give_up_seconds",
        "heap",
        "ids",
        "listeners",
        "merged",
        "outbox",
        "servers",
        "timers",
    )

    def __init__(self, ids: IdSource, timers: TimerValues) -> None:
        self.ids = ids
        self.timers = timers
        self.give_up_seconds = 64 * timers.t1  # timers B, D, F, H, J, L and M
        self.heap = DeadlineHeap()
        self.counters: Counter[str] = Counter()
        self.outbox: list[tuple[bytes, Flow]] = []
        self.clients: dict[ClientKey, ClientTransaction] = {}
        self.servers: dict[ServerKey, ServerTransaction] = {}
        self.merged: dict[MergeKey, ServerTransaction] = {}
        self.listeners: Listeners = []
        self._without_tcp: dict[tuple[str, int], float] = {}  # peers -> until when large requests go to them by UDP

    def __len__(self) -> int:
        return len(self.clients) + len(self.servers)

    def send(self, data: bytes, flow: Flow) -> None:
        self.outbox.append((data, flow))

    # Client side.

    def request(self, request: OutgoingRequest, user: ClientUser, now: float) -> ClientTransaction:
        """Sends a request of ours in a new transaction."""
        if len(request.data) > MOST_UDP_BYTES and request.flow.transport == "udp":
            self._prefer_tcp(request, now)
        kind = InviteClientTransaction if request.method == "INVITE" else OtherClientTransaction
        transaction = kind(self, request, user, now)
        transaction.start(now)
        return transaction

    def _prefer_tcp(self, request: OutgoingRequest, now: float) -> None:
        flow = request.flow
        by_tcp = flow_by("tcp", flow, flow.remote, self.listeners)
        if by_tcp is not None and self._without_tcp.get(flow.remote, now) <= now:
            request.move(by_tcp, otherwise=flow)

    def has_no_tcp(self, remote: tuple[str, int], now: float) -> None:
        """A large request could not be brought there by TCP: the next ones are not held up by that."""
        if len(self._without_tcp) >= _MOST_WITHOUT_TCP:
            self._without_tcp.clear()
        self._without_tcp[remote] = now + _NO_TCP_SECONDS

    def receive_response(self, response: Response, now: float) -> bool:
        """False = it belongs to no transaction of ours. Raises MalformedMessage."""
        transaction = self.clients.get(client_key(response))
        if transaction is None:
            return False
        transaction.receive(response, now)
        return True

    def transport_failed(self, flow: Flow, now: float, *, refused: bool = False) -> None:
        """Every client transaction towards that remote address fails; answers to what came by a lost connection go by a
        new one."""
        for transaction in [t for t in self.clients.values() if t.flow.remote == flow.remote]:
            if transaction.flow.way == flow.way and transaction.key in self.clients:
                transaction.fail(now, refused=refused)
        if flow.reliable:
            for served in [t for t in self.servers.values() if t.flow == flow]:
                served.connection_lost()

    def add_client(self, transaction: ClientTransaction) -> None:
        self.clients[transaction.key] = transaction

    def drop_client(self, transaction: ClientTransaction) -> None:
        self.clients.pop(transaction.key, None)
        transaction.due = NEVER

    # Server side.

    def accept(self, request: Request, key: ServerKey, merge_key: MergeKey | None, source: Flow) -> ServerTransaction:
        """A new server transaction. merge_key: None for a request within a dialog."""
        kind = InviteServerTransaction if request.method == "INVITE" else OtherServerTransaction
        return kind(self, request, key, merge_key, source)

    def add_server(self, transaction: ServerTransaction) -> None:
        self.servers[transaction.key] = transaction
        if transaction.merge_key is not None:
            self.merged[transaction.merge_key] = transaction

    def drop_server(self, transaction: ServerTransaction) -> None:
        self.servers.pop(transaction.key, None)
        if transaction.merge_key is not None:
            self.merged.pop(transaction.merge_key, None)
        transaction.due = NEVER

    def response_path(self, request: Request, source: Flow) -> tuple[str, Flow]:
        """The topmost Via value for our responses and the flow that they take (RFC 3261 18.2, RFC 3581)."""
        via = request.top_via
        host, port = source.remote
        if "rport" in via.params:
            via.params["rport"] = str(port)
            via.params["received"] = host
            return str(via), source
        if via.host.strip("[]") != host:
            via.params["received"] = host
        return str(via), source if source.reliable else self.sent_by(request, source)

    def sent_by(self, request: Request, source: Flow) -> Flow:
        """To where the request came from, at the port that its topmost Via names (RFC 3261 18.2.2)."""
        port = request.top_via.port or default_port(source.transport)
        return source._replace(remote=(source.remote[0], port))
