import asyncio
from dataclasses import replace
from typing import Any

import pytest

from fakes.service import CountingIds, FakeEngine, MemoryAccounts, MemoryRingOuts, SetClock
from fakes.web import CONFIG
from ringout.domain.account import Principal
from ringout.domain.errors import NotFound, TooManyStreams, Unavailable
from ringout.domain.rates import RateTable
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import PartyStatus
from ringout.service import ring_out_events
from ringout.service.accounts import Accounts
from ringout.service.funds import Funds
from ringout.service.ports import Directory
from ringout.service.ring_out_events import LINGER_SECONDS, MOST_PAST, MOST_WAITING, RingOutEvents, Stream
from ringout.service.ringouts import RingOuts

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


class Bench:
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


@pytest.fixture
def bench() -> Bench:
    return Bench()


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


async def test_the_first_event_is_the_state_of_now(bench: Bench) -> None:
    await bench.add(1)
    await bench.change(1, **RINGING)
    stream = await bench.events.follow(USER, 1)
    assert await heard(stream) == [(1, 180)]
    await bench.change(1, **ANSWERED)
    assert await heard(stream) == [(1, 200)]
    assert not stream.is_over


async def test_all_live_ones_come_first_and_then_every_change_of_any(bench: Bench) -> None:
    for ring_out_id in (1, 2, 3):
        await bench.add(ring_out_id)
    await bench.change(2, **OVER)
    stream = await bench.events.follow_all(USER)
    assert await heard(stream) == [(1, None), (3, None)]
    await bench.change(3, **RINGING)
    await bench.add(4)
    await bench.change(1, **OVER)
    assert await heard(stream) == [(3, 180), (4, None), (1, 200)]
    assert not stream.is_over


async def test_nothing_is_told_before_the_store_says_that_it_is_durable(bench: Bench) -> None:
    await bench.add(1)
    stream = await bench.events.follow(USER, 1)
    await heard(stream)
    watcher, bench.store.watcher = bench.store.watcher, None
    await bench.change(1, **RINGING)
    assert not stream.has_news
    assert watcher is not None
    watcher(bench.store.rows[1])
    assert await heard(stream) == [(1, 180)]


async def test_whoever_waits_is_woken_by_a_change(bench: Bench) -> None:
    await bench.add(1)
    stream = await bench.events.follow(USER, 1)
    await heard(stream)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(stream.next(60.0))
        await asyncio.sleep(0)
        await bench.change(1, **RINGING)
    change = waiting.result()
    assert change is not None
    assert change.ring_out == bench.store.rows[1]


async def test_silence(bench: Bench) -> None:
    stream = await bench.events.follow_all(USER)
    await heard(stream)
    assert await stream.next(0.0) is None
    assert not stream.is_over


async def test_the_stream_of_one_ends_with_it(bench: Bench) -> None:
    await bench.add(1)
    await bench.add(2)
    stream = await bench.events.follow(USER, 1)
    await bench.change(2, **OVER)
    assert await heard(stream) == [(1, None)]
    await bench.change(1, **OVER)
    assert not stream.is_over
    assert await heard(stream) == [(1, 200)]
    assert stream.is_over
    assert await stream.next(60.0) is None
    assert bench.events.open_streams == 0


async def test_of_one_that_has_ended_the_end_is_told_at_once(bench: Bench) -> None:
    await bench.add(1)
    await bench.change(1, **OVER)
    stream = await bench.events.follow(USER, 1)
    assert await heard(stream) == [(1, 200)]
    assert stream.is_over


@pytest.mark.parametrize("last_event_id", ["", "01a2084658b100000001-00000001"])
async def test_a_change_while_the_state_is_read_is_told_once(bench: Bench, last_event_id: str) -> None:
    await bench.add(1)
    bench.store.meanwhile = lambda: bench.change(1, **RINGING)
    stream = await bench.events.follow(USER, 1, last_event_id)
    assert [told for told in await heard(stream) if told[0]] == [(1, 180)]
    await bench.change(1, **OVER)
    assert await heard(stream) == [(1, 200)]


async def test_changes_while_the_states_are_read_are_told_once(bench: Bench) -> None:
    await bench.add(1)
    await bench.add(2)

    async def meanwhile() -> None:
        await bench.change(1, **RINGING)
        await bench.add(3)

    bench.store.meanwhile = meanwhile
    stream = await bench.events.follow_all(USER, "from an earlier life")
    told = await heard_with_ids(stream)
    assert [what for what, _ in told] == [(2, None), (1, 180), (3, None)]
    again = await bench.events.follow_all(USER, told[0][1])
    assert await heard(again) == [(1, 180), (3, None)]


# --- resuming ------------------------------------------------------------------------------------------------------


