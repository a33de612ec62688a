"""Three phones of the user, and a stage on which they ring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.engine_media import Media
from fakes.engine_phones import Session
from fakes.engine_world import PLAN, Stage
from ringout.domain.plan import CallPlan, Phone
from ringout.domain.status import Party

CALLER = Party.CALLER
DESK, MOBILE, HOME = "+16505550101", "+16505550103", "+16505550104"
PHONES = (Phone(DESK, label="Desk"), Phone(MOBILE, label="Mobile"), Phone(HOME, label="Home"))
AT_ONCE = replace(PLAN, caller_phones=PHONES)
IN_ORDER = replace(AT_ONCE, caller_phones=tuple(replace(phone, turn=turn) for turn, phone in enumerate(PHONES)))
ASKED = replace(AT_ONCE, play_prompt=True)
ASKED_IN_ORDER = replace(IN_ORDER, play_prompt=True)


class Ringing(Stage):
    """A stage with its phones by number."""

    def __init__(self, plan: CallPlan = AT_ONCE, **settings: Any) -> None:
        super().__init__(**settings)
        self.place(plan)

    def phone(self, number: str) -> Session:
        return next(s for s in reversed(self.agent.sessions) if s.name == number)

    def sound(self, number: str) -> Media:
        """The media session of that phone."""
        position = [phone.number for phone in PHONES].index(number)
        return self.room.opened[position]

    def presses(self, number: str, digit: str) -> None:
        self.sound(number).tell.digit_pressed(CALLER, digit)

    def told(self) -> list[str]:
        """What the row says of each phone."""
        return [phone.explanation for phone in self.row.caller.phones]

    def is_over(self) -> bool:
        return (
            self.row.ended_at is not None
            and self.node.live == 0
            and not self.world.running
            and all(media.closed for media in self.room.opened)
        )
