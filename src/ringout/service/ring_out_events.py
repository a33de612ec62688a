"""What happens to RingOuts, told as it happens. A change is told once it is durable, to the streams of its user.

While nobody listens, the store does not even know of this; while somebody does, a change of another user costs one look
into a dictionary. A stream holds the newest state of each RingOut and no more, however slow its reader is.

The changes of one user are numbered. Whoever comes back with the number that it heard last gets those that it missed,
as long as they are remembered: the last MOST_PAST of all users, and of a user to whom nobody listens any more for
LINGER_SECONDS. Else it begins anew, with the state of everything that can still be read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from ringout.domain.account import Principal
from ringout.domain.errors import TooManyStreams, Unavailable
from ringout.domain.ring_out import RingOut
from ringout.service.ports import Clock, IdSource, RingOutStore
from ringout.service.ring_outs import RingOuts

MOST_PAST = 2048  # some 2.5 KB each
LINGER_SECONDS = 120.0
MOST_WAITING = 256  # RingOuts that a stream's reader may not have heard of yet, and changes that it gets afterwards
_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A row as it is since this change. event_id: grows from change to change, compared as text; "" = it cannot be
    resumed after this one, more of the same state follows. ring_out: None = there is nothing but the place to resume
    from. number: of this user's changes, from 1."""

    ring_out: RingOut | None
    event_id: str
    number: int


class _Feed:
    """The changes of one user. forgotten: the highest number that is no longer known. quiet_since: monotonic."""

    __slots__ = ("extension_id", "forgotten", "last", "name", "quiet_since", "streams")

    def __init__(self, extension_id: int, name: str) -> None:
        self.extension_id = extension_id
        self.name = name
        self.last = 0
        self.forgotten = 0
        self.quiet_since = 0.0
        self.streams: dict[Stream, None] = {}  # in the order of their opening

    def event_id(self, number: int) -> str:
        return f"{self.name}-{number:08x}"

    def number(self, event_id: str) -> int | None:
        """None for what was never given out here, or is no longer known."""
        name, _, digits = event_id.partition("-")
        try:
            number = int(digits, 16)
        except ValueError:
            return None
        return number if name == self.name and self.forgotten <= number <= self.last else None


class RingOutEvents:
    """Everybody who listens. most: streams at one time; most_of_a_user: of one user among them."""

    def __init__(
        self, ring_outs: RingOuts, store: RingOutStore, clock: Clock, ids: IdSource, most: int, most_of_a_user: int
    ) -> None:
        self._ring_outs = ring_outs
        self._store = store
        self._clock = clock
        self._ids = ids
        self._most = most
        self._most_of_a_user = most_of_a_user
        self._feeds: dict[int, _Feed] = {}  # by extension id
        self._quiet: dict[int, _Feed] = {}  # those without a stream, longest quiet first
        self._past: deque[tuple[_Feed, Change]] = deque()
        self._last_name = 0
        self._is_closed = False
        self.open_streams = 0

    async def follow_all(self, principal: Principal, last_event_id: str = "") -> Stream:
        """All RingOuts of the user: those that live, as they are now, then every change of any. last_event_id: what was
        heard last, "" = nothing; the changes since then come first if they are known, else everything that can still
        be read. Raises TooManyStreams, Unavailable or OSError."""
        stream = self._open(principal.extension_id, None)
        try:
            missed = self._missed(stream, last_event_id)
            if missed is not None:
                stream.resume(missed)
            elif last_event_id:
                stream.begin(await self._ring_outs.recent(principal))
            else:
                stream.begin(self._ring_outs.live(principal))
        except BaseException:
            stream.close()
            raise
        return stream

    async def follow(self, principal: Principal, ring_out_id: int, last_event_id: str = "") -> Stream:
        """One RingOut as it is now, then every change, up to its end. The stream is over at once when the end is what
        was heard last. Raises NotFound and what follow_all does."""
        stream = self._open(principal.extension_id, ring_out_id)
        try:
            missed = self._missed(stream, last_event_id)  # of this very moment: later changes come by themselves
            ring_out = await self._ring_outs.get(principal, ring_out_id)
            if missed is None:
                stream.begin([ring_out])
            else:
                stream.resume(missed)
                if ring_out.ended_at is not None and not stream.has_news:
                    stream.close()
        except BaseException:
            stream.close()
            raise
        return stream

    def look_again(self, extension_id: int) -> None:
        """Something about that user's logins has changed: its streams are read from at once, as if time were up."""
        feed = self._feeds.get(extension_id)
        for stream in feed.streams if feed is not None else ():
            stream.wake()

    def close(self) -> None:
        """Ends every stream after what waits in it, and refuses new ones."""
        self._is_closed = True
        for feed in tuple(self._feeds.values()):
            for stream in tuple(feed.streams):
                stream.close()

    # --- streams that come and go ------------------------------------------------------------------------------------

    def _open(self, extension_id: int, ring_out_id: int | None) -> Stream:
        """Hears of every change from now on."""
        if self._is_closed:
            raise Unavailable("The server is shutting down.", _RETRY_SECONDS)
        self._forget_quiet()
        feed = self._feeds.get(extension_id)
        if feed is not None and len(feed.streams) >= self._most_of_a_user:
            raise TooManyStreams(self._most_of_a_user)
        if self.open_streams >= self._most:
            raise Unavailable("The server has as many event streams as it may have.", _RETRY_SECONDS)
        if feed is None:
            feed = self._feeds[extension_id] = _Feed(extension_id, self._new_name())
            self._store.watcher = self._changed
        self._quiet.pop(extension_id, None)
        self.open_streams += 1
        stream = Stream(self, feed, ring_out_id)
        feed.streams[stream] = None
        return stream

    def _new_name(self) -> str:
        """Of a feed: it grows, and no other one had it, in this process or in an earlier one."""
        self._last_name = max(self._last_name + 1, int(self._clock.wall() * 1000))
        return f"{self._last_name:012x}{self._ids.number(32):08x}"

    def left(self, stream: Stream, feed: _Feed) -> None:
        """For the stream itself."""
        del feed.streams[stream]
        self.open_streams -= 1
        if not feed.streams:
            feed.quiet_since = self._clock.monotonic()
            self._quiet[feed.extension_id] = feed

    def _forget_quiet(self) -> None:
        if not self._quiet:
            return
        oldest = self._clock.monotonic() - LINGER_SECONDS
        while self._quiet and (feed := next(iter(self._quiet.values()))).quiet_since <= oldest:
            del self._quiet[feed.extension_id], self._feeds[feed.extension_id]
        if not self._feeds:
            self._store.watcher = None
            self._past.clear()

    # --- changes -----------------------------------------------------------------------------------------------------

    def _changed(self, ring_out: RingOut) -> None:
        """The store's watcher."""
        self._forget_quiet()
        feed = self._feeds.get(ring_out.extension_id)
        if feed is None:
            return
        feed.last += 1
        change = Change(ring_out, feed.event_id(feed.last), feed.last)
        self._past.append((feed, change))
        if len(self._past) > MOST_PAST:
            its_feed, forgotten = self._past.popleft()
            its_feed.forgotten = forgotten.number
        for stream in tuple(feed.streams):
            stream.offer(change)

    def _missed(self, stream: Stream, last_event_id: str) -> list[Change] | None:
        """What has happened since, of the RingOuts that the stream is about; None = not known, or too much."""
        feed = stream.feed
        heard = feed.number(last_event_id)
        if heard is None:
            return None
        missed = [c for its, c in self._past if its is feed and c.number > heard and stream.is_about(c)]
        return missed if len(missed) <= MOST_WAITING else None


