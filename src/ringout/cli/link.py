"""`ringout link`: what to put into a page so that a click on it calls a number."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter

from ringout.cli.failures import OK, USAGE, CommandFailed
from ringout.domain import countries, link_anchors, links

NumberArgument = Annotated[str, Parameter(help="Phone number, also with an extension or digits after the answer.")]
CountryOption = Annotated[str, Parameter(help="Where a number without + is read, ISO 3166.")]
ServerOption = Annotated[
    str | None, Parameter(name="--server", help="Base URL of a RingOut server, for its own link as well.")
]
PlusOption = Annotated[
    bool, Parameter(name="--plus", negative="", help="Write the + of +1 numbers too: for readers in any country.")
]


def link(
    number: NumberArgument,
    /,
    *,
    country: CountryOption = "us",
    server: ServerOption = None,
    plus: PlusOption = False,
) -> int:
    """Prints the HTML anchors of a phone number, each of which a desktop with a handler for it can call."""
    try:
        home = countries.by_code(country.upper()).iso_code
    except KeyError:
        raise CommandFailed(f"{country!r} is no country of ISO 3166.", USAGE) from None
    try:
        told = links.parse(number, home)
    except links.NotDialable as error:
        raise CommandFailed(f"{error.why[:1].lower()}{error.why[1:]}", USAGE) from None
    for line in link_anchors.anchors(told, _base_url(server) if server else "", plus):
        print(line)
    return OK


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise CommandFailed(f"{text!r} is no address of a server, such as https://ringout.example.", USAGE)
    return text
