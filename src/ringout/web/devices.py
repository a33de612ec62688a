"""Lists that are always empty here: clients ask for them at their start and take an empty one for an answer.
Their filters are not looked at: there is nothing to leave out."""

from __future__ import annotations

from msgspec import Struct

from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.paging import Navigation, PageQuery, Paging, list_page, wanted_page


class ExtensionDevice(Struct):
    """Nobody has a device: phones are forwarding numbers."""


class GetExtensionDevicesResponse(Struct):
    """No devices."""

    uri: str
    records: list[ExtensionDevice]
    navigation: Navigation
    paging: Paging


class ExtensionGrant(Struct):
    """Nobody may act for another user."""


class GetExtensionGrantListResponse(Struct):
    """No grants."""

    uri: str
    records: list[ExtensionGrant]
    navigation: Navigation
    paging: Paging


async def list_devices(api: Api, request: Request) -> Answer:
    return _nothing(request, f"{links.extension_uri(api, request)}/device")


async def list_grants(api: Api, request: Request) -> Answer:
    return _nothing(request, f"{links.extension_uri(api, request)}/grant")


def _nothing(request: Request, uri: str) -> Answer:
    return schemas.answer(list_page(request, uri, [], wanted_page(request), 0))


DEVICES = {
    "GET": Operation(
        "listExtensionDevices",
        list_devices,
        "The user's devices: none.",
        GetExtensionDevicesResponse,
        query=PageQuery,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
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
