"""The reference pages say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ringout.config_file import load_config

ROOT = Path(__file__).resolve().parents[3]


def test_the_reference_pages_are_current() -> None:
    found = subprocess.run([sys.executable, ROOT / "tools/reference.py", "--check"], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_the_example_configuration_is_right() -> None:
    config = load_config(ROOT / "examples/ringout.toml", {})
    assert [trunk.name for trunk in config.trunks] == ["carrier", "uk"]
