"""`ringout prompts`: what the caller may hear."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from ringout.cli.config_check import ConfigOption, default_file, read_config
from ringout.cli.failures import OK, USAGE, CommandFailed
from ringout.media.prompts import SHIPPED, BadPrompt, available

DirectoryOption = Annotated[
    Path | None, Parameter(help="LANGUAGE/NAME.wav files over the shipped ones; default: the configuration's.")
]


def prompts(*, config: ConfigOption = None, directory: DirectoryOption = None) -> int:
    """Lists the prompts by language, with their length and where each comes from."""
    table = Table("Language", "Prompt", "Seconds", box=None, pad_edge=False)
    table.add_column("From", overflow="fold")
    try:
        found = available(directory or read_config(config or default_file()).media.prompts)
    except BadPrompt as error:
        raise CommandFailed(str(error), USAGE) from error
    for prompt in found:
        source = "shipped" if prompt.source.is_relative_to(SHIPPED) else str(prompt.source)
        table.add_row(prompt.language, prompt.name, f"{prompt.seconds:.1f}", source)
    Console().print(table)
    return OK
