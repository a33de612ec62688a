"""`ringout handler install`, `uninstall` and `status`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import msgspec
from cyclopts import App

from ringout.cli.credentials import find_credentials
from ringout.cli.failures import OK, UNREACHABLE, WRONG, CommandFailed
from ringout.cli.handler.desktop import Desktop, Owner, open_command
from ringout.cli.handler.linux import LinuxDesktop
from ringout.cli.handler.macos import MacDesktop
from ringout.cli.handler.windows import WindowsDesktop
from ringout.cli.user_files import login_file
from ringout.private_file import write_private

app = App(name="handler", help="Links with a number: who opens them.", help_format="plaintext")


def this_desktop() -> Desktop:
    """Of the system that we run on."""
    if sys.platform == "darwin":
        return MacDesktop()
    if sys.platform == "win32":
        return WindowsDesktop()
    return LinuxDesktop()


@app.command
def install() -> int:
    """Makes links of rcmobile:, rcapp:, tel: and callto: open `ringout open`, for this user alone.

    A desktop starts programs without the variables of your shell: when RINGOUT_* hold a login, it is kept for links in
    `$XDG_CONFIG_HOME/ringout/login.json`, readable for you alone.
    """
    desktop = this_desktop()
    with _refusals():
        if keep_login():
            print(f"The login of RINGOUT_* is kept in {login_file()}.")
        desktop.install(open_command())
        return _show(desktop, desktop.owners())


@app.command
def uninstall() -> int:
    """Takes back what `install` did: who had the links before has them again, and no login is kept."""
    with _refusals():
        this_desktop().uninstall()
        login_file().unlink(missing_ok=True)
    print("RingOut opens no links any more.")
    return OK


@app.command
def status() -> int:
    """Says which program opens links of each kind. Exit code: 0 RingOut opens all, 1 not all."""
    desktop = this_desktop()
    with _refusals():
        return _show(desktop, desktop.owners())


def keep_login() -> bool:
    """Whether there was a login in the environment. Raises OSError, or CommandFailed for half of one."""
    if "RINGOUT_CLIENT_ID" not in os.environ:
        return False
    found = find_credentials(None)
    file = login_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, msgspec.json.encode(asdict(found)) + b"\n")
    return True


def _show(desktop: Desktop, owners: list[Owner]) -> int:
    for owner in owners:
        print(f"{owner.scheme + ':':<10} {'RingOut' if owner.ours else owner.name or 'nobody'}")
    if all(owner.ours for owner in owners):
        return OK
    print(f"To change that, {desktop.step}.")
    return WRONG


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandFailed(f"{error}.", UNREACHABLE) from error


COMMANDS = {"handler install": install, "handler uninstall": uninstall, "handler status": status}  # for the reference
