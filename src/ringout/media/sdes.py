"""Our side of SRTP with keys in the SDP: what is offered, and which keys an answer makes of it. Source: RFC 4568."""

from __future__ import annotations

import secrets

from ringout.media import wire
from ringout.sdp.carriage import PLAIN, SECURE
from ringout.sdp.crypto import KEY_BYTES, Crypto
from ringout.service.ports import LocalMedia, MediaKind

# The preferred first. The one that RFC 4568 demands of all; then the modern ones, for peers that want nothing else.
OFFERED = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM")


def local_media(host: str, host6: str, port: int, kind: MediaKind) -> LocalMedia:
    """For a leg of that kind: RTP, SRTP or SRTP_OPTIONAL. Each leg gets keys of its own, kept for the whole call."""
    if kind is MediaKind.RTP:
        return LocalMedia(host, port, host6=host6)
    lines = [Crypto(tag, suite, secrets.token_bytes(KEY_BYTES[suite])) for tag, suite in enumerate(OFFERED, 1)]
    protocol = SECURE if kind is MediaKind.SRTP else PLAIN
    return LocalMedia(host, port, protocol, tuple(("crypto", str(line)) for line in lines), host6)


def keys_for(local: LocalMedia, theirs: Crypto) -> wire.Keys | None:
    """None = we have offered no key of that suite, which cannot be after a negotiation with `local`."""
    for name, value in local.attributes:
        ours = Crypto.parse(value) if name == "crypto" else None
        if ours is not None and ours.suite == theirs.suite:
            return wire.Keys(ours.suite, ours.key, theirs.key)
    return None
