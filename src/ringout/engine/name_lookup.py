"""Where the names of gateways and redirections lead.

Gateways are looked up at the start, and again in the background whenever what DNS said has become old: no call waits
for them. A redirection's name is asked for while its call waits, and everybody else's goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ringout import logs
from ringout.engine.gateways import Gateway
from ringout.sip.location import Place, drawn
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from ringout.net.resolver import Located, Locator
    from ringout.service.ports import Clock, IdSource

LOOKUP_SECONDS = 15.0  # for all gateways together, at the start
SOONEST_SECONDS, LATEST_SECONDS = 5.0, 3600.0  # between two lookups of one gateway, whatever its time to live is
RETRY_SECONDS = 30.0  # after a lookup that failed; at most, while a name has never led anywhere
MOST_KNOWN = 1000  # names of redirections that are remembered
MOST_ASKED = 100  # names of redirections that are being asked for at one time: strangers choose them

log = logs.get("engine")


class Handle(Protocol):
    def cancel(self) -> None: ...


class Names:
    """One per node. locator: None = names lead nowhere. call_later: the event loop's or a test's."""

    def __init__(
        self,
        locator: Locator | None,
        clock: Clock,
        ids: IdSource,
        call_later: Callable[[float, Callable[[], None]], Handle],
    ) -> None:
        self._locator = locator
        self._clock = clock
        self._ids = ids
        self._call_later = call_later
        self._known: dict[str, tuple[Located, float]] = {}  # by the URI without its user -> until when
        self._asked: dict[str, _Question] = {}
        self._timers: dict[Gateway, Handle] = {}
        self._stops: dict[Gateway, Callable[[], None]] = {}  # of those that are being asked for
        self._unknown: dict[Gateway, float] = {}  # that never led anywhere -> seconds until it is asked for again
        self._answer_came = asyncio.Event()
        self.changed: Callable[[Gateway], None] = lambda gateway: None  # told when a gateway has other addresses

    # --- gateways ------------------------------------------------------------------------------------------------

    async def resolve(self, gateways: Iterable[Gateway]) -> None:
        """The first lookup of those that are named, after which they are followed. Returns when each has its answer, be
        it that nobody knows the name just now: a machine may be up before its name servers are, and whoever goes by
        other gateways need not wait."""
        named = [gateway for gateway in gateways if gateway.is_named]
        for gateway in named:
            if self._locator is None:
                self._leads_nowhere(gateway, "nobody may be asked")
            else:
                self._refresh(gateway)
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                while self._stops:
                    self._answer_came.clear()
                    await self._answer_came.wait()
        except TimeoutError:
            for gateway in self._stops:
                self._leads_nowhere(gateway, f"no answer within {LOOKUP_SECONDS:g} seconds")

    def _leads_nowhere(self, gateway: Gateway, why: str) -> None:
        """Told once; when it does lead somewhere that is told as well."""
        if gateway not in self._unknown:
            self._unknown[gateway] = SOONEST_SECONDS
            log.warning("a gateway is down: its name leads nowhere", gateway=gateway.uri(), why=why)

    def _use(self, gateway: Gateway, located: Located) -> None:
        before = [hop.place for hop in gateway.hops]
        self._unknown.pop(gateway, None)
        gateway.use(located.tiers)
        if before != [hop.place for hop in gateway.hops]:
            addresses = [f"{hop.place.transport}:{hop.place.host}:{hop.place.port}" for hop in gateway.hops]
            log.info("a gateway's name leads to", gateway=gateway.uri(), addresses=addresses)
            self.changed(gateway)
        self._again_after(gateway, min(max(located.seconds, SOONEST_SECONDS), LATEST_SECONDS))

    def _again_after(self, gateway: Gateway, seconds: float) -> None:
        self._timers[gateway] = self._call_later(seconds, partial(self._refresh, gateway))

    def _refresh(self, gateway: Gateway) -> None:
        assert self._locator is not None
        self._stops[gateway] = self._locator.look_up(gateway.uri_parts, partial(self._refreshed, gateway))

    def _refreshed(self, gateway: Gateway, answer: Located | OSError) -> None:
        self._stops.pop(gateway, None)
        self._answer_came.set()
        if not isinstance(answer, OSError):
            self._use(gateway, answer)
        elif gateway.hops:
            # What was known is better than nothing: a carrier's name server fails more often than its gateways move.
            log.warning("a gateway's name was not found again", gateway=gateway.uri(), why=str(answer))
            self._again_after(gateway, RETRY_SECONDS)
        else:
            self._leads_nowhere(gateway, str(answer))
            seconds = self._unknown[gateway]
            self._unknown[gateway] = min(seconds * 2, RETRY_SECONDS)
            self._again_after(gateway, seconds)

    def stop(self) -> None:
        """Follows no gateway any more."""
        for handle in self._timers.values():
            handle.cancel()
        for stop in self._stops.values():
            stop()
        self._timers.clear()
        self._stops.clear()

    # --- names met by a call -------------------------------------------------------------------------------------

    def known(self, uri: str) -> list[Place] | None:
        """Where the host of uri leads, best first, when that is known: [] = nowhere that may be asked for. None: find
        must ask."""
        key = str(_host_of(uri))
        known = self._known.get(key)
        if known is not None and known[1] > self._clock.monotonic():
            return drawn(known[0].tiers, self._ids.number)
        may_ask = self._locator is not None and (key in self._asked or len(self._asked) < MOST_ASKED)
        return None if may_ask else []

    def find(self, uri: str, found: Callable[[list[Place]], None]) -> Callable[[], None]:
        """Calls found later, once, with places best first or none. What it returns cancels that."""
        assert self._locator is not None
        parts = _host_of(uri)
        key = str(parts)
        question = self._asked.get(key)
        if question is None:
            question = self._asked[key] = _Question()
            question.stop = self._locator.look_up(parts, partial(self._answered, key))
        question.waiting.append(found)
        return partial(self._cancel, key, question, found)

    def _answered(self, key: str, answer: Located | OSError) -> None:
        question = self._asked.pop(key)
        if isinstance(answer, OSError):
            log.info("a name was not found", why=str(answer))
        else:
            self._known.pop(key, None)
            while len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = answer, self._clock.monotonic() + min(answer.seconds, LATEST_SECONDS)
        waiting, question.waiting = question.waiting, []
        for found in waiting:
            found([] if isinstance(answer, OSError) else drawn(answer.tiers, self._ids.number))

    def _cancel(self, key: str, question: _Question, found: Callable[[list[Place]], None]) -> None:
        if found in question.waiting:
            question.waiting.remove(found)
            if not question.waiting and self._asked.get(key) is question:
                del self._asked[key]
                question.stop()


class _Question:
    """One name that is being asked for, and who waits for the answer."""

    __slots__ = ("stop", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Callable[[list[Place]], None]] = []
        self.stop: Callable[[], None] = lambda: None


def _host_of(uri: str) -> SipUri:
    """uri without what DNS is not asked for."""
    parts = SipUri.parse(uri)
    params = {name: value for name, value in parts.params.items() if name in ("transport", "maddr")}
    return SipUri(parts.scheme, None, None, parts.host.lower(), parts.port, params)
