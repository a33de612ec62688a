"""Windows: keys below HKEY_CURRENT_USER, written and removed by `reg import`.

RingOut registers itself as a program that can open the schemes; a key of another program is left as it is, and then the
user chooses once, in the question that Windows asks or in its settings. No program may make that choice: Windows seals
it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ringout.cli import user_files
from ringout.cli.handler.desktop import SCHEMES, Owner, Run, run

PROGRAM_ID = "RingOut.Link"
_ROOT = "HKEY_CURRENT_USER\\Software"
_CLASSES = f"{_ROOT}\\Classes"
_CAPABILITIES = "Software\\RingOut\\Capabilities"
_CHOICES = f"{_ROOT}\\Microsoft\\Windows\\Shell\\Associations\\UrlAssociations"
_HEAD = "Windows Registry Editor Version 5.00"
_VALUE = re.compile(r"^\s+\S.*?\s{4}REG_SZ\s{4}(.*)$", re.MULTILINE)  # of `reg query`


class WindowsDesktop:
    """This user's part of the registry alone."""

    step = "open Settings > Apps > Default apps, look for RingOut, and choose it for this kind of link"

    def __init__(self, environ: Mapping[str, str] = os.environ, run: Run = run) -> None:
        self._run = run
        self._file = user_files.state_home(environ) / "ringout" / "handler.reg"

    def install(self, command: Sequence[str]) -> None:
        free = [scheme for scheme in SCHEMES if self._command_of(scheme) is None or self._is_ours(scheme)]
        self._import(registration(command, free))

    def uninstall(self) -> None:
        self._import(removal([scheme for scheme in SCHEMES if self._is_ours(scheme)]))
        self._file.unlink(missing_ok=True)

    def owners(self) -> list[Owner]:
        return [self._owner(scheme) for scheme in SCHEMES]

    def _owner(self, scheme: str) -> Owner:
        chosen = self._query(f"{_CHOICES}\\{scheme}\\UserChoice", "/v", "ProgId")
        if chosen is not None:
            return Owner(scheme, chosen, ours=chosen == PROGRAM_ID)
        return Owner(scheme, self._command_of(scheme) or "", ours=self._is_ours(scheme))

    def _is_ours(self, scheme: str) -> bool:
        own = self._command_of(PROGRAM_ID)
        return own is not None and self._command_of(scheme) == own

    def _command_of(self, name: str) -> str | None:
        return self._query(f"{_CLASSES}\\{name}\\shell\\open\\command", "/ve")

    def _query(self, key: str, *which: str) -> str | None:
        """The text of a value; None = there is none."""
        with suppress(OSError):
            if found := _VALUE.search(self._run(("reg", "query", key, *which))):
                return found[1].rstrip("\r")
        return None

    def _import(self, text: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        _write(self._file, text)
        self._run(("reg", "import", str(self._file)))


def registration(command: Sequence[str], free: Collection[str]) -> str:
    """The .reg file of the installation. free: the schemes that no other program has a key for."""
    # Within quotes %1 can still end them with a quote of its own. What comes after -- is no option, and a second word
    # no second link: `ringout open` refuses it.
    line = f'{subprocess.list2cmdline(command)} "%1"'
    keys: list[tuple[str, dict[str, str]]] = [
        (f"{_CLASSES}\\{PROGRAM_ID}", {"": "Number of a link", "URL Protocol": ""}),
        (f"{_CLASSES}\\{PROGRAM_ID}\\shell\\open\\command", {"": line}),
        (
            f"HKEY_CURRENT_USER\\{_CAPABILITIES}",
            {
                "ApplicationName": "RingOut",
                "ApplicationDescription": "Rings your phone, then the number of a link",
            },
        ),
        (f"HKEY_CURRENT_USER\\{_CAPABILITIES}\\UrlAssociations", dict.fromkeys(SCHEMES, PROGRAM_ID)),
        (f"{_ROOT}\\RegisteredApplications", {"RingOut": _CAPABILITIES}),
    ]
    for scheme in free:
        keys.append((f"{_CLASSES}\\{scheme}", {"": f"URL:{scheme}", "URL Protocol": ""}))
        keys.append((f"{_CLASSES}\\{scheme}\\shell\\open\\command", {"": line}))
    return _file(
        [(f"[{key}]", [f"{_name(name)}={_quoted(text)}" for name, text in values.items()]) for key, values in keys]
    )


def removal(ours: Collection[str]) -> str:
    """The .reg file that takes it all away. ours: the schemes whose keys are RingOut's."""
    gone = [f"{_CLASSES}\\{PROGRAM_ID}", f"{_ROOT}\\RingOut", *(f"{_CLASSES}\\{scheme}" for scheme in ours)]
    return _file([(f"[-{key}]", []) for key in gone] + [(f"[{_ROOT}\\RegisteredApplications]", ['"RingOut"=-'])])


def _file(keys: Sequence[tuple[str, list[str]]]) -> str:
    return "\n\n".join([_HEAD, *("\n".join([key, *values]) for key, values in keys)]) + "\n"


def _name(name: str) -> str:
    return _quoted(name) if name else "@"


def _quoted(text: str) -> str:
    if any(ord(character) < 32 for character in text):
        raise OSError(f"a program whose path has control characters in it cannot be registered: {text!r}")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))  # with its mark, as the registry editor itself does