async def test_whoever_comes_back_hears_exactly_what_was_missed(bench: Bench) -> None:
    await bench.add(1)
    stream = await bench.events.follow_all(USER)
    await bench.change(1, **RINGING)
    told = await heard_with_ids(stream)
    stream.close()
    await bench.change(1, **ANSWERED)
    await bench.add(2)
    await bench.change(2, **RINGING)
    await bench.change(1, **OVER)
    missed: Heard = [(1, 200), (2, None), (2, 180), (1, 200)]
    for count, (_, event_id) in enumerate(told):
        resumed = await bench.events.follow_all(USER, event_id)
        assert await heard(resumed) == [(1, 180)][count:] + missed
        one = await bench.events.follow(USER, 1, event_id)
        assert await heard(one) == [*[(1, 180)][count:], (1, 200), (1, 200)]
        assert one.is_over
        resumed.close()


async def test_whoever_has_missed_nothing_hears_nothing(bench: Bench) -> None:
    await bench.add(1)
    stream = await bench.events.follow(USER, 1)
    ((_, event_id),) = await heard_with_ids(stream)
    stream.close()
    resumed = await bench.events.follow(USER, 1, event_id)
    assert not resumed.has_news
    await bench.change(1, **OVER)
    ((told, event_id),) = await heard_with_ids(resumed)
    assert told == (1, 200)
    assert (await bench.events.follow(USER, 1, event_id)).is_over  # there is nothing to wait for
    assert bench.events.open_streams == 0


async def test_a_stream_that_begins_with_nothing_can_be_resumed(bench: Bench) -> None:
    stream = await bench.events.follow_all(USER)
    ((told, event_id),) = await heard_with_ids(stream)
    assert told == (None, None)
    stream.close()
    await bench.add(1)
    await bench.change(1, **OVER)
    assert await heard(await bench.events.follow_all(USER, event_id)) == [(1, None), (1, 200)]


async def test_half_a_beginning_cannot_be_resumed(bench: Bench) -> None:
    for ring_out_id in (1, 2, 3):
        await bench.add(ring_out_id)
    told = await heard_with_ids(await bench.events.follow_all(USER))
    assert [bool(event_id) for _, event_id in told] == [False, False, True]


@pytest.mark.parametrize(
    "event_id", ["", "-", "x", "01a2084658b100000001-00000001", "{name}-", "{name}-zz", "{name}-99"]
)
async def test_an_unknown_id_gets_the_state_of_now(bench: Bench, event_id: str) -> None:
    await bench.add(1)
    first = await bench.events.follow(USER, 1)
    ((_, known),) = await heard_with_ids(first)
    name = known.partition("-")[0]
    stream = await bench.events.follow(USER, 1, event_id.format(name=name))
    assert await heard(stream) == [(1, None)]


async def test_after_a_restart_what_can_still_be_read_comes_first(bench: Bench) -> None:
    await bench.add(1)
    await bench.change(1, **OVER)
    bench.clock.pass_seconds(CONFIG.call.keep_results_seconds)
    await bench.add(2)
    await bench.add(3)
    await bench.add(4, OTHER)
    told = await heard_with_ids(await bench.events.follow_all(USER))
    bench.restart()
    await bench.change(2, **OVER)
    stream = await bench.events.follow_all(USER, told[-1][1])
    assert await heard(stream) == [(2, 200), (3, None)]


async def test_what_was_missed_is_remembered_for_a_while_after_the_last_stream(bench: Bench) -> None:
    await bench.add(1)
    stream = await bench.events.follow_all(USER)
    ((_, event_id),) = await heard_with_ids(stream)
    stream.close()
    bench.clock.pass_seconds(LINGER_SECONDS - 1)
    await bench.change(1, **RINGING)
    back = await bench.events.follow_all(USER, event_id)
    assert await heard(back) == [(1, 180)]
    back.close()
    bench.clock.pass_seconds(LINGER_SECONDS)
    await bench.change(1, **ANSWERED)
    assert bench.store.watcher is None, "nobody listens"
    await bench.change(1, **OVER)
    assert await heard(await bench.events.follow_all(USER, event_id)) == [(1, 200)]


async def test_of_very_many_changes_the_oldest_are_forgotten(bench: Bench) -> None:
    await bench.add(1)
    await bench.add(2, OTHER)
    stream = await bench.events.follow_all(USER)
    for status in (101, 102, 103):
        await bench.change(1, status)
    ids = [event_id for _, event_id in await heard_with_ids(stream)]
    other = await bench.events.follow_all(OTHER)
    for _ in range(MOST_PAST - 2):
        await bench.change(2, **RINGING)
    assert await heard(await bench.events.follow_all(USER, ids[-1])) == []
    assert await heard(other) == [(2, None), (2, 180)]
    assert await heard(await bench.events.follow_all(USER, ids[0])) == [(1, 103)], "known no more: the state of now"


