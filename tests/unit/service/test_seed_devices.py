"""Devices and SIP addresses that the configuration file describes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, MemoryAccounts
from fakes.web import CONFIG, MAIN, PHONE, USER
from ringout.config import AccountConfig, Config, DeviceConfig
from ringout.service.accounts import Accounts
from ringout.service.device_secrets import DeviceSecrets
from ringout.service.devices import with_device
from ringout.service.seed import seed

DESK, SOFT = DeviceConfig("desk", "a-very-long-password", "Desk"), DeviceConfig("soft", "another-long-password")
ADDRESS = "sip:ann@pbx.example"


def described(*devices: DeviceConfig, forwarding_numbers: tuple[str, ...] = (PHONE, ADDRESS)) -> Config:
    user = replace(USER, devices=devices, forwarding_numbers=forwarding_numbers)
    return replace(CONFIG, account=AccountConfig(MAIN, extensions=(user,)))


async def seeded(store: MemoryAccounts, config: Config) -> Accounts:
    await seed(store, config, CountingIds(), QuickPasswords())
    return await Accounts.load(store)


async def test_devices_come_after_the_numbers_and_addresses() -> None:
    accounts = await seeded(MemoryAccounts(), described(DESK, SOFT))
    user = accounts.extension_by_number("101")
    assert [d.username for d in user.devices] == ["desk", "soft"]
    assert [p.number or p.address or p.label for p in user.forwarding_numbers] == [PHONE, ADDRESS, "Desk", "soft"]
    assert DeviceSecrets(accounts, b"key").is_known("desk")


async def test_a_second_start_changes_nothing() -> None:
    store = MemoryAccounts()
    await seeded(store, described(DESK))
    first = store.now
    await seeded(store, described(DESK))
    assert store.now == first


async def test_a_new_password_holds_and_ids_stay() -> None:
    store = MemoryAccounts()
    before = (await seeded(store, described(DESK))).extension_by_number("101").devices[0]
    changed = replace(DESK, password="quite-another-password")
    after = (await seeded(store, described(changed))).extension_by_number("101").devices[0]
    assert after.id == before.id
    assert after.ha1_sha256 != before.ha1_sha256


async def test_a_device_that_is_not_named_any_more_is_gone_and_others_stay() -> None:
    store = MemoryAccounts()
    accounts = await seeded(store, described(DESK, SOFT))
    user = accounts.extension_by_number("101")
    own = replace(user.devices[0], id="900000001", username="own", name="Own", from_config=False)
    await accounts.change_extension(user.id, lambda old: with_device(old, own, "900000002"))
    user = (await seeded(store, described(SOFT, forwarding_numbers=(PHONE,)))).extension_by_number("101")
    assert [d.username for d in user.devices] == ["soft", "own"]
    assert [p.number or p.label for p in user.forwarding_numbers] == [PHONE, "soft", "Own"]


async def test_a_name_that_another_users_device_has_is_refused() -> None:
    store = MemoryAccounts()
    accounts = await seeded(store, CONFIG)
    colleague = accounts.extension_by_number("102")
    user = (await seeded(MemoryAccounts(), described(DESK))).extension_by_number("101")
    made = replace(user.devices[0], from_config=False)
    await accounts.change_extension(colleague.id, lambda old: with_device(old, made, "900000002"))
    with pytest.raises(ValueError, match="extension 102 has the name 'desk'"):
        await seeded(
            store,
            replace(
                CONFIG,
                account=replace(
                    CONFIG.account, extensions=(replace(USER, devices=(DESK,)), *CONFIG.account.extensions[1:])
                ),
            ),
        )
