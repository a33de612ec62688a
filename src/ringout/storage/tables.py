"""The schema. A change here needs a migration and a new HEAD; a test compares the two."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import BigInteger

HEAD = "0003"  # revision of the newest migration

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
    Column("renewed_at", Float, nullable=False, server_default="0"),
    Column("spent_sha256", LargeBinary, nullable=False, server_default=""),
    Column("renewal_salt", LargeBinary, nullable=False, server_default=""),
    Column("code_sha256", LargeBinary, nullable=False, server_default=""),
)

# What prepaid accounts have, and every change of it: a balance is the sum of its account's entries. Both stay when the
# account goes, for the books.
balances = Table(
    "balances",
    metadata,
    Column("account_id", _Id, primary_key=True, autoincrement=False),
    Column("units", BigInteger, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("account_id", _Id, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("ring_out_id", BigInteger, unique=True),
    Column("created_at", Float, nullable=False),
    Column("note", String, nullable=False),
    Index("ix_ledger_account_id", "account_id", "id"),
)

# Where the phones are that have registered here: all bindings of an address-of-record as one JSON list. node: whose
# sockets they are reached by.
registrations = Table(
    "registrations",
    metadata,
    Column("user", String, primary_key=True),
    Column("node", String, nullable=False),
    Column("record", Text, nullable=False),
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
    Column("account_id", _Id, nullable=False, server_default="0"),
    # The call log, of an account and, reading on past the others, of one extension. New entries come at the end of an
    # account's part: with the extension before the id every new RingOut would touch another page.
    Index("ix_ring_outs_log", "account_id", "id", "extension_id"),
)
