"""Admission, recovery after a crash, drain."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from ringout.config import CallConfig
from ringout.domain.errors import Unavailable
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import CallStatus, EndedBy, PartyStatus


def test_limit_of_live_calls() -> None:
    stage = Stage(call=CallConfig(max_live_calls=2))
    stage.place()
    place = stage.node.reserve(PLAN)
    assert stage.node.live == 2
    with pytest.raises(Unavailable) as refusal:
        stage.node.reserve(PLAN)
    assert refusal.value.retry_after_seconds > 0
    assert len(stage.agent.sessions) == 1
    place.release()
    place.release()
    assert stage.node.live == 1
    assert stage.media.closed
    stage.node.reserve(PLAN)


def test_no_media_ports_is_a_refusal_and_takes_no_place() -> None:
    stage = Stage()
    stage.room.free = 0
    with pytest.raises(Unavailable):
        stage.node.reserve(PLAN)
    assert stage.node.live == 0


def test_ending_call_keeps_its_place_until_its_phones_are_gone() -> None:
    stage = Stage(call=CallConfig(max_live_calls=1))
    stage.place()
    stage.node.cancel(1)
    with pytest.raises(Unavailable):
        stage.node.reserve(PLAN)
    stage.caller.confirms()
    stage.node.reserve(PLAN)


def test_verbs_outside_sip_events_are_flushed() -> None:
    stage = Stage()
    stage.place()
    flushes = stage.agent.flushes
    assert flushes
    stage.node.cancel(1)
    assert stage.agent.flushes > flushes


def test_a_thousand_calls_leave_nothing() -> None:
    stage = Stage()
    for number in range(1, 1_001):
        stage.place(ring_out_id=number)
        stage.caller.answers()
        stage.callee.answers()
        stage.callee.hangs_up()
        stage.caller.confirms()
        stage.agent.sessions.clear()
        stage.agent.log.clear()
        stage.store.rows.clear()
        stage.room.opened.clear()
        stage.world.pass_seconds(0.1)
    assert stage.node.live == 0
    assert not stage.world.running
    assert not stage.node._late


# --- recovery ---

CALLER = LegRecord("+16505550101", dialed_at=1.0, explanation="...")
CALLEE = LegRecord("+16505550202")
ROW = RingOut(5, 1, 101, "ringout", CALLER, CALLEE, "+16505550100", False, 1.0)
UP = replace(CALLER, status=PartyStatus.SUCCESS, answered_at=2.0, dialog=b"+16505550101 confirmed")
RINGING = replace(CALLEE, dialed_at=2.0, dialog=b"+16505550202 proceeding")


async def recover(row: RingOut) -> Stage:
    stage = Stage()
    stage.store.left = [row]
    assert await stage.node.recover() == 1
    return stage


def last_statuses(stage: Stage) -> str:
    row = stage.store.rows[-1]
    return f"{row.caller.status} {row.callee.status} {row.status}"


async def test_crash_before_the_invite() -> None:
    stage = await recover(replace(ROW, caller=replace(CALLER, dialed_at=None)))
    assert last_statuses(stage) == "GenericError GenericError Error"
    row = stage.store.rows[-1]
    assert row.ended_at is not None
    assert row.ended_by is EndedBy.SERVER
    assert "restarted" in row.explanation
    assert "was not called" in row.callee.explanation


async def test_crash_while_the_caller_rings() -> None:
    stage = await recover(replace(ROW, caller=replace(CALLER, dialog=b"+16505550101 calling")))
    assert stage.agent.log == ["CANCEL +16505550101"]
    assert stage.agent.flushes
    assert last_statuses(stage) == "GenericError GenericError Error"
    assert stage.store.rows[-1].ended_at is None
    stage.agent.restored[0].confirms()
    row = stage.store.rows[-1]
    assert row.ended_at is not None
    assert row.caller.dialog is None
    assert stage.node._orphans == set()


async def test_crash_while_the_callee_rings() -> None:
    stage = await recover(replace(ROW, caller=UP, callee=RINGING))
    assert stage.agent.log == ["BYE +16505550101", "CANCEL +16505550202"]
    assert last_statuses(stage) == "Finished GenericError Error"


async def test_crash_when_connected() -> None:
    callee = replace(RINGING, status=PartyStatus.SUCCESS, dialog=b"+16505550202 confirmed")
    stage = await recover(replace(ROW, caller=UP, callee=callee, status=CallStatus.SUCCESS))
    assert stage.agent.log == ["BYE +16505550101", "BYE +16505550202"]
    assert last_statuses(stage) == "Finished Finished Success"
    for session in stage.agent.restored:
        session.confirms()
    assert stage.store.rows[-1].ended_at is not None


async def test_crash_while_the_end_was_under_way_keeps_what_was_decided() -> None:
    callee = replace(RINGING, status=PartyStatus.BUSY, dialog=None, ended_at=3.0)
    row = replace(
        ROW,
        caller=replace(UP, ended_at=3.0),
        callee=callee,
        status=CallStatus.CANNOT_REACH,
        ended_by=EndedBy.CALLEE,
        explanation="The callee's phone is busy.",
    )
    stage = await recover(row)
    assert stage.agent.log == ["BYE +16505550101"]
    assert last_statuses(stage) == "Success Busy CannotReach"
    assert stage.store.rows[-1].explanation == "The callee's phone is busy."


async def test_stored_dialog_that_cannot_be_read() -> None:
    stage = await recover(replace(ROW, caller=replace(CALLER, dialog=b"junk")))
    assert stage.store.rows[-1].ended_at is not None
    assert last_statuses(stage) == "GenericError GenericError Error"


async def test_phone_that_never_confirms_after_a_crash_is_given_up() -> None:
    stage = await recover(replace(ROW, caller=replace(CALLER, dialog=b"+16505550101 calling")))
    stage.world.pass_seconds(41)
    assert stage.store.rows[-1].ended_at is not None
    assert stage.node._orphans == set()
    stage.agent.restored[0].confirms()


# --- drain ---


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_drain_refuses_new_calls_and_waits_for_the_live_ones() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    draining = asyncio.get_running_loop().create_task(stage.node.drain(60))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        stage.node.reserve(PLAN)
    assert not draining.done()
    assert "BYE" not in "".join(stage.agent.log)
    stage.callee.fails(486)
    stage.caller.confirms()
    await draining
    assert stage.store.rows[-1].ended_at is not None, "also what was to be written soon"
    assert stage.store.rows[-1].status is CallStatus.CANNOT_REACH


async def test_drain_hangs_up_what_is_left() -> None:
    stage = Stage()
    stage.place(ring_out_id=1)
    stage.caller.answers()
    stage.callee.answers()
    stage.place(ring_out_id=2)
    draining = asyncio.get_running_loop().create_task(stage.node.drain(0))
    await turns()
    assert sorted(stage.agent.log[-3:]) == ["BYE +16505550101", "BYE +16505550202", "CANCEL +16505550101"]
    for session in stage.agent.sessions:
        session.confirms()
    await draining
    last = {row.id: row for row in stage.store.rows}
    assert (last[1].caller.status, last[1].callee.status, last[1].status) == ("Finished", "Finished", "Success")
    assert (last[2].caller.status, last[2].callee.status, last[2].status) == ("Rejected", "Rejected", "CannotReach")
    assert all(row.ended_by is EndedBy.SERVER and row.ended_at for row in last.values())


async def test_call_that_was_being_stored_when_the_drain_ended_rings_nobody() -> None:
    stage = Stage()
    place = stage.node.reserve(PLAN)
    draining = asyncio.get_running_loop().create_task(stage.node.drain(0))
    await turns()
    assert stage.node.closed
    place.place(replace(ROW, caller=LegRecord("+16505550101")), PLAN)
    await draining
    assert stage.agent.log == []
    assert stage.store.rows[-1].ended_at is not None


async def test_idle_node_drains_at_once() -> None:
    await Stage().node.drain(60)


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_wall_clock_that_is_set_during_a_call_does_not_change_how_long_it_lasted(
    step: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its price is reckoned from that."""
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.answers()
    honest = stage.world.wall
    monkeypatch.setattr(stage.world, "wall", lambda: honest() + step)
    stage.world.pass_seconds(60)
    stage.caller.hangs_up()
    stage.callee.confirms()
    for leg in (stage.row.caller, stage.row.callee):
        assert leg.answered_at is not None
        assert leg.ended_at is not None
        assert 60 <= leg.ended_at - leg.answered_at < 61
