"""Forwarding numbers of the user, as they are added and put by tests."""

from __future__ import annotations

from typing import Any

from fakes.people import EXTENSION, change_user
from fakes.web import WebWorld
from ringout.domain.account import ForwardingNumber, PhoneType

LIST = f"{EXTENSION}/forwarding-number"
NEW = "+16505550188"
ABROAD = "+442071838750"


async def add(world: WebWorld, **fields: Any) -> Any:
    body = {"phoneNumber": NEW, "label": "Desk", **fields}
    return await world.ask("POST", LIST, {name: value for name, value in body.items() if value is not ...})


async def member(world: WebWorld, position: int = 0) -> str:
    return f"{LIST}/{world.accounts.extension(world.user.id).forwarding_numbers[position].id}"


async def with_phones(world: WebWorld, *phones: ForwardingNumber) -> None:
    await change_user(world, forwarding_numbers=phones, default_forwarding_id=None)


def phone(number: int, type_: PhoneType = PhoneType.OTHER, label: str | None = None) -> ForwardingNumber:
    return ForwardingNumber(str(number), f"+1650555{1000 + number}", label or f"Phone {number}", type_, number)


async def left(world: WebWorld) -> list[tuple[str, bool]]:
    return [(r["id"], r["default"]) for r in (await world.ask("GET", LIST)).json["records"]]


DESK = phone(1, label="Desk")
