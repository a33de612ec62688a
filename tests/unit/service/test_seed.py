import asyncio
from dataclasses import replace

import pytest

from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, MemoryAccounts
from fakes.web import CONFIG, MAIN, OTHER_PHONE, PASSWORD, PHONE, USER
from ringout.config import AccountConfig, Config
from ringout.domain.account import (
    Account,
    CallerIdSettings,
    Client,
    Contact,
    Extension,
    ForwardingNumber,
    RingingMode,
    RingList,
    RingRule,
)
from ringout.service.accounts import Accounts
from ringout.service.ports import Directory, DirectoryChange
from ringout.service.seed import seed


async def seeded(store: MemoryAccounts, config: Config = CONFIG) -> Accounts:
    await seed(store, config, CountingIds(), QuickPasswords())
    return await Accounts.load(store)


def with_user(**changes: object) -> Config:
    return replace(CONFIG, account=AccountConfig(MAIN, extensions=(replace(USER, **changes),)))  # type: ignore[arg-type]


async def test_a_second_start_changes_nothing() -> None:
    store = MemoryAccounts()
    await seeded(store)
    first = store.now
    await seeded(store)
    assert store.now == first


async def test_the_configuration_rules_what_it_names_and_ids_stay() -> None:
    store = MemoryAccounts()
    before = (await seeded(store)).extension_by_number("101")
    after_all = await seeded(
        store, with_user(password="new password", forwarding_numbers=(OTHER_PHONE, "+442079460958"))
    )
    after = after_all.extension_by_number("101")
    assert after.id == before.id
    assert [f.number for f in after.forwarding_numbers] == [OTHER_PHONE, "+442079460958"]
    assert after.forwarding_numbers[0].id == before.forwarding_numbers[1].id
    assert not await QuickPasswords().matches(PASSWORD, after.password_hash)
    assert await QuickPasswords().matches("new password", after.password_hash)


async def test_who_is_not_named_any_more_is_gone() -> None:
    store = MemoryAccounts()
    before = await seeded(store)
    colleague = before.extension_by_number("102")
    after = await seeded(store, replace(with_user(), clients=CONFIG.clients[:1]))
    assert not after.is_enabled(colleague.id)
    assert after.find_login(MAIN, "102") is None
    assert after.client("public") is None
    assert after.client("app") is not None
    assert after.extension_by_number("101").id == before.extension_by_number("101").id


async def test_what_users_changed_stands_until_the_configuration_changes() -> None:
    store = MemoryAccounts()
    accounts = await seeded(store)
    user = accounts.extension_by_number("101")
    mine = ForwardingNumber("5", "+14155550177", "Mine")
    await accounts.change_extension(
        user.id,
        lambda now: replace(now, forwarding_numbers=(mine,), caller_id=CallerIdSettings("blocked")),
    )
    again = (await seeded(store)).extension_by_number("101")
    assert again.forwarding_numbers == (mine,)
    assert again.caller_id.ring_out == "blocked"
    changed = (await seeded(store, with_user(name="Somebody Else"))).extension_by_number("101")
    assert [f.number for f in changed.forwarding_numbers] == [PHONE, OTHER_PHONE]
    assert changed.caller_id.ring_out == "main"
    assert changed.contact == Contact("Somebody", "Else", "user@example.com")


async def test_what_the_administration_made_is_none_of_the_configurations_business() -> None:
    store = MemoryAccounts()
    accounts = await seeded(store)
    account = accounts.accounts()[0]
    made = Extension(5, account.id, "105")
    client = Client("made")
    await accounts.change(lambda: ((made, client), ()))
    after = await seeded(store, replace(CONFIG, clients=()))
    assert after.extension(5) == made
    assert after.client("made") == client
    assert after.client("app") is None


async def test_an_account_that_the_administration_made_is_not_made_twice() -> None:
    store = MemoryAccounts()
    await store.change(DirectoryChange((Account(7, MAIN),)))
    with pytest.raises(ValueError, match=r"already\. Leave \[account\] out"):
        await seeded(store)
    assert store.now == Directory((Account(7, MAIN),))


async def test_a_password_of_the_file_always_holds() -> None:
    store = MemoryAccounts()
    accounts = await seeded(store)
    user = accounts.extension_by_number("101")
    other = await QuickPasswords().hash("another")
    await accounts.change_extension(user.id, lambda now: replace(now, password_hash=other))
    again = (await seeded(store)).extension_by_number("101")
    assert await QuickPasswords().matches(PASSWORD, again.password_hash)


