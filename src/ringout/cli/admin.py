"""`ringout admin`: accounts, users, applications and all that belongs to them."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App

from ringout.cli.admin_commands import commands
from ringout.cli.admin_init import init

_GROUPS = {
    "accounts": "Accounts.",
    "users": "Users, the extensions of an account.",
    "numbers": "The numbers that an account owns.",
    "forwarding-numbers": "The phones of a user.",
    "ring-list": "Which phones ring when a user is called.",
    "devices": "The phones of a user that register here.",
    "caller-id": "What is shown when a user's request names no caller ID.",
    "clients": "Applications.",
    "jwts": "JWT credentials of a user.",
    "features": "Service features of an account.",
    "user-features": "Service features of a user.",
    "blocked": "Destinations that an account may not call.",
    "balance": "The balance of a prepaid account.",
    "trunks": "The way out, as a running server sees it.",
}

app = App(name="admin", help="Accounts, users, applications and all that belongs to them.", help_format="plaintext")
app.command(init)
_apps = {name: App(name=name, help=text, help_format="plaintext") for name, text in _GROUPS.items()}
for _group in _apps.values():
    app.command(_group)
COMMANDS: dict[str, Callable[..., int]] = {"admin init": init}  # for the reference
for (_name, _word), _function in commands().items():
    _apps[_name].command(_function, name=_word)
    COMMANDS[f"admin {_name} {_word}"] = _function

# The extensions of RingCentral's language are what everybody else calls users.
app.command(_apps["users"], name="extensions")
