"""The user who asks, and the list of the account's users."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from ringout.domain.account import Extension, by_number
from ringout.domain.errors import BadParameter
from ringout.service.features import service_features
from ringout.web import extension_bodies, links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.extension_bodies import (
    TYPE,
    ExtensionUpdateRequest,
    GetExtensionInfoResponse,
    GetExtensionListResponse,
)
from ringout.web.message import Answer, Request
from ringout.web.paging import PageQuery, list_page, wanted_page
from ringout.web.reading import read_json, read_query

_decoder = msgspec.json.Decoder(ExtensionUpdateRequest)

ExtensionStatus = Literal["Enabled", "Disabled", "Frozen", "NotActivated", "Unassigned"]
ExtensionType = Literal[
    "User", "Department", "Announcement", "Voicemail", "DigitalUser", "VirtualUser", "FaxUser", "PagingOnly",
    "SharedLinesGroup", "DelegatedLinesGroup", "GroupCallPickup", "IvrMenu", "ApplicationExtension", "ProxyAdmin",
    "RoomConnector", "ParkLocation", "Limited", "Bot", "Site", "Room", "FlexibleUser", "TieLine", "Unknown",
]  # fmt: skip


class ListExtensionsQuery(PageQuery, rename="camel"):
    """Filters; several values of one are alternatives."""

    status: tuple[ExtensionStatus, ...] = ()
    type: tuple[ExtensionType, ...] = ()
    extension_number: str | None = None
    email: tuple[str, ...] = ()


async def list_extensions(api: Api, request: Request) -> Answer:
    accounts, account_id = api.services.accounts, request.principal.account_id
    query, page = read_query(request, ListExtensionsQuery), wanted_page(request)
    found = [e for e in accounts.extensions(account_id) if _matches(e, query)]
    found.sort(key=by_number)
    root, account = links.root(api, request), accounts.account(account_id)
    records = [extension_bodies.listed_extension(account, e, root) for e in page.cut(found)]
    body = list_page(request, f"{links.account_uri(api, request)}/extension", records, page, len(found))
    return schemas.answer(body)


def _matches(extension: Extension, query: ListExtensionsQuery) -> bool:
    emails = [email.lower() for email in query.email]
    return (
        (not query.status or extension_bodies.status(extension) in query.status)
        and (not query.type or TYPE in query.type)
        and query.extension_number in (None, extension.number)
        and (not emails or extension.contact.email.lower() in emails)
    )


async def read_extension(api: Api, request: Request) -> Answer:
    return _shown(api, request, api.services.accounts.extension(request.principal.extension_id))


async def change_extension(api: Api, request: Request) -> Answer:
    wanted = await read_json(request, _decoder)
    if wanted.type not in (None, TYPE):
        raise BadParameter("type", wanted.type if wanted.type in get_args(ExtensionType) else None)
    return _shown(api, request, await api.services.extensions.change(request.principal, wanted.read()))


def _shown(api: Api, request: Request, extension: Extension) -> Answer:
    account = api.services.accounts.account(extension.account_id)
    features = service_features(account, extension)
    body = extension_bodies.extension_info(account, extension, features, links.root(api, request))
    return schemas.answer(body)


COLLECTION = {
    "GET": Operation(
        "listExtensions",
        list_extensions,
        "The account's users, by extension number.",
        GetExtensionListResponse,
        query=ListExtensionsQuery,
        permission="ReadAccounts",
        group=Group.MEDIUM,
    )
}
MEMBER = {
    "GET": Operation(
        "readExtension",
        read_extension,
        "The user who asks: contact, regional settings, features, permissions.",
        GetExtensionInfoResponse,
        permission="ReadAccounts",
        group=Group.LIGHT,
    ),
    "PUT": Operation(
        "updateExtension",
        change_extension,
        "Changes contact, regional settings or password of the user who asks.",
        GetExtensionInfoResponse,
        body=ExtensionUpdateRequest,
        permission="EditExtensions",
        group=Group.MEDIUM,
    ),
}
