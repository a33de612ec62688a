"""What opens links runs where no server can: without the modules that only Unix has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ringout.cli.failures import OK, USAGE

WITHOUT = """
import sys

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name in ("uvloop", "fcntl", "resource", "termios", "pwd", "grp", "pty"):
            raise ImportError(f"{name} is of Unix")

for name in ("fcntl", "resource", "termios", "pwd", "grp", "pty"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Nowhere())
from ringout.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        (["open", "--dry-run", "tel:+16501112222"], OK, "+16501112222\n"),
        (["link", "+16501112222"], OK, "rcmobile:"),
        (["handler", "uninstall"], OK, "no links"),
        (["doctor", "--help"], OK, "--fix"),
        (["serve", "--config", "examples/ringout.toml"], USAGE, "a server needs Linux or macOS"),
    ],
)
def test_commands(words: list[str], code: int, out: str, tmp_path: object) -> None:
    environ = {"HOME": str(tmp_path), "PATH": "/nowhere"}
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT, *words], env=environ, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, out in ended.stdout + ended.stderr) == (code, True), ended
    assert "Traceback" not in ended.stderr
