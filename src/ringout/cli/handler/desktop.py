"""What every kind of desktop is asked to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SCHEMES = ("rcmobile", "rcapp", "tel", "callto")
_RUN_SECONDS = 30.0

# Runs a program of the system and gives what it prints. Raises OSError when there is none, when it fails, and when it
# does not end.
Run = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who gets the links of a scheme. name: as the system shows or knows it; "" = nobody. ours: it is RingOut, with a
    program that is there."""

    scheme: str
    name: str
    ours: bool


class Desktop(Protocol):
    """One kind of desktop. Every method raises OSError for what the system refuses."""

    step: str  # what a person does where the system lets no program choose the owner of a scheme

    def install(self, command: Sequence[str]) -> None:
        """command: program and arguments, to which the system adds the link as the last one."""

    def uninstall(self) -> None:
        """Leaves everything as if install had never been. Nothing to do is no error."""

    def owners(self) -> list[Owner]:
        """One for each of SCHEMES."""


def open_command(executable: str = sys.executable) -> tuple[str, ...]:
    """How a desktop starts `ringout open`. What comes after -- is never read as an option, whatever a link says."""
    folder = Path(executable).parent
    script = folder / ("ringout.exe" if sys.platform == "win32" else "ringout")
    if script.exists() and sys.platform != "win32":
        program: tuple[str, ...] = (str(script),)
    else:
        windowless = folder / "pythonw.exe"  # opens no console for a moment
        python = str(windowless) if windowless.exists() else executable
        program = (python, "-P", "-m", "ringout")  # -P: a folder that a browser was started in holds no modules of ours
    return (*program, "open", "--page", "--")


def run(command: Sequence[str]) -> str:
    """See Run."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{command[0]} does not end") from error
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines()
        raise OSError(f"{command[0]} failed: {said[-1] if said else f'exit code {ended.returncode}'}")
    return ended.stdout
