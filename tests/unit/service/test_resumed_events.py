"""Event streams of whoever comes back: exactly what was missed, or the state of now."""

from __future__ import annotations

import pytest

from fakes.event_bench import ANSWERED, OTHER, OVER, RINGING, USER, EventBench, Heard, heard, heard_with_ids
from fakes.web import CONFIG
from ringout.service.ring_out_events import LINGER_SECONDS, MOST_PAST, MOST_WAITING


@pytest.fixture
def bench() -> EventBench:
    return EventBench()


async def test_whoever_comes_back_hears_exactly_what_was_missed(bench: EventBench) -> None:
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


async def test_whoever_has_missed_nothing_hears_nothing(bench: EventBench) -> None:
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


async def test_a_stream_that_begins_with_nothing_can_be_resumed(bench: EventBench) -> None:
    stream = await bench.events.follow_all(USER)
    ((told, event_id),) = await heard_with_ids(stream)
    assert told == (None, None)
    stream.close()
    await bench.add(1)
    await bench.change(1, **OVER)
    assert await heard(await bench.events.follow_all(USER, event_id)) == [(1, None), (1, 200)]


async def test_half_a_beginning_cannot_be_resumed(bench: EventBench) -> None:
    for ring_out_id in (1, 2, 3):
        await bench.add(ring_out_id)
    told = await heard_with_ids(await bench.events.follow_all(USER))
    assert [bool(event_id) for _, event_id in told] == [False, False, True]


@pytest.mark.parametrize(
    "event_id", ["", "-", "x", "01a2084658b100000001-00000001", "{name}-", "{name}-zz", "{name}-99"]
)
async def test_an_unknown_id_gets_the_state_of_now(bench: EventBench, event_id: str) -> None:
    await bench.add(1)
    first = await bench.events.follow(USER, 1)
    ((_, known),) = await heard_with_ids(first)
    name = known.partition("-")[0]
    stream = await bench.events.follow(USER, 1, event_id.format(name=name))
    assert await heard(stream) == [(1, None)]


async def test_after_a_restart_what_can_still_be_read_comes_first(bench: EventBench) -> None:
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


async def test_what_was_missed_is_remembered_for_a_while_after_the_last_stream(bench: EventBench) -> None:
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


async def test_of_very_many_changes_the_oldest_are_forgotten(bench: EventBench) -> None:
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


async def test_who_missed_very_much_begins_anew(bench: EventBench) -> None:
    await bench.add(1)
    stream = await bench.events.follow_all(USER)
    ((_, event_id),) = await heard_with_ids(stream)
    for _ in range(MOST_WAITING):
        await bench.change(1, **RINGING)
    assert len(await heard(await bench.events.follow_all(USER, event_id))) == MOST_WAITING
    await bench.change(1, **ANSWERED)
    assert await heard(await bench.events.follow_all(USER, event_id)) == [(1, 200)]
