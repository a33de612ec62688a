"""The script that is served is the one that its sources make."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES, SERVED = ROOT / "click-to-call", ROOT / "src" / "ringout" / "web" / "click_to_call"


def run(*command: str) -> None:
    if not (SOURCES / "node_modules" / "esbuild").is_dir():
        message = "tools/client_packages.sh has not installed what builds the script"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr


def test_is_current(tmp_path: Path) -> None:
    run("node", "build.mjs", str(tmp_path))
    assert (tmp_path / "click-to-call.js").read_bytes() == (SERVED / "click-to-call.js").read_bytes(), (
        "run: npm run build, in click-to-call/"
    )
    assert sorted(file.name for file in SERVED.iterdir()) == ["click-to-call.js", "click-to-call.js.br"]
    unpack = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"
    packed = subprocess.run(["node", "-e", unpack, SERVED / "click-to-call.js.br"], capture_output=True, timeout=60)
    assert packed.stdout == (SERVED / "click-to-call.js").read_bytes()


def test_types() -> None:
    run("node", "node_modules/typescript/bin/tsc", "--noEmit")
