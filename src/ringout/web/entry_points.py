"""Where everything is, for clients that ask first: the discovery of @ringcentral/sdk and of RingCentral's widgets.

RingCentral spreads accounts over several sites and tells a client which one is its own; here there is one server, so
both answers name the same place. Field names as in the SDK's source; no reference describes them.
"""

from __future__ import annotations

from msgspec import Struct

from ringout.web import schemas
from ringout.web.api import Api, Operation
from ringout.web.message import JSON, Answer, Request

_VERSION = "1.0.0"
_RETRIES, _RETRY_SECONDS, _CYCLE_SECONDS = 3, 3, 600
_HOLDS_SECONDS = 86_400
_INITIAL, _EXTERNAL = "/.well-known/entry-points/initial", "/.well-known/entry-points/external"


class InitialDiscoveryApi(Struct, rename="camel"):
    """Where a client asks again once it is logged in."""

    default_external_uri: str


class InitialAuthApi(Struct, rename="camel"):
    """Where a client logs in."""

    authorization_uri: str
    oidc_discovery_uri: str
    default_token_uri: str


class CoreApi(Struct, rename="camel"):
    """What all other requests begin with."""

    base_uri: str


class InitialEntryPoints(Struct, rename="camel"):
    """What a client needs in order to log in. Times in seconds."""

    version: str
    retry_count: int
    retry_interval: int
    discovery_api: InitialDiscoveryApi
    auth_api: InitialAuthApi
    core_api: CoreApi


class ExternalDiscoveryApi(Struct, rename="camel"):
    """Both documents."""

    initial_uri: str
    external_uri: str


class ExternalAuthApi(Struct, rename="camel"):
    """Where a client refreshes its token."""

    authorization_uri: str
    oidc_discovery_uri: str
    base_uri: str
    token_uri: str


class VideoApi(Struct, rename="camel"):
    """There is no video. The SDK looks at the addresses all the same, to tell which requests go there."""

    base_web_uri: str
    base_api_uri: str


class ExternalEntryPoints(Struct, rename="camel"):
    """The same once a client is logged in; it asks again after expiresIn. Times in seconds."""

    version: str
    expires_in: int
    retry_count: int
    retry_interval: int
    retry_cycle_delay: int
    discovery_api: ExternalDiscoveryApi
    auth_api: ExternalAuthApi
    core_api: CoreApi
    rcv: VideoApi


async def initial(api: Api, request: Request) -> Answer:
    base = request.base_url(api.public_url)
    authorize, token, configuration = _oauth(base)
    body = InitialEntryPoints(
        _VERSION,
        _RETRIES,
        _RETRY_SECONDS,
        InitialDiscoveryApi(base + _EXTERNAL),
        InitialAuthApi(authorize, configuration, token),
        CoreApi(base),
    )
    return Answer(200, schemas.encode(body), (JSON,))


async def external(api: Api, request: Request) -> Answer:
    base = request.base_url(api.public_url)
    authorize, token, configuration = _oauth(base)
    body = ExternalEntryPoints(
        _VERSION,
        _HOLDS_SECONDS,
        _RETRIES,
        _RETRY_SECONDS,
        _CYCLE_SECONDS,
        ExternalDiscoveryApi(base + _INITIAL, base + _EXTERNAL),
        ExternalAuthApi(authorize, configuration, base, token),
        CoreApi(base),
        VideoApi(base, base),
    )
    return Answer(200, schemas.encode(body), (JSON,))


def _oauth(base: str) -> tuple[str, str, str]:
    """Login page, token endpoint, OpenID configuration."""
    oauth = f"{base}/restapi/oauth"
    return f"{oauth}/authorize", f"{oauth}/token", f"{base}/.well-known/openid-configuration"


INITIAL = Operation(
    "readInitialEntryPoints",
    initial,
    "Where a client that knows nothing but this server logs in.",
    InitialEntryPoints,
    login=False,
)
EXTERNAL = Operation(
    "readExternalEntryPoints",
    external,
    "Where a client that has logged in finds everything: here.",
    ExternalEntryPoints,
    login=False,
)
