"""What `ringout handler` makes on each kind of desktop. Only Linux is here to be tried; what macOS and Windows get is
read back as their own programs read it."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ringout.cli.handler import desktop as desktops
from ringout.cli.handler.desktop import SCHEMES, open_command
from ringout.cli.handler.linux import LinuxDesktop, desktop_entry
from ringout.cli.handler.macos import IDENTIFIER, MacDesktop, apple_script
from ringout.cli.handler.windows import PROGRAM_ID, WindowsDesktop, registration, removal

COMMANDS = [
    ("/usr/bin/ringout", "open", "--page", "--"),
    ("/home/a b/bin/ringout", "open", "--page", "--"),
    ('/odd "$HOME" `x` \\ 100%/ringout', "open", "--"),
]


# --- the command ----------------------------------------------------------------------------------------------------


def test_what_follows_is_never_an_option(tmp_path: Path) -> None:
    for script in (False, True):
        if script:
            (tmp_path / "ringout").touch()
        command = open_command(str(tmp_path / "python3"))
        assert command[0] == str(tmp_path / ("ringout" if script else "python3"))
        assert command[-3:] == ("open", "--page", "--")


def test_programs_that_fail_are_an_oserror() -> None:
    assert desktops.run(["printf", "x"]) == "x"
    for command in (["false"], ["sh", "-c", "echo no >&2; exit 3"], ["/nowhere/program"]):
        with pytest.raises(OSError):
            desktops.run(command)


# --- Linux ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LinuxDesktop:
    environ = {"HOME": str(tmp_path)}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "X-Generic")
    return LinuxDesktop(environ)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_desktop_entry_is_valid(command: Sequence[str], tmp_path: Path) -> None:
    file = tmp_path / "ringout.desktop"
    file.write_text(desktop_entry(command))
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", file], check=True)
    line = re.search("^Exec=(.*) %u$", file.read_text(), re.MULTILINE)
    assert line
    # Read back by the two rules of the specification: the string's escapes, then the quotes, which are a shell's.
    words = line[1].replace("\\\\", "\\").replace("%%", "%")
    assert desktops.run(("sh", "-c", f"printf '%s\\n' {words}")).splitlines() == list(command)


def test_a_path_that_could_break_out_of_the_entry_is_refused() -> None:
    for make in (desktop_entry, apple_script, lambda command: registration(command, ())):
        with pytest.raises(OSError, match="control characters"):
            make(("/a\nExec=rm", "open"))


@pytest.mark.parametrize("folder", ["bin", 'my "$HOME" `x` \\ 100%'])
def test_linux_sees_whether_the_program_is_still_there(tmp_path: Path, folder: str) -> None:
    desktop = LinuxDesktop({"HOME": str(tmp_path)}, lambda command: "ringout.desktop\n")
    program = tmp_path / folder / "ringout"
    program.parent.mkdir()
    program.touch(mode=0o755)
    desktop.install((str(program), "open"))
    assert all(owner.ours for owner in desktop.owners())
    program.unlink()
    assert not any(owner.ours for owner in desktop.owners())


def test_linux_install_and_back(linux: LinuxDesktop, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "ringout"
    program.parent.mkdir()
    program.touch(mode=0o755)
    others = "[Default Applications]\ntext/plain=a.desktop\nx-scheme-handler/tel=other.desktop\n"
    chosen = tmp_path / ".config" / "mimeapps.list"
    chosen.parent.mkdir()
    chosen.write_text(others)
    linux.install((str(program), "open", "--page", "--"))
    linux.install((str(program), "open", "--page", "--"))
    assert [owner.ours for owner in linux.owners()] == [True] * len(SCHEMES)
    linux.uninstall()
    linux.uninstall()
    assert chosen.read_text() == others
    assert not linux.entry.exists()
    assert not any(owner.ours for owner in linux.owners())


def test_linux_starts_a_program_whose_path_needs_quotes(linux: LinuxDesktop, tmp_path: Path) -> None:
    """Neither xdg-mime nor the plain xdg-open can read quotes."""
    program = tmp_path / 'my "$HOME" `x` 100%' / "ringout"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/said\n')
    program.chmod(0o755)
    linux.install((str(program), "open", "--page", "--"))
    assert [owner.ours for owner in linux.owners()] == [True] * len(SCHEMES)
    exec_line = re.search("^Exec=(.*) %u$", linux.entry.read_text(), re.MULTILINE)
    assert exec_line
    subprocess.run([exec_line[1], "tel:1 2'3"], check=True)
    assert (tmp_path / "said").read_text().splitlines() == ["open", "--page", "--", "tel:1 2'3"]
    program.unlink()
    assert not linux._can_start()
    linux.uninstall()
    assert not list(tmp_path.rglob("open-link"))


def test_linux_leaves_nothing_where_nothing_was(linux: LinuxDesktop, tmp_path: Path) -> None:
    linux.uninstall()
    assert list(tmp_path.rglob("*")) == []
    linux.install(("/usr/bin/env",))
    linux.uninstall()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "mimeinfo.cache"]
    assert left == []


def test_linux_writes_where_a_link_leads(linux: LinuxDesktop, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles"
    real.write_text("[Default Applications]\n")
    real.chmod(0o600)
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "mimeapps.list").symlink_to(real)
    linux.install(("/usr/bin/env",))
    assert "ringout.desktop" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".config" / "mimeapps.list").is_symlink()


def test_linux_reads_no_endless_list(linux: LinuxDesktop, tmp_path: Path) -> None:
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "mimeapps.list").write_bytes(b"#" * (2 << 20))
    with pytest.raises(OSError, match="too long"):
        linux.install(("/usr/bin/env",))


# --- macOS ----------------------------------------------------------------------------------------------------------


class Mac:
    """The programs of macOS that the handler uses, as far as it sees them."""

    def __init__(self) -> None:
        self.ran: list[Sequence[str]] = []
        self.owner = ""

    def __call__(self, command: Sequence[str]) -> str:
        self.ran.append(command)
        if command[0] == "osacompile":
            contents = Path(command[2]) / "Contents"
            contents.mkdir(parents=True)
            made = {"CFBundleExecutable": "applet", "CFBundleSignature": "aplt", "CFBundleName": "RingOut Links"}
            (contents / "Info.plist").write_bytes(plistlib.dumps(made))
        if command[0] == "osascript" and "URLForApplicationToOpenURL" in command[4]:
            return "\n".join([self.owner, "", "/System/Applications/FaceTime.app", self.owner]) + "\n"
        return ""

    def programs(self) -> list[str]:
        return [Path(command[0]).name for command in self.ran]


def test_macos_gets_an_application_with_our_schemes(tmp_path: Path) -> None:
    mac = Mac()
    desktop = MacDesktop({"HOME": str(tmp_path)}, mac)
    desktop.install(COMMANDS[0])
    desktop.install(COMMANDS[0])
    assert desktop.bundle == tmp_path / "Applications" / "RingOut Links.app"
    plist = plistlib.loads((desktop.bundle / "Contents" / "Info.plist").read_bytes())
    assert plist["CFBundleExecutable"] == "applet", "what osacompile wrote stays"
    assert plist["CFBundleIdentifier"] == IDENTIFIER
    assert [kind["CFBundleURLSchemes"] for kind in plist["CFBundleURLTypes"]] == [list(SCHEMES)]
    assert mac.programs()[-4:] == ["osacompile", "codesign", "lsregister", "osascript"]
    assert mac.ran[-1][-5:] == (str(desktop.bundle), *SCHEMES)
    mac.owner = str(desktop.bundle)
    assert [(owner.name, owner.ours) for owner in desktop.owners()] == [
        ("RingOut Links.app", True), ("", False), ("FaceTime.app", False), ("RingOut Links.app", True),
    ]  # fmt: skip
    desktop.uninstall()
    desktop.uninstall()
    assert not desktop.bundle.exists()
    assert mac.programs()[-1] == "lsregister"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_apple_script_keeps_every_word_one_word(command: Sequence[str]) -> None:
    _, line, _ = apple_script(command)
    assert line.endswith('& " " & quoted form of theLink & " >/dev/null 2>&1 &"')
    words = re.findall(r'quoted form of "((?:[^"\\]|\\.)*)"', line)
    assert [re.sub(r"\\(.)", r"\1", word) for word in words] == list(command)


# --- Windows --------------------------------------------------------------------------------------------------------


class Registry:
    """`reg import` and `reg query`, on a registry in memory."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}

    def __call__(self, command: Sequence[str]) -> str:
        if command[1] == "import":
            raw = Path(command[2]).read_bytes()
            assert raw[:2] == b"\xff\xfe", "UTF-16, little-endian, with its mark"
            self.take(raw.decode("utf-16"))
            return ""
        key, name = command[2], "" if command[3] == "/ve" else command[4]
        if name not in self.keys.get(key, {}):
            raise OSError("ERROR: The system was unable to find the specified registry key or value.")
        return f"\r\n{key}\r\n    {name or '(Default)'}    REG_SZ    {self.keys[key][name]}\r\n\r\n"

    def take(self, text: str) -> None:
        assert text.startswith("Windows Registry Editor Version 5.00\r\n\r\n")
        key = ""
        for line in text.split("\r\n")[1:]:
            if line.startswith("[-"):
                gone = line[2:-1]
                self.keys = {key: values for key, values in self.keys.items() if f"{key}\\".find(f"{gone}\\") != 0}
            elif line.startswith("["):
                key = line[1:-1]
                assert key.startswith("HKEY_CURRENT_USER\\Software\\"), "nothing of other users"
                self.keys.setdefault(key, {})
            elif line:
                found = re.fullmatch(r'(@|"(?:[^"\\]|\\.)*")=(-|"(?:[^"\\]|\\.)*")', line)
                assert found, line
                name, value = ("" if part == "@" else re.sub(r"\\(.)", r"\1", part[1:-1]) for part in found.groups())
                if found[2] == "-":
                    self.keys[key].pop(name, None)
                else:
                    self.keys[key][name] = value


