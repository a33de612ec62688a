"""Digest challenges as a peer sends them."""

from __future__ import annotations

from ringout.sip.grammar import quote


def make_challenge(
    realm: str, nonce: str, algorithm: str = "SHA-256", qop: str | None = "auth", stale: bool = False
) -> str:
    """The value of a WWW-Authenticate or Proxy-Authenticate header. qop: None for the old form of RFC 2069."""
    text = f"Digest realm={quote(realm)}, nonce={quote(nonce)}, algorithm={algorithm}"
    if qop is not None:
        text += f', qop="{qop}"'
    return f"{text}, stale=true" if stale else text
