"""The forwarding numbers: the phones that a RingOut may ring for its user."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ringout.domain.account import Extension, ForwardingNumber, PhoneType
from ringout.domain.errors import MissingParameter
from ringout.service import forwarding_numbers as rules
from ringout.service.forwarding_numbers import WantedPhone
from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import NO_CONTENT, Answer, Request
from ringout.web.paging import Navigation, PageQuery, Paging, list_page, wanted_page
from ringout.web.reading import read_json

_MOST_AT_ONCE = 100


class ForwardingFeature(StrEnum):
    """What a forwarding number is used for."""

    CALL_FLIP = "CallFlip"
    CALL_FORWARDING = "CallForwarding"


class ForwardingNumberInfo(Struct, rename="camel", omit_defaults=True):
    """One phone of the user: a number in E.164, a SIP address, or a device, which has no phoneNumber. default: rung by
    a RingOut that names no `from`."""

    id: str
    uri: str
    label: str
    features: list[ForwardingFeature]
    type: PhoneType
    default: bool
    phone_number: str | None = None
    flip_number: str | None = None
    device: ForwardingDevice | None = None


class GetExtensionForwardingNumberListResponse(Struct):
    """The user's phones."""

    uri: str
    records: list[ForwardingNumberInfo]
    navigation: Navigation
    paging: Paging


class ForwardingDevice(Struct):
    """A device of the user's in the place of a number."""

    id: str | None = None


# RingCentral takes a number in POST and a string in PUT; both are read in both.
_Flip = (
    Annotated[int, Meta(ge=1, le=rules.HIGHEST_FLIP_NUMBER)]
    | Annotated[str, Meta(pattern="^[1-9][0-9]?$", description="1 to 99")]
)
_Label = Annotated[str, Meta(max_length=rules.LONGEST_LABEL)]


class CreateForwardingNumberRequest(Struct, rename="camel"):
    """A new phone. label: for the type Other, which is the default; the other types bring their own."""

    phone_number: str | None = None
    label: _Label | None = None
    type: PhoneType | None = None
    flip_number: _Flip | None = None
    device: ForwardingDevice | None = None
    default: bool | None = None


class UpdateForwardingNumberRequest(Struct, rename="camel"):
    """What is to change; the type cannot."""

    phone_number: str | None = None
    label: _Label | None = None
    type: PhoneType | None = None
    flip_number: _Flip | None = None
    default: bool | None = None


class ForwardingNumberId(Struct, rename="camel"):
    """Names one forwarding number."""

    forwarding_number_id: str


class DeleteForwardingNumbersRequest(Struct):
    """The forwarding numbers to delete: all of them or, when one cannot be deleted, none."""

    records: Annotated[list[ForwardingNumberId], Meta(max_length=_MOST_AT_ONCE)]


_create_decoder = msgspec.json.Decoder(CreateForwardingNumberRequest)
_update_decoder = msgspec.json.Decoder(UpdateForwardingNumberRequest)
_delete_decoder = msgspec.json.Decoder(DeleteForwardingNumbersRequest)


async def list_all(api: Api, request: Request) -> Answer:
    extension = _user(api, request)
    page = wanted_page(request)
    uri = _collection(api, request)
    records = [_info(number, extension, uri) for number in page.cut(extension.forwarding_numbers)]
    body = list_page(request, uri, records, page, len(extension.forwarding_numbers))
    return schemas.answer(body)


async def read(api: Api, request: Request) -> Answer:
    return _shown(api, request, rules.find(_user(api, request), request.path_params["forwardingNumberId"]))


async def create(api: Api, request: Request) -> Answer:
    body = await read_json(request, _create_decoder)
    device_id = None if body.device is None else body.device.id or ""
    wanted = WantedPhone(body.phone_number, body.label, body.type, _flip(body.flip_number), device_id, body.default)
    made = await api.services.forwarding_numbers.add(request.principal.extension_id, wanted)
    return _shown(api, request, made)


async def update(api: Api, request: Request) -> Answer:
    body = await read_json(request, _update_decoder)
    wanted = WantedPhone(body.phone_number, body.label, body.type, _flip(body.flip_number), None, body.default)
    number_id = request.path_params["forwardingNumberId"]
    changed = await api.services.forwarding_numbers.change(request.principal.extension_id, number_id, wanted)
    return _shown(api, request, changed)


async def delete(api: Api, request: Request) -> Answer:
    number_id = request.path_params["forwardingNumberId"]
    await api.services.forwarding_numbers.remove(request.principal.extension_id, [number_id])
    return NO_CONTENT


async def delete_several(api: Api, request: Request) -> Answer:
    if not await request.body():
        raise MissingParameter("records")
    body = await read_json(request, _delete_decoder)
    wanted = [record.forwarding_number_id for record in body.records]
    await api.services.forwarding_numbers.remove(request.principal.extension_id, wanted)
    return NO_CONTENT


def _flip(sent: int | str | None) -> int | None:
    return None if sent is None else int(sent)


def _user(api: Api, request: Request) -> Extension:
    return api.services.accounts.extension(request.principal.extension_id)


def _collection(api: Api, request: Request) -> str:
    return f"{links.extension_uri(api, request)}/forwarding-number"


def _shown(api: Api, request: Request, number: ForwardingNumber) -> Answer:
    info = _info(number, _user(api, request), _collection(api, request))
    return schemas.answer(info)


def _info(number: ForwardingNumber, extension: Extension, collection: str) -> ForwardingNumberInfo:
    default = extension.default_forwarding
    return ForwardingNumberInfo(
        id=number.id,
        uri=f"{collection}/{number.id}",
        phone_number=number.number or number.address or None,
        label=number.label or number.number or number.address,  # described by the configuration, which names none
        features=list(ForwardingFeature),
        type=number.type,
        default=default is not None and default.id == number.id,
        flip_number=None if number.flip_number is None else str(number.flip_number),
        device=ForwardingDevice(number.device_id) if number.device_id else None,
    )


COLLECTION = {
    "GET": Operation(
        "listForwardingNumbers",
        list_all,
        "The user's phones.",
        answer=GetExtensionForwardingNumberListResponse,
        query=PageQuery,
        permission="ReadAccounts",
        group=Group.LIGHT,
    ),
    "POST": Operation(
        "createForwardingNumber",
        create,
        "Adds a phone.",
        answer=ForwardingNumberInfo,
        body=CreateForwardingNumberRequest,
        permission="EditExtensions",
        group=Group.MEDIUM,
    ),
    "DELETE": Operation(
        "deleteForwardingNumbers",
        delete_several,
        "Removes several phones: all of them or none.",
        status=204,
        body=DeleteForwardingNumbersRequest,
        permission="EditExtensions",
        group=Group.MEDIUM,
    ),
}
MEMBER = {
    "GET": Operation(
        "readForwardingNumber",
        read,
        "One phone.",
        answer=ForwardingNumberInfo,
        permission="ReadAccounts",
        group=Group.LIGHT,
    ),
    "PUT": Operation(
        "updateForwardingNumber",
        update,
        "Changes a phone. What the body does not name stays.",
        answer=ForwardingNumberInfo,
        body=UpdateForwardingNumberRequest,
        permission="EditExtensions",
        group=Group.MEDIUM,
    ),
    "DELETE": Operation(
        "deleteForwardingNumber",
        delete,
        "Removes a phone. When the default goes, the first of those left is the default.",
        status=204,
        permission="EditExtensions",
        group=Group.MEDIUM,
    ),
}
