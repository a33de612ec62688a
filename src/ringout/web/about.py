"""What the server says about itself, without a login."""

from __future__ import annotations

from msgspec import Struct

from ringout import __version__
from ringout.web import schemas
from ringout.web.api import Api, Operation
from ringout.web.message import JSON, NO_STORE, Answer, Request

_COMPATIBLE_WITH = "1.0.60"  # the API version whose RingOut paths these are
_RELEASED = "2026-08-13T00:00:00.000Z"  # of the public description that they follow


class ApiVersion(Struct, rename="camel"):
    """One version of the API."""

    uri: str
    version_string: str
    release_date: str
    uri_string: str


class ApiVersions(Struct, rename="camel"):
    """The versions of the API."""

    uri: str
    api_versions: list[ApiVersion]
    server_version: str
    server_revision: str


class Health(Struct, rename="camel"):
    """status: ok, draining, or no-media when no media engine is up."""

    status: str
    live_calls: int


async def versions(api: Api, request: Request) -> Answer:
    root = request.base_url(api.public_url) + "/restapi"
    body = ApiVersions(root, [_version(root)], __version__, "ringout")
    return Answer(200, schemas.encode(body), (JSON,))


async def version(api: Api, request: Request) -> Answer:
    root = request.base_url(api.public_url) + "/restapi"
    return Answer(200, schemas.encode(_version(root)), (JSON,))


async def health(api: Api, request: Request) -> Answer:
    """503 while no new calls are taken, so that a load balancer looks elsewhere."""
    services = api.services
    status = "draining" if services.is_draining() else "ok" if services.has_media() else "no-media"
    body = Health(status, services.live_calls())
    return Answer(200 if status == "ok" else 503, schemas.encode(body), (JSON, NO_STORE))


def _version(root: str) -> ApiVersion:
    return ApiVersion(f"{root}/v1.0", _COMPATIBLE_WITH, _RELEASED, "v1.0")


VERSIONS = Operation("readAPIVersions", versions, "The versions of the API.", ApiVersions, login=False)
VERSION = Operation("readAPIVersion", version, "This version of the API.", ApiVersion, login=False)
HEALTH = Operation("readHealth", health, "Whether new calls are taken: 503 while they are not.", Health, login=False)
