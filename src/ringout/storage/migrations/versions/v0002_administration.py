"""Accounts, extensions and clients as whole records, changed by the administration and the users themselves."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    old = _read_old()
    for table in ("caller_ids", "forwarding_numbers", "extensions", "clients", "accounts"):
        op.drop_table(table)
    op.create_table(
        "accounts",
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "extensions",
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        sa.Column("account_id", _ID, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String, primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "applied_config",
        sa.Column("part", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.add_column("credentials", sa.Column("client_id", sa.String, nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("renewed_at", sa.Float, nullable=False, server_default="0"))
    for name in ("spent_sha256", "renewal_salt", "code_sha256"):
        op.add_column("sessions", sa.Column(name, sa.LargeBinary, nullable=False, server_default=""))
    _create_ledger()
    _prepare_call_log()
    _write_new(old)


def _create_ledger() -> None:
    op.create_table(
        "balances",
        sa.Column("account_id", _ID, primary_key=True, autoincrement=False),
        sa.Column("units", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("ring_out_id", sa.BigInteger, unique=True),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("note", sa.String, nullable=False),
    )
    op.create_index("ix_ledger_account_id", "ledger", ["account_id", "id"])


def _prepare_call_log() -> None:
    op.add_column("ring_outs", sa.Column("account_id", _ID, nullable=False, server_default="0"))
    op.execute("UPDATE ring_outs SET account_id = json_extract(record, '$.account_id')")
    op.create_index("ix_ring_outs_log", "ring_outs", ["account_id", "id", "extension_id"])


def _read_old() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Accounts and extensions, as far as they are not in the configuration anyway: the ids that clients know. The
    first schema knew only what the configuration describes, and the next start applies that."""
    connection = op.get_bind()
    accounts = [
        {"id": i, "main_number": number, "country": country, "language": language, "from_config": True}
        for i, number, country, language in connection.execute(
            sa.text("SELECT id, main_number, country, language FROM accounts")
        )
    ]
    extensions = [
        {"id": i, "account_id": owner, "number": number, "password_hash": secret, "from_config": True}
        for i, owner, number, secret in connection.execute(
            sa.text("SELECT id, account_id, number, password_hash FROM extensions")
        )
    ]
    for extension in extensions:
        rows = connection.execute(
            sa.text("SELECT id, number, label FROM forwarding_numbers WHERE extension_id = :i ORDER BY position"),
            {"i": extension["id"]},
        )
        extension["forwarding_numbers"] = [{"id": i, "number": n, "label": label} for i, n, label in rows]
    return accounts, extensions


def _write_new(old: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    connection = op.get_bind()
    accounts, extensions = old
    for record in accounts:
        connection.execute(
            sa.text("INSERT INTO accounts (id, record) VALUES (:id, :record)"),
            {"id": record["id"], "record": json.dumps(record)},
        )
    for record in extensions:
        connection.execute(
            sa.text("INSERT INTO extensions (id, account_id, record) VALUES (:id, :account_id, :record)"),
            {"id": record["id"], "account_id": record["account_id"], "record": json.dumps(record)},
        )
