"""How SQLite answers the call log, and what becomes of rows of the first schema."""

import json
import sqlite3
from pathlib import Path

import msgspec
import pytest
import sqlalchemy

from fakes.first_schema import first_schema
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.service.ports import LogQuery
from ringout.storage import statements
from ringout.storage.migrate import migrate
from ringout.storage.sqlite import open_storage
from ringout.storage.writer import connect

ROW = RingOut(5, 500000001, 500000002, "n", LegRecord("+16505550111"), LegRecord("+14155550199"), None, False, 1.0)


def _explained(connection: sqlite3.Connection, query: LogQuery) -> str:
    statement = statements.history(query, 0, 10)
    compiled = statement.compile(dialect=statements._DIALECT, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    return " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled}"))


@pytest.mark.parametrize(
    "query",
    [LogQuery(1), LogQuery(1, 2), LogQuery(1, 2, 5, 9), LogQuery(1, numbers=("+16505550111",)), LogQuery(1, last_id=9)],
)
def test_a_question_reads_the_index_backwards_and_sorts_nothing(tmp_path: Path, query: LogQuery) -> None:
    path = tmp_path / "ringout.sqlite3"
    migrate(path)
    connection = connect(path)
    plan = _explained(connection, query)
    connection.close()
    assert "USING INDEX ix_ring_outs_log" in plan
    assert "SORT" not in plan
    assert "TEMP B-TREE" not in plan


async def test_rows_of_the_first_schema_are_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "ringout.sqlite3"
    with first_schema(path) as connection:
        row = {"id": ROW.id, "extension": ROW.extension_id, "record": json.dumps(msgspec.to_builtins(ROW))}
        connection.execute(sqlalchemy.text("INSERT INTO ring_outs VALUES (:id, :extension, 'n', NULL, :record)"), row)
    storage = await open_storage(path)
    assert await storage.ring_outs.history(LogQuery(ROW.account_id, ROW.extension_id), 0, 9) == [ROW]
    await storage.close()
