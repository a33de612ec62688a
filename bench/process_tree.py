"""Processor time and memory of a process and all its descendants, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """pid itself first, then every living process below it."""
    found = [pid]
    for parent in found:
        for task in _tasks(parent):
            try:
                children = (task / "children").read_text().split()
            except OSError:  # the thread or the process has ended meanwhile
                continue
            found.extend(int(child) for child in children)
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the tree so far, ended and waited-for children included. Steps of 10 ms."""
    ticks = 0
    for member in descendants(pid):
        fields = _stat_fields(member)
        if fields:
            ticks += sum(int(value) for value in fields[11:15])  # utime stime cutime cstime
    return ticks / TICKS_PER_SECOND


def cpu_by_process(pid: int) -> dict[int, float]:
    """Own user and system seconds of each member of the tree."""
    found = {}
    for member in descendants(pid):
        fields = _stat_fields(member)
        if fields:
            found[member] = (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
    return found


def memory_kb(pid: int) -> int:
    """Proportional set size of the tree: a page shared by n processes counts as one n-th in each of them."""
    total = 0
    for member in descendants(pid):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on (field 3 of proc(5) is index 0); empty when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
