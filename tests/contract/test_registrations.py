"""Where the registered phones are, on every adapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringout.sip.bindings import Binding
from ringout.sip.flow import Flow
from ringout.storage.errors import StorageFailed
from ringout.storage.sqlite import open_storage

DESK = Binding(
    "desk",
    "sip:desk@192.0.2.9",
    Flow("tls", ("192.0.2.1", 5061), ("192.0.2.9", 40000), "phone.example"),
    "call",
    7,
    1_800_000_000.5,
    1_800_000_300.5,
    ("<sip:edge.example;lr>",),
    "<urn:uuid:1>",
    1,
    "",
    0.5,
    "a phone",
)
OTHER = Binding("other", "sip:other@192.0.2.8", Flow("udp", ("192.0.2.1", 5060), ("192.0.2.8", 5060)), "x", 1, 1.0, 2.0)


async def test_what_was_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite"
    storage = await open_storage(path)
    await storage.registrations.save("here", "desk", [DESK])
    await storage.registrations.save("here", "other", [OTHER, OTHER])
    await storage.registrations.save("there", "third", [OTHER])
    await storage.registrations.save("here", "other", [OTHER])
    await storage.close()
    storage = await open_storage(path)
    assert await storage.registrations.load("here") == [DESK, OTHER]
    await storage.registrations.save("here", "desk", [])
    assert await storage.registrations.load("here") == [OTHER]
    await storage.close()


async def test_half_a_character_is_refused_without_harm_to_others(tmp_path: Path) -> None:
    storage = await open_storage(tmp_path / "ringout.sqlite")
    broken = Binding("desk", "sip:x@y", OTHER.flow, "\udcff", 1, 1.0, 2.0)
    with pytest.raises(StorageFailed):
        await storage.registrations.save("here", "desk", [broken])
    await storage.registrations.save("here", "other", [OTHER])
    assert await storage.registrations.load("here") == [OTHER]
    await storage.close()
