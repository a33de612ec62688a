"""The script with which other people's pages turn their phone numbers into links that open the dialer.

It is made from click-to-call/ at the top of the repository and stands beside this module in click_to_call/.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ringout.web.api import Api, Operation, Resource
from ringout.web.message import Answer, Request
from ringout.web.static_file import StaticFile

_NAME = "click-to-call.js"
# Pages of any origin may load it, also those that isolate themselves.
_HEADERS = ((b"cross-origin-resource-policy", b"cross-origin"), (b"x-content-type-options", b"nosniff"))


@cache
def _file() -> StaticFile:
    here = files(__package__) / "click_to_call"
    content, brotli = (here / _NAME).read_bytes(), (here / f"{_NAME}.br").read_bytes()
    return StaticFile(content, "text/javascript; charset=utf-8", _HEADERS, brotli)


async def script(api: Api, request: Request) -> Answer:
    return _file().answer(request)


# Not in the OpenAPI document: pages load this, programs do not.
RESOURCES = (
    Resource(
        f"/{_NAME}",
        {"GET": Operation("readClickToCall", script, "Links to the dialer for other pages.", login=False)},
    ),
)