async def test_who_missed_very_much_begins_anew(bench: Bench) -> None:
    await bench.add(1)
    stream = await bench.events.follow_all(USER)
    ((_, event_id),) = await heard_with_ids(stream)
    for _ in range(MOST_WAITING):
        await bench.change(1, **RINGING)
    assert len(await heard(await bench.events.follow_all(USER, event_id))) == MOST_WAITING
    await bench.change(1, **ANSWERED)
    assert await heard(await bench.events.follow_all(USER, event_id)) == [(1, 200)]


# --- slow readers --------------------------------------------------------------------------------------------------


async def test_a_slow_reader_gets_the_newest_state_of_each(bench: Bench) -> None:
    await bench.add(1)
    await bench.add(2)
    stream = await bench.events.follow_all(USER)
    await heard(stream)
    for status in (100, 180, 183):
        await bench.change(1, status)
        await bench.change(2, status + 1)
    await bench.change(1, **ANSWERED)
    assert await heard(stream) == [(2, 184), (1, 200)]


async def test_a_stream_that_nobody_reads_stays_small_and_ends(bench: Bench) -> None:
    stream = await bench.events.follow_all(USER)
    ((_, event_id),) = await heard_with_ids(stream)
    for ring_out_id in range(1, MOST_WAITING + 1):
        await bench.add(ring_out_id)
        await bench.change(ring_out_id, **RINGING)
    assert not stream.is_closed
    await bench.add(1000)
    assert stream.is_closed
    assert bench.events.open_streams == 0
    await bench.add(1001)
    assert len(await heard(stream)) == MOST_WAITING + 1
    assert stream.is_over
    assert await heard(await bench.events.follow_all(USER, event_id)) != []


# --- who may listen ------------------------------------------------------------------------------------------------


async def test_nobody_hears_of_anothers_calls(bench: Bench) -> None:
    await bench.add(1)
    await bench.add(2, OTHER)
    mine, theirs = await bench.events.follow_all(USER), await bench.events.follow_all(OTHER)
    assert (await heard(mine), await heard(theirs)) == ([(1, None)], [(2, None)])
    await bench.change(2, **RINGING)
    assert (await heard(mine), await heard(theirs)) == ([], [(2, 180)])
    for ring_out_id in (2, 3):
        with pytest.raises(NotFound):
            await bench.events.follow(USER, ring_out_id)
    assert bench.events.open_streams == 2


async def test_limits(bench: Bench) -> None:
    mine = [await bench.events.follow_all(USER) for _ in range(3)]
    with pytest.raises(TooManyStreams) as refused:
        await bench.events.follow_all(USER)
    assert refused.value.limit == 3
    mine[0].close()
    mine[0].close()
    mine[0] = await bench.events.follow_all(USER)
    for _ in range(2):
        await bench.events.follow_all(OTHER)
    with pytest.raises(Unavailable):
        await bench.events.follow_all(OTHER)
    mine[1].close()
    await bench.events.follow_all(OTHER)


async def test_a_stream_that_cannot_begin_counts_no_more(bench: Bench) -> None:
    async def fail() -> None:
        raise OSError("the disk is full")

    for _ in range(10):
        bench.store.meanwhile = fail
        with pytest.raises(OSError, match="full"):
            await bench.events.follow_all(USER, "unknown")
    assert bench.events.open_streams == 0


async def test_the_end_of_the_server(bench: Bench) -> None:
    await bench.add(1)
    read, unread = await bench.events.follow(USER, 1), await bench.events.follow_all(USER)
    await heard(read)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(read.next(60.0))
        await asyncio.sleep(0)
        bench.events.close()
    assert waiting.result() is None
    assert read.is_over
    assert await heard(unread) == [(1, None)], "what waits is still told"
    assert unread.is_over
    with pytest.raises(Unavailable):
        await bench.events.follow(USER, 1)
    bench.events.close()


async def test_without_listeners_the_store_knows_nothing_of_this(bench: Bench) -> None:
    assert bench.store.watcher is None
    stream = await bench.events.follow_all(USER)
    assert bench.store.watcher is not None
    stream.close()
    bench.clock.pass_seconds(LINGER_SECONDS)
    await bench.add(1, OTHER)
    assert bench.store.watcher is None
    assert not bench.events._past
    assert not bench.events._feeds


def test_the_ids_of_two_streams_of_life_never_meet() -> None:
    """The names of feeds grow, also when several are made in one millisecond."""
    events = Bench().events
    names = [events._new_name() for _ in range(100)]
    assert names == sorted(set(names))
    assert ring_out_events.MOST_WAITING < MOST_PAST
