"""Points in time as both APIs write them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """seconds: since the epoch. ISO 8601, UTC, milliseconds: `2026-03-10T18:07:52.534Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
