"""Writes docs/reference/configuration.md and cli.md from the code; with --check, says which of them are not current."""

from __future__ import annotations

import dataclasses
import inspect
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from ringout import config
from ringout.cli.admin import COMMANDS as ADMIN_COMMANDS
from ringout.cli.call import call, cancel, status
from ringout.cli.config_check import check
from ringout.cli.doctor.command import doctor
from ringout.cli.handler.commands import COMMANDS as HANDLER_COMMANDS
from ringout.cli.link import link
from ringout.cli.opening.command import open_
from ringout.cli.prompts import prompts
from ringout.cli.sandbox import sandbox
from ringout.cli.serve import serve
from ringout.config_rules import RANGES

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"

CONFIGURATION_HEAD = """# Configuration

Written from the code by `make docs`; a test keeps it current.

`ringout serve --config FILE` reads a TOML file (without the option: `ringout.toml` in the working directory
when there is one, else the defaults). `ringout config check --config FILE` names every mistake with its line
and what to write instead. `examples/ringout.toml` is a commented example for a real trunk.

Every setting can come from the environment instead, and then wins over the file: the variable stands in the
last column. Lists are separated by commas there. What stands in a list of tables goes by its own name, in
capitals and with `_` for everything that is no letter or digit. Relative paths in the file count from the
file's directory.
"""

CLI_HEAD = """# Command line

Written from the code by `make docs`; a test keeps it current.

What goes wrong is one sentence on standard error and an exit code: 0 all is well, 1 the call ended without
the two parties having been joined (`doctor` and `handler`: something is not as it should be), 2 the command
line, the configuration or the credentials cannot be used, 3 the server refuses, 4 there is no server or it
cannot at the moment, 130 cancelled by Ctrl-C.

`call`, `status`, `cancel`, `open` and `doctor` log in with `RINGOUT_URL`, `RINGOUT_CLIENT_ID`,
`RINGOUT_CLIENT_SECRET` and either `RINGOUT_JWT` or `RINGOUT_USERNAME`, `RINGOUT_EXTENSION` and
`RINGOUT_PASSWORD`. Without `RINGOUT_CLIENT_ID` they use the login that a running sandbox leaves, for its owner
only, in `$XDG_STATE_HOME/ringout/sandbox.json` (`~/.local/state` when that is not set), else the one that
`ringout handler install` has kept in `$XDG_CONFIG_HOME/ringout/login.json` (`~/.config`). However many of them run,
they are one session of that user: its token is kept for an hour, for its owner only, below
`$XDG_STATE_HOME/ringout/logins`.

`admin` works on the data directory of the configuration or, while a server is using that, asks the server; it logs in
there with `RINGOUT_ADMIN_CLIENT_ID` and `RINGOUT_ADMIN_CLIENT_SECRET`, else with what `ringout admin init` left in the
data directory. See `docs/how-to/administer.md`.
"""

COMMANDS: dict[str, Callable[..., int]] = {
    "serve": serve,
    "sandbox": sandbox,
    "call": call,
    "status": status,
    "cancel": cancel,
    "open": open_,
    "link": link,
    "prompts": prompts,
    "config check": check,
    **HANDLER_COMMANDS,
    "doctor": doctor,
    **ADMIN_COMMANDS,
}


def configuration() -> str:
    """The page on every setting."""
    parts = [CONFIGURATION_HEAD, _table("", config.Config, "", "RINGOUT")]
    return "\n".join([*parts, *_sections(config.Config, "", "RINGOUT")])


def _sections(kind: Any, above: str, variable: str) -> Iterator[str]:
    """The tables below that one, each followed by those below it. above: its dotted path with a dot, "" = the top."""
    for name, hint in get_type_hints(kind).items():
        path, below = f"{above}{name}", f"{variable}_{name.upper()}"
        if dataclasses.is_dataclass(hint):
            yield _table(f"[{path}]", hint, f"{path}.", below)
            yield from _sections(hint, f"{path}.", below)
        elif get_origin(hint) is tuple and dataclasses.is_dataclass(item := get_args(hint)[0]):
            yield _table(f"[[{path}]]", item, f"{path}.", f"{below}_*")
            yield from _sections(item, f"{path}.", f"{below}_*")


def _table(title: str, kind: Any, rule: str, variable: str) -> str:
    comments = _comments(kind)
    rows = []
    for spec in dataclasses.fields(kind):
        hint = get_type_hints(kind)[spec.name]
        if dataclasses.is_dataclass(hint) or (
            get_origin(hint) is tuple and dataclasses.is_dataclass(get_args(hint)[0])
        ):
            continue
        bounds = RANGES.get(f"{rule}{spec.name}")
        meaning = comments[spec.name] + (f" ({bounds[0]:.10g} to {bounds[1]:.10g})" if bounds else "")
        rows.append(f"| `{spec.name}` | {_default(spec)} | {_escape(meaning)} | `{variable}_{spec.name.upper()}` |")
    doc = inspect.cleandoc(kind.__doc__ or "")
    head = "| setting | default | meaning | variable |\n|---|---|---|---|"
    heading = f"`{title}`" if title else "At the top of the file"
    return f"## {heading}\n\n{doc}\n\n{head}\n" + "\n".join(rows) + "\n"


def _comments(kind: Any) -> dict[str, str]:
    """Field -> the comment on its line."""
    source = inspect.getsource(kind)
    lines = source.splitlines()
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (name := re.match(r"\s*(\w+): ", lines[token.start[0] - 1])):
            found[name[1]] = token.string.lstrip("# ")
    return found


def _default(spec: dataclasses.Field[Any]) -> str:
    if spec.default is dataclasses.MISSING:
        return "required"
    value = spec.default
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, int | float) else f'`"{value}"`'


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


def cli() -> str:
    """The page on every command, from the functions themselves: help as it is drawn differs by library version."""
    return "\n".join([CLI_HEAD, *(_command(name, function) for name, function in COMMANDS.items())])


def _command(name: str, function: Callable[..., int]) -> str:
    hints = get_type_hints(function, include_extras=True)
    usage, rows = [f"ringout {name}"], []
    for parameter in inspect.signature(function).parameters.values():
        kind, described = get_args(hints[parameter.name])[:2]
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            shown = parameter.name.upper()
            usage.append(shown)
        else:
            option = described.name[0] if described.name else "--" + parameter.name.replace("_", "-")
            takes = "" if kind is bool or bool in get_args(kind) else " " + _value(kind)
            shown = f"{option}{takes}" + (f", {described.negative[0]}" if described.negative else "")
            usage.append(f"[{option}{takes}]")
        variable = f" Also: `{described.env_var[0]}`." if described.env_var else ""
        rows.append(f"| `{shown}` | {_escape(described.help)}{variable} |")
    doc = inspect.cleandoc(function.__doc__ or "")
    table = "\n| option | meaning |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else ""
    return f"## `ringout {name}`\n\n```text\n{' '.join(usage)}\n```\n\n{doc}\n{table}"


def _value(kind: Any) -> str:
    return "PATH" if Path in (kind, *get_args(kind)) else "TEXT"


def main() -> int:
    """The exit code: with --check, 1 when a page is not what the code says."""
    stale = 0
    for name, text in (("configuration.md", configuration()), ("cli.md", cli())):
        page = REFERENCE / name
        if "--check" not in sys.argv:
            page.write_text(text)
        elif not page.exists() or page.read_text() != text:
            print(f"docs/reference/{name} is not current: make docs", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
