"""A seeded faulty link between user agents: loses, doubles, delays and so reorders, the same way in every run."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from ringout.sip.flow import Flow
from ringout.sip.user_agent import UserAgent

Address = tuple[str, int]


@dataclass(frozen=True)
class Faults:
    """Probabilities 0..1; seconds of delay drawn evenly from 0..max_delay. give_up_after: the link heals then."""

    loss: float = 0.0
    duplication: float = 0.0
    max_delay: float = 0.0
    heal_at: float = float("inf")


class FaultyLink:
    """Joins user agents by their addresses and drives them through simulated time.

    Events go to the hook given with each agent, which may call verbs. Everything due is done in order of time.
    """

    def __init__(self, faults: Faults = Faults(), seed: int = 0, start: float = 100.0) -> None:
        self.now = start
        self._faults = faults
        self._random = random.Random(seed)
        self._agents: dict[Address, UserAgent] = {}
        self._hooks: dict[Address, Callable[[Any], None]] = {}
        self._under_way: list[tuple[float, int, Address, bytes, Flow]] = []
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self.log: list[tuple[float, Address, Address, bytes]] = []  # every datagram sent, delivered or not
        self.lose: Callable[[bytes], bool] = lambda data: False  # deliberate loss on top of the drawn one

    def join(self, address: Address, agent: UserAgent, hook: Callable[[Any], None]) -> None:
        self._agents[address] = agent
        self._hooks[address] = hook
        agent.listeners = [("udp", *address)]

    def at(self, when: float, action: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._calls, (when, self._count, action))

    def run(self, until: float) -> None:
        """Passes time up to until, inclusive."""
        self._settle()
        while (when := self._next_time()) <= until:
            self.now = max(self.now, when)
            while self._calls and self._calls[0][0] <= self.now:
                heappop(self._calls)[2]()
            while self._under_way and self._under_way[0][0] <= self.now:
                _, _, address, data, flow = heappop(self._under_way)
                if address in self._agents:
                    self._agents[address].receive_datagram(data, flow, self.now)
                    self._settle()
            for agent in self._agents.values():
                deadline = agent.next_deadline()
                if deadline is not None and deadline <= self.now:
                    agent.pass_time(self.now)
            self._settle()
        self.now = max(self.now, until)

    def _next_time(self) -> float:
        times = [deadline for agent in self._agents.values() if (deadline := agent.next_deadline()) is not None]
        times += [queue[0][0] for queue in (self._under_way, self._calls) if queue]
        return min(times, default=float("inf"))

    def _settle(self) -> None:
        """Takes out what the agents want to say, to each other and to their users, until they are quiet."""
        busy = True
        while busy:
            busy = False
            for address, agent in self._agents.items():
                for data, flow in agent.datagrams_to_send():
                    busy = True
                    self._transmit(address, data, flow)
                for event in agent.events():
                    busy = True
                    self._hooks[address](event)

    def _transmit(self, source: Address, data: bytes, flow: Flow) -> None:
        self.log.append((self.now, source, flow.remote, data))
        if self.lose(data):
            return
        faults = self._faults if self.now < self._faults.heal_at else Faults()
        if self._random.random() < faults.loss:
            return
        copies = 2 if self._random.random() < faults.duplication else 1
        for _ in range(copies):
            self._count += 1
            arrival = self.now + self._random.random() * faults.max_delay
            heappush(self._under_way, (arrival, self._count, flow.remote, data, Flow("udp", flow.remote, source)))
