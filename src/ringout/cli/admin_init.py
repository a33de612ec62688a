"""`ringout admin init`: from nothing to an account that can place a call."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringout.cli.admin_backend import DATABASE, LOGIN_FILE, leave_login, run, with_data
from ringout.cli.admin_commands import ConfigOption, JsonOption
from ringout.cli.admin_show import show_json
from ringout.cli.config_check import read_config
from ringout.cli.failures import OK, UNREACHABLE, USAGE, CommandFailed
from ringout.cli.serve import default_file
from ringout.config import Config
from ringout.domain import emergency
from ringout.service.administration.first import FirstAccount, FirstSecrets, make_first_account
from ringout.service.administration.parts import Administration
from ringout.storage.errors import StorageInUse


def init(
    *,
    main_number: Annotated[str | None, Parameter(help="The company's number, as your trunk knows it.")] = None,
    country: Annotated[str | None, Parameter(help="ISO 3166; default: the configuration's.")] = None,
    company: Annotated[str | None, Parameter(help="Its name.")] = None,
    extension: Annotated[
        str | None, Parameter(help="Of the first user; default: 101, or 201 where that calls for help.")
    ] = None,
    name: Annotated[str | None, Parameter(help="Of the first user.")] = None,
    email: Annotated[str | None, Parameter(help="Of the first user; may be used to log in as well.")] = None,
    phone: Annotated[str | None, Parameter(help="The first user's phone, rung first.")] = None,
    international: Annotated[bool, Parameter(negative=(), help="Allow calls to other regions than your own.")] = False,
    password_grant: Annotated[
        bool, Parameter(negative=(), help="The application may log users in by their passwords.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Makes the first account with a user, an application and a JWT, and prints every secret once.

    On a terminal it asks for what no option says. It needs an empty data directory and no running server.
    """
    read = read_config(config or default_file())
    if read.account.extensions:
        raise CommandFailed(
            "the configuration describes an account already: `ringout serve` brings it into the database.", USAGE
        )
    given = {
        "main_number": main_number,
        "country": country,
        "company": company,
        "extension": extension,
        "name": name,
        "email": email,
        "phone": phone,
    }
    wanted = _wanted(read, given, international=international, password_grant=password_grant)
    secrets = _make(read, wanted)
    if json:
        show_json(secrets)
    else:
        print(_page(read, config or default_file(), secrets))
    return OK


def _wanted(config: Config, given: dict[str, str | None], *, international: bool, password_grant: bool) -> FirstAccount:
    answers = {"country": config.call.country} | {k: v for k, v in given.items() if v is not None}
    if sys.stdin.isatty():
        for field, question in _QUESTIONS.items():
            if given[field] is None:
                usual = _usual_extension(answers["country"]) if field == "extension" else answers.get(field, "")
                answers[field] = _ask(question, usual)
    answers.setdefault("extension", _usual_extension(answers["country"]))
    if not answers.get("main_number"):
        raise CommandFailed("give --main-number, the company's number, for example +16505550100.", USAGE)
    first, _, last = answers.pop("name", "").strip().rpartition(" ")
    return FirstAccount(
        **{field: text for field, text in answers.items() if text},
        language=config.call.language,
        first_name=first or last,
        last_name=last if first else "",
        international=international,
        password_grant=password_grant,
    )


def _usual_extension(country: str) -> str:
    """101, except where that calls an ambulance."""
    return "201" if emergency.is_emergency("101", country.upper()) else "101"


_QUESTIONS = {
    "main_number": "The company's number, as your trunk knows it",
    "country": "Country (ISO 3166)",
    "company": "The company's name",
    "extension": "Extension of the first user",
    "name": "The first user's name",
    "email": "The first user's e-mail address",
    "phone": "The first user's phone, rung first",
}


def _ask(question: str, default: str) -> str:
    shown = f" [{default}]" if default else ""
    try:
        return input(f"{question}{shown}: ").strip() or default
    except EOFError:
        raise CommandFailed("no answer.", USAGE) from None


def _make(config: Config, wanted: FirstAccount) -> FirstSecrets:
    def leave(client_id: str, secret: str) -> None:
        leave_login(config.data_dir, client_id, secret)

    async def make(admin: Administration) -> FirstSecrets:
        return await make_first_account(admin, wanted, config.account.blocked, leave)

    try:
        return run(with_data(config, make))
    except StorageInUse as error:
        raise CommandFailed(
            f"a server is using {config.data_dir / DATABASE}, so there is an account already.", UNREACHABLE
        ) from error


def _page(config: Config, file: Path | None, made: FirstSecrets) -> str:
    host = f"[{config.http.host}]" if ":" in config.http.host else config.http.host
    url = config.http.public_url or f"http://{host}:{config.http.port}"
    phone = made.phone or "YOUR_PHONE"
    environment = {
        "RINGOUT_URL": url,
        "RINGOUT_CLIENT_ID": made.client_id,
        "RINGOUT_CLIENT_SECRET": made.client_secret,
        "RINGOUT_JWT": made.jwt,
    }
    exports = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in environment.items())
    parts = [
        "Your account is ready. The secrets are shown this once: keep them now.\n",
        f"  Account         {made.main_number}, id {made.account_id}",
        f"  User            extension {made.extension}, id {made.extension_id}",
        f"  Password        {made.password}",
        f"  Client id       {made.client_id}",
        f"  Client secret   {made.client_secret}",
        f"  JWT             {made.jwt}",
        f"  Administration  client {made.admin_client_id}, secret {made.admin_client_secret}",
        f"                  (kept in {config.data_dir / LOGIN_FILE} for `ringout admin` beside a running server)\n",
        "Start the server:\n",
        f"  ringout serve{f' --config {shlex.quote(str(file))}' if file else ''}\n",
        "Then, in another terminal:\n",
        exports,
        f"  ringout call NUMBER --from {phone}\n",
        "The same login by HTTP:\n",
        f'  curl -u "$RINGOUT_CLIENT_ID:$RINGOUT_CLIENT_SECRET" {shlex.quote(url + "/restapi/oauth/token")} \\',
        '    -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer -d "assertion=$RINGOUT_JWT"',
    ]
    if not config.trunks:
        parts.append(
            "\nNo number can be called yet: describe your trunk as [[trunks]] in the configuration, see "
            "docs/how-to/connect-a-trunk.md."
        )
    return "\n".join(parts)
