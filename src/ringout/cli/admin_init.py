"""`ringout admin init`: from nothing to an account that can place a call."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import Parameter

from ringout.cli.admin_backend import LOGIN_FILE, leave_login, run, with_data
from ringout.cli.admin_commands import ConfigOption, JsonOption
from ringout.cli.admin_show import show_json
from ringout.cli.config_check import default_file, read_config
from ringout.cli.failures import OK, REFUSED, UNREACHABLE, USAGE, CommandFailed
from ringout.config import Config, http_url
from ringout.domain import emergency
from ringout.domain.account import Contact
from ringout.domain.errors import ForwardingNumberRefused
from ringout.service.administration.first import FirstAccount, FirstSecrets, make_first_account, refuse_second_account
from ringout.service.administration.parts import Administration
from ringout.storage.errors import StorageInUse

T = TypeVar("T")


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

    On a terminal it asks for what no option says, and again when an answer is refused. It needs an empty data directory
    and no running server.
    """
    read = read_config(config or default_file())
    if read.account.extensions:
        raise CommandFailed(
            "the configuration describes an account already: `ringout serve` brings it into the database.", USAGE
        )
    options = {
        "main_number": main_number,
        "country": country,
        "company": company,
        "extension": extension,
        "name": name,
        "email": email,
        "phone": phone,
        "international": "yes" if international else None,
    }
    given = {field: text for field, text in options.items() if text is not None}
    answers = {"country": read.call.country} | given
    if sys.stdin.isatty():
        secrets = _make_by_questions(read, answers, given, password_grant=password_grant)
    else:
        secrets = _make(read, _wanted(read, answers, password_grant=password_grant))
    if json:
        show_json(secrets)
    else:
        print(_page(read, config or default_file(), secrets))
    return OK


def _make_by_questions(
    config: Config, answers: dict[str, str], given: Collection[str], *, password_grant: bool
) -> FirstSecrets:
    """Asks for what was not given; when the answers are refused, says why and asks for everything once more."""
    _open(config, _refuse_second)
    questions = [field for field in _QUESTIONS if field not in given]
    while True:
        _ask_for(questions, answers)
        try:
            return _make(config, _wanted(config, answers, password_grant=password_grant))
        except CommandFailed as failure:
            if failure.exit_code != REFUSED:
                raise
            print(f"\n{failure.sentence}\nOnce more: Enter keeps what stands in brackets, - leaves it out.\n")
            questions = list(_QUESTIONS)


def _ask_for(questions: Iterable[str], answers: dict[str, str]) -> None:
    for field in questions:
        usual = answers.get(field, _USUAL.get(field, ""))
        if field == "extension":
            usual = usual or _usual_extension(answers["country"])
        answers[field] = _ask(_QUESTIONS[field], usual)
        while field == "main_number" and not answers[field]:
            answers[field] = _ask(_QUESTIONS[field], "")
        while field == "international" and answers[field] not in _YES | _NO:
            answers[field] = _ask(_QUESTIONS[field], _USUAL[field])


def _wanted(config: Config, answers: dict[str, str], *, password_grant: bool) -> FirstAccount:
    if not answers.get("main_number"):
        raise CommandFailed("give --main-number, the company's number, for example +16505550100.", USAGE)
    texts = {field: text for field, text in answers.items() if text and field not in ("name", "international")}
    person = Contact().named(answers.get("name", ""))
    return FirstAccount(
        **{"extension": _usual_extension(answers["country"])} | texts,
        language=config.call.language,
        first_name=person.first_name,
        last_name=person.last_name,
        international=answers.get("international") in _YES,
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
    "international": "Allow calls to other countries, yes or no",
}
_ABROAD = 108  # FPN-108
_USUAL = {"international": "no"}
_YES, _NO = {"yes", "y"}, {"no", "n", ""}


def _ask(question: str, default: str) -> str:
    """ "" = left out."""
    shown = f" [{default}]" if default else ""
    try:
        answer = input(f"{question}{shown}: ").strip() or default
    except (EOFError, KeyboardInterrupt) as end:
        print()  # the cursor stands behind the question
        if isinstance(end, KeyboardInterrupt):
            raise
        raise CommandFailed("no answer.", USAGE) from None
    return "" if answer == "-" else answer


def _make(config: Config, wanted: FirstAccount) -> FirstSecrets:
    def leave(client_id: str, secret: str) -> None:
        leave_login(config.data_dir, client_id, secret)

    async def make(admin: Administration) -> FirstSecrets:
        return await make_first_account(admin, wanted, config.account.blocked, leave)

    try:
        return _open(config, make)
    except CommandFailed as failure:
        if failure.__cause__ == ForwardingNumberRefused(_ABROAD, "phoneNumber"):
            why = "the phone is in another country than the company, and calls to other countries are not allowed"
            raise CommandFailed(f"refused: {why} (--international).", REFUSED) from failure
        raise


async def _refuse_second(admin: Administration) -> None:
    refuse_second_account(admin)


def _open(config: Config, work: Callable[[Administration], Awaitable[T]]) -> T:
    try:
        return run(with_data(config, work))
    except StorageInUse as error:
        raise CommandFailed(
            f"a server is using {config.database}, so there is an account already.", UNREACHABLE
        ) from error


def _page(config: Config, file: Path | None, made: FirstSecrets) -> str:
    url = config.http.public_url or http_url(config.http.host, config.http.port)
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
