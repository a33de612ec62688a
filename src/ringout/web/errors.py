"""What can be wrong with a request before anybody understands it."""

from __future__ import annotations

from dataclasses import dataclass

from ringout.domain.errors import RingOutError


class HttpError(RingOutError):
    """Root of these. Never raised itself."""


class UnknownPath(HttpError):
    """No such URL."""


@dataclass
class MethodNotAllowed(HttpError):
    """The URL has no such method. allow: those that it has, for the Allow header."""

    allow: tuple[str, ...]


class UnsupportedMediaType(HttpError):
    """A body in a format that this operation does not read."""


class BodyTooLarge(HttpError):
    """More than http.max_body_bytes."""


class BrokenJson(HttpError):
    """The body is not JSON in UTF-8."""


@dataclass
class UnreadableRequest(HttpError):
    """The request makes no sense. why: the sentence for the client."""

    why: str


class ClientGone(HttpError):
    """The connection closed in the middle of the request: nobody reads the answer."""
