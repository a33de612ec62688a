"""The RingOut resource in both its forms: `ringout` with integer ids and `ring-out` with text ids."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ringout.domain.account import Principal
from ringout.domain.errors import BadParameter, MissingParameter, NotFound
from ringout.domain.policy import CallRequest
from ringout.domain.ring_out import RingOut, parse_string_id
from ringout.web import schemas
from ringout.web.api import Api
from ringout.web.errors import BrokenJson, UnreadableRequest, UnsupportedMediaType
from ringout.web.message import JSON, NO_STORE, Answer, Request
from ringout.web.schemas import MakeRingOutRequest, RingOutWithNumber, RingOutWithText
from ringout.web.security import authenticate, authorize

PERMISSION = "RingOut"

_decoder = msgspec.json.Decoder(MakeRingOutRequest)
_JSON_PATH = re.compile(r"at `\$\.([A-Za-z.]+)`")
_HEADERS = (JSON, NO_STORE)
_NO_CONTENT = Answer(204, headers=(NO_STORE,))


@dataclass(frozen=True, slots=True)
class Twin:
    """One of the two forms. read_id: None for what cannot be an id; show: the body of an answer."""

    segment: str
    read_id: Callable[[str], int | None]
    show: Callable[[RingOut, str], RingOutWithNumber | RingOutWithText]


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 and text[0] != "0" else None


NUMBER = Twin("ringout", _read_number, schemas.with_number)
TEXT = Twin("ring-out", parse_string_id, schemas.with_text)


async def create(twin: Twin, api: Api, request: Request) -> Answer:
    principal = _admit(api, request)
    wanted = read_call_request(request.media_type, await request.body())
    ring_out = await api.ring_outs.create(principal, wanted)
    return _shown(twin, api, request, ring_out)


async def get(twin: Twin, api: Api, request: Request) -> Answer:
    principal = _admit(api, request)
    ring_out = await api.ring_outs.get(principal, _ring_out_id(twin, request))
    return _shown(twin, api, request, ring_out)


async def cancel(twin: Twin, api: Api, request: Request) -> Answer:
    principal = _admit(api, request)
    await api.ring_outs.cancel(principal, _ring_out_id(twin, request))
    return _NO_CONTENT


def read_call_request(media_type: str, body: bytes) -> CallRequest:
    """Raises UnsupportedMediaType, BrokenJson, UnreadableRequest, MissingParameter or BadParameter."""
    if media_type not in ("application/json", ""):
        raise UnsupportedMediaType
    try:
        wanted = _decoder.decode(body)
    except msgspec.ValidationError as error:
        path = _JSON_PATH.search(str(error))
        if path is None:
            raise UnreadableRequest("Cannot parse request") from error
        raise BadParameter(path[1]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenJson from error
    if wanted.to is None:
        raise MissingParameter("to")
    if wanted.to.phone_number is None:
        raise BadParameter("to")
    caller = wanted.from_
    if caller and caller.extension_number and not (caller.phone_number or caller.forwarding_number_id):
        # Else the default phone would ring, though somebody asked for another one.
        raise BadParameter("from.extensionNumber", caller.extension_number)
    return schemas.call_request(wanted, wanted.to.phone_number)


def _admit(api: Api, request: Request) -> Principal:
    principal = authenticate(request, api.tokens)
    authorize(principal, request, PERMISSION)
    return principal


def _ring_out_id(twin: Twin, request: Request) -> int:
    ring_out_id = twin.read_id(request.path_params["ringoutId"])
    if ring_out_id is None:
        raise NotFound("ringOutId")
    return ring_out_id


def _shown(twin: Twin, api: Api, request: Request, ring_out: RingOut) -> Answer:
    base = request.base_url(api.public_url)
    owner = f"account/{ring_out.account_id}/extension/{ring_out.extension_id}"
    collection = f"{base}/restapi/v1.0/{owner}/{twin.segment}"
    return Answer(200, schemas.encode(twin.show(ring_out, collection)), _HEADERS)
