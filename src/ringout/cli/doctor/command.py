"""`ringout doctor`: one line for each thing that a call by a click needs."""

from __future__ import annotations

import os
import time
from typing import Annotated

from cyclopts import Parameter

from ringout.cli.call import UrlOption
from ringout.cli.config_check import ConfigOption
from ringout.cli.doctor import links, server, trunks
from ringout.cli.doctor.finding import Finding, Repair, Verdict
from ringout.cli.failures import OK, WRONG, CommandFailed
from ringout.cli.handler.commands import this_desktop

FixOption = Annotated[bool, Parameter(name="--fix", negative=(), help="Repair what can be repaired from here.")]


def doctor(*, fix: FixOption = False, url: UrlOption = None, config: ConfigOption = None) -> int:
    """Looks at every layer between a click and a ringing phone: links, server, TLS, clock, login, trunks, NAT.

    Each line says ok, wrong with the one step to take, or unknown for what cannot be seen from here. Exit code: 0
    nothing is wrong, 1 something is.
    """

    def look() -> list[Finding]:
        wall = time.time  # noqa: TID251 - what this command compares is this machine's own clock
        found = [*links.look(this_desktop()), *server.look(url, trunks.local_url(config), os.environ, wall)]
        return [*found, *trunks.look(config, os.environ)]

    findings = look()
    if fix and _repair(findings):
        findings = look()
    for finding in findings:
        print(finding)
    return WRONG if any(finding.verdict is Verdict.WRONG for finding in findings) else OK


def _repair(findings: list[Finding]) -> bool:
    """Whether anything was done. Says what."""
    repairs: dict[str, Repair] = {finding.repair.done: finding.repair for finding in findings if finding.repair}
    for repair in repairs.values():
        try:
            repair.do()
        except (OSError, CommandFailed) as error:
            print(f"not fixed: {error}")
        else:
            print(f"fixed    {repair.done}")
    return bool(repairs)
