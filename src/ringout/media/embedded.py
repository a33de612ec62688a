"""The media port on our own engine: sessions in the server, packets in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from itertools import count

from ringout import logs
from ringout.config import MediaConfig
from ringout.domain.errors import Unavailable
from ringout.domain.status import Party
from ringout.media import prompts, wire
from ringout.media.sdes import keys_for, local_media
from ringout.media.worker_link import WorkerLink
from ringout.service.ports import LocalMedia, MediaKind, MediaListener, RtpDestination

log = logs.get("media")

_START_SECONDS = 20.0
_KIND_RETRY_SECONDS = 3600  # another engine is needed, which no waiting brings
_RETRY_SECONDS = 1.0  # between the death of a worker that lived shorter than that and its replacement


class EmbeddedMedia:
    """service.ports.MediaEngine."""

    def __init__(self, config: MediaConfig) -> None:
        self._config = config
        self._links: list[WorkerLink] = []
        self._sessions: dict[int, EmbeddedSession] = {}
        self._closed: dict[int, EmbeddedSession] = {}  # whose worker still owes word of how the audio was
        self._numbers = count(1)
        self._started_at: dict[WorkerLink, float] = {}
        self._closing = False
        self.strangers = 0  # packets dropped because they came from where nobody of the call is

    async def start(self) -> None:
        """Checks the prompts, starts the workers, and returns when each has bound its first ports. Raises BadPrompt, or
        OSError when a worker does not start or the pairs of not even one call can be bound."""
        prompts.available(self._config.prompts)
        try:
            await self._start_workers()
        except BaseException:
            await self.close()
            raise

    async def _start_workers(self) -> None:
        self._links = [self._start_worker(self._settings(index)) for index in range(self._config.workers)]
        async with asyncio.timeout(_START_SECONDS):
            await asyncio.gather(*(link.ready for link in self._links))
        if not any(link.free_pairs >= 2 for link in self._links):
            config = self._config
            raise OSError(
                f"No two RTP port pairs of {config.first_port}-{config.last_port} on {config.address} could be bound."
            )

    def _settings(self, index: int) -> wire.Settings:
        """Each worker has its own slice of the port range."""
        config = self._config
        first = config.first_port + config.first_port % 2
        pairs = max(0, (config.last_port + 1 - first) // 2)
        begin, end = (first + 2 * (pairs * step // config.workers) for step in (index, index + 1))
        directory = str(config.prompts) if config.prompts is not None else ""
        return wire.Settings(
            config.address,
            begin,
            end - 1,
            config.silence_seconds,
            directory,
            list(config.rtp_sources),
            config.address6 or "",
        )

    def _start_worker(self, settings: wire.Settings) -> WorkerLink:
        link = WorkerLink(
            settings, self._config.spare_pairs, self._on_report, lambda dead: self._replace(dead, settings)
        )
        self._started_at[link] = asyncio.get_running_loop().time()
        return link

    def _replace(self, dead: WorkerLink, settings: wire.Settings) -> None:
        """A worker died unasked: its calls fail, another takes its ports."""
        lost = [session for session in self._sessions.values() if session.link is dead]
        log.error("a media worker died and is replaced", worker=dead.pid, calls=len(lost))
        self._closed = {number: session for number, session in self._closed.items() if session.link is not dead}
        for session in lost:
            session.fail("The media process of this call died.")
        loop = asyncio.get_running_loop()
        lived = loop.time() - self._started_at.pop(dead)
        loop.call_later(0.0 if lived > _RETRY_SECONDS else _RETRY_SECONDS, self._put_in_place, dead, settings)

    def _put_in_place(self, dead: WorkerLink, settings: wire.Settings) -> None:
        if not self._closing and dead in self._links:
            self._links[self._links.index(dead)] = self._start_worker(settings)

    def open(
        self, listener: MediaListener, caller: MediaKind = MediaKind.RTP, callee: MediaKind = MediaKind.RTP
    ) -> EmbeddedSession:
        """On the worker with the most free ports. Raises Unavailable."""
        if MediaKind.WEBRTC in (caller, callee):
            raise Unavailable("Browser phones need a media engine that speaks DTLS-SRTP and ICE.", _KIND_RETRY_SECONDS)
        link = max(self._links, key=lambda each: each.free_pairs, default=None)
        ports = link.take_two() if link is not None else None
        if link is None or ports is None:
            raise Unavailable("All media ports are in use.", 1)
        number = next(self._numbers)
        hosts = self._config.address, self._config.address6 or ""
        local = (local_media(*hosts, ports[0], caller), local_media(*hosts, ports[1], callee))
        session = EmbeddedSession(self, link, number, ports, local, listener)
        self._sessions[number] = session
        # Nothing can arrive before the far side knows the port: the news may wait for the first order.
        link.post(wire.Open(number, *ports), hurry=False)
        return session

    def forget(self, session: EmbeddedSession, *, owes_quality: bool = False) -> None:
        """The session is closed or has failed."""
        self._sessions.pop(session.number, None)
        if owes_quality:
            self._closed[session.number] = session

    @property
    def address(self) -> str:
        return self._config.address

    @property
    def usable(self) -> bool:
        return any(link.alive for link in self._links)

    @property
    def free_pairs(self) -> int:
        """Port pairs that are bound and unused."""
        return sum(link.free_pairs for link in self._links)

    @property
    def workers(self) -> list[int]:
        """Process ids."""
        return [link.pid for link in self._links]

    def _on_report(self, link: WorkerLink, report: wire.Report) -> None:
        if isinstance(report, wire.Problem):
            log.warning("a media worker reports trouble", trouble=report.text)
        elif isinstance(report, wire.Counted):
            self.strangers += report.strangers
            log.warning("RTP packets of strangers were dropped in one call", packets=report.strangers)
        elif isinstance(report, wire.Closed):
            self._closed.pop(report.session, None)
        elif isinstance(report, wire.Quality):
            if (closed := self._closed.get(report.session)) is not None:
                closed.receive(report)
        elif not isinstance(report, wire.Bound) and (session := self._sessions.get(report.session)) is not None:
            session.receive(report)

    async def close(self) -> None:
        """Ends the workers. Idempotent."""
        self._closing = True
        await asyncio.gather(*(link.close() for link in self._links))
        self._links = []


class EmbeddedSession:
    """service.ports.MediaSession."""

    __slots__ = (
        "_connected",
        "_engine",
        "_heard",
        "_listener",
        "_local",
        "_open",
        "_plays",
        "_ports",
        "link",
        "number",
    )

    def __init__(
        self,
        engine: EmbeddedMedia,
        link: WorkerLink,
        number: int,
        ports: tuple[int, int],
        local: tuple[LocalMedia, LocalMedia],
        listener: MediaListener,
    ) -> None:
        self._engine = engine
        self.link = link
        self.number = number
        self._ports = ports
        self._local = local
        self._listener = listener
        self._plays = [0, 0]
        self._open = True
        self._connected = False
        self._heard = False

    async def ready(self) -> None:
        """At once: the ports are bound beforehand."""

    def local(self, party: Party) -> LocalMedia:
        return self._local[wire.INDEX[party]]

    def connect(self, party: Party, remote: RtpDestination) -> None:
        self._connected = True
        index = wire.INDEX[party]
        self._post(
            wire.Connect(
                self.number,
                index,
                # Not handled: a host name in an SDP. Such a phone is answered where its first packet comes from.
                _address(remote.host),
                remote.port,
                remote.codec,
                remote.payload_type,
                remote.telephone_event,
                remote.may_send,
                remote.may_receive,
                _address(remote.signalling),
                remote.rtcp_port or 0,
                None if remote.crypto is None else keys_for(self._local[index], remote.crypto),
                remote.codecs,
            )
        )

    def play(self, party: Party, sounds: Sequence[str], language: str) -> None:
        index = wire.INDEX[party]
        self._plays[index] += 1
        self._post(wire.Play(self.number, index, self._plays[index], list(sounds), language))

    def play_ringback(self, party: Party, country: str) -> None:
        self._supersede(party)
        self._post(wire.Ringback(self.number, wire.INDEX[party], country))

    def stop_playing(self, party: Party) -> None:
        self._supersede(party)
        self._post(wire.StopPlaying(self.number, wire.INDEX[party]))

    def listen_to_other(self, party: Party) -> None:
        self._post(wire.Listen(self.number, wire.INDEX[party]))

    def bridge(self) -> None:
        for party in wire.PARTIES:
            self._supersede(party)
        self._post(wire.Bridge(self.number))

    def send_digit(self, party: Party, digit: str, duration_ms: int = 100) -> None:
        if digit := _digit(digit):
            self._post(wire.SendDigit(self.number, wire.INDEX[party], digit, duration_ms))

    def digit_seen(self, party: Party, digit: str) -> None:
        if digit := _digit(digit):
            self._post(wire.DigitSeen(self.number, wire.INDEX[party], digit))

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        self._engine.forget(self, owes_quality=self._heard)
        # A call that was never connected sends nothing: its end need not wake the worker.
        self.link.post(wire.Close(self.number), hurry=self._connected)
        self.link.give_back(self._ports)

    def fail(self, why: str) -> None:
        """The worker died: its ports are the next worker's."""
        self._open = False
        self._engine.forget(self)
        self._listener.media_failed(why)

    def _supersede(self, party: Party) -> None:
        """The end of what plays now, if it is under way to us, is no news any more."""
        self._plays[wire.INDEX[party]] += 1

    def _post(self, command: wire.CallCommand) -> None:
        if self._open:
            self.link.post(command)

    def receive(self, report: wire.Started | wire.Digit | wire.Played | wire.Silent | wire.Quality) -> None:
        """Tells the listener."""
        party = wire.PARTIES[report.party]
        if isinstance(report, wire.Digit):
            self._listener.digit_pressed(party, report.digit)
        elif isinstance(report, wire.Quality):
            self._listener.media_quality(party, report.quality)
        elif isinstance(report, wire.Started):
            self._heard = True
            self._listener.media_started(party)
        elif isinstance(report, wire.Silent):
            self._listener.media_silent(party, report.seconds)
        elif report.number == self._plays[report.party]:
            self._listener.sounds_played(party)


@lru_cache(4096)
def _address(host: str) -> str:
    """An IP as the system writes it, "" for what is none."""
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def _digit(text: str) -> str:
    """One of 0-9 * # A-D, else "": what a phone wrote into an INFO is not ours to trust."""
    digit = text.strip().upper()
    return digit if len(digit) == 1 and digit in "0123456789*#ABCD" else ""
