import asyncio
import json
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fakes.first_schema import alembic_config, first_schema
from ringout.domain.account import Account, ForwardingNumber
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.storage import statements
from ringout.storage.errors import StorageFailed
from ringout.storage.migrate import migrate
from ringout.storage.sqlite import open_storage
from ringout.storage.tables import HEAD, metadata
from ringout.storage.writer import connect


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_the_migrations_make_the_schema_of_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "a b%c.sqlite3"
    migrate(path)
    engine = sqlalchemy.create_engine(sqlalchemy.URL.create("sqlite", database=str(path)))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_a_database_of_the_first_schema_keeps_its_ids(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    with first_schema(path) as connection:
        for statement in (
            "INSERT INTO accounts VALUES (500000001, '+16505550100', 'gb', 'fr')",
            "INSERT INTO extensions VALUES (500000002, 500000001, '101', 'A User', '$argon2id$x', 'blocked')",
            "INSERT INTO forwarding_numbers VALUES ('500000003', 500000002, 0, '+16505550111', 'Desk')",
            "INSERT INTO caller_ids VALUES (500000002, 0, '+16505550133')",
            "INSERT INTO clients VALUES ('app', NULL, 'RingOut', 1)",
        ):
            connection.execute(sqlalchemy.text(statement))
    storage = await open_storage(path)
    found = await storage.accounts.directory()
    await storage.close()
    assert found.accounts == (Account(500000001, "+16505550100", "gb", "fr", from_config=True),)
    (user,) = found.extensions
    assert (user.id, user.number, user.password_hash, user.from_config) == (500000002, "101", "$argon2id$x", True)
    assert user.forwarding_numbers == (ForwardingNumber("500000003", "+16505550111", "Desk"),)


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "ringout.sqlite3"
    storage = await open_storage(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await storage.close()


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    connection = connect(tmp_path / "x")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    connection.close()


async def test_a_newer_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    migrate(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StorageFailed, match="9999"):
        await open_storage(path)


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 10)
    with pytest.raises(StorageFailed):
        await open_storage(path)
    with pytest.raises(StorageFailed):
        await open_storage(tmp_path)
    with pytest.raises(StorageFailed):
        await open_storage(path / "below a file")


async def test_a_failed_work_is_rolled_back_and_the_next_one_runs(tmp_path: Path) -> None:
    storage = await open_storage(tmp_path / "ringout.sqlite3")
    writer = storage._writer

    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO clients VALUES ('a', '{}')")
        raise ZeroDivisionError

    with pytest.raises(StorageFailed, match="ZeroDivisionError"):
        await writer.submit(breaks)
    count = await writer.submit(lambda c: c.execute("SELECT count(*) FROM clients").fetchone()[0])
    assert count == 0
    await storage.close()


async def test_works_that_wait_share_a_transaction_and_fail_alone(tmp_path: Path) -> None:
    storage = await open_storage(tmp_path / "ringout.sqlite3")
    writer, go_on = storage._writer, threading.Event()

    def insert(connection: sqlite3.Connection, name: str, *, fails: bool = False) -> int:
        connection.execute("INSERT INTO clients VALUES (?, '{}')", (name,))
        if fails:
            raise ZeroDivisionError
        return len(name)

    def count(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT count(*) FROM clients").fetchone()[0])

    first = writer.submit(lambda _: go_on.wait())
    good, bad, long = (
        writer.submit(lambda c: insert(c, "a")),
        writer.submit(lambda c: insert(c, "b", fails=True)),
        writer.submit(lambda c: insert(c, "long")),
    )
    counted, other = writer.submit(count), connect(tmp_path / "ringout.sqlite3")
    go_on.set()
    await first
    assert (await good, await long, await counted) == (1, 4, 2)
    with pytest.raises(StorageFailed, match="ZeroDivisionError"):
        await bad
    assert [name for (name,) in other.execute("SELECT client_id FROM clients ORDER BY 1")] == ["a", "long"]
    other.close()
    await storage.close()


async def test_a_transaction_that_breaks_fails_all_its_works(tmp_path: Path) -> None:
    storage = await open_storage(tmp_path / "ringout.sqlite3")
    writer, go_on = storage._writer, threading.Event()

    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO clients VALUES ('a', '{}')")

    def take_back_everything(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")  # as SQLite does it when the disk is full
        raise sqlite3.OperationalError("database or disk is full")

    writer.submit(lambda _: go_on.wait())
    works = [writer.submit(insert), writer.submit(take_back_everything), writer.submit(insert)]
    go_on.set()
    answers = await asyncio.gather(*works, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StorageFailed] * 3
    assert "disk is full" in str(answers[0])
    assert await writer.submit(lambda c: c.execute("SELECT count(*) FROM clients").fetchone()[0]) == 0
    await storage.close()


async def test_one_process_at_a_time(tmp_path: Path) -> None:
    """Two would end each other's calls. The lock goes with its process, however that ends."""
    path = tmp_path / "ringout.sqlite3"
    program = f"""
import asyncio, pathlib
from ringout.storage.sqlite import open_storage
async def main():
    await open_storage(pathlib.Path({str(path)!r}))
    print("open", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert other.stdout is not None
    try:
        assert await other.stdout.readline() == b"open\n"
        with pytest.raises(StorageFailed, match=f"another RingOut server .process {other.pid}. is using"):
            await open_storage(path)
    finally:
        other.kill()
        await other.wait()
    for _ in range(2):
        await (await open_storage(path)).close()
    assert stat.S_IMODE(path.with_name("ringout.sqlite3.lock").stat().st_mode) == 0o600


async def test_a_start_that_fails_keeps_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 10)
    with pytest.raises(StorageFailed):
        await open_storage(path)
    path.unlink()
    await (await open_storage(path)).close()


async def test_the_largest_id_is_known_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    storage = await open_storage(path)
    assert storage.ring_outs.last_id == 0
    for number in (7, 2**52, 9):
        await storage.ring_outs.add(RingOut(number, 1, 2, "x", LegRecord("+1"), LegRecord("+2"), None, False, 1.0))
    await storage.close()
    storage = await open_storage(path)
    assert storage.ring_outs.last_id == 2**52
    await storage.close()


async def test_text_that_is_no_utf_8_keeps_no_row_from_the_disk(tmp_path: Path) -> None:
    """Half a character from somewhere must cost no other RingOut its place in the transaction."""
    storage = await open_storage(tmp_path / "ringout.sqlite3")
    odd = LegRecord("+1", sip_reason="Occup\udce9", dialog=b"\x00\xff")
    first = RingOut(1, 1, 2, "x", odd, LegRecord("+2"), None, False, 1.0, ended_at=5.0)
    await asyncio.gather(storage.ring_outs.add(first), storage.ring_outs.add(replace(first, id=2, caller=odd)))
    await storage.close()
    storage = await open_storage(tmp_path / "ringout.sqlite3")
    for number in (1, 2):
        read = await storage.ring_outs.get(number)
        assert read == replace(first, id=number, caller=replace(odd, sip_reason="Occup?"))
    await storage.close()


def test_a_row_of_an_older_version_is_read() -> None:
    """What a leg has been told of only since then is missing in it."""
    row = RingOut(1, 1, 2, "here", LegRecord("+1"), LegRecord("+2"), None, False, 1.0)
    text = json.loads(statements.row(row)[4])
    newer = ("cause", "redirection", "label", "phones", "taken_by", "quality")
    for leg in ("caller", "callee"):
        text[leg] = {name: value for name, value in text[leg].items() if name not in newer}
    assert statements.read(json.dumps(text)) == row
