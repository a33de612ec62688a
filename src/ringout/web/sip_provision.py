"""`sip-provision`: makes the application its user's phone, and tells it where and how to register."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from ringout.domain.errors import BadParameter
from ringout.service.devices import Provisioned
from ringout.service.sip_servers import SipServer
from ringout.web import devices, links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.devices import DeviceResource
from ringout.web.message import Answer, Request
from ringout.web.reading import read_json

_MOST_TRANSPORTS = 10
_POLLING_SECONDS = 86400


class SipTransport(StrEnum):
    """WS: our own addition, for a page that came over HTTP, as from the machine itself."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"
    WSS = "WSS"
    WS = "WS"


class DeviceInfoRequest(Struct, rename="camel"):
    """The device that the application was before. It is known by the application and its user, so nothing of this is
    needed; computerName is shown to the user."""

    id: str | None = None
    app_external_id: str | None = None
    computer_name: str | None = None
    serial: str | None = None


class SIPInfoRequest(Struct):
    """A transport by which the application could register."""

    transport: SipTransport | None = None


class CreateSipRegistrationRequest(Struct, rename="camel"):
    """What the application wants. softPhoneLineReassignment: without effect, no device has a line."""

    device: DeviceInfoRequest | None = None
    sip_info: Annotated[list[SIPInfoRequest], Meta(max_length=_MOST_TRANSPORTS)] | None = None
    soft_phone_line_reassignment: Literal["None", "Initialize", "Reassign"] = "None"


class AuthorizationType(StrEnum):
    """Digest (RFC 8760) with the username and password beside it."""

    SIP_DIGEST = "SipDigest"


class SipInfoResponse(Struct, rename="camel", omit_defaults=True):
    """Where and as whom to register: `sip:username@domain`, by way of outboundProxy (host:port)."""

    username: str
    password: str
    authorization_types: list[AuthorizationType]
    authorization_id: str
    domain: str
    outbound_proxy: str
    transport: SipTransport
    stun_servers: list[str] | None = None


class SipFlagsResponse(Struct, rename="camel"):
    """outboundCallsEnabled: false, as calls begin with a RingOut; a phone here only takes them."""

    voip_feature_enabled: bool
    voip_country_blocked: bool
    outbound_calls_enabled: bool


class CreateSipRegistrationResponse(Struct, rename="camel"):
    """The device, and one sipInfo for each transport that was asked for and is served."""

    device: DeviceResource
    sip_info: list[SipInfoResponse]
    sip_flags: SipFlagsResponse
    sip_error_codes: list[str]
    polling_interval: int


_decoder = msgspec.json.Decoder(CreateSipRegistrationRequest)


async def provision(api: Api, request: Request) -> Answer:
    wanted = await read_json(request, _decoder)
    asked = urlsplit(request.base_url(api.public_url)).hostname or "localhost"
    servers = _fitting(api.services.sip_servers.all(asked), wanted)
    client = api.services.accounts.client(request.principal.client_id)
    computer = (wanted.device.computer_name if wanted.device else None) or ""
    made = await api.services.devices.provision(request.principal, client.name if client else "", computer)
    device = devices.shown(
        made.device,
        made.owner,
        links.account_uri(api, request),
        is_online=api.services.devices.is_online(made.device),
    )
    body = CreateSipRegistrationResponse(
        device,
        [_info(api, made, server, asked) for server in servers],
        SipFlagsResponse(voip_feature_enabled=True, voip_country_blocked=False, outbound_calls_enabled=False),
        [],
        _POLLING_SECONDS,
    )
    return schemas.answer(body)


def _fitting(servers: list[SipServer], wanted: CreateSipRegistrationRequest) -> list[SipServer]:
    """In the order in which they were asked for. Raises BadParameter when this server has none of them."""
    transports = [info.transport for info in wanted.sip_info or () if info.transport is not None]
    if not transports:
        return servers
    found = [server for transport in transports for server in servers if server.transport == transport.lower()]
    if not found:
        raise BadParameter("sipInfo.transport", ", ".join(transports))
    return found


def _info(api: Api, made: Provisioned, server: SipServer, asked: str) -> SipInfoResponse:
    return SipInfoResponse(
        username=made.device.username,
        password=made.password,
        authorization_types=[AuthorizationType.SIP_DIGEST],
        authorization_id=made.device.username,
        domain=api.services.sip_servers.domain(asked),
        outbound_proxy=server.proxy,
        transport=SipTransport(server.transport.upper()),
        stun_servers=list(api.services.sip_servers.stun) or None,
    )


PROVISION = {
    "POST": Operation(
        "createSIPRegistration",
        provision,
        "Makes the application a phone of its user, which RingOut can ring, and tells it how to register.",
        CreateSipRegistrationResponse,
        body=CreateSipRegistrationRequest,
        permission="VoipCalling",
        group=Group.HEAVY,
    )
}
