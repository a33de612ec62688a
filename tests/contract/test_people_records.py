"""What presence and the user's settings need from the storage ports, on every adapter."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.service import MemoryAccounts, MemoryRingOuts
from ringout.domain.account import Account, Address, Contact, Extension, Regional
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.service.ports import Directory, DirectoryChange
from ringout.storage.sqlite import open_storage


class MemoryStorage:
    def __init__(self) -> None:
        self.ring_outs, self.accounts = MemoryRingOuts(), MemoryAccounts()

    async def close(self) -> None:
        pass


@pytest.fixture(params=["memory", "sqlite"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    opened = MemoryStorage() if request.param == "memory" else await open_storage(tmp_path / "ringout.sqlite3")
    yield opened
    await opened.close()


def ring_out(number: int) -> RingOut:
    return RingOut(number, 1, 2, "here", LegRecord("+16505550111"), LegRecord("+14155550199"), None, False, 1.5)


async def test_live_ring_outs_are_those_that_have_not_ended_oldest_first(storage: Any) -> None:
    assert storage.ring_outs.live() == []
    for number in (3, 1, 2):
        await storage.ring_outs.add(ring_out(number))
    await storage.ring_outs.update(replace(ring_out(2), ended_at=9.0))
    answered = replace(ring_out(1), caller=replace(ring_out(1).caller, answered_at=5.0))
    await storage.ring_outs.update(answered)
    assert storage.ring_outs.live() == [answered, ring_out(3)]


async def test_addresses_and_settings_come_back_as_they_were(storage: Any) -> None:
    address = Address("France", "", "Paris", "1 rue Exemple", "75001")
    account = Account(5, "+33123456789", "fr", "fr", address=address, main_site="Ici")
    user = Extension(
        7,
        5,
        "101",
        Contact("A", "User", address=replace(address, city="Lyon")),
        Regional("gb", "en-GB", "de-DE", "fr-FR", "Europe/London", "24h"),
        user_status="Busy",
        status_message="In \u00e9change",
        dnd_status="DoNotAcceptAnyCalls",
        shows_presence=False,
    )
    await storage.accounts.change(DirectoryChange((account, user)))
    assert await storage.accounts.directory() == Directory((account,), (user,))
