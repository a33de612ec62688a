"""The first rounds of the many that `fuzz/peers.py` tries."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

ROUNDS = 3000


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_peers", Path(__file__).parents[2] / "fuzz" / "peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuzz = _load()


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_what_is_not_damaged_is_read(name: str) -> None:
    target = fuzz.TARGETS[name]
    read = [target.check(data) for data in target.corpus]
    assert any(read)


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_damaged_input_is_read_or_refused(name: str) -> None:
    dice = random.Random(7)
    read = [fuzz.tried(name, dice) for _ in range(ROUNDS)]
    assert ROUNDS / 100 < sum(read) < ROUNDS * 99 / 100
