"""A request of ours within a dialog, tried again when it is challenged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ringout.sip.authentication import AuthenticationChain

if TYPE_CHECKING:
    from ringout.sip.client_transaction import ClientTransaction
    from ringout.sip.dialog import Dialog
    from ringout.sip.invite_session import InviteSession
    from ringout.sip.message import Response

Done = Callable[[int, "Response | None", float], None]


class DialogRequest:
    """done(code, response, now) is called with the final response; without one code is 408 (nobody answered) or 503
    (the transport failed) and response None. For an INVITE it is called once, however many copies of the 2xx come."""

    __slots__ = ("_body", "_chain", "_content_type", "_done", "_extra", "_over", "_session", "dialog", "method")

    def __init__(
        self,
        session: InviteSession,
        dialog: Dialog,
        method: str,
        done: Done,
        *,
        extra: str = "",
        content_type: str | None = None,
        body: bytes = b"",
    ) -> None:
        """extra: finished header lines."""
        self._session = session
        self.dialog = dialog
        self.method = method
        self._done = done
        self._extra = extra
        self._content_type = content_type
        self._body = body
        self._chain: AuthenticationChain | None = None
        self._over = False

    def send(self, now: float) -> None:
        extra = self._extra
        ids = self._session.user_agent.ids
        if self._chain is not None:
            extra += self._chain.lines(ids, self.method, self.dialog.request_uri, self._body)
        request = self.dialog.request(ids, self.method, extra=extra, content_type=self._content_type, body=self._body)
        self._session.user_agent.layer.request(request, self, now)

    def response_received(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        code = response.status
        if code < 200:
            return
        if self.method == "INVITE" and code < 300:
            self._session.acknowledge(self.dialog, transaction.request.cseq)
            if self._over:
                return
        if code in (401, 407):
            if self._chain is None:
                self._chain = self._session.new_chain()
            if self._chain.learn(response):
                self.send(now)
                return
        self._over = True
        self._done(code, response, now)

    def transaction_failed(
        self, transaction: ClientTransaction, cause: Literal["timeout", "transport"], now: float
    ) -> None:
        self._over = True
        self._done(408 if cause == "timeout" else 503, None, now)
