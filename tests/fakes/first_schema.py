"""A database as the first release of the schema made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config

import ringout.storage


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(ringout.storage.__file__).parent / "migrations"))
    return config


@contextmanager
def first_schema(path: Path) -> Iterator[sqlalchemy.Connection]:
    """What is written meanwhile is committed."""
    engine = sqlalchemy.create_engine(sqlalchemy.URL.create("sqlite", database=str(path)))
    with engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        yield connection
        connection.commit()
    engine.dispose()
