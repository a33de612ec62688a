"""The timers of a call's machines, on the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ringout.domain.facts import Timer, TimeUp

if TYPE_CHECKING:
    from ringout.engine.node import Node


class TimerHandle(Protocol):
    """What call_later gives: asyncio's TimerHandle."""

    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], TimerHandle]


class Timers:
    """Those that run for one machine. receive: hears of each that is up."""

    __slots__ = ("_node", "_receive", "_running")

    def __init__(self, node: Node, receive: Callable[[TimeUp], None]) -> None:
        self._node = node
        self._receive = receive
        self._running: dict[Timer, TimerHandle] = {}

    def start(self, timer: Timer, seconds: float) -> None:
        """Anew, when it runs already."""
        self.stop(timer)
        self._running[timer] = self._node.call_later(seconds, partial(self._time_up, timer))

    def stop(self, timer: Timer) -> None:
        handle = self._running.pop(timer, None)
        if handle is not None:
            handle.cancel()

    def stop_all(self) -> None:
        for handle in self._running.values():
            handle.cancel()
        self._running.clear()

    def _time_up(self, timer: Timer) -> None:
        self._running.pop(timer, None)
        self._receive(TimeUp(timer))
        self._node.flush()
