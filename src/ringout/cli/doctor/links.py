"""Who opens links with a number on this desktop, and whether RingOut could call then."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ringout.cli.credentials import sandbox_login_file
from ringout.cli.doctor.finding import Finding, Repair, ok, unknown, wrong
from ringout.cli.handler.commands import keep_login
from ringout.cli.handler.desktop import Desktop, open_command
from ringout.cli.opening.page import has_display
from ringout.cli.user_files import login_file

_INSTALL = "Run `ringout handler install`."


def look(desktop: Desktop, environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """One finding for each scheme, and one on the login that links will use."""
    try:
        owners = desktop.owners()
    except OSError as error:
        return [unknown("links", f"the desktop does not say who opens them ({error})")]
    if not has_display() and not any(owner.ours for owner in owners):
        return [ok("links", "there is no desktop in this session that could open any")]
    repair = Repair("The links were registered.", lambda: desktop.install(open_command()))
    found = []
    for owner in owners:
        if owner.ours:
            found.append(ok(f"{owner.scheme}:", "RingOut opens these links"))
        else:
            step = _INSTALL if sys.platform == "linux" else f"{_INSTALL} If it stays so, {desktop.step}."
            found.append(wrong(f"{owner.scheme}:", f"{owner.name or 'nobody'} opens these links", step, repair))
    return [*found, *_login(environ)]


def _login(environ: Mapping[str, str]) -> list[Finding]:
    """A desktop starts `ringout open` without RINGOUT_*."""
    file = login_file(environ)
    if not file.exists():
        if sandbox_login_file(environ).exists():
            return [ok("login", "links use the login of the sandbox that is running")]
        says = f"a link would find no login: there is no {file}"
        if "RINGOUT_CLIENT_ID" in environ:
            return [wrong("login", says, _INSTALL, Repair("The login of RINGOUT_* is kept for links.", keep_login))]
        return [
            wrong(
                "login", says, "Set RINGOUT_URL, RINGOUT_CLIENT_ID and RINGOUT_JWT, and run `ringout handler install`."
            )
        ]
    if sys.platform != "win32" and file.stat().st_mode & 0o077:
        repair = Repair(f"{file} is for its owner alone.", lambda: _close(file))
        return [wrong("login", f"others may read {file}", f"Run `chmod 600 {file}`.", repair)]
    return [ok("login", f"links use the one in {file}")]


def _close(file: Path) -> None:
    file.chmod(0o600)
