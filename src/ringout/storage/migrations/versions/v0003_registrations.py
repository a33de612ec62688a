"""Where the phones are that have registered here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("user", sa.String, primary_key=True),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
