"""The command line: which commands there are, and how their failures are worded."""

from __future__ import annotations

import sys

from cyclopts import App, CycloptsError

from ringout.cli.call import call, cancel, status
from ringout.cli.config_check import check
from ringout.cli.failures import INTERRUPTED, OK, USAGE, CommandFailed
from ringout.cli.link import link
from ringout.cli.prompts import prompts
from ringout.cli.sandbox import sandbox
from ringout.cli.serve import serve


def _worded(error: CycloptsError) -> str:
    return f"ringout: {' '.join(str(error).split())}"


app = App(
    name="ringout",
    help="Rings your phone, rings theirs, joins the two.",
    help_format="plaintext",
    error_formatter=_worded,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
for command in (serve, sandbox, call, status, cancel, link, prompts):
    app.command(command)
config = App(name="config", help="Looks at a configuration.", help_format="plaintext")
config.command(check)
app.command(config)
# By its name: its parts take a tenth of a second that the other commands need not pay.
app.command("ringout.cli.admin:app", name="admin", help="Accounts, users, applications and all that belongs to them.")
app.command("ringout.cli.opening.command:open_", name="open", help="Calls the number of a link, after asking.")
app.command("ringout.cli.doctor.command:doctor", name="doctor", help="Looks at all that a call by a click needs.")
app.command("ringout.cli.handler.commands:app", name="handler", help="Links with a number: who opens them.")


def run(arguments: list[str]) -> int:
    """The exit code of one command line; prints its failure."""
    try:
        result = app(arguments, exit_on_error=False, print_error=False)
        return result if isinstance(result, int) else OK
    except CycloptsError as error:
        print(_worded(error), file=sys.stderr)
        return USAGE
    except CommandFailed as failure:
        print(f"ringout: {failure.sentence}", file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def main() -> None:
    sys.exit(run(sys.argv[1:]))
