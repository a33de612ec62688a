"""LegRecord.dialog: the stored sessions of one leg, one a line. Mostly one; more while a gateway that said nothing in
time has not confirmed its CANCEL."""

from __future__ import annotations

from collections.abc import Sequence


def pack(sessions: Sequence[bytes]) -> bytes | None:
    """sessions: as InviteSession.stored gives them, which is on one line. None for none."""
    return b"\n".join(sessions) or None


def unpack(stored: bytes) -> list[bytes]:
    """The opposite. Each may still be junk to UserAgent.restore."""
    return [line for line in stored.split(b"\n") if line]
