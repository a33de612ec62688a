"""Waiting for facts instead of sleeping, and choosing ports that nobody else has."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Below Linux's ephemeral range (32768 and up), so that no outgoing connection ever takes a port chosen here.
# Tests that run side by side (pytest-xdist) have a share of the range each.
_ALL = range(10240, 20000)
_SHARE = len(_ALL) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_FIRST_PORT = _ALL[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) * _SHARE] + 1 & ~1
_LAST_PORT = _FIRST_PORT + _SHARE - 2
_kept: set[int] = set()
# Two runs at the same time begin at different places.
_next = [_FIRST_PORT + (os.getpid() * 62 + time.monotonic_ns() // 1000) % _SHARE]


def eventually(question: Callable[[], T | None], what: str, seconds: float = 20.0) -> T:
    """Asks until the answer is true (not None, not empty). Raises AssertionError that names `what` after `seconds`."""
    give_up = time.monotonic() + seconds
    while True:
        if answer := question():
            return answer
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {seconds:g} s in vain for: {what}")
        time.sleep(0.02)


def free_port(count: int = 1, *, keep: bool = False) -> int:
    """The first (even) of `count` consecutive ports, free for UDP and TCP on loopback now. keep: not given again before
    `give_back`, though it may be bound much later; others come again after a round through the range. Raises
    AssertionError when there are none."""
    rounds = 0
    while True:
        first = _next[0] + 1 & ~1
        if first + count > _LAST_PORT:
            first, rounds = _FIRST_PORT, rounds + 1
            assert rounds < 3, f"no {count} free ports in a row in {_FIRST_PORT}-{_LAST_PORT}"
        _next[0] = first + count
        ports = range(first, first + count)
        if _kept.isdisjoint(ports) and all(is_free(port) for port in ports):
            if keep:
                _kept.update(ports)
            return first


def give_back(ports: Iterable[int]) -> None:
    """Of those that were kept."""
    _kept.difference_update(ports)


def is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


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
