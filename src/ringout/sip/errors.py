"""What can be wrong in SIP, sorted by whose fault it is: LocalProtocolError is ours, RemoteProtocolError theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringout.sip.message import Request


class SipError(Exception):
    """Root of the package's errors. Never raised itself."""


class LocalProtocolError(SipError):
    """We were about to send something that SIP does not allow, for example CR or LF in a header value."""


class RemoteProtocolError(SipError):
    """The peer sent something that SIP does not allow."""


class MalformedMessage(RemoteProtocolError):
    """Bytes, or a header value, that do not follow the grammar or break a limit.

    reason: one plain phrase without the offending bytes, fit for a log line and a response's reason.
    code: the status that refuses such a request (400, 416, 505, 513).
    message: the request as far as it could be read, so that it can be refused; None when there is nobody to answer
    (a response, or no start line).
    """

    def __init__(self, reason: str, code: int = 400, message: Request | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.message = message


class MalformedStream(RemoteProtocolError):
    """A byte stream whose message boundaries are lost or too far apart: the connection must be closed."""
