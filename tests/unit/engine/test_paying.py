"""Prepaid calls in the engine: they go on as long as there is balance, and every way in which they end is charged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from fakes.service import MemoryLedger, SetClock
from ringout.config import CallConfig
from ringout.domain.facts import Fact
from ringout.domain.ledger import charge_of
from ringout.domain.machine import Machine
from ringout.domain.orders import Order
from ringout.domain.rates import RateTable
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.service.funds import Funds

RATES = RateTable([("+", 60)])  # one unit a second for each leg


class PaidStage(Stage):
    def __init__(self, balance: int, call: CallConfig | None = None) -> None:
        super().__init__(call=call)
        self.funds = Funds(MemoryLedger(), RATES, SetClock(), {PLAN.account_id: balance})
        self.node.meter = self.funds

    def call(self, number: int = 1, play_prompt: bool = False) -> None:
        plan = replace(PLAN, play_prompt=play_prompt)
        legs = LegRecord(plan.caller_number), LegRecord(plan.callee_number)
        made = RingOut(number, 1, 101, "ringout", *legs, None, play_prompt, self.world.wall())
        self.node.reserve(plan).place(self.funds.reserve(made), plan)

    @property
    def money(self) -> tuple[int, int]:
        return self.funds.balance(PLAN.account_id), self.funds.reserved(PLAN.account_id)


def confirm_all(stage: Stage) -> None:
    for session in stage.agent.sessions:
        if session.hung_up and session.state != "terminated":
            session.confirms()


def test_a_connected_call_is_cut_when_the_balance_is_used_up() -> None:
    stage = PaidStage(200)
    stage.call()
    stage.world.pass_seconds(10)  # ringing costs nothing
    stage.caller.answers()
    stage.world.pass_seconds(20)
    stage.callee.answers()
    assert stage.row.prices is not None
    stage.world.pass_seconds(80)
    assert stage.statuses == "Success Success Success"
    assert stage.row.prices.reserved == 200
    assert stage.agent.log[-1].startswith("INVITE")
    stage.world.pass_seconds(10)  # 110 and 90 seconds
    assert stage.agent.log[-2:] == ["BYE +16505550101", "BYE +16505550202"]
    confirm_all(stage)
    assert stage.statuses == "Finished Finished Success"
    row = stage.row
    assert row.explanation == "The call took place; both were hung up, because the balance of the account is used up."
    assert row.caller.explanation == "The caller was hung up, because the balance of the account is used up."
    assert row.ended_by == row.caller.ended_by == row.callee.ended_by == "server"
    assert charge_of(row) == 200
    assert stage.money == (0, 0)
    assert stage.is_quiet()


def test_a_ringing_callee_is_cut_before_it_answers_into_nothing() -> None:
    """The callee's first minute stays aside for it."""
    stage = PaidStage(130, CallConfig(callee_ring_seconds=300))
    stage.call()
    stage.caller.answers()
    stage.world.pass_seconds(69)
    stage.callee.rings()
    assert stage.statuses == "Success InProgress InProgress"
    stage.world.pass_seconds(1)
    confirm_all(stage)
    assert stage.statuses == "Finished NotEnoughFunds CannotReach"
    assert "balance" in stage.row.callee.explanation
    assert stage.money == (60, 0)


def test_a_caller_who_hears_the_prompt_for_too_long_is_cut() -> None:
    stage = PaidStage(120, CallConfig(prompt_attempts=10, prompt_wait_seconds=60))
    stage.call(play_prompt=True)
    stage.caller.answers()
    stage.world.pass_seconds(61)
    confirm_all(stage)
    assert stage.statuses == "NotEnoughFunds InProgress CannotReach"
    assert stage.money == (60, 0)


def test_two_calls_share_what_is_left_and_never_take_more() -> None:
    stage = PaidStage(300)
    stage.call(1)
    stage.caller.answers()
    stage.callee.answers()
    stage.call(2)
    stage.caller.answers()
    stage.callee.answers()
    stage.world.pass_seconds(61)
    confirm_all(stage)
    assert (stage.row.id, charge_of(stage.row)) == (2, 120)  # the other was a moment earlier and took the rest
    assert stage.money == (180, 180)
    stage.world.pass_seconds(30)
    confirm_all(stage)
    assert (stage.row.id, charge_of(stage.row)) == (1, 180)
    assert stage.money == (0, 0)


