"""A SIP peer that says exactly what the test says, word for word, to one user agent without any socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from fakes.ids import CountingIds
from ringout.sip.events import IncomingInvite
from ringout.sip.flow import Flow
from ringout.sip.invite_client import UacSession
from ringout.sip.invite_server import UasSession
from ringout.sip.message import Request, Response
from ringout.sip.parser import parse
from ringout.sip.user_agent import UserAgent, UserAgentSettings

OURS = ("192.0.2.1", 5060)
PEER = ("192.0.2.9", 5070)
CONTACT = "<sip:bob@192.0.2.9:5070>"
OFFER = b"v=0 offer"
ANSWER = b"v=0 answer"

E = TypeVar("E")


class ScriptedPeer:
    """Holds the user agent under test, its time, what it sent and what it reported."""

    def __init__(self, settings: UserAgentSettings | None = None, transport: Any = "udp") -> None:
        self.user_agent = UserAgent(CountingIds(), settings or UserAgentSettings(accept_invites=True))
        self.user_agent.listeners = [("udp", *OURS), ("tcp", *OURS)]
        self.now = 100.0
        self.flow = Flow(transport, OURS, PEER)
        self.sent: list[Request | Response] = []  # everything so far
        self.ways: list[Flow] = []
        self.events: list[Any] = []
        self._read = 0
        self._branches = 0

    # Time and results.

    def collect(self) -> None:
        for data, flow in self.user_agent.datagrams_to_send():
            self.sent.append(parse(data))
            self.ways.append(flow)
        self.events += self.user_agent.events()

    def pass_time(self, seconds: float) -> None:
        """Lets everything due happen at its own time."""
        end = self.now + seconds
        while (deadline := self.user_agent.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.user_agent.pass_time(self.now)
            self.collect()
        self.now = end
        self.user_agent.pass_time(self.now)
        self.collect()

    def news(self) -> list[str]:
        """What was sent since the last question, in short: a method or a code."""
        self.collect()
        fresh = self.sent[self._read :]
        self._read = len(self.sent)
        return [message.method if isinstance(message, Request) else str(message.status) for message in fresh]

    def last(self, what: str) -> Any:
        """The latest request of that method, or response of that code."""
        self.collect()
        for message in reversed(self.sent):
            if what == (message.method if isinstance(message, Request) else str(message.status)):
                return message
        raise AssertionError(f"no {what} was sent")

    def reported(self, kind: type[E]) -> list[E]:
        self.collect()
        return [event for event in self.events if isinstance(event, kind)]

    def assert_quiet(self) -> None:
        """Nothing is left: no transaction, no session, no timer."""
        self.pass_time(300)
        assert len(self.user_agent.layer) == 0
        assert not self.user_agent.layer.merged
        assert not self.user_agent.sessions
        assert self.user_agent.next_deadline() is None

    # Calls.

    def invite(self, **changes: Any) -> UacSession:
        arguments: dict[str, Any] = {
            "flow": self.flow,
            "uri": "sip:bob@example.org",
            "from_": '"Alice" <sip:alice@example.net>',
            "to": "<sip:bob@example.org>",
            "body": OFFER,
            "now": self.now,
        }
        return self.user_agent.invite(**(arguments | changes))

    def answered_call(self, **changes: Any) -> UacSession:
        """Up, with everything so far read."""
        session = self.invite(**changes)
        self.answer(self.last("INVITE"), 200, body=ANSWER)
        assert session.state == "confirmed"
        self.news()
        return session

    def incoming_call(self, *lines: str, body: bytes = OFFER) -> UasSession:
        self.request("INVITE", *lines, dialog=None, body=body)
        session = self.reported(IncomingInvite)[-1].session
        assert isinstance(session, UasSession)
        return session

    # What the peer says.

    def feed(self, text: str | bytes, flow: Flow | None = None) -> None:
        data = text.encode() if isinstance(text, str) else text
        self.user_agent.receive_datagram(data, flow or self.flow, self.now)
        self.collect()

    def answer(
        self,
        request: Request,
        code: int,
        *lines: str,
        tag: str | None = "peer",
        contact: str | None = CONTACT,
        body: bytes = b"",
        reason: str = "Whatever",
    ) -> None:
        """A response to that request of ours. lines: further header lines."""
        to = request.headers.get("To") or ""
        if tag is not None and request.to_tag is None:
            to += f";tag={tag}"
        head = [f"SIP/2.0 {code} {reason}"]
        head += [f"Via: {via}" for via in request.headers.all("Via")]
        head += [f"From: {request.headers.get('From')}", f"To: {to}", f"Call-ID: {request.call_id}"]
        head += [f"CSeq: {request.headers.get('CSeq')}"]
        if contact is not None and 100 < code < 300:
            head.append(f"Contact: {contact}")
        self.feed(_message([*head, *lines], body))

    def request(
        self,
        method: str,
        *lines: str,
        dialog: Any = None,
        cseq: int = 1,
        tag: str = "peer",
        branch: str | None = None,
        body: bytes = b"",
        uri: str = "sip:ringout@192.0.2.1:5060",
        flow: Flow | None = None,
        call_id: str = "incoming",
    ) -> str:
        """A request to us; dialog: a session whose dialog it belongs to. Returns the branch."""
        self._branches += 1
        branch = branch or f"z9hG4bKpeer{self._branches}"
        to = "<sip:ringout@192.0.2.1>"
        if dialog is not None:
            to += f";tag={dialog.local_tag}"
            call_id = dialog.call_id
        head = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {PEER[0]}:{PEER[1]};branch={branch}",
            f"From: <sip:bob@example.org>;tag={tag}",
            f"To: {to}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            "Max-Forwards: 70",
        ]
        if method in ("INVITE", "UPDATE"):
            head.append(f"Contact: {CONTACT}")
        self.feed(_message([*head, *lines], body), flow)
        return branch


def _message(lines: Sequence[str], body: bytes) -> bytes:
    typed = ["Content-Type: application/sdp"] if body and not any(ln.startswith("Content-Type") for ln in lines) else []
    return (
        "\r\n".join([*lines, *typed, f"Content-Length: {len(body)}", "", ""]).encode("utf-8", "surrogateescape") + body
    )
