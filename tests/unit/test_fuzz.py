"""The first rounds of the many that `fuzz/peers.py` tries."""

from __future__ import annotations

import random

import peers
import pytest

ROUNDS = 3000


@pytest.mark.parametrize("name", peers.TARGETS)
def test_what_is_not_damaged_is_read(name: str) -> None:
    target = peers.TARGETS[name]
    read = [target.check(data) for data in target.corpus]
    assert any(read)


@pytest.mark.parametrize("name", peers.TARGETS)
def test_damaged_input_is_read_or_refused(name: str) -> None:
    dice = random.Random(7)
    read = [peers.tried(name, dice) for _ in range(ROUNDS)]
    assert ROUNDS / 100 < sum(read) < ROUNDS * 99 / 100