def hang_up(stage: PaidStage) -> None:
    stage.caller.hangs_up()


def cancel(stage: PaidStage) -> None:
    stage.node.cancel(1)


def lose(stage: PaidStage) -> None:
    stage.callee.is_lost("silent")


class BrokenMachine(Machine):
    __slots__ = ()

    def receive(self, fact: Fact) -> tuple[Order, ...]:
        raise RuntimeError("a bug")


def break_it(stage: PaidStage) -> None:
    stage.node._calls[1].machine.__class__ = BrokenMachine
    stage.callee.hangs_up()


def kill_media(stage: PaidStage) -> None:
    stage.media.tell.media_failed("It died.")


def never_confirm(stage: PaidStage) -> None:
    stage.node.cancel(1)
    stage.world.pass_seconds(60)


@pytest.mark.parametrize("way", [hang_up, cancel, lose, break_it, kill_media, never_confirm])
def test_every_end_is_charged_and_gives_the_rest_back(way: Callable[[PaidStage], None]) -> None:
    stage = PaidStage(1000)
    stage.call()
    stage.caller.answers()
    stage.world.pass_seconds(5)
    stage.callee.answers()
    stage.world.pass_seconds(40)
    way(stage)
    confirm_all(stage)
    assert stage.row.ended_at is not None
    assert charge_of(stage.row) == 45 + 40
    assert stage.money == (1000 - 85, 0)
    assert stage.is_quiet()


@pytest.mark.parametrize("code", [486, 404, 503])
def test_a_call_that_nobody_answered_costs_nothing(code: int) -> None:
    stage = PaidStage(120)
    stage.call()
    stage.caller.fails(code)
    assert stage.row.ended_at is not None
    assert stage.money == (120, 0)


def test_an_answer_that_crosses_the_cancel_costs_nothing() -> None:
    stage = PaidStage(120)
    stage.call()
    stage.node.cancel(1)
    stage.caller.answers()
    confirm_all(stage)
    assert stage.money == (120, 0)
    assert stage.is_quiet()


async def test_a_drained_call_is_charged() -> None:
    stage = PaidStage(1000)
    stage.call()
    stage.caller.answers()
    stage.world.pass_seconds(10)
    stage.agent.flush = lambda: confirm_all(stage)  # type: ignore[method-assign]
    await stage.node.drain(0.0)
    assert stage.money == (990, 0)


@pytest.mark.parametrize("dialog", [b"+16505550101 confirmed", None])
async def test_what_a_crash_left_is_charged_when_it_has_ended(dialog: bytes | None) -> None:
    """With a phone that is still up, and without."""
    stage = PaidStage(0)
    left = RingOut(1, 1, 101, "ringout", LegRecord("+1"), LegRecord("+2"), None, False, stage.world.wall())
    caller = replace(left.caller, answered_at=stage.world.wall() - 30, dialog=dialog)
    stage.funds._purses[1].balance = 1000
    left = replace(stage.funds.reserve(left), caller=caller)
    stage.store.left = [left]
    await stage.node.recover()
    if dialog:
        assert stage.money == (1000, 120)
        stage.agent.restored[0].confirms()
    assert stage.money == (970, 0)
    assert charge_of(stage.store.rows[-1]) == 30


def test_a_call_that_is_being_hung_up_reserves_nothing_more() -> None:
    stage = PaidStage(1000)
    stage.call()
    stage.caller.answers()
    stage.world.pass_seconds(50)
    stage.node.cancel(1)
    stage.world.pass_seconds(20)
    assert stage.money == (1000, 120)
    confirm_all(stage)
    assert stage.money == (950, 0)


def test_an_account_that_pays_nothing_has_no_timer_for_it() -> None:
    stage = PaidStage(0)
    stage.place()
    stage.caller.answers()
    stage.callee.answers()
    assert [alarm.at - stage.world.now for alarm in stage.world.running if alarm.at - stage.world.now > 1] == [14400]
    assert stage.row.prices is None
