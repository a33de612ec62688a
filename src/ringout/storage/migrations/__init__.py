"""Alembic's environment: how each version of the schema becomes the next."""
