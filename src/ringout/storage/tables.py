"""The schema. A change here needs a migration and a new HEAD; a test compares the two."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import BigInteger

HEAD = "0002"  # revision of the newest migration

metadata = MetaData()

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite's rowid is spelled INTEGER

# Accounts, extensions and clients are loaded whole at the start and written whole, as JSON (readable with any SQLite
# shell): no question is ever asked about a part of one.
accounts = Table(
    "accounts",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("record", Text, nullable=False),
)

extensions = Table(
    "extensions",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("account_id", _Id, ForeignKey("accounts.id"), nullable=False),
    Column("record", Text, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("record", Text, nullable=False),
)

# Which state of the configuration file was last brought into the three tables above.
applied_config = Table(
    "applied_config",
    metadata,
    Column("part", String, primary_key=True),
    Column("digest", String, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("jti", String, primary_key=True),
    Column("extension_id", _Id, nullable=False),
    Column("label", String, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("client_id", String, nullable=False, server_default=""),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("client_id", String, nullable=False),
    Column("extension_id", _Id, nullable=False),
    Column("scopes", String, nullable=False),  # blank separated
    Column("endpoint_id", String, nullable=False),
    Column("access_sha256", LargeBinary, nullable=False),
    Column("access_expires_at", Float, nullable=False),
    Column("refresh_sha256", LargeBinary, nullable=False),
    Column("refresh_expires_at", Float, nullable=False),
    Column("access_ttl_seconds", Integer, nullable=False),
    Column("refresh_ttl_seconds", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
)

# The columns that questions are asked about, and the whole RingOut as JSON (readable with any SQLite shell).
ring_outs = Table(
    "ring_outs",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("extension_id", _Id, nullable=False),
    Column("node", String, nullable=False),
    Column("ended_at", Float, index=True),  # NULL = not ended: found by the same index
    Column("record", Text, nullable=False),
)
