"""The world around the engine: phones behind a user agent that sends nothing, media that plays nothing, a clock that
moves when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringout.config import CallConfig, Config, MediaConfig, SipConfig, TrunkConfig
from ringout.domain.errors import Unavailable
from ringout.domain.hunted import phone_records
from ringout.domain.plan import CallPlan
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import Party
from ringout.engine.node import Node
from ringout.media.sdes import local_media
from ringout.sdp.offer_answer import answer_offer, make_offer, read_answer
from ringout.service.ports import LocalMedia, MediaKind, MediaListener, RtpDestination
from ringout.sip import events as e
from ringout.sip.errors import LocalProtocolError
from ringout.sip.flow import Flow
from ringout.sip.redirection import Redirected

CALLER, CALLEE = Party.CALLER, Party.CALLEE
PHONE_SDP = make_offer("192.0.2.9", 4000, 7)


def phone_answer(offer: bytes, codecs: Sequence[str], every: bool = False) -> bytes:
    """A phone's answer that names the first of the offer's codecs which it has, or every one in the offer's order."""
    theirs = read_answer(offer, codecs).codecs
    return make_offer("192.0.2.9", 4000, 7, codecs=theirs if every else theirs[:1])


class Alarm:
    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self.at = at
        self.callback = callback
        self.over = False

    def cancel(self) -> None:
        self.over = True


class World:
    """Clock, ids and the loop's call_later."""

    def __init__(self) -> None:
        self.now = 100.0
        self.count = 0
        self.alarms: list[Alarm] = []

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1_700_000_000.0 + self.now

    def token(self) -> str:
        self.count += 1
        return f"token{self.count:016d}"

    def number(self, bits: int) -> int:
        self.count += 1
        return self.count % 2**bits

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Alarm:
        alarm = Alarm(self.now + seconds, callback)
        self.alarms.append(alarm)
        return alarm

    def pass_seconds(self, seconds: float) -> None:
        until = self.now + seconds
        while True:
            due = [alarm for alarm in self.alarms if not alarm.over and alarm.at <= until]
            if not due:
                break
            alarm = min(due, key=lambda a: a.at)
            alarm.over = True
            self.now = max(self.now, alarm.at)
            alarm.callback()
        self.now = until
        self.alarms = [alarm for alarm in self.alarms if not alarm.over]

    @property
    def running(self) -> list[Alarm]:
        return [alarm for alarm in self.alarms if not alarm.over]


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
    ) -> None:
        self.state = "terminated"
        session: Any = self
        self.agent.tell(
            e.Failed(session, code, reason, cause, retry_after, list(contacts), self.was_ringing, q850, redirected)
        )

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
            raise LookupError(host)
        return Flow(transport, ("127.0.0.1", 5060), (host, port), name)

    def flush(self) -> None:
        self.flushes += 1


@dataclass
class Media:
    """One call's media: `log` holds the verbs, `tell` is the listener."""

    tell: MediaListener
    log: list[str] = field(default_factory=list)
    connected: list[tuple[Party, RtpDestination]] = field(default_factory=list)
    fails_at: str | None = None
    closed: bool = False
    kinds: tuple[MediaKind, MediaKind] = (MediaKind.RTP, MediaKind.RTP)
    locals: dict[Party, LocalMedia] = field(default_factory=dict)

    def _note(self, text: str) -> None:
        if self.fails_at is not None and text.startswith(self.fails_at):
            raise RuntimeError(f"bug at {text}")
        self.log.append(text)

    async def ready(self) -> None:
        pass

    def local(self, party: Party) -> LocalMedia:
        if party not in self.locals:
            port, kind = (20000, self.kinds[0]) if party is CALLER else (20002, self.kinds[1])
            self.locals[party] = local_media("127.0.0.1", "2001:db8::1", port, kind)
        return self.locals[party]

    def connect(self, party: Party, remote: RtpDestination) -> None:
        self.connected.append((party, remote))
        self._note(f"connect {party.value}")

    def play(self, party: Party, sounds: Sequence[str], language: str) -> None:
        self._note(f"play {party.value} {'+'.join(sounds)} {language}")

    def play_ringback(self, party: Party, country: str) -> None:
        self._note(f"ringback {party.value} {country}")

    def stop_playing(self, party: Party) -> None:
        self._note(f"stop {party.value}")

    def listen_to_other(self, party: Party) -> None:
        self._note(f"listen {party.value}")

    def bridge(self) -> None:
        self._note("bridge")

    def send_digit(self, party: Party, digit: str, duration_ms: int = 100) -> None:
        self._note(f"send {party.value} {digit}")

    def digit_seen(self, party: Party, digit: str) -> None:
        self._note(f"seen {party.value} {digit}")

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._note("close")


