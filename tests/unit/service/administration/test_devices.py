"""Devices as the administration makes, changes and removes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.administration import AdminWorld, make_administration
from fakes.service import MemoryRegistrations
from ringout.domain.account import DeviceType
from ringout.domain.errors import Conflict, DuplicateValue, NotFound, RingOutError, UnusableValue
from ringout.service.device_secrets import REALM, DeviceSecrets
from ringout.sip.digest import hash_password

U102 = {"user": "102"}
DESK = {**U102, "device": "desk"}


async def made(**fields: Any) -> tuple[AdminWorld, MemoryRegistrations, dict[str, Any]]:
    world = await make_administration()
    registrations = MemoryRegistrations()
    world.admin = replace(world.admin, registrations=registrations)
    device = await world.run("adminCreateDevice", {"username": "desk", "name": "Desk", **fields}, **U102)
    return world, registrations, device


async def test_a_device_is_made_and_is_one_of_the_users_phones() -> None:
    world, registrations, device = await made()
    assert (device["username"], device["name"], device["type"], device["online"]) == (
        "desk",
        "Desk",
        "OtherPhone",
        False,
    )
    user = world.admin.accounts.colleagues(100000001)["102"]
    assert [(p.device_id, p.label, p.number) for p in user.forwarding_numbers] == [(device["id"], "Desk", "")]
    (phone,) = await world.run("adminListForwardingNumbers", **U102)
    assert (phone["phoneNumber"], phone["type"], phone["default"]) == ("desk", "PhoneLine", True)
    registrations.there.add("desk")
    del device["password"]
    assert await world.run("adminListDevices", **U102) == [{**device, "online": False}], "bindings tell"


async def test_its_user_name_names_it_wherever_a_phone_is_named() -> None:
    world, _, _ = await made()
    await world.run("adminUpdateRingList", {"mode": "Simultaneously", "phones": ["desk"]}, **U102)
    assert (await world.run("adminReadRingList", **U102))["phones"] == ["desk"]
    changed = await world.run("adminUpdateForwardingNumber", {"default": True}, **U102, phone="desk")
    assert (changed["phoneNumber"], changed["default"]) == ("desk", True)
    with pytest.raises(NotFound):
        await world.run("adminUpdateForwardingNumber", {"default": True}, **U102, phone="")


async def test_the_password_is_shown_once_and_stored_as_digests_alone() -> None:
    world, _, device = await made()
    secrets = DeviceSecrets(world.admin.accounts, b"key").secrets_of("desk")
    assert secrets is not None
    assert secrets.sha256 == hash_password("SHA-256", "desk", REALM, device["password"])
    assert secrets.md5 == hash_password("MD5", "desk", REALM, device["password"])
    stored = repr(world.account_store.now) + str(world.account_store.now.extensions[1].devices)
    assert device["password"] not in stored
    assert secrets.sha256 not in repr(world.account_store.now.extensions[1].devices[0])
    given = await world.run("adminCreateDevice", {"password": "long enough, really"}, **U102)
    assert "password" not in given
    assert given["username"] == given["id"]


async def test_a_new_password_takes_the_phone_out() -> None:
    world, registrations, device = await made()
    changed = await world.run("adminSetDevicePassword", {"generate": True}, **DESK)
    assert changed["password"] != device["password"]
    assert registrations.forgotten == ["desk"]


async def test_a_disabled_device_cannot_register() -> None:
    world, registrations, _ = await made()
    secrets = DeviceSecrets(world.admin.accounts, b"key")
    assert secrets.is_known("desk")
    await world.run("adminUpdateDevice", {"enabled": False, "name": "Old"}, **DESK)
    assert not secrets.is_known("desk")
    assert registrations.forgotten == ["desk"]
    await world.run("adminUpdateDevice", {"enabled": True}, **DESK)
    assert secrets.is_known("desk")
    await world.run("adminUpdateUser", {"enabled": False}, **U102)
    assert not secrets.is_known("desk")


async def test_a_device_is_removed_with_its_place_in_the_list() -> None:
    world, registrations, device = await made()
    await world.run("adminDeleteDevice", **U102, device=device["id"])
    user = world.admin.accounts.colleagues(100000001)["102"]
    assert (user.devices, user.forwarding_numbers) == ((), ())
    assert registrations.forgotten == ["desk"]
    assert world.admin.accounts.device("desk") is None


@pytest.mark.parametrize(
    ("name", "where", "fields", "error"),
    [
        ("adminCreateDevice", U102, {"username": "desk"}, DuplicateValue),
        ("adminCreateDevice", {"user": "101"}, {"username": "desk"}, DuplicateValue),
        ("adminCreateDevice", U102, {"username": "a b"}, UnusableValue),
        ("adminCreateDevice", U102, {"username": "a\r\nb"}, UnusableValue),
        ("adminCreateDevice", U102, {"username": "x" * 65}, UnusableValue),
        ("adminCreateDevice", U102, {"name": "x" * 61}, UnusableValue),
        ("adminCreateDevice", U102, {"password": "short"}, UnusableValue),
        ("adminCreateDevice", U102, {"type": DeviceType.WEB}, UnusableValue),
        ("adminSetDevicePassword", DESK, {"password": "short"}, UnusableValue),
        ("adminSetDevicePassword", {**U102, "device": "x"}, {"generate": True}, NotFound),
        ("adminUpdateDevice", {**U102, "device": "x"}, {}, NotFound),
        ("adminDeleteDevice", {"user": "101", "device": "desk"}, {}, NotFound),
    ],
)
async def test_refusals(name: str, where: dict[str, str], fields: dict[str, Any], error: type[RingOutError]) -> None:
    world, _, _ = await made()
    before = world.account_store.now
    with pytest.raises(error):
        await world.run(name, fields, **where)
    assert world.account_store.now == before


async def test_a_user_has_so_many_devices_and_no_more() -> None:
    world, _, _ = await made()
    for _ in range(19):
        await world.run("adminCreateDevice", {"password": "long enough, really"}, **U102)
    with pytest.raises(Conflict):
        await world.run("adminCreateDevice", {}, **U102)
    assert len(world.admin.accounts.colleagues(100000001)["102"].forwarding_numbers) == 10
