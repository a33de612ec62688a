"""Run by Alembic, on the connection that the storage has opened."""

from __future__ import annotations

from alembic import context

from ringout.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
