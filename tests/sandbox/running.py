"""A `ringout sandbox --json` process, and waiting for what happens in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Sandbox:
    """A sandbox process. login: its one line of JSON. on_usual_ports: not on any free ones, but as people start it."""

    def __init__(self, directory: Path, *options: str, on_usual_ports: bool = False) -> None:
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("RINGOUT_")}
        self.environ["XDG_STATE_HOME"] = str(directory / "state")
        self.environ["XDG_CONFIG_HOME"] = str(directory / "config")
        ports = () if on_usual_ports or "--http" in options else ("--http", "127.0.0.1:0", "--sip", "127.0.0.1:0")
        with (directory / "stderr").open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ringout", "sandbox", "--json", *ports, *options],
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=self.environ,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.communicate(timeout=30)
            raise AssertionError(f"no sandbox: {(directory / 'stderr').read_text()}")
        self.login: dict[str, Any] = json.loads(line)

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, bytes]:
        """The exit code, and what it printed after its one line."""
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=30)
        return self.process.returncode, rest

    def command(self, *words: str) -> subprocess.Popen[str]:
        """A `ringout` command of the same user, beside the sandbox."""
        return subprocess.Popen(
            [sys.executable, "-m", "ringout", *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def eventually(fact: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """The first truthy answer of fact."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := fact():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")
