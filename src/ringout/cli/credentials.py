"""Where `ringout call` finds a server and who it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ringout.cli.failures import USAGE, CommandFailed
from ringout.cli.user_files import login_file, state_home


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API and a way to log in to it: by jwt when there is one, else by username and password."""

    url: str
    client_id: str
    client_secret: str = ""
    jwt: str = ""
    username: str = ""
    extension: str = ""
    password: str = ""


def sandbox_login_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where a running sandbox leaves its login for this user's other commands."""
    return state_home(environ) / "ringout" / "sandbox.json"


def find_credentials(url: str | None, environ: Mapping[str, str] = os.environ) -> Credentials:
    """From RINGOUT_* when a client id is there, else the login of a running sandbox, else the one that is kept for
    links. The sandbox goes first: in it nobody is called by mistake. Raises CommandFailed."""
    if "RINGOUT_CLIENT_ID" in environ:
        found = _from_environment(environ, url)
    else:
        found = _from_login_file(source(environ))
    found = replace(found, url=(url or found.url).rstrip("/"))
    try:
        parts = urlsplit(found.url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise CommandFailed(f"{found.url} is not the URL of a server, for example http://127.0.0.1:8080.", USAGE)
    return found


def source(environ: Mapping[str, str] = os.environ) -> Path:
    """The file that a login is read from when RINGOUT_* name none."""
    sandbox, kept = sandbox_login_file(environ), login_file(environ)
    return kept if kept.exists() and not sandbox.exists() else sandbox


def _from_environment(environ: Mapping[str, str], url: str | None) -> Credentials:
    values = {name: environ.get(f"RINGOUT_{name.upper()}", "") for name in Credentials.__slots__}
    if url:
        values["url"] = url
    if not values["url"]:
        raise CommandFailed("RINGOUT_CLIENT_ID is set and the server is not: set RINGOUT_URL, or give --url.", USAGE)
    if not values["jwt"] and not (values["username"] and values["password"]):
        raise CommandFailed("set RINGOUT_JWT, or RINGOUT_USERNAME, RINGOUT_EXTENSION and RINGOUT_PASSWORD.", USAGE)
    return Credentials(**values)


def _from_login_file(file: Path) -> Credentials:
    try:
        login = msgspec.json.decode(file.read_bytes(), type=dict[str, object])
    except (OSError, msgspec.DecodeError) as error:
        raise CommandFailed(
            "no credentials: set RINGOUT_URL, RINGOUT_CLIENT_ID, RINGOUT_CLIENT_SECRET and RINGOUT_JWT, "
            "or start a sandbox with `ringout sandbox`.",
            USAGE,
        ) from error
    return Credentials(**{name: str(login.get(name, "")) for name in Credentials.__slots__})
