"""Presence: of the user, of all users, and the user's change of it."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ringout.service.presence import ShownPresence
from ringout.web import links, presence_bodies, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.paging import PageQuery, list_page, wanted_page
from ringout.web.presence_bodies import AccountPresenceInfo, PresenceInfoRequest, PresenceInfoResponse
from ringout.web.reading import read_json, read_query

_decoder = msgspec.json.Decoder(PresenceInfoRequest)


class PresenceQuery(Struct, rename="camel"):
    """detailedTelephonyState: with the running calls of the user who asks; sipData: and what ties them to SIP."""

    detailed_telephony_state: bool = False
    sip_data: bool = False


class AccountPresenceQuery(PageQuery, rename="camel"):
    """As for one user."""

    detailed_telephony_state: bool = False
    sip_data: bool = False


async def read_presence(api: Api, request: Request) -> Answer:
    query = read_query(request, PresenceQuery)
    body = _body(api, request, api.services.presence.own(request.principal), query)
    return schemas.answer(body)


async def change_presence(api: Api, request: Request) -> Answer:
    wanted = await read_json(request, _decoder)
    changed = await api.services.presence.change(request.principal, wanted.read())
    return schemas.answer(_body(api, request, changed, PresenceQuery()))


async def list_presence(api: Api, request: Request) -> Answer:
    query, page = read_query(request, AccountPresenceQuery), wanted_page(request)
    found = api.services.presence.of_account(request.principal)
    records = [_body(api, request, presence, query) for presence in page.cut(found)]
    uri = f"{links.account_uri(api, request)}/presence"
    return schemas.answer(list_page(request, uri, records, page, len(found)))


def _body(
    api: Api, request: Request, presence: ShownPresence, query: PresenceQuery | AccountPresenceQuery
) -> PresenceInfoResponse:
    account_uri = links.account_uri(api, request)
    return presence_bodies.show(
        presence, account_uri, with_calls=query.detailed_telephony_state, with_sip=query.sip_data
    )


EXTENSION = {
    "GET": Operation(
        "readUserPresenceStatus",
        read_presence,
        "Whether the user is there and on the phone; on request with the running RingOuts.",
        PresenceInfoResponse,
        query=PresenceQuery,
        permission="ReadPresence",
        group=Group.LIGHT,
    ),
    "PUT": Operation(
        "updateUserPresenceStatus",
        change_presence,
        "What the user is shown as.",
        PresenceInfoResponse,
        body=PresenceInfoRequest,
        permission="EditPresence",
        group=Group.MEDIUM,
    ),
}
ACCOUNT = {
    "GET": Operation(
        "readAccountPresence",
        list_presence,
        "Whether the account's users are there and on the phone.",
        AccountPresenceInfo,
        query=AccountPresenceQuery,
        permission="ReadPresence",
        group=Group.HEAVY,
    )
}
