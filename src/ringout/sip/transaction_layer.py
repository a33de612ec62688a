"""All transactions of a user agent, what they send and when they wake."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ringout.sip.client_transaction import ClientTransaction, InviteClientTransaction, OtherClientTransaction
from ringout.sip.flow import Flow
from ringout.sip.heap import NEVER, DeadlineHeap
from ringout.sip.server_transaction import InviteServerTransaction, OtherServerTransaction, ServerTransaction
from ringout.sip.transaction_key import ClientKey, MergeKey, ServerKey, client_key

if TYPE_CHECKING:
    from ringout.sip.ids import IdSource
    from ringout.sip.message import Request, Response
    from ringout.sip.outgoing import OutgoingRequest
    from ringout.sip.timers import TimerValues
    from ringout.sip.transaction import ClientUser


class TransactionLayer:
    """Finds the transaction of a message and holds what is to be sent. counters: plain counts by name."""

    __slots__ = ("clients", "counters", "give_up_seconds", "heap", "ids", "merged", "outbox", "servers", "timers")

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

    def __len__(self) -> int:
        return len(self.clients) + len(self.servers)

    def send(self, data: bytes, flow: Flow) -> None:
        self.outbox.append((data, flow))

    # Client side.

    def request(self, request: OutgoingRequest, user: ClientUser, now: float) -> ClientTransaction:
        """Sends a request of ours in a new transaction."""
        kind = InviteClientTransaction if request.method == "INVITE" else OtherClientTransaction
        transaction = kind(self, request, user, now)
        transaction.start(now)
        return transaction

    def receive_response(self, response: Response, now: float) -> bool:
        """False = it belongs to no transaction of ours. Raises MalformedMessage."""
        transaction = self.clients.get(client_key(response))
        if transaction is None:
            return False
        transaction.receive(response, now)
        return True

    def transport_failed(self, flow: Flow, now: float) -> None:
        """Every client transaction towards that remote address fails."""
        transport, _, remote = flow
        for transaction in [t for t in self.clients.values() if t.flow.remote == remote]:
            if transaction.flow.transport == transport and transaction.key in self.clients:
                transaction.fail(now)

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
        if source.reliable:
            return str(via), source
        return str(via), Flow(source.transport, source.local, (host, via.port or 5060))
