"""Foreign programs: found or the test is skipped, started in the background, ended for sure."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from e2e.waiting import eventually

_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])  # daemons live there


def need(program: str) -> str:
    """Its path. Skips the test when it is not installed; with CI=true that is a failure."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        message = f"{program} is not installed: tools/system_programs.sh installs it"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return found


class Program:
    """One process in the background, its screen in a file. It leads a process group, which ends with it."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name, self.directory = name, directory
        self._screen = directory / f"{name}.screen"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str | Path], *, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        assert not self.is_running
        with self._screen.open("ab") as screen:
            self._process = subprocess.Popen(
                [str(word) for word in command], cwd=self.directory, stdin=stdin, stdout=screen, stderr=screen,
                start_new_session=True, env={**os.environ, "LC_ALL": "C"},
            )  # fmt: skip
        return self._process

    def until(self, question: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        """Waits for a fact about this program; fails at once when it has ended."""
        eventually(lambda: not self.is_running or question(), f"{what} ({self.name})", seconds)
        assert self.is_running, f"{self.name} has ended\n{self.screen()[-4000:]}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def family(self) -> list[int]:
        """Its pid and those of its children: a server may listen in any of them."""
        found = [self.pid]
        for pid in found:
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            except OSError:
                continue  # it has ended meanwhile
            found += [int(child) for child in children.split()]
        return found

    def kill(self) -> None:
        """kill -9 to the whole group: as a crash of the machine would."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        for sign in (number, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                pass
        self._process.wait(30)
        self._process = None

    def screen(self) -> str:
        return self._screen.read_text(errors="replace") if self._screen.exists() else ""
