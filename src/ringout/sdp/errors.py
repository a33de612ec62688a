"""What can be wrong with a session description."""

from __future__ import annotations


class SdpError(Exception):
    """Root. reason: one plain sentence without user data beyond 80 characters."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MalformedDescription(SdpError):
    """The bytes are not a session description (RFC 8866 section 5)."""


class NotAcceptable(SdpError):
    """The offer or answer cannot lead to an audio stream with us; 488 is the SIP word for it."""
