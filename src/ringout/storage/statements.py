"""From the schema to text for the bare driver; the statements of the call path are compiled once."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from ringout.domain.ring_out import RingOut
from ringout.storage.tables import ring_outs

_DIALECT = sqlite.dialect(paramstyle="qmark")


def execute(connection: sqlite3.Connection, statement: Executable) -> list[Any]:
    """Compiles and runs a statement that is not on the call path; its rows, [] for one that gives none."""
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    values = compiled.params
    return connection.execute(str(compiled), [values[name] for name in compiled.positiontup or ()]).fetchall()


def _sql(statement: Executable) -> str:
    assert isinstance(statement, ClauseElement)
    return str(statement.compile(dialect=_DIALECT))


def _upsert() -> str:
    insert = sqlite.insert(ring_outs)
    changed = {name: insert.excluded[name] for name in ("ended_at", "record")}
    return _sql(insert.on_conflict_do_update(index_elements=["id"], set_=changed))


UPSERT = _upsert()  # parameters: row()
SELECT_ONE = _sql(select(ring_outs.c.record).where(ring_outs.c.id == bindparam("id")))
SELECT_LAST_ID = _sql(select(func.max(ring_outs.c.id)))
SELECT_UNFINISHED = _sql(
    select(ring_outs.c.record)
    .where(ring_outs.c.ended_at.is_(None), ring_outs.c.node == bindparam("node"))
    .order_by(ring_outs.c.id)
)
DELETE_ENDED = _sql(delete(ring_outs).where(ring_outs.c.ended_at < bindparam("wall")))

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(RingOut)


def row(ring_out: RingOut) -> tuple[Any, ...]:
    """In the order of the table's columns, as UPSERT wants it."""
    try:
        record = _encoder.encode(ring_out).decode()
    except UnicodeEncodeError:
        # One row with half a character in it must not keep all those beside it from the disk.
        text = json.dumps(msgspec.to_builtins(ring_out), ensure_ascii=False)
        record = text.encode("utf-8", "replace").decode()
    return (ring_out.id, ring_out.extension_id, ring_out.node, ring_out.ended_at, record)


def read(record: str) -> RingOut:
    """Raises msgspec.DecodeError for what row never wrote."""
    return _decoder.decode(record)
