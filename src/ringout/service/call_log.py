"""The call log: what became of RingOuts, for a user and, for administrators, of the whole account."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringout.domain.account import Extension
from ringout.domain.call_log import CallDirection, Entry, parse_entry_id
from ringout.domain.errors import NotFound, SyncTokenRefused
from ringout.domain.ring_out import RingOut, parse_string_id, session_id
from ringout.domain.status import Party
from ringout.service.accounts import Accounts
from ringout.service.ports import Clock, LogQuery, RingOutStore
from ringout.service.ring_out_ids import first_id_at

ACTIVE_SECONDS = 120.0  # an ended call is shown among the active ones for that long
BOTH = (CallDirection.OUTBOUND, CallDirection.INBOUND)  # in this order in the log
MOST_CHANGED = 500  # RingOuts that one incremental answer tells of
MOST_COUNTED = 50_000  # RingOuts; further back one gets with dateTo only

_LONGEST_SESSION_ID = 18
_OVERLAP_SECONDS = 10.0
_TOKEN = re.compile(r"[0-9]{1,14}", re.ASCII)
_SESSIONS_APART = int(session_id(0, Party.CALLEE))
# A time that clients copy from a record is cut to milliseconds, and so is the one in an id, not always alike.
_ROUNDING_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls. extension_id: None = the whole account's."""

    account_id: int
    extension_id: int | None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries. since and until: seconds since the epoch, of the beginning of the call, both included; None = no
    bound. numbers: E.164, one of the phones that were to ring is among them. session_id and telephony_session_id: as
    shown."""

    directions: tuple[CallDirection, ...] = BOTH
    since: float | None = None
    until: float | None = None
    numbers: tuple[str, ...] | None = None
    session_id: str | None = None
    telephony_session_id: str | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """total: entries on all pages, counted up to twice MOST_COUNTED."""

    entries: Sequence[Entry]
    total: int


class CallLog:
    """Reads what is stored. Methods raise StorageFailed (OSError) when the disk refuses."""

    def __init__(self, store: RingOutStore, accounts: Accounts, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._people: dict[str, Extension] = {}  # by phone
        self._people_of = (-1, -1)  # which account's, in which version of the directory

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.wall()

    async def page(self, scope: Scope, wanted: LogFilter, start: int, size: int) -> LogPage:
        """Newest first."""
        query = _query(scope, wanted)
        if query is None:
            return LogPage((), 0)
        if wanted.session_id is None:
            return await self._cut(query, wanted.directions, start, size)
        found = await self._store.history(query, 0, MOST_COUNTED)
        entries = [
            e for e in _entries(found, wanted.directions) if session_id(e.ring_out.id, e.party) == wanted.session_id
        ]
        return LogPage(entries[start : start + size], len(entries))

    async def active(self, scope: Scope, directions: tuple[CallDirection, ...], start: int, size: int) -> LogPage:
        """Calls that live, and those that ended a moment ago. One entry each, the Outbound one."""
        if CallDirection.OUTBOUND not in directions:
            return LogPage((), 0)
        ended_after = self._clock.wall() - ACTIVE_SECONDS
        query = LogQuery(scope.account_id, scope.extension_id, ended_after=ended_after)
        return await self._cut(query, (CallDirection.OUTBOUND,), start, size)

    async def newest(self, scope: Scope, since: float | None, limit: int) -> list[Entry]:
        """At most limit entries, newest first. since: as in LogFilter."""
        query = LogQuery(scope.account_id, scope.extension_id, _first_id(since))
        return _entries(await self._store.history(query, 0, -(-limit // 2)), BOTH)[:limit]

    async def changed_since(self, scope: Scope, token: str) -> list[Entry]:
        """Newest first. token: a sync_token of an earlier answer. Raises SyncTokenRefused, also when more has changed
        than one answer holds."""
        if not _TOKEN.fullmatch(token):
            raise SyncTokenRefused
        query = LogQuery(scope.account_id, scope.extension_id, ended_after=int(token) / 1000)
        found = await self._store.history(query, 0, MOST_CHANGED + 1)
        if len(found) > MOST_CHANGED:
            raise SyncTokenRefused
        return _entries(found, BOTH)

    def sync_token(self) -> str:
        """Stands for what has been told until now. A little earlier than now: an end counts when it happened, and may
        still be on its way to the disk."""
        return str(int((self._clock.wall() - _OVERLAP_SECONDS) * 1000))

    async def entry(self, scope: Scope, entry_id: str) -> Entry:
        """Raises NotFound("callRecordId")."""
        parsed = parse_entry_id(entry_id)
        ring_out = await self._store.get(parsed[0]) if parsed else None
        if (
            parsed is None
            or ring_out is None
            or ring_out.account_id != scope.account_id
            or scope.extension_id not in (None, ring_out.extension_id)
        ):
            raise NotFound("callRecordId")
        return Entry(ring_out, parsed[1])

    def user(self, ring_out: RingOut) -> Extension | None:
        """Who placed it; None when that user is gone."""
        try:
            return self._accounts.extension(ring_out.extension_id)
        except KeyError:
            return None

    def colleague(self, account_id: int, number: str) -> Extension | None:
        """Whose phone or number that is (E.164)."""
        wanted = (account_id, self._accounts.version)
        if self._people_of != wanted:
            self._people, self._people_of = self._by_number(account_id), wanted
        return self._people.get(number)

    def _by_number(self, account_id: int) -> dict[str, Extension]:
        extensions = {e.id: e for e in self._accounts.extensions(account_id)}
        owned = self._accounts.account(account_id).numbers
        direct = {o.number: extensions[o.extension_id] for o in owned if o.extension_id in extensions}
        phones = {phone.number: e for e in extensions.values() for phone in e.forwarding_numbers if phone.number}
        return phones | direct

    async def _cut(self, query: LogQuery, directions: tuple[CallDirection, ...], start: int, size: int) -> LogPage:
        each = len(directions)
        first, skip = divmod(start, each)
        needed = -(-(skip + size) // each)
        if first >= MOST_COUNTED:
            found: list[RingOut] = []
        else:
            found = await self._store.history(query, first, needed)
        if first == 0 and len(found) < needed:
            total = len(found)
        else:
            total = await self._store.count(query, MOST_COUNTED)
        return LogPage(_entries(found, directions)[skip : skip + size], total * each)


def _query(scope: Scope, wanted: LogFilter) -> LogQuery | None:
    """None when nothing can match."""
    query = LogQuery(
        scope.account_id,
        scope.extension_id,
        first_id=_first_id(wanted.since),
        last_id=2**63 - 1 if wanted.until is None else first_id_at(wanted.until + 2 * _ROUNDING_SECONDS) - 1,
        numbers=wanted.numbers,
    )
    if wanted.telephony_session_id is not None:
        ring_out_id = parse_string_id(wanted.telephony_session_id)
        if ring_out_id is None:
            return None
        query = _within(query, ring_out_id, ring_out_id)
    if wanted.session_id is not None:
        text = wanted.session_id
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_SESSION_ID):
            return None
        query = _within(query, int(text) - _SESSIONS_APART, int(text))
    return query


def _first_id(since: float | None) -> int:
    return 0 if since is None else first_id_at(since - _ROUNDING_SECONDS)


def _within(query: LogQuery, first: int, last: int) -> LogQuery:
    return replace(query, first_id=max(query.first_id, first), last_id=min(query.last_id, last))


def _entries(found: Sequence[RingOut], directions: tuple[CallDirection, ...]) -> list[Entry]:
    return [Entry(ring_out, direction) for ring_out in found for direction in BOTH if direction in directions]
