"""Phones as the engine sees them: behind a user agent that sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ringout.sdp.offer_answer import answer_offer, make_offer, read_answer
from ringout.sip import events as e
from ringout.sip.errors import LocalProtocolError
from ringout.sip.flow import Flow, NoFlow
from ringout.sip.redirection import Redirected

PHONE_SDP = make_offer("192.0.2.9", 4000, 7)


def phone_answer(offer: bytes, codecs: Sequence[str], every: bool = False) -> bytes:
    """A phone's answer that names the first of the offer's codecs which it has, or every one in the offer's order."""
    theirs = read_answer(offer, codecs).codecs
    return make_offer("192.0.2.9", 4000, 7, codecs=theirs if every else theirs[:1])


class Session:
    """One invite session: what the engine asked of it, and what the phone at its other end does."""

    def __init__(self, agent: Agent, **asked: Any) -> None:
        self.agent = agent
        self.asked = asked
        self.uri: str = asked.get("uri", "")
        self.flow: Any = asked.get("flow")
        self.body: bytes = asked.get("body", b"")
        self.owner: Any = None
        self.state = "calling"
        self.was_ringing = False
        self.hung_up = False
        self.hang_up_reason: str | None = None
        self.log: list[str] = []
        self.attempt = 0

    def hang_up(self, now: float, reason: str | None = None) -> None:
        if not self.hung_up:
            self.hung_up = True
            self.hang_up_reason = reason
            self.log.append("BYE" if self.state == "confirmed" else "CANCEL")
            self.agent.log.append(f"{self.log[-1]} {self.name}")

    @property
    def name(self) -> str:
        return self.uri.partition("@")[0].removeprefix("sip:")

    def stored(self) -> bytes:
        return f"{self.name} {self.state}{f' {self.attempt}' if self.attempt else ''}".encode()

    def accept_offer(self, now: float, body: bytes) -> None:
        self.log.append("accepted")
        self.body = body

    def refuse_offer(self, now: float, code: int = 488) -> None:
        self.log.append(f"refused {code}")

    def reinvite(self, now: float, body: bytes) -> None:
        if self.state != "confirmed":
            raise LocalProtocolError("not answered")
        self.log.append("re-INVITE")
        self.body = body

    # What the phone does.

    def rings(self, code: int = 180, reason: str = "Ringing", body: bytes = b"") -> None:
        self.state = "proceeding"
        self.was_ringing = True
        self.agent.tell(e.Provisional(self, code, reason, body, "application/sdp" if body else None))  # type: ignore[arg-type]

    def answers(self, body: bytes | None = None) -> None:
        self.state = "confirmed"
        sdp = answer_offer(self.body, "192.0.2.9", 4000, 7)[0] if body is None else body
        self.agent.tell(e.Answered(self, 200, "OK", sdp))  # type: ignore[arg-type]

    def fails(
        self,
        code: int,
        reason: str = "",
        cause: Any = "response",
        retry_after: int | None = None,
        contacts: Sequence[str] = (),
        q850: int | None = None,
        redirected: Redirected | None = None,
        refused: bool = False,
    ) -> None:
        self.state = "terminated"
        session: Any = self
        targets, rang = list(contacts), self.was_ringing
        self.agent.tell(e.Failed(session, code, reason, cause, retry_after, targets, rang, q850, redirected, refused))

    def is_challenged(self) -> None:
        """The user agent sends the INVITE again with what a 401 asked for."""
        self.state = "calling"
        self.attempt += 1
        self.agent.tell(e.DialogChanged(self))  # type: ignore[arg-type]

    def is_lost(self, cause: Any) -> None:
        self.state = "terminated"
        self.agent.tell(e.Ended(self, "remote", None, cause))  # type: ignore[arg-type]

    def hangs_up(self, q850: int | None = None) -> None:
        self.state = "terminated"
        self.agent.tell(e.Ended(self, "remote", q850=q850))  # type: ignore[arg-type]

    def confirms(self) -> None:
        """The far end meets our CANCEL or BYE."""
        if self.log[-1] == "BYE":
            self.state = "terminated"
            self.agent.tell(e.Ended(self, "local"))  # type: ignore[arg-type]
        else:
            self.fails(487, "Request Terminated", "cancelled")

    def offers(self, body: bytes) -> None:
        self.agent.tell(e.OfferReceived(self, body, "INVITE"))  # type: ignore[arg-type]

    def wants_offer(self) -> None:
        self.agent.tell(e.OfferWanted(self))  # type: ignore[arg-type]

    def acks_with(self, body: bytes) -> None:
        self.agent.tell(e.AnswerReceived(self, body))  # type: ignore[arg-type]

    def takes_offer(self, codecs: Sequence[str]) -> None:
        """Answers our re-INVITE with the first codec of ours that it has."""
        self.agent.tell(e.AnswerReceived(self, phone_answer(self.body, codecs)))  # type: ignore[arg-type]
        self.agent.tell(e.RequestAnswered(self, "INVITE", 200))  # type: ignore[arg-type]

    def refuses_reinvite(self, code: int = 488) -> None:
        self.agent.tell(e.RequestAnswered(self, "INVITE", code))  # type: ignore[arg-type]

    def sends_info(self, body: bytes, content_type: str = "application/dtmf-relay") -> None:
        self.agent.tell(e.InfoReceived(self, content_type, body))  # type: ignore[arg-type]


class Agent:
    """User agent and driver in one."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.restored: list[Session] = []
        self.log: list[str] = []
        self.tell: Callable[[e.Event], None] = lambda event: None
        self.unreachable: set[str] = set()
        self.flushes = 0

    def invite(self, **asked: Any) -> Session:
        session = Session(self, **asked)
        self.sessions.append(session)
        self.log.append(f"INVITE {session.name}")
        return session

    def restore(self, stored: bytes, now: float, credentials: Any = None) -> Session:
        name, _, state = stored.decode().partition(" ")
        if not state:
            raise ValueError("junk")
        session = Session(self, uri=f"sip:{name}@restored", credentials=credentials)
        session.state = state
        self.restored.append(session)
        return session

    def flow_to(self, transport: Any, host: str, port: int, name: str = "") -> Flow:
        if host in self.unreachable:
            raise NoFlow(host)
        return Flow(transport, ("127.0.0.1", 5060), (host, port), name)

    def flush(self) -> None:
        self.flushes += 1
