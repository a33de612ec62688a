import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import ringout.storage
from ringout.storage.errors import StorageFailed
from ringout.storage.migrate import migrate
from ringout.storage.sqlite import open_storage
from ringout.storage.tables import HEAD, metadata
from ringout.storage.writer import connect


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(ringout.storage.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_make_the_schema_of_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "a b%c.sqlite3"
    migrate(path)
    engine = sqlalchemy.create_engine(sqlalchemy.URL.create("sqlite", database=str(path)))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


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
        connection.execute("INSERT INTO clients VALUES ('a', NULL, '', 0)")
        raise ZeroDivisionError

    with pytest.raises(StorageFailed, match="ZeroDivisionError"):
        await writer.submit(breaks)
    count = await writer.submit(lambda c: c.execute("SELECT count(*) FROM clients").fetchone()[0])
    assert count == 0
    await storage.close()
