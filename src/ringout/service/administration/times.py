"""Times as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(wall: float) -> str:
    """ISO 8601, UTC, milliseconds. wall: seconds since the epoch."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
