"""One body of tests for every adapter of the storage ports."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.service import MemoryAccounts, MemoryRingOuts, MemoryTokens
from ringout.domain.account import (
    Account,
    CallerIdSettings,
    Client,
    Contact,
    Credential,
    Extension,
    ForwardingNumber,
    Grant,
    OwnedNumber,
    RingingMode,
    RingList,
    RingRule,
    Session,
    UsageType,
)
from ringout.domain.ring_out import Diversion, LegRecord, Redirection, RingOut
from ringout.domain.status import CallStatus, EndedBy, PartyStatus
from ringout.service.ports import Directory, DirectoryChange
from ringout.storage.sqlite import open_storage


class MemoryStorage:
    def __init__(self) -> None:
        self.ring_outs, self.accounts, self.tokens = MemoryRingOuts(), MemoryAccounts(), MemoryTokens()

    async def close(self) -> None:
        pass


@pytest.fixture(params=["memory", "sqlite"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    opened = MemoryStorage() if request.param == "memory" else await open_storage(tmp_path / "data" / "ringout.sqlite3")
    yield opened
    await opened.close()


def ring_out(number: int = 1, **fields: Any) -> RingOut:
    caller = LegRecord("+16505550111", PartyStatus.SUCCESS, 200, "OK", "", None, 1.25, 2.5, 3.75, None, b"\x00\xff")
    phones = (LegRecord("+16505550111", label="Desk", ended_at=3.5), LegRecord("", extension="101", label="Tablet"))
    caller = replace(caller, label="Desk", phones=phones, taken_by=0)
    callee = LegRecord("+14155550199", cause=17, redirection=Redirection((Diversion("x", "user-busy"),), "A"))
    made = RingOut(number, 1, 2, "here", caller, callee, None, True, 1.5, extra={"a": "b"})
    return replace(made, **fields)


ENDED = {
    "status": CallStatus.CANNOT_REACH,
    "explanation": 'The callee\'s phone is "busy" — 486.',
    "ended_by": EndedBy.CALLEE,
    "ended_at": 99.5,
}


async def test_a_ring_out_comes_back_as_it_was(storage: Any) -> None:
    await storage.ring_outs.add(ring_out())
    assert await storage.ring_outs.get(1) == ring_out()
    await storage.ring_outs.update(ring_out(**ENDED))
    assert await storage.ring_outs.get(1) == ring_out(**ENDED)


async def test_a_watcher_hears_of_every_row_once_it_is_durable(storage: Any) -> None:
    heard: list[tuple[int, bool]] = []
    reading: list[Any] = []

    def watch(row: RingOut) -> None:
        heard.append((row.id, row.ended_at is not None))
        reading.append((row, storage.ring_outs.get(row.id)))

    await storage.ring_outs.add(ring_out(1))
    storage.ring_outs.watcher = watch
    await storage.ring_outs.add(ring_out(2))
    await storage.ring_outs.update(ring_out(1, **ENDED))
    assert heard == [(2, False), (1, True)]
    assert [await get == row for row, get in reading] == [True, True]
    storage.ring_outs.watcher = None
    await storage.ring_outs.update(ring_out(2, **ENDED))
    assert len(heard) == 2


@pytest.mark.parametrize("unknown", [0, -1, 2, 2**53, 2**80])
async def test_an_unknown_ring_out_is_none(storage: Any, unknown: int) -> None:
    await storage.ring_outs.add(ring_out())
    assert await storage.ring_outs.get(unknown) is None


async def test_unfinished_are_this_nodes_oldest_first(storage: Any) -> None:
    for made in (ring_out(1), ring_out(2, node="elsewhere"), ring_out(3, **ENDED), ring_out(4)):
        await storage.ring_outs.add(made)
    assert [r.id for r in await storage.ring_outs.unfinished("here")] == [1, 4]


async def test_only_what_ended_long_ago_is_removed(storage: Any) -> None:
    for made in (ring_out(1), ring_out(2, ended_at=10.0), ring_out(3, ended_at=20.0)):
        await storage.ring_outs.add(made)
    assert await storage.ring_outs.remove_ended_before(20.0) == 1
    assert [await storage.ring_outs.get(i) is not None for i in (1, 2, 3)] == [True, False, True]


async def test_the_directory_comes_back_as_it_was(storage: Any) -> None:
    numbers = (OwnedNumber(6, "+16505550133", UsageType.DIRECT, 7, "Mine"), OwnedNumber(10, "+16505550134"))
    account = Account(5, "+16505550100", "gb", "fr", "Example", numbers=numbers, blocked=("+1900",))
    phones = (ForwardingNumber("9", "+16505550111", "Desk"), ForwardingNumber("8", "+16505550122", flip_number=3))
    shown = CallerIdSettings("blocked", {"Alternate": "main"})
    user = Extension(7, 5, "101", Contact("A", "User"), password_hash="$argon2id$x", caller_id=shown)
    user = replace(user, forwarding_numbers=phones, default_forwarding_id="8")
    listed = RingList(RingingMode.SIMULTANEOUSLY, (RingRule(("9", "8"), 2), RingRule(("8",), enabled=False)), True)
    user = replace(user, ring_list=listed)
    bare = Extension(8, 5, "102")
    app, public = Client("app", "$argon2id$y", "App", ("RingOut", "ReadAccounts"), (Grant.JWT,)), Client("public")
    # Users before their account: the store puts them in the order that it needs.
    await storage.accounts.change(DirectoryChange((user, bare, app, account, public), (), {"account": "digest"}))
    everything = Directory((account,), (user, bare), (app, public), {"account": "digest"})
    assert await storage.accounts.directory() == everything
    fewer = replace(user, forwarding_numbers=phones[1:])
    await storage.accounts.change(DirectoryChange((fewer, replace(account, country="us")), (bare, app)))
    left = Directory((replace(account, country="us"),), (fewer,), (public,), {"account": "digest"})
    assert await storage.accounts.directory() == left
    await storage.accounts.change(DirectoryChange((), (account, fewer), {}))
    assert await storage.accounts.directory() == Directory((), (), (public,), {})


async def test_sessions_and_credentials(storage: Any) -> None:
    one = Session("s1", "app", 7, ("RingOut",), "e", b"\x01" * 32, 1.5, b"\x02" * 32, 2.5, 3600, 604800, 0.5)
    one = replace(one, renewed_at=0.75, spent_sha256=b"\x04" * 64, renewal_salt=b"\x00" * 32, code_sha256=b"\x05" * 32)
    await storage.tokens.save_session(one)
    await storage.tokens.save_session(replace(one, session_id="s2"))
    await storage.tokens.save_session(replace(one, access_sha256=b"\x03" * 32))
    await storage.tokens.remove_sessions(["s2", "never there"])
    assert await storage.tokens.sessions() == [replace(one, access_sha256=b"\x03" * 32)]
    credential = Credential("jti", 7, "laptop", 1, 2)
    await storage.tokens.add_credential(credential)
    await storage.tokens.add_credential(replace(credential, jti="other", client_id="app"))
    assert await storage.tokens.credentials() == [credential, replace(credential, jti="other", client_id="app")]
    await storage.tokens.remove_credentials(["jti", "never there"])
    assert await storage.tokens.credentials() == [replace(credential, jti="other", client_id="app")]


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    first = await open_storage(path)
    await first.ring_outs.add(ring_out())
    first.ring_outs.update(ring_out(**ENDED))  # nobody awaits it: closing writes it
    await first.close()
    second = await open_storage(path)
    assert await second.ring_outs.get(1) == ring_out(**ENDED)
    await second.close()


WRITES_UNTIL_KILLED = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from ringout.domain.ring_out import LegRecord, RingOut
    from ringout.storage.sqlite import open_storage

    async def main():
        storage = await open_storage(Path(sys.argv[1]))
        async def place(number):
            await storage.ring_outs.add(
                RingOut(number, 1, 2, "here", LegRecord("+1"), LegRecord("+2"), None, False, 1.0)
            )
            print(number, flush=True)
        for start in range(1, 1_000_000, 8):
            await asyncio.gather(*(place(n) for n in range(start, start + 8)))

    asyncio.run(main())
    """
)


def test_nothing_that_was_promised_is_lost_by_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    command = [sys.executable, "-c", WRITES_UNTIL_KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        promised = [int(process.stdout.readline()) for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        promised += [int(line) for line in process.stdout if line.endswith("\n")]

    async def found() -> list[int]:
        storage = await open_storage(path)
        rows = [r.id for r in await storage.ring_outs.unfinished("here")]
        await storage.close()
        return rows

    assert set(promised) <= set(asyncio.run(found()))


def test_a_record_is_readable_json(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"

    async def write() -> None:
        storage = await open_storage(path)
        await storage.ring_outs.add(ring_out())
        await storage.close()

    asyncio.run(write())
    with sqlite3.connect(path) as connection:
        (record,) = connection.execute("SELECT record FROM ring_outs").fetchone()
    connection.close()
    assert json.loads(record)["caller"]["status"] == "Success"
