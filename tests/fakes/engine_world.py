"""The world around the engine: a clock that moves when the test says so, a store in memory, and a node with phones and
media that are not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes.engine_media import Media, MediaRoom
from fakes.engine_phones import Agent, Session
from ringout.config import CallConfig, Config, MediaConfig, SipConfig, TrunkConfig
from ringout.domain.hunted import phone_records
from ringout.domain.plan import CallPlan
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import Party
from ringout.engine.node import Node

CALLER, CALLEE = Party.CALLER, Party.CALLEE


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
