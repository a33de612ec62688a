"""From the schema to text for the bare driver; the statements of the call path are compiled once."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, delete, false, func, or_, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from ringout.domain.ring_out import RingOut
from ringout.service.ports import LogQuery
from ringout.storage.tables import ring_outs

_DIALECT = sqlite.dialect(paramstyle="qmark")


def execute(connection: sqlite3.Connection, statement: Executable) -> list[Any]:
    """Compiles and runs a statement that is not on the call path; its rows, [] for one that gives none."""
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    values = compiled.params
    return connection.execute(str(compiled), [values[name] for name in compiled.positiontup or ()]).fetchall()


def sql(statement: Executable) -> str:
    """Compiles a statement that is run often; its bindparams are positional, in the order of their appearance."""
    assert isinstance(statement, ClauseElement)
    return str(statement.compile(dialect=_DIALECT))


def _upsert() -> str:
    insert = sqlite.insert(ring_outs)
    changed = {name: insert.excluded[name] for name in ("ended_at", "record")}
    return sql(insert.on_conflict_do_update(index_elements=["id"], set_=changed))


UPSERT = _upsert()  # parameters: row()
SELECT_ONE = sql(select(ring_outs.c.record).where(ring_outs.c.id == bindparam("id")))
SELECT_LAST_ID = sql(select(func.max(ring_outs.c.id)))
SELECT_UNFINISHED = sql(
    select(ring_outs.c.record)
    .where(ring_outs.c.ended_at.is_(None), ring_outs.c.node == bindparam("node"))
    .order_by(ring_outs.c.id)
)
DELETE_ENDED = sql(delete(ring_outs).where(ring_outs.c.ended_at < bindparam("wall")))


def history(query: LogQuery, start: int, limit: int) -> Executable:
    """Records of the call log, newest first."""
    return _matching(select(ring_outs.c.record), query).order_by(ring_outs.c.id.desc()).limit(limit).offset(start)


def count(query: LogQuery, most: int) -> Executable:
    """How many there are, up to `most`."""
    return select(func.count()).select_from(_matching(select(ring_outs.c.id), query).limit(most).subquery())


def _matching(statement: Select[Any], query: LogQuery) -> Select[Any]:
    columns = ring_outs.c
    statement = statement.where(
        columns.account_id == query.account_id, columns.id.between(query.first_id, query.last_id)
    )
    if query.extension_id is not None:
        statement = statement.where(columns.extension_id == query.extension_id)
    if query.ended_after is not None:
        statement = statement.where(or_(columns.ended_at.is_(None), columns.ended_at > query.ended_after))
    if query.numbers is not None:
        # In a JSON text an unescaped quotation mark ends a string, so this stands nowhere but in a leg.
        found = [func.instr(columns.record, f'"number":"{number}"') > 0 for number in query.numbers]
        statement = statement.where(or_(false(), *found))
    return statement


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
    return (ring_out.id, ring_out.extension_id, ring_out.node, ring_out.ended_at, record, ring_out.account_id)


def read(record: str) -> RingOut:
    """Raises msgspec.DecodeError for what row never wrote."""
    return _decoder.decode(record)
