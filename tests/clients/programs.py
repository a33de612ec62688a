"""Runs one scenario of a JavaScript program, and collects the facts that it prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SECONDS = 60
OFFICIAL = "official.mjs"
EXTENSIBLE = "extensible.mjs"
BOTH = pytest.mark.parametrize("program", [OFFICIAL, EXTENSIBLE])

Facts = dict[str, Any]
AnswerUrl = Callable[[str], str]


def run(program: str, scenario: str, login: Facts, answer_url: AnswerUrl | None = None) -> Facts:
    """The facts by their names. answer_url: is given the fact `login_url` and returns what the program reads next.

    Skips where node or its packages are missing, which with CI=true is an error."""
    _need_packages()
    process = subprocess.Popen(
        ["node", program, scenario],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    facts: Facts = {}
    try:
        process.stdin.write(json.dumps(login) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            facts.update(json.loads(line))
            if answer_url is not None and "login_url" in facts:
                process.stdin.write(answer_url(facts["login_url"]) + "\n")
                process.stdin.flush()
                answer_url = None
        _, errors = process.communicate()
    finally:
        watchdog.cancel()
        process.kill()
    assert process.returncode == 0, f"{program} {scenario}: {list(facts)}\n{errors[-3000:]}"
    return facts


def _need_packages() -> None:
    if shutil.which("node") and (HERE / "node_modules" / ".ready").exists():
        return
    assert os.environ.get("CI") != "true", "node or its packages are missing: tools/client_packages.sh"
    pytest.skip("node or its packages are missing: tools/client_packages.sh")
