"""Waiting for facts instead of sleeping."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def eventually(question: Callable[[], T | None], what: str, seconds: float = 40.0) -> T:
    """Asks until the answer is true (not None, not empty). Raises AssertionError that names `what` after `seconds`."""
    give_up = time.monotonic() + seconds
    while True:
        if answer := question():
            return answer
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {seconds:g} s in vain for: {what}")
        time.sleep(0.02)


def is_listening(transport: str, port: int, pid: int) -> bool:
    """Whether that process has that local port (TCP: in state LISTEN), read from the tables of its own network."""
    try:
        opened = {os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")}
        tables = [Path(f"/proc/{pid}/net/{transport}{family}").read_text() for family in ("", "6")]
    except OSError:
        return False  # it has ended, or a descriptor was closed meanwhile
    for table in tables:
        for row in table.splitlines()[1:]:
            fields = row.split()
            is_ours = fields[1].endswith(f":{port:04X}") and f"socket:[{fields[9]}]" in opened
            if is_ours and (transport == "udp" or fields[3] == "0A"):
                return True
    return False
