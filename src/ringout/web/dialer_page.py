"""The dialer at `/`: a page that signs in as any other application does and uses nothing but this API.

The files are made from dialer/ at the top of the repository and stand beside this module in dialer/.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache, lru_cache
from importlib.resources import files
from urllib.parse import urlsplit

from ringout.web.api import Api, Operation, Resource
from ringout.web.errors import UnknownPath
from ringout.web.message import Answer, Request
from ringout.web.static_file import StaticFile

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'{sip}",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types ringout",
)
_GUARDS = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
_HOST = re.compile(r"[0-9A-Za-z.:-]{1,253}")  # nothing else may get into a policy
_PAGE, _WORKER, _MANIFEST = "index.html", "service-worker.js", "manifest.webmanifest"


@cache
def _contents() -> dict[str, bytes]:
    """By name. Read once: they are a part of the program."""
    here = files(__package__) / "dialer"
    return {file.name: file.read_bytes() for file in here.iterdir() if file.is_file()}


@lru_cache(64)  # the page once for each name by which this server is asked, within reason
def _file(name: str, sip: str = "") -> StaticFile:
    """sip: what it may connect to besides this server, each with a blank before it. Raises KeyError."""
    guards = ((b"content-security-policy", "; ".join(_POLICY).format(sip=sip).encode()), *_GUARDS)
    contents = _contents()
    return StaticFile(contents[name], _KINDS[name.rpartition(".")[2]], guards, contents.get(f"{name}.br"))


async def page(api: Api, request: Request) -> Answer:
    return _file(_PAGE, _sip_servers(api, request)).answer(request)


def _sip_servers(api: Api, request: Request) -> str:
    """Where the phone in the page registers."""
    host = urlsplit(request.base_url(api.public_url)).hostname or ""
    servers = api.services.sip_servers.all(host) if _HOST.fullmatch(host) else []
    return "".join(f" {server.transport}://{server.proxy}" for server in servers if server.transport in ("ws", "wss"))


async def part(api: Api, request: Request) -> Answer:
    """A file that the page loads."""
    name = request.path_params["file"]
    if name not in _contents() or name.endswith(".br") or name in (_PAGE, _WORKER, _MANIFEST):
        raise UnknownPath
    return _file(name).answer(request)


async def worker(api: Api, request: Request) -> Answer:
    """In the root: a service worker serves what lies below it."""
    return _file(_WORKER).answer(request)


async def manifest(api: Api, request: Request) -> Answer:
    return _file(_MANIFEST).answer(request)


async def universal_link(api: Api, request: Request) -> Answer:
    """`/dial?number=`: to the page with the number filled in."""
    # Relative, since a proxy may have put a path before ours. What stands in the query goes on as it is.
    query = request.scope["query_string"]
    return Answer(302, b"", ((b"location", b"./?" + query), (b"referrer-policy", b"no-referrer")))


def _get(name: str, handle: Callable[[Api, Request], Awaitable[Answer]], summary: str) -> dict[str, Operation]:
    return {"GET": Operation(name, handle, summary, is_page=True, login=False)}


# Not in the OpenAPI document: people open these, programs do not.
RESOURCES = (
    Resource("/", _get("readDialer", page, "The dialer.")),
    Resource("/dialer/{file}", _get("readDialerFile", part, "What the dialer loads.")),
    Resource("/service-worker.js", _get("readDialerWorker", worker, "What shows the dialer without the server.")),
    Resource("/manifest.webmanifest", _get("readDialerManifest", manifest, "What makes the dialer installable.")),
    Resource("/dial", _get("openDialer", universal_link, "A link that opens the dialer with a number filled in.")),
)
