"""An OPTIONS outside any dialog: is somebody there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ringout.sip.events import OptionsAnswered
from ringout.sip.flow import Flow, host_port
from ringout.sip.outgoing import OutgoingRequest, new_branch
from ringout.sip.peer_text import printable

if TYPE_CHECKING:
    from ringout.sip.client_transaction import ClientTransaction
    from ringout.sip.message import Response
    from ringout.sip.user_agent import UserAgent


class OptionsPing:
    """Sends one OPTIONS and reports OptionsAnswered once."""

    __slots__ = ("_sent_at", "_user_agent", "flow", "uri")

    def __init__(self, user_agent: UserAgent, flow: Flow, uri: str, now: float) -> None:
        """uri: checked."""
        self._user_agent = user_agent
        self.flow = flow
        self.uri = uri
        self._sent_at = now
        ids = user_agent.ids
        request = OutgoingRequest(
            method="OPTIONS",
            uri=uri,
            flow=flow,
            branch=new_branch(ids.token()),
            routes="",
            from_=f"<sip:{host_port(flow.local)}>;tag={ids.token()}",
            to=f"<{uri}>",
            call_id=ids.token(),
            cseq=1,
            extra=f"Accept: application/sdp\r\n{user_agent.product_line}",
        )
        user_agent.layer.request(request, self, now)

    def response_received(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        if response.status >= 200:
            seen_as = printable(response.top_via.params.get("received") or "")
            self._report(response.status, now, came=True, seen_as=seen_as or None)

    def transaction_failed(
        self, transaction: ClientTransaction, cause: Literal["timeout", "transport"], now: float
    ) -> None:
        self._report(408 if cause == "timeout" else 503, now, came=False)

    def _report(self, code: int, now: float, *, came: bool, seen_as: str | None = None) -> None:
        self._user_agent.emit(OptionsAnswered(self.flow, self.uri, code, now - self._sent_at, came, seen_as))
