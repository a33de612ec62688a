"""The requests of one call, in order: the next is sent when the one before it was answered. rtpengine works on several
at once, and an answer that overtakes its offer means something else to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ringout.media.rtpengine.client import Answer
from ringout.media.rtpengine.commands import Message
from ringout.media.rtpengine.instance import Instance

# Makes the requests once all earlier ones are done: none when there is no need for them any more.
Step = Callable[[], Iterable[Message]]
Then = Callable[[Answer], None]


class Orders:
    """refused: sees each answer that is no success, before its `then`."""

    __slots__ = ("_busy", "_refused", "_waiting", "instance")

    def __init__(self, instance: Instance, refused: Callable[[Message, Answer], None]) -> None:
        self.instance = instance
        self._refused = refused
        self._waiting: list[tuple[Step | Message, Then | None]] = []
        self._busy = False

    def give(self, order: Step | Message, then: Then | None = None) -> None:
        """then: called with the answer to each of its requests, refusals among them."""
        self._waiting.append((order, then))
        if not self._busy:
            self._next()

    def clear(self) -> None:
        """What was not sent yet will not be. The answer to what was still calls its `then`."""
        self._waiting.clear()

    def _next(self) -> None:
        while self._waiting and not self._busy:
            order, then = self._waiting.pop(0)
            if callable(order):
                self._waiting[:0] = [(message, then) for message in order()]
            else:
                self._send(order, then)

    def _send(self, message: Message, then: Then | None) -> None:
        self._busy = True

        def receive(answer: Answer | None) -> None:
            self._busy = False
            if answer is None:
                return  # the instance is down, and fails the call
            if answer.get("result") != b"ok":
                self._refused(message, answer)
            if then is not None:
                then(answer)
            self._next()

        self.instance.request(message, receive)
