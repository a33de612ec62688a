"""`ringout open`: calls the number of a link, after asking."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Protocol

from cyclopts import Parameter

from ringout.cli.api_client import ApiClient
from ringout.cli.call import (
    CallerIdOption,
    Display,
    FromOption,
    PromptOption,
    UrlOption,
    Wish,
    finish,
    open_client,
    watch,
)
from ringout.cli.credentials import Credentials, find_credentials
from ringout.cli.failures import INTERRUPTED, OK, USAGE, CommandFailed
from ringout.cli.opening.page import AskingPage, has_display
from ringout.cli.opening.target import Target, read
from ringout.cli.opening.terminal import AskingTerminal
from ringout.cli.snapshot import read_snapshot
from ringout.domain import countries

UNDO_SECONDS = 3
_USUAL_COUNTRY = "US"  # of a server whose configuration names none

LinkArgument = Annotated[str, Parameter(help="tel:, rcmobile:, rcapp:, callto:, sip: or https: link, or a number.")]
DryRunOption = Annotated[bool, Parameter(name="--dry-run", negative=(), help="Print the number and what would happen.")]
YesOption = Annotated[
    bool, Parameter(name="--yes", negative=(), help="Call without asking: for scripts whose links you trust.")
]
PageOption = Annotated[
    bool, Parameter(name="--page", negative=(), help="Ask in a page of the browser, also where a terminal is.")
]
CountryOption = Annotated[
    str | None, Parameter(name="--country", help="ISO 3166; where numbers without + are read. Default: your account's.")
]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the command line says of the call."""

    link: str
    from_: str | None
    caller_id: str | None
    prompt: bool | None
    country: str | None


class Asker(Display, Protocol):
    """Somebody who can be asked, and who is shown the call then."""

    @property
    def wish(self) -> Wish: ...

    def agrees(self, target: Target, server: str) -> bool: ...

    def is_undone(self, seconds: int) -> bool: ...


def open_(
    link: LinkArgument,
    /,
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    page: PageOption = False,
    from_: FromOption = None,
    caller_id: CallerIdOption = None,
    prompt: PromptOption = None,
    url: UrlOption = None,
    country: CountryOption = None,
) -> int:
    """Calls the number of a link: asks first, and can be undone for 3 seconds then.

    Asks in the terminal; where none is, in a page of the browser. Exit code as of `ringout call`; 130 also for a no.
    """
    wanted = _Wanted(link, from_, caller_id, prompt, None if country is None else _known(country))
    if dry_run:
        return _tell(wanted, url, yes)
    if yes or not (page or not (sys.stdin.isatty() and sys.stdout.isatty())):
        terminal = AskingTerminal()
        with open_client(find_credentials(url)) as client:
            target = _read(wanted, client)
            if not yes:
                _ask(terminal, target, client)
            with terminal.wish, terminal:
                return _call(wanted, target, client, terminal)
    if not has_display():
        raise CommandFailed(
            "nobody can be asked here: no terminal and no display. `--yes` calls without asking.", USAGE
        )
    with AskingPage() as asking:
        asking.open()
        try:
            return _ask_in_page(wanted, find_credentials(url), asking)
        except CommandFailed as failure:
            asking.fail(failure.sentence)
            raise


def _ask_in_page(wanted: _Wanted, credentials: Credentials, asking: AskingPage) -> int:
    with open_client(credentials) as client:
        target = _read(wanted, client)
        _ask(asking, target, client)
        return _call(wanted, target, client, asking)


def _read(wanted: _Wanted, client: ApiClient) -> Target:
    return read(wanted.link, wanted.country or client.home_country())


def _ask(asker: Asker, target: Target, client: ApiClient) -> None:
    """Raises CommandFailed for a no."""
    if not asker.agrees(target, client.url):
        raise CommandFailed("not called.", INTERRUPTED)
    if asker.is_undone(UNDO_SECONDS):
        raise CommandFailed("undone: not called.", INTERRUPTED)


def _call(wanted: _Wanted, target: Target, client: ApiClient, asker: Asker) -> int:
    link = target.link
    placed = client.place(link.phone_number, wanted.from_, wanted.caller_id, wanted.prompt, link.post_dial)
    return finish(watch(client, read_snapshot(placed), asker.wish, asker), asker.wish)


def _tell(wanted: _Wanted, url: str | None, yes: bool) -> int:
    """Of a call that could not be placed as well, and then why."""
    country, obstacle, server = wanted.country, "", ""
    try:
        credentials = find_credentials(url)
        server = credentials.url
        with open_client(credentials) as client:
            country = country or client.home_country()
    except CommandFailed as failure:
        obstacle = failure.sentence
    target = read(wanted.link, country or _USUAL_COUNTRY)
    print(target.link.phone_number)
    place = f" ({target.place})" if target.place else ""
    first = "Without asking" if yes else f"After a yes and {UNDO_SECONDS} seconds for an undo"
    phone = f"your phone {wanted.from_}" if wanted.from_ else "your phone"
    if obstacle:
        print(f"It could not be called now: {obstacle}")
    else:
        print(f"{first} {server} would ring {phone}, then {target.number}{place}.")
    for remark in target.remarks():
        print(remark)
    if not country and "+" not in wanted.link:
        print(f"A number without + is read as one of {_USUAL_COUNTRY}: the country of the account is not known.")
    print("Nothing was called.")
    return OK


def _known(country: str) -> str:
    try:
        return countries.by_code(country).iso_code
    except KeyError as error:
        raise CommandFailed(f"--country {country} is no country of ISO 3166, for example us.", USAGE) from error
