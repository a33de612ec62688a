"""`ringout config check`, and how every command that needs a configuration reads one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringout.cli.failures import OK, USAGE, CommandFailed
from ringout.config import Config
from ringout.config_file import ConfigMistakes, load_config

ConfigOption = Annotated[
    Path | None,
    Parameter(
        name="--config",
        env_var="RINGOUT_CONFIG",
        help="TOML file; default: ringout.toml of the working directory, else the built-in defaults.",
    ),
]


def read_config(file: Path | None) -> Config:
    """The configuration of file and environment. Raises CommandFailed that names every mistake on a line of its own."""
    try:
        return load_config(file, os.environ)
    except ConfigMistakes as error:
        count = len(error.mistakes)
        head = f"the configuration has {'a mistake' if count == 1 else f'{count} mistakes'}:"
        raise CommandFailed("\n  ".join([head, *map(str, error.mistakes)]), USAGE) from error


def default_file() -> Path | None:
    """`ringout.toml` of the working directory, when there is one."""
    here = Path("ringout.toml")
    return here if here.exists() else None


def check(config: ConfigOption = None) -> int:
    """Says whether a configuration can be used: every mistake with its line and what to write instead."""
    file = config or default_file()
    read = read_config(file)
    name = file if file else "The default configuration"
    trunks = len(read.trunks)
    print(f"{name} is right: {trunks} {'trunk' if trunks == 1 else 'trunks'}, SIP on {', '.join(read.sip.listen)}.")
    if not read.trunks:
        print("It has no trunk, so no number can be called yet.")
    if not read.account.extensions or not read.clients:
        print("It describes no user or no application: `ringout admin init` makes them in the database.")
    return OK
