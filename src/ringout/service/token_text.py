"""Secrets that are made up here: how they are written, and what is kept of them."""

from __future__ import annotations

import base64
import hashlib

from ringout.service.ports import IdSource

HASH_BYTES = 32


def new_token(ids: IdSource) -> str:
    """256 unpredictable bits. Nothing in it needs escaping in a URL, a header, a form or a shell."""
    return base64url(ids.number(256).to_bytes(32, "big"))


def base64url(data: bytes) -> str:
    """Without padding: RFC 7515 section 2."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(token: str) -> bytes:
    """HASH_BYTES bytes. Takes any text that somebody may show for a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
