"""The caller-ID settings of the user."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ringout.domain.account import Account, Extension
from ringout.domain.errors import NotFound
from ringout.service import caller_id_settings, phone_numbers
from ringout.service.caller_id_settings import CallerIdFeature, CallerIdType, WantedCallerId, WantedSettings
from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.reading import read_json

_MOST = 100  # entries of a list


class CallerIdPhoneInfo(Struct, rename="camel", omit_defaults=True):
    """A number. In a request the id is enough, and so is the number."""

    id: str | int | None = None
    uri: str | None = None
    phone_number: str | None = None


class CallerIdData(Struct, rename="camel", omit_defaults=True):
    """The choice; empty when none was made. CurrentLocation, the phone that is rung first, is for RingOut only."""

    type: CallerIdType | None = None
    phone_info: CallerIdPhoneInfo | None = None


class CallerIdByFeature(Struct, rename="camel", omit_defaults=True):
    """What a feature shows."""

    feature: CallerIdFeature
    caller_id: CallerIdData | None = None


class CallerIdDeviceInfo(Struct, rename="camel", omit_defaults=True):
    """A device; no user has any."""

    id: str | None = None
    uri: str | None = None
    name: str | None = None


class CallerIdByDevice(Struct, rename="camel", omit_defaults=True):
    """What a device shows."""

    device: CallerIdDeviceInfo | None = None
    caller_id: CallerIdData | None = None


class ExtensionCallerIdInfo(Struct, rename="camel", omit_defaults=True):
    """What is shown when a request names no caller ID. In a request what is not named stays."""

    uri: str | None = None
    by_device: Annotated[list[CallerIdByDevice], Meta(max_length=_MOST)] | None = None
    by_feature: Annotated[list[CallerIdByFeature], Meta(max_length=_MOST)] | None = None
    extension_name_for_outbound_calls: bool | None = None
    extension_number_for_internal_calls: bool | None = None


_decoder = msgspec.json.Decoder(ExtensionCallerIdInfo)


async def read(api: Api, request: Request) -> Answer:
    return _shown(api, request)


async def update(api: Api, request: Request) -> Answer:
    body = await read_json(request, _decoder)
    if body.by_device:
        raise NotFound("byDevice.device.id")
    wanted = WantedSettings(
        [_wanted(one.feature, one.caller_id) for one in body.by_feature or () if one.caller_id is not None],
        body.extension_name_for_outbound_calls,
        body.extension_number_for_internal_calls,
    )
    accounts, principal = api.services.accounts, request.principal
    account = accounts.account(principal.account_id)
    await accounts.change_extension(
        principal.extension_id, lambda extension: caller_id_settings.change(extension, account, wanted)
    )
    return _shown(api, request)


def _wanted(feature: CallerIdFeature, sent: CallerIdData) -> WantedCallerId:
    info = sent.phone_info or CallerIdPhoneInfo()
    return WantedCallerId(feature, sent.type, None if info.id is None else str(info.id), info.phone_number)


def _shown(api: Api, request: Request) -> Answer:
    accounts, principal = api.services.accounts, request.principal
    account, extension = accounts.account(principal.account_id), accounts.extension(principal.extension_id)
    numbers = f"{links.extension_uri(api, request)}/phone-number"
    settings = extension.caller_id
    body = ExtensionCallerIdInfo(
        uri=f"{links.extension_uri(api, request)}/caller-id",
        by_device=[],
        by_feature=[CallerIdByFeature(f, _data(account, extension, f, numbers)) for f in CallerIdFeature],
        extension_name_for_outbound_calls=settings.name_for_outbound,
        extension_number_for_internal_calls=settings.number_for_internal,
    )
    return schemas.answer(body)


def _data(account: Account, extension: Extension, feature: CallerIdFeature, numbers: str) -> CallerIdData:
    chosen = caller_id_settings.shown(account, extension, feature)
    if chosen is None:
        return CallerIdData()
    if chosen.number is None:
        return CallerIdData(chosen.type)
    info = CallerIdPhoneInfo(phone_number=chosen.number)
    for listed in phone_numbers.of_extension(account, extension):
        if listed.number == chosen.number:
            info.id, info.uri = str(listed.id), f"{numbers}/{listed.id}"
    return CallerIdData(chosen.type, info)


RESOURCE = {
    "GET": Operation(
        "readExtensionCallerId",
        read,
        "What is shown of the user when a request names no caller ID.",
        answer=ExtensionCallerIdInfo,
        permission="ReadAccounts",
        group=Group.LIGHT,
    ),
    "PUT": Operation(
        "updateExtensionCallerId",
        update,
        "Changes it. What the body does not name stays.",
        answer=ExtensionCallerIdInfo,
        body=ExtensionCallerIdInfo,
        permission="EditExtensions",
        group=Group.MEDIUM,
    ),
}
