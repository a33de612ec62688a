"""Devices: the phones of users that register here, and whether they are there."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from ringout.domain.account import Device, DeviceType, Extension
from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.paging import Navigation, PageQuery, Paging, list_page, wanted_page
from ringout.web.reading import read_query


class DeviceStatus(StrEnum):
    """Online: it has registered, and a RingOut would ring it."""

    ONLINE = "Online"
    OFFLINE = "Offline"


class LinePooling(StrEnum):
    """Devices here have no phone line of their own."""

    NONE = "None"


class DeviceExtension(Struct, rename="camel"):
    """Whose device it is."""

    id: int
    uri: str
    extension_number: str


class DevicePhoneLine(Struct):
    """No device has one: its user's numbers are the user's."""


class DeviceResource(Struct, rename="camel", omit_defaults=True):
    """A phone that registers here. sku: DV for all but desk phones. serial: its user name, which is the user part of
    its SIP address as well. computerName: where it runs, when it says so."""

    id: str
    uri: str
    sku: str
    type: DeviceType
    name: str
    serial: str
    status: DeviceStatus
    extension: DeviceExtension
    phone_lines: list[DevicePhoneLine]
    line_pooling: LinePooling
    computer_name: str | None = None


class GetExtensionDevicesResponse(Struct):
    """Devices, of one user or of all."""

    uri: str
    records: list[DeviceResource]
    navigation: Navigation
    paging: Paging


class DevicesQuery(PageQuery, rename="camel"):
    """Which devices: of those types."""

    type: Annotated[
        tuple[str, ...] | None, Meta(description="HardPhone, SoftPhone, OtherPhone, WebPhone or WebRTC")
    ] = None


def shown(device: Device, owner: Extension, account_uri: str, *, is_online: bool) -> DeviceResource:
    return DeviceResource(
        id=device.id,
        uri=f"{account_uri}/device/{device.id}",
        sku="HP-0" if device.type is DeviceType.HARD else "DV-0",
        type=device.type,
        name=device.name or device.username,
        serial=device.username,
        status=DeviceStatus.ONLINE if is_online else DeviceStatus.OFFLINE,
        extension=DeviceExtension(owner.id, f"{account_uri}/extension/{owner.id}", owner.number),
        phone_lines=[],
        line_pooling=LinePooling.NONE,
        computer_name=device.computer or None,
    )


async def list_own(api: Api, request: Request) -> Answer:
    user = api.services.accounts.extension(request.principal.extension_id)
    return _list(api, request, [(user, device) for device in user.devices], links.extension_uri(api, request))


async def list_account(api: Api, request: Request) -> Answer:
    found = api.services.devices.of_account(request.principal)
    return _list(api, request, found, links.account_uri(api, request))


async def read_one(api: Api, request: Request) -> Answer:
    found = api.services.devices.find(request.principal, request.path_params["deviceId"])
    return schemas.answer(_shown(api, request, *found))


def _list(api: Api, request: Request, found: Sequence[tuple[Extension, Device]], base: str) -> Answer:
    wanted, page = read_query(request, DevicesQuery).type, wanted_page(request)
    if wanted is not None:
        types = {DeviceType.WEB if text == "WebRTC" else text for text in wanted}
        found = [(owner, device) for owner, device in found if device.type in types]
    records = [_shown(api, request, *one) for one in page.cut(found)]
    return schemas.answer(list_page(request, f"{base}/device", records, page, len(found)))


def _shown(api: Api, request: Request, owner: Extension, device: Device) -> DeviceResource:
    return shown(device, owner, links.account_uri(api, request), is_online=api.services.devices.is_online(device))


OF_EXTENSION = {
    "GET": Operation(
        "listExtensionDevices",
        list_own,
        "The user's devices, and which of them are there.",
        GetExtensionDevicesResponse,
        query=DevicesQuery,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
OF_ACCOUNT = {
    "GET": Operation(
        "listAccountDevices",
        list_account,
        "The devices of all users of the account.",
        GetExtensionDevicesResponse,
        query=DevicesQuery,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
MEMBER = {
    "GET": Operation(
        "readDevice",
        read_one,
        "One device.",
        DeviceResource,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
