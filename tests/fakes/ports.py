"""Ports for what tests start: no two test processes of a machine ever choose the same one."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterable

# Below Linux's ephemeral range (32768 and up), so that no outgoing connection ever takes a port chosen here, and beside
# the 20000-29999 of a server that no setting tells otherwise.
_SIZE = 244
_BLOCKS = [range(first, first + _SIZE) for first in (*range(10240, 20000, _SIZE), *range(30000, 32280, _SIZE))]

_claims: list[range] = []  # this process's blocks
_kept: set[int] = set()
_given: deque[range] = deque()  # lately, the oldest first: who got it may not have bound it yet
_REST = 600  # so many ports are given before one comes again, as long as there are more to claim


def free_port(count: int = 1, *, keep: bool = False) -> int:
    """The first (even) of `count` consecutive ports, free for UDP and TCP on loopback now. keep: not given again before
    `give_back`, though it may be bound much later; others come again after many others. Raises AssertionError when
    there are none."""
    assert count <= _SIZE
    while (first := _search(count)) is None:
        if not _claim():
            assert _given, f"no {count} free ports in a row, and no more for this process"
            _given.clear()
    _given.append(range(first, first + max(count, 2)))
    while sum(map(len, _given)) > _REST:
        _given.popleft()
    if keep:
        _kept.update(range(first, first + count))
    return first


def give_back(ports: Iterable[int]) -> None:
    """Of those that were kept."""
    _kept.difference_update(ports)


def _search(count: int) -> int | None:
    """Begins behind the ports that were given last."""
    firsts = [first for block in _claims for first in range(block.start, block.stop - count + 1, 2)]
    taken = _kept.union(*_given)
    last = _given[-1].start if _given else 0
    for first in sorted(firsts, key=lambda first: first < last):
        row = range(first, first + count)
        if taken.isdisjoint(row):
            busy = next((port for port in row if not is_free(port)), None)
            if busy is None:
                return first
            taken.add(busy)
    return None


def _claim() -> bool:
    """One more block, if there is one: a name that only one socket can have, open until this process ends."""
    for block in _BLOCKS:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
            try:
                claim.bind(f"\0ringout-tests-{block.start}")
            except OSError:
                continue
            claim.detach()
            _claims.append(block)
            return True
    return False


def is_free(port: int) -> bool:
    """For UDP and TCP on loopback."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
