"""Phones of the user that are changed or removed, and which of them is the default."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.forwarding import ABROAD, DESK, LIST, NEW, add, left, member, phone, with_phones
from fakes.people import people_world, refusal
from fakes.web import MAIN, WebWorld
from ringout.domain.account import ForwardingNumber, PhoneType


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


# --- changing ------------------------------------------------------------------------------------------------------

CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"label": "Desk", "phoneNumber": "+16505551001", "flipNumber": "1"}),
    ({"label": "Chair"}, {"label": "Chair", "phoneNumber": "+16505551001"}),
    ({"label": "Desk"}, {"label": "Desk"}),
    ({"phoneNumber": NEW}, {"label": "Desk", "phoneNumber": NEW}),
    ({"phoneNumber": "+16505551001"}, {"phoneNumber": "+16505551001"}),
    ({"flipNumber": "9"}, {"flipNumber": "9"}),
    ({"flipNumber": 9}, {"flipNumber": "9"}),
    ({"flipNumber": "1"}, {"flipNumber": "1"}),
    ({"type": "Other", "label": "Chair"}, {"label": "Chair", "type": "Other"}),
]


@pytest.mark.parametrize(("sent", "answered"), CHANGES)
async def test_a_change(world: WebWorld, sent: dict[str, Any], answered: dict[str, Any]) -> None:
    await with_phones(world, DESK, phone(2))
    reply = await world.ask("PUT", await member(world), sent)
    assert reply.status == 200, reply.body
    assert {name: reply.json[name] for name in answered} == answered
    assert (await world.ask("GET", await member(world))).json == reply.json


async def test_with_its_type_named_a_label_is_ignored(world: WebWorld) -> None:
    await with_phones(world, phone(1, PhoneType.HOME, "Home"))
    reply = await world.ask("PUT", await member(world), {"type": "Home", "label": "Castle"})
    assert (reply.status, reply.json["label"]) == (200, "Home")


LINE = phone(1, PhoneType.PHONE_LINE)
REFUSED_CHANGES: list[tuple[str, ForwardingNumber, dict[str, Any], str]] = [
    ("FPN-102", DESK, {"label": "PHONE 2"}, "label"),
    ("FPN-105", DESK, {"phoneNumber": MAIN}, "phoneNumber"),
    ("FPN-106", DESK, {"flipNumber": "2"}, "flipNumber"),
    ("FPN-108", DESK, {"phoneNumber": ABROAD}, "phoneNumber"),
    ("FPN-116", DESK, {"label": ""}, "label"),
    ("FPN-122", DESK, {"type": "Home"}, "type"),
    ("FPN-122", DESK, {"type": "PhoneLine"}, "type"),
    ("FPN-124", LINE, {"phoneNumber": NEW}, "phoneNumber"),
    ("FPN-125", phone(1, PhoneType.WORK, "Work"), {"label": "Mill"}, "label"),
    ("CMN-101", DESK, {"phoneNumber": "112"}, "phoneNumber"),
    ("CMN-101", DESK, {"flipNumber": ""}, "flipNumber"),
    ("CMN-406", DESK, {"phoneNumber": "+16505551002"}, "phoneNumber"),
]


@pytest.mark.parametrize(("code", "there", "sent", "blamed"), REFUSED_CHANGES)
async def test_a_change_that_is_refused(
    world: WebWorld, code: str, there: ForwardingNumber, sent: dict[str, Any], blamed: str
) -> None:
    await with_phones(world, there, phone(2))
    reply = await world.ask("PUT", await member(world), sent)
    assert refusal(reply) == (400, code, blamed)
    assert world.accounts.extension(world.user.id).forwarding_numbers == (there, phone(2))


# --- removing ------------------------------------------------------------------------------------------------------


async def test_a_removal(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2))
    assert (await world.ask("DELETE", f"{LIST}/1", {})).status == 204  # some SDKs send a body
    assert await left(world) == [("2", True)]


async def test_several_at_once(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2), phone(3))
    records = [{"forwardingNumberId": "1"}, {"forwardingNumberId": "3"}, {"forwardingNumberId": "1"}]
    reply = await world.ask("DELETE", LIST, {"records": records})
    assert (reply.status, reply.body) == (204, b"")
    assert await left(world) == [("2", True)]


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (
            {"records": [{"forwardingNumberId": "1"}, {"forwardingNumberId": "9"}]},
            (404, "CMN-102", "forwardingNumberId"),
        ),
        ({"records": [{}]}, (400, "CMN-100", "records.forwardingNumberId")),
        ({"records": [{"forwardingNumberId": 1}]}, (400, "CMN-101", "records.forwardingNumberId")),
        ({"records": {}}, (400, "CMN-101", "records")),
        ({}, (400, "CMN-100", "records")),
        (b"", (400, "CMN-100", "records")),
        ({"records": [{"forwardingNumberId": "1"}] * 101}, (400, "CMN-101", "records")),
    ],
)
async def test_all_or_none(world: WebWorld, sent: Any, refused: tuple[int, str, str]) -> None:
    await with_phones(world, phone(1), phone(2))
    status, code, blamed = refusal(await world.ask("DELETE", LIST, sent))
    assert (status, code) == refused[:2]
    assert blamed is not None
    assert blamed.startswith("records") or blamed == refused[2]
    assert len(await left(world)) == 2


@pytest.mark.parametrize("at_once", [False, True])
async def test_fpn_107_for_the_number_of_a_device(world: WebWorld, at_once: bool) -> None:
    await with_phones(world, phone(2), LINE)
    if at_once:
        body = {"records": [{"forwardingNumberId": "2"}, {"forwardingNumberId": "1"}]}
        reply = await world.ask("DELETE", LIST, body)
    else:
        reply = await world.ask("DELETE", f"{LIST}/1")
    assert refusal(reply) == (403, "FPN-107", "forwardingNumberId")
    assert len(await left(world)) == 2


# --- the default ---------------------------------------------------------------------------------------------------


async def test_one_is_the_default(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2), phone(3))
    assert await left(world) == [("1", True), ("2", False), ("3", False)]
    assert (await world.ask("PUT", f"{LIST}/2", {"default": True})).json["default"] is True
    assert await left(world) == [("1", False), ("2", True), ("3", False)]
    assert (await add(world, default=True)).json["default"] is True
    assert [default for _, default in await left(world)] == [False, False, False, True]
    assert (await world.ask("PUT", f"{LIST}/3", {"default": False})).json["default"] is False
    assert [default for _, default in await left(world)] == [False, False, False, True]


async def test_without_its_mark_or_its_number_the_first_is_the_default(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2))
    await world.ask("PUT", f"{LIST}/2", {"default": True})
    await world.ask("PUT", f"{LIST}/2", {"default": False})
    assert await left(world) == [("1", True), ("2", False)]
    await world.ask("PUT", f"{LIST}/2", {"default": True})
    await world.ask("DELETE", f"{LIST}/2")
    assert await left(world) == [("1", True)]
    assert world.accounts.extension(world.user.id).default_forwarding_id is None


async def test_the_default_is_what_a_ring_out_rings(world: WebWorld) -> None:
    made = (await add(world, default=True)).json
    reply = await world.place(**{"from": ...})
    assert reply.status == 200, reply.body
    assert world.engine.placed[0][1].caller_number == made["phoneNumber"]
