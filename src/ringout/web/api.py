"""What the resources work with, and how an operation is described."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from ringout.service.accounts import Accounts
from ringout.service.authorization import Authorization
from ringout.service.call_log import CallLog
from ringout.service.company import Company
from ringout.service.devices import Devices
from ringout.service.extensions import Extensions
from ringout.service.forwarding_numbers import ForwardingNumbers
from ringout.service.funds import Funds
from ringout.service.grants import Grants
from ringout.service.identity import Identity
from ringout.service.presence import Presence
from ringout.service.ring_lists import RingLists
from ringout.service.ring_out_events import RingOutEvents
from ringout.service.ring_outs import RingOuts
from ringout.service.sip_servers import SipServers
from ringout.service.tokens import Tokens
from ringout.web.message import Answer, Request


class Group(StrEnum):
    """RingCentral's groups of the rate limits ("usage plan")."""

    LIGHT = "Light"
    MEDIUM = "Medium"
    HEAVY = "Heavy"
    AUTH = "Auth"


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the URLs."""

    ring_outs: RingOuts
    accounts: Accounts
    company: Company
    extensions: Extensions
    presence: Presence
    tokens: Tokens
    identity: Identity
    grants: Grants
    authorization: Authorization
    forwarding_numbers: ForwardingNumbers
    ring_lists: RingLists
    call_log: CallLog
    events: RingOutEvents
    funds: Funds
    live_calls: Callable[[], int]
    is_draining: Callable[[], bool]
    devices: Devices
    sip_servers: SipServers
    has_media: Callable[[], bool] = lambda: True  # False = no call could have audio now


@dataclass(frozen=True, slots=True)
class Api:
    """What an operation has at hand."""

    services: Services
    public_url: str | None
    openapi: bytes  # the document, encoded
    docs: Answer  # the same as a page
    token_in_query: bool = True  # ?access_token= counts


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one URL. What stands here beside handle is for the reference and the OpenAPI document.

    body: type of the request; media_type: its Content-Type; answer: type of the success body, None = no body.
    query: type (msgspec struct) of the query's fields. refusals: every other status that it may answer beside those
    that every operation of its kind may. login: a token is needed, and the path's ids must be its own; handle finds
    request.principal then. permission: scope that the token must carry. group: of the rate limits, None = unlimited.
    is_page: for people in a browser that knows a cookie; scripts of other origins may not read it. redirects: may
    answer 302 instead. picture: the Content-Type of an answer that is one. streams: the answer is a stream of events
    whose data is of type answer, or 204 when there is nothing to tell.
    """

    name: str
    handle: Callable[[Api, Request], Awaitable[Answer]]
    summary: str
    answer: type | None = None
    status: int = 200
    body: type | None = None
    media_type: str = "application/json"
    refusals: tuple[int, ...] = ()
    query: type | None = None
    login: bool = True
    permission: str | None = None
    group: Group | None = None
    is_page: bool = False
    redirects: bool = False
    picture: str | None = None
    streams: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One URL and its methods. Equal to itself alone."""

    path: str
    methods: dict[str, Operation]
