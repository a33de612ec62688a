"""Brings a database to the schema of this program."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from sqlalchemy import URL, text
from sqlalchemy.pool import NullPool

from ringout.storage.errors import StorageFailed
from ringout.storage.tables import HEAD


def migrate(path: Path) -> None:
    """Blocks for as long as it takes. Raises StorageFailed for a database of a newer program, or none at all."""
    engine = sqlalchemy.create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            found = _revision(connection)
            if found == HEAD:
                return
            _upgrade(connection, found)
            connection.commit()
    except sqlalchemy.exc.DatabaseError as error:
        raise StorageFailed(f"{path}: {error.orig}") from error
    finally:
        engine.dispose()


def _revision(connection: sqlalchemy.Connection) -> str | None:
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: sqlalchemy.Connection, found: str | None) -> None:
    # Loaded only when there is something to do: Alembic takes longer to import than a database to open.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise StorageFailed(f"the database has schema {found}, which this program does not know") from error
