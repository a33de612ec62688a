"""The running calls of this node: admission, the way of SIP events to them, recovery after a crash, drain."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ringout import logs
from ringout.config import Config
from ringout.domain import facts as f
from ringout.domain.errors import Unavailable
from ringout.domain.facts import Timer
from ringout.domain.plan import CallPlan, Phone
from ringout.domain.ring_out import RingOut
from ringout.engine.call import Call
from ringout.engine.gateway_watch import GatewayWatch
from ringout.engine.gateways import Gateway
from ringout.engine.hunt import Hunt, NoSuchAudio
from ringout.engine.media_kinds import MediaKinds
from ringout.engine.name_lookup import Names
from ringout.engine.nat_watch import NatWatch
from ringout.engine.phone_route import phones_trunk
from ringout.engine.recovery import Orphan, recovered
from ringout.engine.registered_phones import RegisteredPhones
from ringout.engine.registrations import Registrations
from ringout.engine.timers import CallLater, TimerHandle
from ringout.engine.trunk_probe import TrunkProbe
from ringout.engine.trunks import Trunks
from ringout.engine.wideband import Declined
from ringout.net.addresses import PublicAddress
from ringout.sdp.codecs import SPOKEN, WIDEBAND
from ringout.service.ports import (
    Clock,
    IdSource,
    MediaEngine,
    MediaKind,
    MediaListener,
    MediaSession,
    Meter,
    RingOutStore,
)
from ringout.sip.events import (
    BindingsChanged,
    ConnectionLost,
    Event,
    GuesserShutOut,
    OptionsAnswered,
    RegistrationChanged,
)

if TYPE_CHECKING:
    from ringout.engine.ringing_phone import RingingPhone
    from ringout.net.resolver import Locator
    from ringout.net.sip_driver import SipDriver
    from ringout.sip.digest import Credentials
    from ringout.sip.user_agent import UserAgent

# What the clients may miss for so long: that a phone rings, that a leg told to hang up is gone. In exchange such
# changes are mostly stored together with the next one.
WRITE_SOON_SECONDS = 0.05
LONGEST_SOUND_SECONDS = 60.0  # a prompt of one's own may be long; its end is normally reported
RETRY_AFTER_FULL_SECONDS = 5
# After a crash: how long a phone may ring by an INVITE that was not stored any more until somebody answers it.
STRAYS_SECONDS = 300.0
UNREGISTER_SECONDS = 3.0  # how long registrars may take to confirm that we leave
BYE_GRACE_SECONDS = 5.0  # after a drain: how long phones may take to confirm that they were hung up

log = logs.get("engine")


class Node:
    """Implements service.ports.CallEngine. Everything runs on one event loop; nothing here waits but recover and drain.

    driver must deliver to on_sip_event. call_later: the event loop's, unless a test passes its own. meter: pays for the
    RingOuts that have prices; None = nobody does. locator: finds where names lead; None = names lead nowhere. phones:
    those that register here; None = none may. Raises ValueError for a trunk that cannot be one."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        ids: IdSource,
        store: RingOutStore,
        media: MediaEngine,
        user_agent: UserAgent,
        driver: SipDriver,
        *,
        call_later: CallLater | None = None,
        meter: Meter | None = None,
        locator: Locator | None = None,
        phones: RegisteredPhones | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.ids = ids
        self.store = store
        self.media = media
        self.meter = meter
        self.user_agent = user_agent
        self.driver = driver
        self.trunks = Trunks(config.trunks, config.call.country)
        self._media_kinds = MediaKinds(self)
        codecs = [codec.upper() for codec in config.media.codecs]
        self.spoken = tuple(codec for codec in codecs if codec in SPOKEN)
        self.wideband = tuple(codec for codec in codecs if codec in WIDEBAND)
        self.codecs = self.spoken + self.wideband  # as they are offered: a call begins with those that we speak
        self.declined = Declined(clock)
        self.give_up_seconds = 64 * config.sip.t1_seconds
        self.seconds = _timer_seconds(config, self.give_up_seconds)
        self.media_address = _media_address(config)
        self.phones = phones
        self.phones_trunk = phones_trunk(config.phones, config.call.country)
        self.probe = TrunkProbe(self)
        self.names = Names(locator, clock, ids, self.call_later)
        self.names.changed = self._gateway_moved
        self.watch = GatewayWatch(self)
        self.nats = NatWatch(self)
        self.registrations = Registrations(self)
        self._call_later = call_later
        self._calls: dict[int, Call] = {}
        self._orphans: set[Orphan] = set()
        self._reserved = 0
        self._hunts: set[Hunt] = set()  # of live calls
        self.draining = False  # no new calls
        self.closed = False  # the drain waits no longer
        self._late: set[Call] = set()
        self._idle = asyncio.Event()

    # --- CallEngine ----------------------------------------------------------------------------------------------

    @property
    def live(self) -> int:
        """RingOuts that have a place: reserved, running, and those whose legs are still being hung up."""
        return len(self._calls) + self._reserved

    def reserve(self, plan: CallPlan) -> Place:
        """Raises Unavailable: draining, at the limit of live calls, or out of media ports."""
        if self.draining:
            raise Unavailable("The server is shutting down.", max(1, round(self.config.call.drain_seconds)))
        # A whole list may go beyond the limit: else one that is longer than it could never ring.
        if self.live + sum(hunt.more_places for hunt in self._hunts) >= self.config.call.max_live_calls:
            raise Unavailable("The server has as many calls as it may have.", RETRY_AFTER_FULL_SECONDS)
        call = Call(self)
        if len(plan.caller_phones) > 1:
            hunt = Hunt(call, plan)
            hunt.open_media(self._open_for_one)
            call.hunt_for_caller(hunt)
            self._hunts.add(hunt)
        else:
            first = plan.caller_phones[0] if plan.caller_phones else None
            call.audio.use(self._open_media(call.audio, plan, first))
        self._reserved += 1
        return Place(self, call)

    def _open_for_one(self, phone: RingingPhone) -> MediaSession:
        """Audio for one of several phones. Raises Unavailable; NoSuchAudio when the engine lacks that kind."""
        try:
            return self._open_media(phone, phone.plan, phone.phone)
        except Unavailable as error:
            if self._media_kinds.of(phone.phone, "") is MediaKind.WEBRTC:
                raise NoSuchAudio(error) from error
            raise

    def _open_media(self, listener: MediaListener, plan: CallPlan, caller: Phone | None) -> MediaSession:
        """caller: the phone that the session is for, None = the one behind the plan's number."""
        kind_of = self._media_kinds.of
        return self.media.open(
            listener, kind_of(caller, plan.caller_number), kind_of(plan.callee_phone, plan.callee_number)
        )

    def cancel(self, ring_out_id: int) -> bool:
        call = self._calls.get(ring_out_id)
        if call is None or call.ending:
            return False
        call.receive(f.Cancelled())
        self.flush()
        return True

    # --- SIP -----------------------------------------------------------------------------------------------------

    def on_sip_event(self, event: Event) -> None:
        """To be given to the SipDriver, which flushes after it."""
        if isinstance(event, OptionsAnswered):
            self.probe.answered(event)
            self.watch.answered(event)
            self.nats.answered(event)
            return
        if isinstance(event, RegistrationChanged):
            self.registrations.changed(event)
            return
        if isinstance(event, ConnectionLost):
            self.registrations.connection_lost(event.flow)
            return
        if isinstance(event, GuesserShutOut):
            log.warning("somebody guesses passwords of phones", device=event.user or None, address=event.address)
            return
        if isinstance(event, BindingsChanged):
            if self.phones is not None:
                self.phones.receive(event)
            return
        session = getattr(event, "session", None)
        if session is not None and session.owner is not None:
            session.owner.receive(event)

    # --- start and end -------------------------------------------------------------------------------------------

    async def resolve_gateways(self) -> None:
        """Looks up the gateways that are named instead of numbered; those that nobody knows are down until somebody
        does. Await it before recover; without it such gateways count as unreachable."""
        await self.names.resolve(self.trunks.all_gateways())

    def open_trunks(self) -> None:
        """From now on gateways are asked whether they are there, and registrars know us. The driver has started."""
        self.watch.start()
        self.nats.start()
        self.registrations.start()

    async def close_trunks(self) -> None:
        """Takes registrations back and asks nobody any more. After drain: calls still need them."""
        self.names.stop()
        self.watch.stop()
        self.nats.stop()
        await self.registrations.leave(UNREGISTER_SECONDS)

    async def recover(self) -> int:
        """Ends what an earlier process of this node left unfinished; says how many RingOuts. Returns when their final
        statuses are durable; the phones are hung up in the background. Call it before the first reserve."""
        rows = await self.store.unfinished(self.config.node)
        wall, now = self.clock.wall(), self.clock.monotonic()
        if rows:
            self.user_agent.strays_until = now + STRAYS_SECONDS
        written: list[Awaitable[None]] = []
        for row in rows:
            orphan = Orphan(recovered(row, wall), self._orphan_gone)
            self._orphans.add(orphan)
            orphan.hang_up(self.user_agent, now, self._credentials)
            if orphan in self._orphans:
                written.append(self.store.update(orphan.row))
                self.call_later(self.seconds[Timer.ENDING], orphan.give_up)
            else:
                written.append(self.store.update(orphan.ended_row(wall)))
        self.flush()
        for update in written:
            await update
        if rows:
            log.info("unfinished RingOuts of an earlier process were ended", count=len(rows))
        return len(rows)

    async def drain(self, seconds: float) -> None:
        """Admits nothing from now on, lets live calls finish for that long, then hangs up every leg. Returns when all
        is quiet, or BYE_GRACE_SECONDS after the hang-ups."""
        self.draining = True
        await self._quiet(seconds)
        self.closed = True
        for call in tuple(self._calls.values()):
            call.receive(f.Drained())
        self.flush()
        await self._quiet(BYE_GRACE_SECONDS)
        self._write_late()

    async def _quiet(self, seconds: float) -> None:
        self._idle.clear()
        if self._calls or self._reserved:
            try:
                await asyncio.wait_for(self._idle.wait(), seconds)
            except TimeoutError:
                pass

    # --- for the calls -------------------------------------------------------------------------------------------

    def call_later(self, seconds: float, callback: Callable[[], None]) -> TimerHandle:
        later = self._call_later
        if later is None:
            later = self._call_later = asyncio.get_running_loop().call_later
        return later(seconds, callback)

    def flush(self) -> None:
        """Sends what verbs outside an SIP event have made."""
        self.driver.flush()

    def write_soon(self, call: Call) -> None:
        if not self._late:
            self.call_later(WRITE_SOON_SECONDS, self._write_late)
        self._late.add(call)

    def forget(self, call: Call) -> None:
        self._calls.pop(call.draft.first.id, None)
        self._forget_hunt(call)
        self._wake_if_idle()

    def start(self, call: Call, ring_out: RingOut, plan: CallPlan) -> None:
        """place of a reservation: the call runs from now on."""
        self._reserved -= 1
        self._calls[ring_out.id] = call
        call.begin(ring_out, plan)
        self.flush()

    def release(self, call: Call) -> None:
        self._reserved -= 1
        self._forget_hunt(call)
        call.close_media()
        self._wake_if_idle()

    def _forget_hunt(self, call: Call) -> None:
        if call.hunt is not None:
            self._hunts.discard(call.hunt)

    def _credentials(self, number: str) -> Credentials | None:
        trunk = self.trunks.find(number)
        return None if trunk is None else trunk.credentials

    def _gateway_moved(self, gateway: Gateway) -> None:
        self.watch.changed(gateway)
        self.registrations.moved(gateway)

    def _write_late(self) -> None:
        late, self._late = self._late, set()
        for call in late:
            call.write()

    def _wake_if_idle(self) -> None:
        if not self._calls and not self._reserved:
            self._idle.set()

    def _orphan_gone(self, orphan: Orphan) -> None:
        self._orphans.discard(orphan)
        row = orphan.ended_row(self.clock.wall())
        if self.meter is not None and row.prices is not None:
            self.meter.ended(row)
        self.store.update(row)


