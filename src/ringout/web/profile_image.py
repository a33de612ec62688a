"""The picture of a user: nobody has one of their own here, so everybody has the same."""

from __future__ import annotations

import struct
import zlib

from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request

_SIZE = 96  # pixels, both ways
_GREY, _WHITE = b"\xb8", b"\xff"
_PNG = "image/png"
_HEADERS = ((b"content-type", _PNG.encode()), (b"cache-control", b"private, max-age=86400"))


def _disc() -> bytes:
    """A grey disc on white as a PNG (RFC 2083): one byte a pixel, each row after a byte that says "unfiltered"."""
    middle = (_SIZE - 1) / 2
    rows = b"".join(
        b"\0" + b"".join(_GREY if (x - middle) ** 2 + (y - middle) ** 2 <= middle**2 else _WHITE for x in range(_SIZE))
        for y in range(_SIZE)
    )
    header = struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 0, 0, 0, 0)  # 8 bits of grey
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_DISC = _disc()


async def read_image(api: Api, request: Request) -> Answer:
    return Answer(200, _DISC, _HEADERS)


PROFILE_IMAGE = {
    "GET": Operation(
        "readUserProfileImage",
        read_image,
        "The user's picture, a grey disc: `profileImage.uri` of an extension leads here.",
        picture=_PNG,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
