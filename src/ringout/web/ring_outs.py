"""The RingOut resource in both its forms: `ringout` with integer ids and `ring-out` with text ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import msgspec

from ringout.domain.errors import BadParameter, MissingParameter, NotFound
from ringout.domain.policy import CallRequest
from ringout.domain.ring_out import RingOut, parse_string_id
from ringout.web import links, ring_out_bodies, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import NO_CONTENT, Answer, Request
from ringout.web.reading import read_json
from ringout.web.ring_out_bodies import MakeRingOutRequest, RingOutWithNumber, RingOutWithText

_decoder = msgspec.json.Decoder(MakeRingOutRequest)


@dataclass(frozen=True, slots=True)
class Twin:
    """One of the two forms. read_id: None for what cannot be an id; show: the body of an answer."""

    segment: str
    read_id: Callable[[str], int | None]
    show: Callable[[RingOut, str], RingOutWithNumber | RingOutWithText]


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 and text[0] != "0" else None


NUMBER = Twin("ringout", _read_number, ring_out_bodies.with_number)
TEXT = Twin("ring-out", parse_string_id, ring_out_bodies.with_text)


async def create(twin: Twin, api: Api, request: Request) -> Answer:
    wanted = await read_json(request, _decoder)
    ring_out = await api.services.ring_outs.create(request.principal, _call_request(wanted))
    return _shown(twin, api, request, ring_out)


async def get(twin: Twin, api: Api, request: Request) -> Answer:
    ring_out = await api.services.ring_outs.get(request.principal, _ring_out_id(twin, request))
    return _shown(twin, api, request, ring_out)


async def cancel(twin: Twin, api: Api, request: Request) -> Answer:
    await api.services.ring_outs.cancel(request.principal, _ring_out_id(twin, request))
    return NO_CONTENT


def _call_request(wanted: MakeRingOutRequest) -> CallRequest:
    """Raises MissingParameter or BadParameter."""
    if wanted.to is None:
        raise MissingParameter("to")
    if wanted.to.phone_number is None:
        raise BadParameter("to")
    caller = wanted.from_
    if caller and caller.extension_number and not (caller.phone_number or caller.forwarding_number_id):
        # Else the default phone would ring, though somebody asked for another one.
        raise BadParameter("from.extensionNumber", caller.extension_number)
    return ring_out_bodies.call_request(wanted, wanted.to.phone_number)


def _ring_out_id(twin: Twin, request: Request) -> int:
    ring_out_id = twin.read_id(request.path_params["ringoutId"])
    if ring_out_id is None:
        raise NotFound("ringOutId")
    return ring_out_id


def _shown(twin: Twin, api: Api, request: Request, ring_out: RingOut) -> Answer:
    collection = f"{links.extension_uri(api, request)}/{twin.segment}"
    return schemas.answer(twin.show(ring_out, collection))


def _collection(twin: Twin, suffix: str, body: type) -> dict[str, Operation]:
    make = Operation(
        f"createRingOutCall{suffix}",
        partial(create, twin),
        "Rings `from`, then `to`, and joins the two. Answers as soon as the RingOut is stored; waits for no phone.",
        answer=body,
        body=MakeRingOutRequest,
        permission="RingOut",
        group=Group.HEAVY,
    )
    return {"POST": make}


def _member(twin: Twin, suffix: str, body: type) -> dict[str, Operation]:
    read = Operation(
        f"readRingOutCallStatus{suffix}",
        partial(get, twin),
        "How the call stands now. Readable for a while after its end, then 404.",
        answer=body,
        permission="RingOut",
        group=Group.LIGHT,
    )
    delete = Operation(
        f"deleteRingOutCall{suffix}",
        partial(cancel, twin),
        "Takes both phones down, ringing or talking. 404 when the RingOut has ended.",
        status=204,
        permission="RingOut",
        group=Group.HEAVY,
    )
    return {"GET": read, "DELETE": delete}


NUMBER_COLLECTION = _collection(NUMBER, "Deprecated", RingOutWithNumber)
NUMBER_MEMBER = _member(NUMBER, "Deprecated", RingOutWithNumber)
TEXT_COLLECTION = _collection(TEXT, "", RingOutWithText)
TEXT_MEMBER = _member(TEXT, "", RingOutWithText)
