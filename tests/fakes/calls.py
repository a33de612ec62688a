"""RingOuts in the store, as the call log reads them, and an application that may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.people import ACCOUNT, CALLEE, EXTENSION, SETTINGS
from fakes.web import CLIENT, PHONE, SECRET, WebWorld
from ringout.config import ClientConfig
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import CallStatus, PartyStatus
from ringout.service.ring_out_ids import first_id_at

LOG, ACTIVE = f"{EXTENSION}/call-log", f"{EXTENSION}/active-calls"
COMPANY_LOG, COMPANY_ACTIVE = f"{ACCOUNT}/call-log", f"{ACCOUNT}/active-calls"
COLLEAGUES_PHONE = "+16505550144"
HOUR = 3600.0

CONFIG = replace(
    SETTINGS,
    clients=(
        ClientConfig(CLIENT, SECRET, scopes=("RingOut", "ReadAccounts", "ReadCallLog")),
        ClientConfig("caller", "calls", scopes=("RingOut",)),
    ),
)


def place(world: WebWorld, ago: float = 60.0, number: str = "101", **fields: Any) -> RingOut:
    """A RingOut of that user, placed so many seconds ago; ringing unless told otherwise."""
    extension = world.accounts.extension_by_number(number)
    at = world.clock.wall() - ago
    ring_out = RingOut(
        id=first_id_at(at) + 5,
        account_id=extension.account_id,
        extension_id=extension.id,
        node="test",
        caller=LegRecord(PHONE, dialed_at=at),
        callee=LegRecord(CALLEE),
        caller_id=None,
        play_prompt=False,
        created_at=at,
    )
    world.store.rows[ring_out.id] = replace(ring_out, **fields)
    return world.store.rows[ring_out.id]


def place_talk(world: WebWorld, ago: float = 60.0, seconds: float | None = 10.25, **fields: Any) -> RingOut:
    """Answered by the user after three seconds and by the callee after five; None = they still talk."""
    at = world.clock.wall() - ago
    ended = None if seconds is None else at + 5 + seconds
    status = PartyStatus.SUCCESS if ended is None else PartyStatus.FINISHED
    talked = {
        "caller": LegRecord(PHONE, status, 200, "OK", "It ended.", None, at, at + 1, at + 3, ended),
        "callee": LegRecord(CALLEE, status, 200, "OK", "It ended.", None, at + 3, at + 4, at + 5, ended),
        "status": CallStatus.SUCCESS,
        "explanation": "The caller and the callee are connected.",
        "ended_at": ended,
    }
    return place(world, ago, **{**talked, **fields})


async def records(world: WebWorld, target: str) -> list[Any]:
    reply = await world.ask("GET", target)
    assert reply.status == 200, reply.body
    found: list[Any] = reply.json["records"]
    return found