class Stream:
    """What one reader hears. Made by RingOutEvents; one task reads."""

    __slots__ = ("_events", "_first", "_newest", "_opened_at", "_ring_out_id", "_woken", "feed", "is_closed")

    def __init__(self, events: RingOutEvents, feed: _Feed, ring_out_id: int | None) -> None:
        """ring_out_id: None = all of the user's."""
        self._events = events
        self._ring_out_id = ring_out_id
        self._opened_at = feed.last
        self._first: deque[Change] = deque()
        self._newest: dict[int, Change] = {}  # one for each RingOut, in the order of their numbers
        self._woken = asyncio.Event()
        self.feed = feed
        self.is_closed = False

    @property
    def has_news(self) -> bool:
        return bool(self._first or self._newest)

    @property
    def is_over(self) -> bool:
        """Closed, and everything has been read."""
        return self.is_closed and not self.has_news

    def is_about(self, change: Change) -> bool:
        return self._ring_out_id is None or (change.ring_out is not None and change.ring_out.id == self._ring_out_id)

    async def next(self, seconds: float) -> Change | None:
        """The next change, waited for so long at most. None: there was none yet, or is_over."""
        if not self.has_news and not self.is_closed:
            self._woken.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                return None
        if not self.has_news:
            return None
        change = self._first.popleft() if self._first else self._newest.pop(next(iter(self._newest)))
        if self._ring_out_id is not None and change.ring_out is not None and change.ring_out.ended_at is not None:
            self.close()
        return change

    def close(self) -> None:
        """Nothing more comes; what waits may still be read. Idempotent."""
        if not self.is_closed:
            self.is_closed = True
            self._events.left(self, self.feed)
            self._woken.set()

    def wake(self) -> None:
        """Whoever waits for a change waits no longer, also when there is none."""
        self._woken.set()

    # --- for RingOutEvents -------------------------------------------------------------------------------------------

    def begin(self, rows: Sequence[RingOut]) -> None:
        """The state of now. Whoever hears only a part of it must begin anew: the last one alone can be resumed from.
        A row that has changed since the stream was opened is told by that change."""
        rows = [row for row in rows if row.id not in self._newest]
        number = self._opened_at
        self._first.extend(Change(row, "", number) for row in rows[:-1])
        self._first.append(Change(rows[-1] if rows else None, self.feed.event_id(number), number))
        self._woken.set()

    def resume(self, missed: Sequence[Change]) -> None:
        self._first.extend(missed)
        self._woken.set()

    def offer(self, change: Change) -> None:
        """Takes the place of the change of the same RingOut that nobody has read yet."""
        ring_out = change.ring_out
        if ring_out is None or not self.is_about(change):
            return
        self._newest.pop(ring_out.id, None)
        self._newest[ring_out.id] = change
        self._woken.set()
        if len(self._newest) > MOST_WAITING:
            self.close()  # its reader will come back, and then gets what it missed or the state of that time