async def test_a_change_that_the_disk_refuses_is_seen_by_nobody() -> None:
    store = MemoryAccounts()
    accounts = await seeded(store)
    user = accounts.extension_by_number("101")
    store.disk_full = True
    with pytest.raises(OSError, match="full"):
        await accounts.change_extension(user.id, lambda now: replace(now, enabled=False))
    assert accounts.is_enabled(user.id)


async def test_changes_wait_for_each_other() -> None:
    accounts = await seeded(MemoryAccounts())
    user = accounts.extension_by_number("101")

    def longer(now: Extension) -> Extension:
        return replace(now, status_message=now.status_message + "x")

    await asyncio.gather(*(accounts.change_extension(user.id, longer) for _ in range(20)))
    assert accounts.extension(user.id).status_message == "x" * 20


async def test_ids_are_all_different() -> None:
    accounts = await seeded(MemoryAccounts())
    user, colleague = accounts.extension_by_number("101"), accounts.extension_by_number("102")
    ids = [user.account_id, user.id, colleague.id, *(int(f.id) for f in user.forwarding_numbers)]
    assert len(set(ids)) == len(ids)


async def test_no_password_means_no_password_login() -> None:
    store = MemoryAccounts()
    await seeded(store)
    assert (await seeded(store, with_user(password=None))).extension_by_number("101").password_hash is None


@pytest.mark.parametrize("changes", [{"forwarding_numbers": ("nonsense",)}, {"caller_id": "nonsense"}])
async def test_a_number_that_is_none_is_named(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="'nonsense' is not a phone number"):
        await seeded(MemoryAccounts(), with_user(**changes))


@pytest.mark.parametrize(
    ("username", "extension", "found"),
    [
        (MAIN, "101", "101"), ("16505550100", "102", "102"), (f"{MAIN}*101", "", "101"), (f"{MAIN}*101", "101", "101"),
        ("+16505550133", "", "101"), (MAIN, "", None), (MAIN, "999", None), ("nobody", "101", None),
        (PHONE, "101", None),
    ],
)  # fmt: skip
async def test_find_login(username: str, extension: str, found: str | None) -> None:
    extension_found = (await seeded(MemoryAccounts())).find_login(username, extension)
    assert (extension_found.number if extension_found else None) == found


async def test_the_main_number_is_enough_for_a_single_user() -> None:
    accounts = await seeded(MemoryAccounts(), with_user())
    found = accounts.find_login(MAIN, "")
    assert found is not None
    assert found.number == "101"


# --- which phones ring ---


async def ring_list_of(store: MemoryAccounts, **described: object) -> tuple[RingingMode, list[tuple[str, int]], bool]:
    user = (await seeded(store, with_user(**described))).extension_by_number("101")
    numbers = {phone.id: phone.number for phone in user.forwarding_numbers}
    found = user.ring_list
    return found.mode, [(numbers[rule.phones[0]], rule.rings) for rule in found.rules], found.by_default


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({}, (RingingMode.SEQUENTIALLY, [], False)),
        ({"ring": "first"}, (RingingMode.SEQUENTIALLY, [], False)),
        ({"ring": "in-order"}, (RingingMode.SEQUENTIALLY, [(PHONE, 4), (OTHER_PHONE, 4)], False)),
        (
            {"ring": "at-once", "ring_count": 6, "ring_by_default": True},
            (RingingMode.SIMULTANEOUSLY, [(PHONE, 6), (OTHER_PHONE, 6)], True),
        ),
    ],
    ids=str,
)
async def test_the_configuration_says_which_phones_ring(described: dict[str, object], expected: object) -> None:
    numbers = {"forwarding_numbers": (PHONE, OTHER_PHONE)}
    assert await ring_list_of(MemoryAccounts(), **numbers, **described) == expected


async def test_a_list_of_the_users_own_stands_unless_the_configuration_names_one() -> None:
    store = MemoryAccounts()
    accounts = await seeded(store, with_user(forwarding_numbers=(PHONE, OTHER_PHONE)))
    user = accounts.extension_by_number("101")
    own = RingList(rules=(RingRule((user.forwarding_numbers[1].id,), 2),))
    await accounts.change_extension(user.id, lambda now: replace(now, ring_list=own))
    kept = await ring_list_of(store, forwarding_numbers=(PHONE, OTHER_PHONE), name="New Name")
    assert kept[1] == [(OTHER_PHONE, 2)]
    assert (await ring_list_of(store, forwarding_numbers=(PHONE, OTHER_PHONE), ring="first"))[1] == []
