"""Linux and its like: a desktop entry, and this user's default applications (freedesktop.org)."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ringout.cli import user_files
from ringout.cli.handler import mimeapps
from ringout.cli.handler.desktop import SCHEMES, Owner, Run, run

ENTRY = "ringout.desktop"
TYPES = tuple(f"x-scheme-handler/{scheme}" for scheme in SCHEMES)
_LONGEST_LIST = 1024 * 1024  # bytes of mimeapps.list

# Desktop Entry Specification 1.5, "The Exec key": what must be quoted, and what must be escaped within quotes.
_MUST_BE_QUOTED = re.compile(r"""[\s"'\\><~|&;$*?#()`]""")
_FIRST_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)')  # of what _word wrote
_ESCAPED_IN_QUOTES = re.compile(r'(["`$\\])')


class LinuxDesktop:
    """This user's files alone. run: a program of the system; environ: names the folders."""

    step = "run `ringout handler install`, or choose RingOut in the settings of your desktop"

    def __init__(self, environ: Mapping[str, str] = os.environ, run: Run = run) -> None:
        self._run = run
        self._applications = user_files.data_home(environ) / "applications"
        self._starter = user_files.data_home(environ) / "ringout" / "open-link"
        self._list = user_files.config_home(environ) / "mimeapps.list"

    @property
    def entry(self) -> Path:
        return self._applications / ENTRY

    def install(self, command: Sequence[str]) -> None:
        if any(_MUST_BE_QUOTED.search(word) for word in command):
            # xdg-open without a desktop environment, and xdg-mime, know nothing of quotes.
            _write(self._starter, f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', mode=0o755)
            command = (str(self._starter),)
        _write(self.entry, desktop_entry(command))
        self._refresh()
        _write(self._list, mimeapps.put_first(_read(self._list), TYPES, ENTRY))

    def uninstall(self) -> None:
        self.entry.unlink(missing_ok=True)
        self._starter.unlink(missing_ok=True)
        with suppress(OSError):
            self._starter.parent.rmdir()
        if self._list.exists():
            before = _read(self._list)
            after = mimeapps.take_out(before, TYPES, ENTRY)
            if not after:
                self._list.unlink()
            elif after != before:
                _write(self._list, after)
        self._refresh()

    def owners(self) -> list[Owner]:
        return [self._owner(scheme) for scheme in SCHEMES]

    def _owner(self, scheme: str) -> Owner:
        name = self._asked(f"x-scheme-handler/{scheme}")
        return Owner(scheme, name, ours=name == ENTRY and self._can_start())

    def _asked(self, kind: str) -> str:
        """xdg-mime knows the ways of every desktop; without it there is this user's list."""
        if shutil.which("xdg-mime"):
            return self._run(("xdg-mime", "query", "default", kind)).strip()
        return mimeapps.first(_read(self._list), kind)

    def _can_start(self) -> bool:
        """Whether the program that the entry names is there: environments are moved and removed."""
        line = re.search(r"^Exec=(.*)$", _read(self.entry), re.MULTILINE)
        found = _FIRST_WORD.match(line[1].replace("\\\\", "\\").replace("%%", "%")) if line else None
        if found is None:
            return False
        program = found[2] or re.sub(r"\\(.)", r"\1", found[1])
        if program == str(self._starter):
            program = shlex.split(_read(self._starter))[2]  # after #!/bin/sh and exec
        return shutil.which(program) is not None

    def _refresh(self) -> None:
        """The cache that some programs look into instead of the entries."""
        if self._applications.is_dir() and shutil.which("update-desktop-database"):
            self._run(("update-desktop-database", str(self._applications)))


def desktop_entry(command: Sequence[str]) -> str:
    """The file's text. Shown in no menu: it does nothing without a link."""
    # Of quotes xdg-open's own reading knows nothing, so words that need none get none.
    words = " ".join(_word(word) for word in command)
    return "\n".join(
        (
            "[Desktop Entry]",
            "Type=Application",
            "Version=1.0",
            "Name=RingOut",
            "Comment=Rings your phone, then the number of a link",
            f"Exec={words} %u",
            "Icon=call-start",
            "Terminal=false",
            "NoDisplay=true",
            "StartupNotify=false",
            "Categories=Network;Telephony;",
            f"MimeType={';'.join(TYPES)};",
            "",
        )
    )


def _word(word: str) -> str:
    if any(ord(character) < 32 for character in word):
        raise OSError(f"a program whose path has control characters in it cannot be registered: {word!r}")
    if _MUST_BE_QUOTED.search(word):
        word = '"' + _ESCAPED_IN_QUOTES.sub(r"\\\1", word) + '"'
    # The value is of type string, where a backslash is written as two; %% is a percent sign of the command's own.
    return word.replace("\\", "\\\\").replace("%", "%%")


def _read(path: Path) -> str:
    """ "" for a file that is not there. Raises OSError."""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_LIST + 1)
    except FileNotFoundError:
        return ""
    if len(content) > _LONGEST_LIST:
        raise OSError(f"{path} is too long to be what it should be")
    return content.decode("utf-8", "surrogateescape")


def _write(path: Path, text: str, mode: int | None = None) -> None:
    """Whole or not at all; where a link leads, since some keep such files elsewhere. mode: None = as it was."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(text.encode("utf-8", "surrogateescape"))
        if mode is None and path.exists():
            mode = path.stat().st_mode & 0o777
        if mode is not None:
            fresh.chmod(mode)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
