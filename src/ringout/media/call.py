"""One call in a worker: its two streams, who hears whom, and what is told to the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

from ringout.audio.goertzel import DtmfDetector
from ringout.media import wire
from ringout.media.latch import Latch, Network
from ringout.media.leg_quality import quality_of
from ringout.media.player import DigitPlayer, Player, Ticks
from ringout.media.prompts import BadPrompt
from ringout.media.sounds import Sounds
from ringout.media.srtp import Srtp
from ringout.media.stream import Stream
from ringout.rtp import rtcp
from ringout.rtp.digits import Way

_REPORT_SECONDS = 5.0  # RFC 3550 section 6.2; varied by half of it either way, half as long at first (6.3.1)
_SAMPLE_SECONDS = 1.0
_PRESS_MS = 100
_CALLER, _CALLEE = 0, 1
_random = SystemRandom()


@dataclass(slots=True)
class Engine:
    """What the calls of a worker share. clock, wall: seconds, monotonic and since 1970. networks: see Latch."""

    clock: Callable[[], float]
    wall: Callable[[], float]
    sounds: Sounds
    silence_seconds: float
    networks: tuple[Network, ...] = ()
    ticks: Ticks = field(default_factory=Ticks)
    reports: list[wire.Report] = field(default_factory=list)


class Call:
    """Two streams, index 0 the caller's and 1 the callee's."""

    __slots__ = ("_engine", "_report_at", "_sample_at", "bridged", "open", "session", "streams")

    def __init__(self, engine: Engine, session: int, streams: tuple[Stream, Stream]) -> None:
        self._engine = engine
        self.session = session
        self.streams = streams
        self.open = True
        self.bridged = False
        self._report_at = self._sample_at = 0.0
        for stream in streams:
            # The top bit of each stays clear, so that neither wraps in the first minutes.
            number = _random.getrandbits(78)
            stream.use(self, number & 0xFFFFFFFF, number >> 32 & 0x7FFF, number >> 47 & 0x7FFFFFFF)

    def connect(self, order: wire.Connect) -> None:
        stream = self.streams[order.party]
        latch = Latch(
            self._engine.networks,
            (order.host, order.port) if order.host and order.port else None,
            order.signalling,
        )
        srtp = None if order.keys is None else _srtp(stream.srtp, order.keys)
        stream.connect(order, latch, srtp, self._engine.clock())
        for each in self.streams:
            each.route()

    def play(self, order: wire.Play) -> None:
        stream = self.streams[order.party]
        sounds = []
        for name in order.sounds:
            try:
                sound = self._engine.sounds.prompt(name, order.language)
            except BadPrompt as error:
                self._engine.reports.append(wire.Problem(str(error)))
                continue
            if sound is None:
                self._engine.reports.append(wire.Problem(f"There is no prompt {name}."))
            else:
                sounds.append(sound)
        played = wire.Played(self.session, order.party, order.number)
        player = Player(stream.sender, sounds, lambda: self._engine.reports.append(played))
        if stream.sender.event_type is None and not self.bridged:
            stream.detector = DtmfDetector()
        self._start(stream, player)

    def play_ringback(self, order: wire.Ringback) -> None:
        stream = self.streams[order.party]
        self._start(stream, Player(stream.sender, [self._engine.sounds.ringback(order.country)], None))

    def _start(self, stream: Stream, player: Player) -> None:
        stream.sender.source = player
        self._engine.ticks.start(player, self._engine.clock())

    def stop_playing(self, party: int) -> None:
        self.streams[party].sender.source = None

    def listen(self, party: int) -> None:
        """That party hears the other from its next packet on."""
        other = self.streams[1 - party]
        other.heard_by = self.streams[party].sender
        other.route()

    def bridge(self) -> None:
        self.bridged = True
        now = self._engine.clock()
        for party, stream in enumerate(self.streams):
            stream.sender.source = None
            stream.detector = None
            stream.last_heard = now
            self.listen(party)

    def send_digit(self, party: int, digit: str, duration_ms: int) -> None:
        sender = self.streams[party].sender
        player = DigitPlayer(sender, digit, duration_ms, self._engine.sounds.digit(digit))
        last = sender.source
        if isinstance(last, DigitPlayer):
            while isinstance(last.before, DigitPlayer):
                last = last.before
            player.before = last.before
            last.before = player
        else:
            player.before = last
            sender.source = player
        self._engine.ticks.start(player, self._engine.clock())

    def digit_seen(self, party: int, digit: str) -> None:
        """By SIP INFO, which the other party does not hear of by itself."""
        if self.digit(self.streams[party], digit, Way.INFO, True) and self.bridged:
            self.send_digit(1 - party, digit, _PRESS_MS)

    def close(self) -> None:
        """Nothing flows from now on."""
        self.open = False
        strangers = sum(stream.strangers for stream in self.streams)
        if strangers:
            self._engine.reports.append(wire.Counted(self.session, strangers))
        heard = [(party, stream) for party, stream in enumerate(self.streams) if stream.heard]
        for party, stream in heard:
            self._engine.reports.append(wire.Quality(self.session, party, quality_of(stream)))
        if heard:
            self._engine.reports.append(wire.Closed(self.session))
        for stream in self.streams:
            stream.release()

    def started(self, stream: Stream) -> None:
        """The stream's first packet."""
        self._engine.reports.append(wire.Started(self.session, self._party(stream)))

    def reported(self, stream: Stream, heard: rtcp.Heard, now: float) -> None:
        """RTCP of the stream's phone."""
        stream.control.receive(heard, stream.sender, now, self._engine.wall())

    def digit(self, stream: Stream, digit: str, way: Way, relayed: bool) -> bool:
        """A digit was told; reported when it is a new press. relayed: the listener gets its packets. True: it is
        new."""
        if stream.digits is None or not stream.digits.tell(digit, way, self._engine.clock()):
            return False
        party = self._party(stream)
        self._engine.reports.append(wire.Digit(self.session, party, digit))
        if way is Way.EVENT and not relayed and stream.heard_by is not None:
            self.send_digit(1 - party, digit, _PRESS_MS)
        return True

    def _party(self, stream: Stream) -> int:
        return _CALLER if stream is self.streams[_CALLER] else _CALLEE

    def watch(self, now: float) -> None:
        """Called at least once a second: silence, and reports to the peers."""
        for party, stream in enumerate(self.streams):
            self._watch_silence(party, stream, now)
        if now < self._sample_at:
            return
        if not self._report_at:
            self._report_at = now + _REPORT_SECONDS / 2 * _spread()
        self._sample_at = now + _SAMPLE_SECONDS
        for party, stream in enumerate(self.streams):
            stream.sample(now)
            if self.bridged or party == _CALLER:  # the callee is sent nothing before it has answered
                stream.open_way(now)
        if now >= self._report_at:
            self._report_at = now + _REPORT_SECONDS * _spread()
            for stream in self.streams:
                self._report(stream, now)

    def _watch_silence(self, party: int, stream: Stream, now: float) -> None:
        limit = self._engine.silence_seconds
        silent = now - stream.last_heard
        # A phone that still rings owes no RTP, and the callee's has not answered before the bridge.
        if not limit or not stream.due or (party == _CALLEE and not self.bridged):
            return
        if silent < limit:
            stream.told_silent = False
        elif not stream.told_silent:
            stream.told_silent = True
            self._engine.reports.append(wire.Silent(self.session, party, round(silent, 3)))

    def _report(self, stream: Stream, now: float) -> None:
        if stream.connected:
            ssrc = stream.ssrc if stream.heard else None
            wall = self._engine.wall()
            stream.send_report(stream.control.report(stream.sender, stream.reception, ssrc, now, wall))


def _spread() -> float:
    """0.5 to 1.5, so that the calls of a worker do not all report at the same time."""
    return 0.5 + _random.random()


def _srtp(current: Srtp | None, keys: wire.Keys) -> Srtp:
    if current is not None:
        return current.rekeyed(keys.suite, keys.local, keys.remote)
    return Srtp(keys.suite, keys.local, keys.remote)


def make_sounds(directory: str) -> Sounds:
    """directory: "" = only the shipped recordings."""
    return Sounds(Path(directory) if directory else None)