class MediaRoom:
    """Opens as many sessions as `free`."""

    def __init__(self) -> None:
        self.opened: list[Media] = []
        self.free = 1000

    def open(
        self, listener: MediaListener, caller: MediaKind = MediaKind.RTP, callee: MediaKind = MediaKind.RTP
    ) -> Media:
        if self.free == 0:
            raise Unavailable("no ports", 1)
        self.free -= 1
        media = Media(listener, kinds=(caller, callee))
        self.opened.append(media)
        return media


class Done:
    def __await__(self) -> Any:
        return iter(())


class Store:
    """Rows in the order in which they were queued."""

    def __init__(self) -> None:
        self.rows: list[RingOut] = []
        self.left: list[RingOut] = []

    async def add(self, ring_out: RingOut) -> None:
        self.rows.append(ring_out)

    def update(self, ring_out: RingOut) -> Done:
        self.rows.append(ring_out)
        return Done()

    async def get(self, ring_out_id: int) -> RingOut | None:
        return next((row for row in reversed(self.rows) if row.id == ring_out_id), None)

    async def unfinished(self, node: str) -> list[RingOut]:
        return self.left

    async def remove_ended_before(self, wall: float) -> int:
        return 0


TRUNK = TrunkConfig("carrier", ("sip:10.0.0.1:5060",))
PLAN = CallPlan(1, 101, "+16505550101", "+16505550202", "+16505550100", "+16505550100", play_prompt=False)


class Stage:
    """A node with its world, and the one RingOut most tests are about."""

    def __init__(
        self,
        *trunks: TrunkConfig,
        call: CallConfig | None = None,
        locator: Any = None,
        sip: SipConfig | None = None,
        media: MediaConfig | None = None,
    ) -> None:
        self.world = World()
        self.agent = Agent()
        self.room = MediaRoom()
        self.store = Store()
        self.config = Config(
            trunks=trunks or (TRUNK,),
            call=call or CallConfig(),
            sip=sip or SipConfig(),
            media=media or MediaConfig(),
        )
        world: Any = self.world
        agent: Any = self.agent
        room: Any = self.room
        self.node = Node(
            self.config, world, world, self.store, room, agent, agent, call_later=world.call_later, locator=locator
        )
        self.agent.tell = self.node.on_sip_event

    def place(self, plan: CallPlan = PLAN, ring_out_id: int = 1) -> None:
        ring_out = RingOut(
            ring_out_id,
            plan.account_id,
            plan.extension_id,
            "ringout",
            LegRecord(plan.caller_number, phones=phone_records(plan, "101")),
            LegRecord(plan.callee_number),
            plan.caller_id,
            plan.play_prompt,
            self.world.wall(),
        )
        self.node.reserve(plan).place(ring_out, plan)

    @property
    def caller(self) -> Session:
        """The latest session to the caller's phone."""
        return next(s for s in reversed(self.agent.sessions) if s.name == PLAN.caller_number)

    @property
    def callee(self) -> Session:
        return next(s for s in reversed(self.agent.sessions) if s.name == PLAN.callee_number)

    @property
    def media(self) -> Media:
        return self.room.opened[-1]

    @property
    def row(self) -> RingOut:
        """The last queued row, after the changes that may wait have been written too."""
        self.world.pass_seconds(0.05)
        return self.store.rows[-1]

    @property
    def statuses(self) -> str:
        row = self.row
        return f"{row.caller.status} {row.callee.status} {row.status}"

    def is_quiet(self) -> bool:
        """Nothing of the RingOut is left: no call, no timer, no media, its row ended."""
        row = self.row
        return self.node.live == 0 and not self.world.running and self.media.closed and row.ended_at is not None
