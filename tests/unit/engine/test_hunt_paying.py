"""Prepaid RingOuts that ring several phones: each phone that is up costs, whoever answers there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_phones import Session
from fakes.engine_world import PLAN, Stage
from fakes.service import MemoryLedger, SetClock
from ringout.config import CallConfig
from ringout.domain.errors import DestinationBarred, NotEnoughFunds
from ringout.domain.hunted import phone_records
from ringout.domain.ledger import charge_of
from ringout.domain.plan import Phone
from ringout.domain.rates import PhoneTime, Prices, RateTable
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import Party
from ringout.service.funds import Funds

CHEAP, DEAR = "+16505550103", "+442079460958"
RATES = RateTable([("+1", 60), ("+44", 120)])  # one unit a second, and two
ASKED = replace(PLAN, play_prompt=True, caller_phones=(Phone(CHEAP), Phone(DEAR), Phone(device="7")))


class PaidStage(Stage):
    def __init__(self, balance: int, call: CallConfig | None = None) -> None:
        super().__init__(call=call)
        self.funds = Funds(MemoryLedger(), RATES, SetClock(), {PLAN.account_id: balance})
        self.node.meter = self.funds

    def call(self) -> None:
        caller = LegRecord(CHEAP, phones=phone_records(ASKED, "101"))
        made = RingOut(1, 1, 101, "ringout", caller, LegRecord(PLAN.callee_number), None, True, self.world.wall())
        self.node.reserve(ASKED).place(self.funds.reserve(made), ASKED)

    def phone(self, number: str) -> Session:
        return next(s for s in self.agent.sessions if s.name == number)

    def confirm_all(self) -> None:
        for session in self.agent.sessions:
            if session.hung_up and session.state != "terminated":
                session.confirms()

    @property
    def money(self) -> tuple[int, int]:
        return self.funds.balance(PLAN.account_id), self.funds.reserved(PLAN.account_id)


def test_the_dearest_phones_first_minute_is_set_aside() -> None:
    stage = PaidStage(1000)
    stage.call()
    assert stage.row.prices == Prices(0, 60, 180, (60, 120, 0))
    assert stage.money == (1000, 180)


@pytest.mark.parametrize(("balance", "leg"), [(119, "from.phoneNumber"), (179, "to.phoneNumber")])
def test_too_little_for_the_dearest_is_refused_before_anything_rings(balance: int, leg: str) -> None:
    stage = PaidStage(balance)
    with pytest.raises(NotEnoughFunds) as refused:
        stage.call()
    assert refused.value.parameter == leg
    assert not stage.agent.sessions


def test_a_phone_without_a_rate_is_refused() -> None:
    funds = Funds(MemoryLedger(), RateTable([("+1", 60)]), SetClock(), {1: 1000})
    caller = LegRecord(CHEAP, phones=phone_records(ASKED, "101"))
    with pytest.raises(DestinationBarred):
        funds.reserve(RingOut(1, 1, 101, "ringout", caller, LegRecord(PLAN.callee_number), None, True, 0.0))


def test_a_voicemail_that_answered_is_charged_beside_the_phone_that_took_the_call() -> None:
    stage = PaidStage(10_000)
    stage.call()
    stage.phone(DEAR).answers()
    stage.world.pass_seconds(5)
    stage.phone(CHEAP).answers()
    stage.world.pass_seconds(2)
    stage.room.opened[0].tell.digit_pressed(Party.CALLER, "1")
    stage.callee.answers()
    stage.world.pass_seconds(100)
    stage.callee.hangs_up()
    stage.confirm_all()
    stage.world.pass_seconds(1)
    row = stage.row
    assert row.ended_at is not None
    voicemail, phone, callee = 7 * 2, 102, 100
    assert charge_of(row) == voicemail + phone + callee
    assert stage.money == (10_000 - charge_of(row), 0)


def test_nothing_is_set_aside_for_a_phone_that_is_down_again() -> None:
    stage = PaidStage(10_000)
    stage.call()
    stage.phone(DEAR).answers()
    stage.world.pass_seconds(10)
    stage.phone(DEAR).hangs_up()
    stage.phone(CHEAP).answers()
    stage.room.opened[0].tell.digit_pressed(Party.CALLER, "1")
    stage.world.pass_seconds(50)
    assert stage.row.prices is not None
    assert stage.row.prices.reserved < 20 + 60 + 60 + 60, "the first minutes, and what is begun of the second"


def test_phones_that_eat_up_the_balance_end_the_call_before_the_callee_is_dialled() -> None:
    stage = PaidStage(200, CallConfig(prompt_attempts=10, prompt_wait_seconds=60))
    stage.call()
    stage.phone(CHEAP).answers()
    stage.phone(DEAR).answers()
    stage.world.pass_seconds(45)
    assert stage.row.status == "InProgress"
    stage.world.pass_seconds(1)  # 140 of 200 units are for the two phones: 46 whole seconds
    stage.confirm_all()
    assert stage.statuses == "NotEnoughFunds InProgress CannotReach"
    assert {s.log[-1] for s in stage.agent.sessions} == {"BYE"}
    assert stage.node.live == 0
    assert stage.money == (200 - charge_of(stage.row), 0)


def test_a_phone_that_answers_when_nothing_is_left_does_not_become_the_caller() -> None:
    stage = PaidStage(180, CallConfig(prompt_attempts=10, prompt_wait_seconds=60))
    stage.call()
    stage.phone(DEAR).answers()
    stage.world.pass_seconds(60)
    stage.confirm_all()
    assert stage.statuses == "NotEnoughFunds InProgress CannotReach"
    assert stage.node.live == 0


def test_only_phones_that_are_up_cost_on() -> None:
    prices = Prices(0, 0, 100, (60, 120))
    up, down = PhoneTime(0, 10.0, True), PhoneTime(1, 20.0)
    assert prices.cost(0.0, 0.0, [up, down]) == 50
    assert prices.lasting(0.0, 0.0, [up, down]) == 50.0
    assert prices.lasting(0.0, 0.0, [down]) == float("inf")
