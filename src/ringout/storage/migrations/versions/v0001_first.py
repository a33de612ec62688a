"""The first schema: users, applications, logins, RingOuts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_users()
    _create_logins()
    op.create_table(
        "ring_outs",
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        sa.Column("extension_id", _ID, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("ix_ring_outs_ended_at", "ring_outs", ["ended_at"])


def _create_users() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        sa.Column("main_number", sa.String, nullable=False),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
    )
    op.create_table(
        "extensions",
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        sa.Column("account_id", _ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("caller_id", sa.String, nullable=False),
    )
    op.create_table(
        "forwarding_numbers",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("extension_id", _ID, sa.ForeignKey("extensions.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
    )
    op.create_table(
        "caller_ids",
        sa.Column("extension_id", _ID, sa.ForeignKey("extensions.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("number", sa.String, nullable=False),
    )


def _create_logins() -> None:
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String, primary_key=True),
        sa.Column("secret_sha256", sa.LargeBinary),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("password_grant", sa.Integer, nullable=False),
    )
    op.create_table(
        "credentials",
        sa.Column("jti", sa.String, primary_key=True),
        sa.Column("extension_id", _ID, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String, primary_key=True),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("extension_id", _ID, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("endpoint_id", sa.String, nullable=False),
        sa.Column("access_sha256", sa.LargeBinary, nullable=False),
        sa.Column("access_expires_at", sa.Float, nullable=False),
        sa.Column("refresh_sha256", sa.LargeBinary, nullable=False),
        sa.Column("refresh_expires_at", sa.Float, nullable=False),
        sa.Column("access_ttl_seconds", sa.Integer, nullable=False),
        sa.Column("refresh_ttl_seconds", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
