"""Which phones of a user ring, as the administration sets it."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.administration import AdminWorld, make_administration
from ringout.domain.errors import DuplicateValue, NotFound
from ringout.service.administration.ring_lists import AdminRingListChange, RingMode

U102 = {"user": "102"}
DESK, MOBILE = "+16505550141", "+16505550142"
NONE = {"mode": "First", "phones": [], "rings": [], "byDefault": False}


@pytest.fixture
async def world() -> AdminWorld:
    world = await make_administration()
    for known in await world.run("adminListForwardingNumbers", **U102):
        await world.run("adminDeleteForwardingNumber", **U102, phone=known["id"])
    for number, type_ in ((DESK, "Work"), (MOBILE, "Mobile")):
        await world.run("adminCreateForwardingNumber", {"phoneNumber": number, "type": type_}, **U102)
    return world


async def set_(world: AdminWorld, **fields: Any) -> Any:
    changed = await world.run("adminUpdateRingList", fields, **U102)
    assert await world.run("adminReadRingList", **U102) == changed
    return changed


def listed(mode: str, *phones: tuple[str, int], by_default: bool = False) -> dict[str, Any]:
    return {
        "mode": mode,
        "phones": [number for number, _ in phones],
        "rings": [rings for _, rings in phones],
        "byDefault": by_default,
    }


async def test_at_first_the_default_phone_rings_alone(world: AdminWorld) -> None:
    assert await world.run("adminReadRingList", **U102) == NONE


async def test_an_order_without_phones_means_all_of_them(world: AdminWorld) -> None:
    assert await set_(world, mode="Simultaneously") == listed("Simultaneously", (DESK, 4), (MOBILE, 4))


async def test_what_is_named_changes_and_the_rest_stays(world: AdminWorld) -> None:
    await set_(world, mode="Sequentially", phones=[MOBILE, DESK], rings=2, byDefault=True)
    assert await set_(world, mode="Simultaneously") == listed("Simultaneously", (MOBILE, 2), (DESK, 2), by_default=True)
    assert await set_(world, rings=5) == listed("Simultaneously", (MOBILE, 5), (DESK, 5), by_default=True)
    assert await set_(world, phones=[DESK]) == listed("Simultaneously", (DESK, 4), by_default=True)
    assert await set_(world, mode="First", byDefault=False) == NONE


@pytest.mark.parametrize(("phones", "error"), [([DESK, DESK], DuplicateValue), (["+1"], NotFound)])
async def test_what_cannot_ring(world: AdminWorld, phones: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        await set_(world, phones=phones)
    assert await world.run("adminReadRingList", **U102) == NONE


def test_nothing_is_named_by_default() -> None:
    assert not isinstance(AdminRingListChange().mode, RingMode)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [({}, ("Work", "Work")), ({"label": "PBX"}, ("Other", "PBX")), ({"type": "Home"}, ("Home", "Home"))],
)
async def test_a_phone_with_a_name_of_its_own_is_of_the_type_that_can_have_one(
    fields: dict[str, Any], shown: tuple[str, str]
) -> None:
    world = await make_administration()
    for known in await world.run("adminListForwardingNumbers", **U102):
        await world.run("adminDeleteForwardingNumber", **U102, phone=known["id"])
    made = await world.run("adminCreateForwardingNumber", {"phoneNumber": DESK, **fields}, **U102)
    assert (made["type"], made["label"]) == shown
