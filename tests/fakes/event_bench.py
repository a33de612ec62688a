"""Events over a store in memory, and what a stream has heard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.service import CountingIds, FakeEngine, MemoryAccounts, MemoryRingOuts, SetClock
from fakes.web import CONFIG
from ringout.domain.account import Principal
from ringout.domain.rates import RateTable
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import PartyStatus
from ringout.service.accounts import Accounts
from ringout.service.funds import Funds
from ringout.service.ports import Directory
from ringout.service.ring_out_events import RingOutEvents, Stream
from ringout.service.ring_outs import RingOuts

USER = Principal(1, 7, "app", "s", frozenset())
OTHER = Principal(1, 8, "app", "t", frozenset())
RINGING, ANSWERED, OVER = {"status": 180}, {"status": 200}, {"status": 200, "ended_at": True}


class Slow(MemoryRingOuts):
    """Something may happen while a RingOut is being read."""

    meanwhile: Any = None

    async def get(self, ring_out_id: int) -> RingOut | None:
        found = await super().get(ring_out_id)
        await self._happens()
        return found

    async def history(self, *asked: Any) -> list[RingOut]:
        found = await super().history(*asked)
        await self._happens()
        return found

    async def _happens(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()


class EventBench:
    """status of a row: the SIP code of its callee."""

    def __init__(self, most: int = 5, most_of_a_user: int = 3) -> None:
        self.clock, self.store = SetClock(), Slow()
        accounts = Accounts(MemoryAccounts(), Directory())
        funds = Funds(self.store.ledger, RateTable([]), self.clock, {})
        ids = CountingIds()
        ring_outs = RingOuts(self.store, FakeEngine(), accounts, self.clock, ids, CONFIG, funds)
        self._parts = (ring_outs, self.store, self.clock, ids, most, most_of_a_user)
        self.events = RingOutEvents(*self._parts)

    def restart(self) -> None:
        self.store.watcher = None
        self.events = RingOutEvents(*self._parts)

    async def add(self, ring_out_id: int, user: Principal = USER) -> None:
        legs = (LegRecord("+1"), LegRecord("+2"))
        await self.store.add(
            RingOut(ring_out_id, 1, user.extension_id, "here", *legs, None, False, self.clock.wall()),
        )

    async def change(self, ring_out_id: int, status: int, *, ended_at: Any = None) -> None:
        row = self.store.rows[ring_out_id]
        ended_at = self.clock.wall() if ended_at is True else ended_at
        callee = replace(row.callee, sip_code=status, status=PartyStatus.SUCCESS)
        await self.store.update(replace(row, callee=callee, ended_at=ended_at))


Heard = list[tuple[int | None, int | None]]


async def heard(stream: Stream) -> Heard:
    """(RingOut, status) of everything that waits. Ids must grow."""
    return [told for told, _ in await heard_with_ids(stream)]


async def heard_with_ids(stream: Stream) -> list[tuple[tuple[int | None, int | None], str]]:
    found = []
    while stream.has_news:
        change = await stream.next(0.0)
        assert change is not None
        row = change.ring_out
        found.append(((row.id, row.callee.sip_code) if row else (None, None), change.event_id))
    ids = [event_id for _, event_id in found if event_id]
    assert ids == sorted(set(ids))
    return found
