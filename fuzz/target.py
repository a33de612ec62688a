"""What damaged input is thrown at: good input, and who reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Target(NamedTuple):
    """check: says whether it could read the bytes; its docstring tells what must hold whatever they are."""

    corpus: list[bytes]
    check: Callable[[bytes], bool]
