"""The printed tables in the docs are those of the code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_SPEC = importlib.util.spec_from_file_location("domain_reference", _ROOT / "tools" / "domain_reference.py")
assert _SPEC is not None
assert _SPEC.loader is not None
domain_reference = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(domain_reference)


@pytest.mark.parametrize("name", ["machine", "outcomes"])
def test_page_is_current(name: str) -> None:
    printed = getattr(domain_reference, f"{name}_page")()
    page = _ROOT / "docs" / "reference" / f"{name}.md"
    assert page.read_text() == printed, "run: python tools/domain_reference.py"