CLASSES = "HKEY_CURRENT_USER\\Software\\Classes"


@pytest.fixture
def windows(tmp_path: Path) -> Callable[[Registry], WindowsDesktop]:
    return lambda registry: WindowsDesktop({"USERPROFILE": str(tmp_path)}, registry)


def test_windows_is_told_that_ringout_can_open_the_schemes(windows: Any) -> None:
    registry = Registry()
    desktop = windows(registry)
    command = ("C:\\Program Files\\RingOut\\pythonw.exe", "-P", "-m", "ringout", "open", "--page", "--")
    desktop.install(command)
    keys = registry.keys
    line = '"C:\\Program Files\\RingOut\\pythonw.exe" -P -m ringout open --page -- "%1"'
    assert keys[f"{CLASSES}\\{PROGRAM_ID}\\shell\\open\\command"] == {"": line}
    capabilities = keys["HKEY_CURRENT_USER\\Software\\RegisteredApplications"]["RingOut"]
    assert keys[f"HKEY_CURRENT_USER\\{capabilities}\\UrlAssociations"] == dict.fromkeys(SCHEMES, PROGRAM_ID)
    for scheme in SCHEMES:
        assert keys[f"{CLASSES}\\{scheme}"] == {"": f"URL:{scheme}", "URL Protocol": ""}
        assert keys[f"{CLASSES}\\{scheme}\\shell\\open\\command"] == {"": line}
    assert all(owner.ours for owner in desktop.owners())
    desktop.uninstall()
    assert {key for key in registry.keys if "RingOut" in key or "tel" in key} == set()
    assert registry.keys["HKEY_CURRENT_USER\\Software\\RegisteredApplications"] == {}
    desktop.uninstall()


def test_windows_keys_of_other_programs_stay(windows: Any) -> None:
    registry = Registry()
    registry.keys[f"{CLASSES}\\tel\\shell\\open\\command"] = {"": '"C:\\other.exe" "%1"'}
    choices = "HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\Shell\\Associations\\UrlAssociations"
    registry.keys[f"{choices}\\callto\\UserChoice"] = {"ProgId": "Other.callto"}
    before = {key: dict(values) for key, values in registry.keys.items()}
    desktop = windows(registry)
    desktop.install(COMMANDS[0])
    names = {owner.scheme: (owner.name, owner.ours) for owner in desktop.owners()}
    assert names["tel"] == ('"C:\\other.exe" "%1"', False)
    assert names["callto"] == ("Other.callto", False)
    assert names["rcmobile"][1]
    desktop.uninstall()
    assert {key: values for key, values in registry.keys.items() if values} == before


def test_a_registry_file_is_removed_as_it_was_written() -> None:
    for text in (registration(COMMANDS[2], SCHEMES), removal(SCHEMES)):
        Registry().take(text.replace("\n", "\r\n"))
