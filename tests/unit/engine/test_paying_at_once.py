"""Whatever many prepaid calls do at the same time: no unit is spent twice, none is lost, and nobody gets below zero."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fakes.engine_phones import Session
from fakes.engine_world import PLAN, Stage
from fakes.service import MemoryLedger, SetClock
from ringout.domain.errors import Conflict, NotEnoughFunds
from ringout.domain.ledger import EntryKind, charge_of
from ringout.domain.rates import RateTable
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.service.funds import Funds

RATES = [("+1", 7), ("+44", 61), ("+800", 0)]
ACCOUNT = PLAN.account_id
NUMBERS = st.sampled_from(["+1650555", "+4420794", "+8001234"])


class ManyCalls(RuleBasedStateMachine):
    """Phones that answer, hang up, get lost or never confirm, the user's DELETE, timers that fire when they are due or
    late, top-ups and adjustments."""

    @initialize(units=st.integers(0, 600))
    def start(self, units: int) -> None:
        self.stage = Stage()
        self.ledger = MemoryLedger()
        asyncio.run(self.ledger.add(ACCOUNT, units, EntryKind.TOP_UP, 0.0, ""))
        self.funds = Funds(self.ledger, RateTable(RATES), SetClock(), {ACCOUNT: units})
        self.stage.node.meter = self.funds
        self.put_in = units
        self.placed = 0

    # --- what happens ---

    @rule(caller=NUMBERS, callee=NUMBERS, answers=st.integers(-1, 4))
    def place(self, caller: str, callee: str, answers: int) -> None:
        """answers: how many of the phones answer at once; -1 = the disk refuses the row."""
        number = self.placed + 1
        plan = replace(PLAN, caller_number=f"{caller}1{number:03}", callee_number=f"{callee}2{number:03}")
        legs = LegRecord(plan.caller_number), LegRecord(plan.callee_number)
        made = RingOut(number, ACCOUNT, 101, "ringout", *legs, None, False, self.stage.world.wall())
        before = self.available
        try:
            made = self.funds.reserve(made)
        except NotEnoughFunds:
            assert before < sum(dict(RATES)[prefix] for prefix in _prefixes(caller, callee))
            return
        if answers < 0:
            self.funds.release(made)
            return
        self.placed = number
        self.stage.node.reserve(plan).place(made, plan)
        for _ in range(min(answers, 2)):
            self.stage.agent.sessions[-1].answers()

    @rule(how_many=st.integers(1, 3))
    def phones_answer(self, how_many: int) -> None:
        for session in [s for s in self.alive if s.state == "calling"][:how_many]:
            session.answers()

    @rule(pick=st.integers(0, 1000), what=st.sampled_from(["bye", "lost", "busy"]))
    def a_phone_ends_it(self, pick: int, what: str) -> None:
        wanted = "calling" if what == "busy" else "confirmed"
        found = [s for s in self.alive if s.state == wanted and not s.hung_up]
        if found:
            session = found[pick % len(found)]
            session.fails(486) if what == "busy" else session.hangs_up() if what == "bye" else session.is_lost("silent")

    @rule()
    def phones_confirm(self) -> None:
        for session in [s for s in self.alive if s.hung_up]:
            session.confirms()

    @rule(pick=st.integers(0, 1000))
    def cancel(self, pick: int) -> None:
        self.stage.node.cancel(pick % (self.placed + 1))

    @rule(seconds=st.sampled_from([0.3, 1.0, 7.25, 30.0, 61.5, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.stage.world.pass_seconds(seconds)

    @rule(seconds=st.sampled_from([0.4, 13.7, 75.0, 4000.0]))
    def time_passes_unnoticed(self, seconds: float) -> None:
        """The process stands still: what was due meanwhile fires late."""
        self.stage.world.now += seconds

    @rule(units=st.integers(-200, 200).filter(bool))
    def the_administration(self, units: int) -> None:
        before = self.available
        try:
            asyncio.run(self.funds.add(ACCOUNT, units))
        except Conflict:
            assert before + units < 0
        else:
            self.put_in += units

    # --- what must hold ---

    @property
    def available(self) -> int:
        return self.funds.balance(ACCOUNT) - self.funds.reserved(ACCOUNT)

    @property
    def alive(self) -> list[Session]:
        return [s for s in self.stage.agent.sessions if s.state != "terminated"]

    @invariant()
    def nothing_is_overrun(self) -> None:
        if not hasattr(self, "funds"):
            return
        assert self.available >= 0
        assert self.funds.reserved(ACCOUNT) == sum(prices.reserved for prices in self.funds._held.values())
        assert set(self.funds._held) == set(self.stage.node._calls)
        assert self.funds.balance(ACCOUNT) == self.put_in - sum(map(charge_of, self.ended.values()))

    @property
    def ended(self) -> dict[int, Any]:
        for call in tuple(self.stage.node._late):
            call.write()
        return {row.id: row for row in self.stage.store.rows if row.ended_at is not None}

    def teardown(self) -> None:
        if not hasattr(self, "funds"):
            return
        for number in range(1, self.placed + 1):
            self.stage.node.cancel(number)
        self.stage.world.pass_seconds(60)
        ended = self.ended
        assert set(ended) == set(range(1, self.placed + 1))
        for row in self.stage.store.rows:
            if row.ended_at is not None:
                self.ledger.charge(row)
        assert asyncio.run(self.ledger.balances())[ACCOUNT] == self.funds.balance(ACCOUNT)
        assert self.funds.reserved(ACCOUNT) == 0
        assert self.stage.node.live == 0


def _prefixes(*numbers: str) -> list[str]:
    return [next(prefix for prefix, _ in RATES if number.startswith(prefix)) for number in numbers]


TestManyCalls = ManyCalls.TestCase
TestManyCalls.settings = settings(max_examples=80, stateful_step_count=40)
