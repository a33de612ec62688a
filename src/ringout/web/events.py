"""Server-Sent Events of RingOuts: the JSON of the `ring-out` resource, pushed at every change.

Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.
"""

from __future__ import annotations

from functools import lru_cache

from ringout.domain.errors import NotFound, RingOutError
from ringout.domain.ring_out import parse_string_id
from ringout.service.ring_out_events import Change, Stream
from ringout.web import links, ring_out_bodies, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import NO_CONTENT, NO_STORE, Answer, Request
from ringout.web.ring_out_bodies import RingOutWithText
from ringout.web.security import authenticate, authorize

HEARTBEAT_SECONDS = 10.0  # of silence: proxies close what is silent for a minute, and the contract is 15 seconds
_PERMISSION = "RingOut"
_HEARTBEAT = b": \n\n"
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    NO_STORE,
    (b"x-accel-buffering", b"no"),  # nginx would hold events back until its buffer is full
)


async def one(api: Api, request: Request) -> Answer:
    ring_out_id = parse_string_id(request.path_params["ringoutId"])
    if ring_out_id is None:
        raise NotFound("ringOutId")
    if request.method == "HEAD":
        await api.services.ring_outs.get(request.principal, ring_out_id)
        return Answer(200, headers=_HEADERS, pieces=_Nothing())
    stream = await api.services.events.follow(request.principal, ring_out_id, _last_event_id(request))
    if stream.is_over:
        return NO_CONTENT  # which keeps an EventSource from coming back (section 9.2.3)
    return Answer(200, headers=_HEADERS, pieces=_Pieces(stream, api, request))


async def every(api: Api, request: Request) -> Answer:
    if request.method == "HEAD":
        return Answer(200, headers=_HEADERS, pieces=_Nothing())
    stream = await api.services.events.follow_all(request.principal, _last_event_id(request))
    return Answer(200, headers=_HEADERS, pieces=_Pieces(stream, api, request))


def _last_event_id(request: Request) -> str:
    return request.header(b"last-event-id")


class _Pieces:
    """The events of one stream, for the user of the request while the token lets it read them."""

    __slots__ = ("_api", "_collection", "_request", "_stream")

    def __init__(self, stream: Stream, api: Api, request: Request) -> None:
        self._stream = stream
        self._api = api
        self._request = request
        self._collection = f"{links.extension_uri(api, request)}/ring-out"

    async def next(self) -> bytes | None:
        change = await self._stream.next(HEARTBEAT_SECONDS)
        if not self._may_read_on() or (change is None and self._stream.is_over):
            return None
        return _HEARTBEAT if change is None else _event(change, self._collection)

    def close(self) -> None:
        self._stream.close()

    def _may_read_on(self) -> bool:
        """Whether the same request would still be let in: the token may have expired or been revoked, the user been
        switched off, the permission been taken away."""
        request = self._request
        try:
            principal = authenticate(request, self._api.services.tokens, in_query=self._api.token_in_query)
            authorize(principal, request, _PERMISSION)
        except RingOutError:
            return False
        return True


class _Nothing:
    """The body of an answer to HEAD."""

    async def next(self) -> bytes | None:
        return None

    def close(self) -> None:
        pass


@lru_cache(maxsize=256)
def _event(change: Change, collection: str) -> bytes:
    """One block of the stream. Many listen to the same user: it is written once for all that came by one address."""
    place = f"id: {change.event_id}\n".encode() if change.event_id else b""
    if change.ring_out is None:
        return place + b"\n"  # sets the last event id and is no event
    body = schemas.encode(ring_out_bodies.with_text(change.ring_out, collection))
    return b"%sevent: ring-out\ndata: %s\n\n" % (place, body)


ONE = {
    "GET": Operation(
        "followRingOut",
        one,
        "The RingOut as it is now, then as it is after every change, up to its end. Server-Sent Events: the data of "
        "each is the body of `readRingOutCallStatus`. With `Last-Event-ID` only what was missed; 204 when that was "
        "nothing and the RingOut has ended.",
        answer=RingOutWithText,
        permission=_PERMISSION,
        group=Group.LIGHT,
        streams=True,
    )
}
EVERY = {
    "GET": Operation(
        "followRingOuts",
        every,
        "The user's live RingOuts as they are now, then every change of any. Server-Sent Events as in `followRingOut`; "
        "the stream ends with the token.",
        answer=RingOutWithText,
        permission=_PERMISSION,
        group=Group.LIGHT,
        streams=True,
    )
}
