"""The ports that tests choose: in a row, free, and no other process's."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest

from fakes import ports

ANOTHER_PROCESS = "from fakes.ports import free_port; print([free_port(60) for _ in range(8)])"


def test_no_other_process_chooses_the_same() -> None:
    ours = {ports.free_port(60) for _ in range(8)}
    tests = Path(__file__).parents[1]
    theirs = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS], cwd=tests, capture_output=True, text=True, timeout=60, check=True
    )
    theirs_first = {int(word) for word in theirs.stdout.strip("[]\n").split(", ")}
    assert all(abs(one - other) >= 60 for one in ours for other in theirs_first)


def test_a_row_is_found_beside_what_is_bound_or_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_claims", [])
    first = ports.free_port(keep=True)
    ports.free_port(200)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", ports.free_port() + 1))
        busy = held.getsockname()[1]
        before: set[int] = set()
        for _ in range(60):  # more than one round
            row = range(start := ports.free_port(100), start + 100)
            assert start % 2 == 0
            assert first not in row
            assert busy not in row
            assert before.isdisjoint(row)  # who got those may not have bound them yet
            before = set(row)
    ports.give_back([first])


def test_none_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_BLOCKS", [])
    monkeypatch.setattr(ports, "_claims", [])
    monkeypatch.setattr(ports, "_given", deque())
    with pytest.raises(AssertionError, match="no 3 free ports in a row"):
        ports.free_port(3)
