"""A list that is always empty here: clients ask for it at their start and take an empty one for an answer. Its filters
are not looked at: there is nothing to leave out."""

from __future__ import annotations

from msgspec import Struct

from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.paging import Navigation, PageQuery, Paging, list_page, wanted_page


class ExtensionGrant(Struct):
    """Nobody may act for another user."""


class GetExtensionGrantListResponse(Struct):
    """No grants."""

    uri: str
    records: list[ExtensionGrant]
    navigation: Navigation
    paging: Paging


async def list_grants(api: Api, request: Request) -> Answer:
    uri = f"{links.extension_uri(api, request)}/grant"
    return schemas.answer(list_page(request, uri, [], wanted_page(request), 0))


GRANTS = {
    "GET": Operation(
        "listExtensionGrants",
        list_grants,
        "Whom the user may act for: nobody.",
        GetExtensionGrantListResponse,
        query=PageQuery,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
