"""What a stream tells of RingOuts, to whom, and when it ends."""

from __future__ import annotations

import asyncio

import pytest

from fakes.event_bench import ANSWERED, OTHER, OVER, RINGING, USER, EventBench, heard, heard_with_ids
from ringout.domain.errors import NotFound, TooManyStreams, Unavailable
from ringout.service import ring_out_events
from ringout.service.ring_out_events import LINGER_SECONDS, MOST_PAST, MOST_WAITING


@pytest.fixture
def bench() -> EventBench:
    return EventBench()


async def test_the_first_event_is_the_state_of_now(bench: EventBench) -> None:
    await bench.add(1)
    await bench.change(1, **RINGING)
    stream = await bench.events.follow(USER, 1)
    assert await heard(stream) == [(1, 180)]
    await bench.change(1, **ANSWERED)
    assert await heard(stream) == [(1, 200)]
    assert not stream.is_over


async def test_all_live_ones_come_first_and_then_every_change_of_any(bench: EventBench) -> None:
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


async def test_nothing_is_told_before_the_store_says_that_it_is_durable(bench: EventBench) -> None:
    await bench.add(1)
    stream = await bench.events.follow(USER, 1)
    await heard(stream)
    watcher, bench.store.watcher = bench.store.watcher, None
    await bench.change(1, **RINGING)
    assert not stream.has_news
    assert watcher is not None
    watcher(bench.store.rows[1])
    assert await heard(stream) == [(1, 180)]


async def test_whoever_waits_is_woken_by_a_change(bench: EventBench) -> None:
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


async def test_silence(bench: EventBench) -> None:
    stream = await bench.events.follow_all(USER)
    await heard(stream)
    assert await stream.next(0.0) is None
    assert not stream.is_over


async def test_the_stream_of_one_ends_with_it(bench: EventBench) -> None:
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


async def test_of_one_that_has_ended_the_end_is_told_at_once(bench: EventBench) -> None:
    await bench.add(1)
    await bench.change(1, **OVER)
    stream = await bench.events.follow(USER, 1)
    assert await heard(stream) == [(1, 200)]
    assert stream.is_over


@pytest.mark.parametrize("last_event_id", ["", "01a2084658b100000001-00000001"])
async def test_a_change_while_the_state_is_read_is_told_once(bench: EventBench, last_event_id: str) -> None:
    await bench.add(1)
    bench.store.meanwhile = lambda: bench.change(1, **RINGING)
    stream = await bench.events.follow(USER, 1, last_event_id)
    assert [told for told in await heard(stream) if told[0]] == [(1, 180)]
    await bench.change(1, **OVER)
    assert await heard(stream) == [(1, 200)]


async def test_changes_while_the_states_are_read_are_told_once(bench: EventBench) -> None:
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


# --- slow readers --------------------------------------------------------------------------------------------------


async def test_a_slow_reader_gets_the_newest_state_of_each(bench: EventBench) -> None:
    await bench.add(1)
    await bench.add(2)
    stream = await bench.events.follow_all(USER)
    await heard(stream)
    for status in (100, 180, 183):
        await bench.change(1, status)
        await bench.change(2, status + 1)
    await bench.change(1, **ANSWERED)
    assert await heard(stream) == [(2, 184), (1, 200)]


async def test_a_stream_that_nobody_reads_stays_small_and_ends(bench: EventBench) -> None:
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


async def test_nobody_hears_of_anothers_calls(bench: EventBench) -> None:
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


async def test_limits(bench: EventBench) -> None:
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


async def test_a_stream_that_cannot_begin_counts_no_more(bench: EventBench) -> None:
    async def fail() -> None:
        raise OSError("the disk is full")

    for _ in range(10):
        bench.store.meanwhile = fail
        with pytest.raises(OSError, match="full"):
            await bench.events.follow_all(USER, "unknown")
    assert bench.events.open_streams == 0


async def test_the_end_of_the_server(bench: EventBench) -> None:
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


async def test_without_listeners_the_store_knows_nothing_of_this(bench: EventBench) -> None:
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
    events = EventBench().events
    names = [events._new_name() for _ in range(100)]
    assert names == sorted(set(names))
    assert ring_out_events.MOST_WAITING < MOST_PAST
