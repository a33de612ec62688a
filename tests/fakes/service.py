"""What the services need from the world, under the test's control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ringout.domain.account import Account, Client, Credential, Extension, Session
from ringout.domain.errors import Unavailable
from ringout.domain.ledger import EntryKind, LedgerEntry, charge_of
from ringout.domain.plan import CallPlan
from ringout.domain.ring_out import RingOut
from ringout.service.ports import Directory, DirectoryChange, LogQuery


class SetClock:
    """Both clocks stand still until `pass_seconds`."""

    def __init__(self, wall: float = 1_800_000_000.0) -> None:
        self._wall = wall

    def wall(self) -> float:
        return self._wall

    def monotonic(self) -> float:
        return self._wall - 1_700_000_000.0

    def pass_seconds(self, seconds: float) -> None:
        self._wall += seconds


class CountingIds:
    """1, 2, 3, ... in every form."""

    def __init__(self) -> None:
        self._count = 0

    def token(self) -> str:
        self._count += 1
        return f"token{self._count:016d}"

    def number(self, bits: int) -> int:
        self._count += 1
        return self._count % 2**bits


@dataclass
class FakeReservation:
    engine: FakeEngine

    async def ready(self) -> None:
        pass

    def place(self, ring_out: RingOut, plan: CallPlan) -> None:
        self.engine.steps.append("place")
        self.engine.placed.append((ring_out, plan))

    def release(self) -> None:
        self.engine.steps.append("release")


@dataclass
class FakeEngine:
    """Rings nobody and writes down what was asked of it. steps is shared with MemoryRingOuts to see the order."""

    steps: list[str] = field(default_factory=list)
    placed: list[tuple[RingOut, CallPlan]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    unavailable: Unavailable | None = None
    running: bool = True  # what cancel answers
    live: int = 0

    def reserve(self, plan: CallPlan) -> FakeReservation:
        self.steps.append("reserve")
        if self.unavailable:
            raise self.unavailable
        return FakeReservation(self)

    def cancel(self, ring_out_id: int) -> bool:
        self.cancelled.append(ring_out_id)
        return self.running


@dataclass
class MemoryRingOuts:
    """The port RingOutStore without a disk."""

    steps: list[str] = field(default_factory=list)
    rows: dict[int, RingOut] = field(default_factory=dict)
    disk_full: bool = False
    last_id: int = 0
    ledger: MemoryLedger = field(default_factory=lambda: MemoryLedger())
    watcher: Callable[[RingOut], None] | None = None

    async def add(self, ring_out: RingOut) -> None:
        self.steps.append("add")
        if self.disk_full:
            raise OSError("the disk is full")
        self._durable(ring_out)

    async def update(self, ring_out: RingOut) -> None:
        self._durable(ring_out)
        self.ledger.charge(ring_out)

    def _durable(self, ring_out: RingOut) -> None:
        self.rows[ring_out.id] = ring_out
        if self.watcher is not None:
            self.watcher(ring_out)

    async def get(self, ring_out_id: int) -> RingOut | None:
        return self.rows.get(ring_out_id)

    def live(self) -> list[RingOut]:
        return [r for _, r in sorted(self.rows.items()) if r.ended_at is None]

    async def unfinished(self, node: str) -> list[RingOut]:
        return [r for r in self.rows.values() if r.node == node and r.ended_at is None]

    async def history(self, query: LogQuery, start: int, limit: int) -> list[RingOut]:
        return self._matching(query)[start : start + limit]

    async def count(self, query: LogQuery, most: int) -> int:
        return min(len(self._matching(query)), most)

    def _matching(self, query: LogQuery) -> list[RingOut]:
        found = [
            r
            for r in self.rows.values()
            if r.account_id == query.account_id
            and query.extension_id in (None, r.extension_id)
            and query.first_id <= r.id <= query.last_id
            and (
                query.numbers is None
                or {r.callee.number, r.caller.number, *(p.number for p in r.caller.phones)} & {*query.numbers}
            )
            and (query.ended_after is None or r.ended_at is None or r.ended_at > query.ended_after)
        ]
        return sorted(found, key=lambda r: r.id, reverse=True)

    async def remove_ended_before(self, wall: float) -> int:
        gone = [i for i, r in self.rows.items() if r.ended_at is not None and r.ended_at < wall]
        for ring_out_id in gone:
            del self.rows[ring_out_id]
        return len(gone)


class MemoryLedger:
    """The port LedgerStore without a disk."""

    def __init__(self) -> None:
        self.book: list[LedgerEntry] = []
        self.disk_full = False

    async def balances(self) -> dict[int, int]:
        return {entry.account_id: self._balance(entry.account_id) for entry in self.book}

    async def add(self, account_id: int, amount: int, kind: EntryKind, created_at: float, note: str) -> None:
        if self.disk_full or self._balance(account_id) + amount < 0:
            raise OSError("the disk is full, or the balance does not cover it")
        self._append(account_id, amount, kind, None, created_at, note)

    async def entries(self, account_id: int, limit: int, before: int | None) -> list[LedgerEntry]:
        found = [e for e in reversed(self.book) if e.account_id == account_id and (before is None or e.id < before)]
        return found[:limit]

    def charge(self, ring_out: RingOut) -> None:
        units = charge_of(ring_out)
        if ring_out.ended_at is not None and units and not any(e.ring_out_id == ring_out.id for e in self.book):
            amount = -min(units, self._balance(ring_out.account_id))
            self._append(ring_out.account_id, amount, EntryKind.CALL, ring_out.id, ring_out.ended_at, "")

    def _balance(self, account_id: int) -> int:
        return sum(entry.amount for entry in self.book if entry.account_id == account_id)

    def _append(self, account_id: int, amount: int, *rest: Any) -> None:
        self.book.append(LedgerEntry(len(self.book) + 1, account_id, amount, *rest))


class MemoryAccounts:
    """The port AccountStore without a disk."""

    disk_full = False

    def __init__(self, now: Directory = Directory()) -> None:  # noqa: B008  frozen
        self.now = now

    async def directory(self) -> Directory:
        return self.now

    async def change(self, change: DirectoryChange) -> None:
        if self.disk_full:
            raise OSError("the disk is full")
        kept = {_key(r): r for r in (*self.now.accounts, *self.now.extensions, *self.now.clients)}
        for record in change.remove:
            kept.pop(_key(record), None)
        kept.update((_key(record), record) for record in change.put)
        self.now = Directory(
            tuple(r for r in kept.values() if isinstance(r, Account)),
            tuple(r for r in kept.values() if isinstance(r, Extension)),
            tuple(r for r in kept.values() if isinstance(r, Client)),
            self.now.applied if change.applied is None else dict(change.applied),
        )


def _key(record: Account | Extension | Client) -> int | str:
    return record.client_id if isinstance(record, Client) else record.id


class MemoryRegistrations:
    """The port Registrations: who is said to be there."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.forgotten: list[str] = []

    def is_registered(self, username: str) -> bool:
        return username in self.there

    def bindings(self, username: str) -> list[Any]:
        return []

    def forget(self, username: str) -> None:
        self.there.discard(username)
        self.forgotten.append(username)


class MemoryTokens:
    """The port TokenStore without a disk."""

    def __init__(self) -> None:
        self.by_id: dict[str, Session] = {}
        self.disk_full = False
        self.jwts: list[Credential] = []

    async def sessions(self) -> list[Session]:
        return list(self.by_id.values())

    async def save_session(self, session: Session) -> None:
        if self.disk_full:
            raise OSError("the disk is full")
        self.by_id[session.session_id] = replace(session)

    async def remove_sessions(self, session_ids: list[str]) -> None:
        for session_id in session_ids:
            self.by_id.pop(session_id, None)

    async def credentials(self) -> list[Credential]:
        return list(self.jwts)

    async def add_credential(self, credential: Credential) -> None:
        self.jwts.append(credential)

    async def remove_credentials(self, jtis: list[str]) -> None:
        self.jwts = [credential for credential in self.jwts if credential.jti not in jtis]
