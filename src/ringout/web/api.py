"""What the resources work with, and how an operation is described."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ringout.service.grants import Grants
from ringout.service.ringouts import RingOuts
from ringout.service.tokens import Tokens
from ringout.web.message import Answer, Request


@dataclass(frozen=True, slots=True)
class Api:
    """The services behind the URLs."""

    ring_outs: RingOuts
    tokens: Tokens
    grants: Grants
    public_url: str | None
    live_calls: Callable[[], int]
    is_draining: Callable[[], bool]
    openapi: bytes  # the document, encoded


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one URL. What stands here beside handle is for the reference and the OpenAPI document.

    body: type of the request; media_type: its Content-Type; answer: type of the success body, None = no body.
    refusals: every other status that it may answer. permission: scope that the token must carry, None = no login.
    """

    name: str
    handle: Callable[[Api, Request], Awaitable[Answer]]
    summary: str
    answer: type | None = None
    status: int = 200
    body: type | None = None
    media_type: str = "application/json"
    refusals: tuple[int, ...] = ()
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One URL and its methods."""

    path: str
    methods: dict[str, Operation]
