"""What a link stands for, as pages and dialers ask before they fill in a number. Calls nobody."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ringout.domain import links, number_parts
from ringout.domain.errors import MissingParameter, UnusableValue
from ringout.domain.number_parts import Context
from ringout.web import schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.number_parser import home_country
from ringout.web.reading import read_json

LinkText = Annotated[str, Meta(description="tel:, rcmobile:, rcapp:, callto:, sip:, https://SERVER/dial, or a number")]


class ParseLinkRequest(Struct, rename="camel"):
    """The link as the page has it. A number without + is read in the home country of the user."""

    link: LinkText | None = None  # may be missing here, so that its absence gets the documented error


class ParseLinkResponse(Struct, rename="camel", omit_defaults=True):
    """phoneNumber: E.164, or the digits of a short number; with extension it is called as `phoneNumber*extension`.
    postDial: as a RingOut takes it. formatted: phoneNumber for people."""

    phone_number: str
    formatted: str
    extension: str | None = None
    post_dial: str | None = None
    sub_address: Annotated[str | None, Meta(description="Of ISDN; no RingOut can use it")] = None


_decoder = msgspec.json.Decoder(ParseLinkRequest)


async def parse(api: Api, request: Request) -> Answer:
    body = await read_json(request, _decoder)
    if not body.link:
        raise MissingParameter("link")
    try:
        link = links.parse(body.link, home_country(api, request))
    except links.NotDialable as error:
        raise UnusableValue("link", body.link, error.why) from None
    return schemas.answer(
        ParseLinkResponse(link.number, _formatted(link.number), link.extension, link.post_dial or None, link.subaddress)
    )


def _formatted(number: str) -> str:
    """As the number parser writes it; a short number as it is."""
    anywhere = Context(None, None, lambda _: False)
    return number_parts.take_apart(number, anywhere).international if number.startswith("+") else number


PARSE = Operation(
    "parseLink",
    parse,
    "What a link to a phone number stands for, the digits apart that follow the answer. Calls nobody.",
    answer=ParseLinkResponse,
    body=ParseLinkRequest,
    group=Group.LIGHT,
)