def _timer_seconds(config: Config, give_up_seconds: float) -> dict[Timer, float]:
    return {
        Timer.CALLER_RING: config.call.caller_ring_seconds,
        Timer.CALLEE_RING: config.call.callee_ring_seconds,
        Timer.SOUND: LONGEST_SOUND_SECONDS,
        Timer.ANSWER_PROMPT: config.call.prompt_wait_seconds,
        Timer.CALL: config.call.max_call_seconds,
        Timer.ENDING: give_up_seconds + 8.0,  # the user agent's own limit comes first
    }


def _media_address(config: Config) -> PublicAddress:
    """Of the embedded engine; rtpengines are told theirs themselves."""
    public = config.media.public_address
    if public is None and config.media.engine == "embedded":
        public = config.sip.public_address
    return PublicAddress(public, config.sip.local_networks)


class Place:
    """A place among the live calls; implements service.ports.Reservation."""

    __slots__ = ("_call", "_node")

    def __init__(self, node: Node, call: Call) -> None:
        self._node = node
        self._call: Call | None = call

    async def ready(self) -> None:
        if self._call is not None:
            await self._call.ready()

    def place(self, ring_out: RingOut, plan: CallPlan) -> None:
        call, self._call = self._call, None
        if call is not None:
            self._node.start(call, ring_out, plan)

    def release(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            self._node.release(call)
