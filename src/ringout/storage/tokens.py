"""Sessions and personal JWTs on SQLite."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from ringout.domain.account import Credential, Session
from ringout.storage.statements import execute
from ringout.storage.tables import credentials, sessions
from ringout.storage.writer import Reader, Writer


class SqliteTokens:
    """The port TokenStore."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def sessions(self) -> list[Session]:
        rows = await self._reader.run(lambda connection: execute(connection, select(sessions)))
        return [_session(dict(zip(sessions.c.keys(), row, strict=True))) for row in rows]

    async def save_session(self, session: Session) -> None:
        await self._writer.submit(lambda connection: _save(connection, session))

    async def remove_sessions(self, session_ids: Sequence[str]) -> None:
        gone = list(session_ids)
        await self._writer.submit(lambda c: execute(c, delete(sessions).where(sessions.c.session_id.in_(gone))))

    async def credentials(self) -> list[Credential]:
        rows = await self._reader.run(lambda connection: execute(connection, select(credentials)))
        return [Credential(*row) for row in rows]

    async def add_credential(self, credential: Credential) -> None:
        statement = insert(credentials).values(dataclasses.asdict(credential))
        await self._writer.submit(lambda connection: execute(connection, statement))

    async def remove_credentials(self, jtis: Sequence[str]) -> None:
        gone = list(jtis)
        await self._writer.submit(lambda c: execute(c, delete(credentials).where(credentials.c.jti.in_(gone))))


def _session(row: dict[str, Any]) -> Session:
    later = {name: row[name] or b"" for name in ("spent_sha256", "renewal_salt", "code_sha256")}  # "" in older rows
    return Session(**{**row, **later, "scopes": tuple(row["scopes"].split())})


def _save(connection: sqlite3.Connection, session: Session) -> None:
    values = {**dataclasses.asdict(session), "scopes": " ".join(session.scopes)}
    execute(connection, delete(sessions).where(sessions.c.session_id == session.session_id))
    execute(connection, insert(sessions).values(values))
