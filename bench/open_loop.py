"""Placing calls on a fixed time-table: a slow answer never slows the next request down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass
class Placed:
    """What became of the requests of one run."""

    accepted: int = 0
    refused: int = 0
    latencies: list[float] = field(default_factory=list)  # seconds from the due moment to the answer, accepted ones
    sent_at: dict[int, float] = field(default_factory=dict)  # CLOCK_REALTIME of the request, by call index
    accepted_at: dict[int, float] = field(default_factory=dict)  # CLOCK_REALTIME of its answer
    first_refusal: str = ""
    seconds: float = 0.0  # from the first request to the last answer

    @property
    def answered(self) -> int:
        return self.accepted + self.refused

    def note(self, index: int, sent: float, accepted: bool, answer: bytes) -> None:
        now = time.time()
        if not accepted:
            self.refused += 1
            self.first_refusal = self.first_refusal or answer[:300].decode(errors="replace")
            return
        self.accepted += 1
        self.latencies.append(now - sent)
        self.sent_at[index] = sent
        self.accepted_at[index] = now


class CallClient(Protocol):
    """Places one call per request; never waits."""

    placed: Placed

    def send(self, index: int) -> None: ...


async def until(condition: Callable[[], bool], seconds: float, step: float = 0.01) -> bool:
    """Asks every step seconds, for at most so long; what it said last. For facts of other processes and threads."""
    give_up = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up:  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(step)
    return condition()


async def place_at(client: CallClient, rate: float, count: int, first: int = 0, patience: float = 10.0) -> Placed:
    """count calls at rate per second with indexes first, first + 1, ....

    Waits up to patience seconds for the last answers; what has none by then counts as refused.
    """
    placed = client.placed = Placed()
    start = time.monotonic()
    sent = 0
    while sent < count:
        due = min(count, int((time.monotonic() - start) * rate) + 1)
        while sent < due:
            client.send(first + sent)
            sent += 1
        await asyncio.sleep(max(0.0002, start + sent / rate - time.monotonic()))
    await until(lambda: placed.answered >= count, patience)
    placed.seconds = time.monotonic() - start
    placed.refused += count - placed.answered
    return placed
