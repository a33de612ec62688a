"""A user agent on real sockets on loopback, whose events can be waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fakes.ids import CountingIds
from ringout.net.sip_driver import SipDriver, SipDriverSettings
from ringout.net.tasks import Tasks
from ringout.sip.events import Event, IncomingInvite
from ringout.sip.user_agent import UserAgent, UserAgentSettings


class Node:
    """events: everything so far."""

    def __init__(
        self,
        prefix: str,
        on_event: Callable[[Event], None] = lambda event: None,
        settings: SipDriverSettings | None = None,
    ) -> None:
        self.tasks = Tasks()
        self.agent = UserAgent(CountingIds(prefix), UserAgentSettings(accept_invites=True))
        self.driver = SipDriver(self.agent, self._hear, self.tasks, settings)
        self.events: list[Any] = []
        self._on_event = on_event
        self._news = asyncio.Event()

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()
        self._on_event(event)

    async def wait_for(self, kind: type[Any]) -> Any:
        async with asyncio.timeout(30):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self._news.clear()
                await self._news.wait()

    def call(self, transport: Any, port: int, name: str = "", host: str = "127.0.0.1", uri: str = "") -> Any:
        session = self.agent.invite(
            flow=self.driver.flow_to(transport, host, port, name),
            uri=uri or f"sip:b@127.0.0.1:{port};transport={transport}",
            from_="<sip:a@x>",
            to="<sip:b@x>",
            body=b"v=0",
            now=now(),
        )
        self.driver.flush()
        return session


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def node(
    prefix: str,
    *listen: str,
    on_event: Callable[[Event], None] = lambda event: None,
    settings: SipDriverSettings | None = None,
) -> AsyncIterator[Node]:
    made = Node(prefix, on_event, settings)
    await made.driver.start(listen)
    try:
        yield made
    finally:
        await made.driver.close()
        await made.tasks.stop()


def answers(event: Event) -> None:
    if isinstance(event, IncomingInvite):
        event.session.ring(now())  # type: ignore[attr-defined]
        event.session.answer(now(), b"v=0 answer")  # type: ignore[attr-defined]
