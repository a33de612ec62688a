"""The worker's loop: one epoll over every socket, one heap of players, one round of watching the calls."""

from __future__ import annotations

import gc
import select
import socket
import time
import traceback
from collections import deque
from collections.abc import Callable

from msgspec import DecodeError

from ringout.media import wire
from ringout.media.call import Call, Engine, make_sounds
from ringout.media.latch import parse_networks
from ringout.media.stream import Stream
from ringout.net.rtp_socket import bind_pair

_BATCH = 64  # sockets a turn: half a millisecond, then whoever is due by the clock
_BINDS_PER_TURN = 8  # pairs: so long that no packet waits for the growth of the pool
_WATCH_EVERY = 0.02  # seconds between slices of the round that watches each call once a second
_SLICES = 50
_MAX_FAULTS = 100


class Loop:
    """Serves until the server is gone. control: a SOCK_SEQPACKET socket to the server."""

    def __init__(self, control: socket.socket) -> None:
        control.setblocking(False)
        self._control = control
        self._epoll = select.epoll()
        self._epoll.register(control.fileno(), select.EPOLLIN)
        self._receivers: dict[int, Callable[[float], None]] = {control.fileno(): self._read_commands}
        self._streams: dict[int, Stream] = {}  # by RTP port
        self._calls: dict[int, Call] = {}
        self._round: deque[Call] = deque()
        self._next_watch = 0.0
        self._engine: Engine | None = None
        self._address = self._address6 = ""
        self._unbound = iter(range(0))
        self._to_bind = 0
        self._running = True
        self._faults = 0

    def run(self) -> None:
        """Returns when the server has closed its end."""
        # No call leaves a cycle behind, and a collection would hold packets up for milliseconds.
        gc.disable()
        monotonic = time.monotonic
        poll = self._epoll.poll
        receivers = self._receivers
        while self._running:
            try:
                for descriptor, _ in poll(self._timeout(monotonic()), _BATCH):
                    receivers[descriptor](monotonic())
                self._pass_time(monotonic())
            except Exception:  # noqa: BLE001 - one call's fault must not end the others; too many end the worker
                self._report_fault(traceback.format_exc())

    def _report_fault(self, text: str) -> None:
        self._faults += 1
        if self._engine is None or self._faults > _MAX_FAULTS:
            raise SystemExit(f"media worker: too many faults, the last: {text}")
        self._engine.reports.append(wire.Problem(f"media worker: {text}"))

    def _timeout(self, now: float) -> float:
        if self._engine is None or self._to_bind:
            return -1 if self._engine is None else 0
        due = self._engine.ticks.next_due
        if self._round and (due is None or self._next_watch < due):
            due = self._next_watch
        if self._engine.reports:
            due = now + 0.005  # the server does not read just now
        return -1 if due is None else max(0.0, due - now)

    def _pass_time(self, now: float) -> None:
        engine = self._engine
        if engine is None:
            return
        engine.ticks.run(now)
        if self._round and now >= self._next_watch:
            self._next_watch = now + _WATCH_EVERY
            self._watch(now)
        if self._to_bind:
            self._bind_some()
        if engine.reports:
            self._send_reports(engine.reports)

    def _watch(self, now: float) -> None:
        for _ in range(-(-len(self._round) // _SLICES)):
            call = self._round.popleft()
            if call.open:
                call.watch(now)
                self._round.append(call)

    def _send_reports(self, reports: list[wire.Report]) -> None:
        try:
            while reports:
                self._control.send(wire.encode(reports[: wire.MAX_BATCH]))
                del reports[: wire.MAX_BATCH]
        except BlockingIOError:
            pass
        except OSError:
            self._running = False

    def _read_commands(self, now: float) -> None:
        batch = wire.receive(self._control)
        if batch is None:
            return
        if not batch:
            self._running = False  # the server is gone: so are its calls
            return
        try:
            commands = wire.decode_commands(batch)
        except DecodeError as error:
            raise SystemExit(f"media worker: a command that is none: {error}") from error
        for command in commands:
            self._obey(command)

    def _obey(self, command: wire.Command) -> None:
        if isinstance(command, wire.Settings):
            self._set_up(command)
        elif isinstance(command, wire.Bind):
            self._to_bind += command.pairs
        elif isinstance(command, wire.Open):
            self._open(command)
        elif (call := self._calls.get(command.session)) is not None:
            self._obey_in_call(call, command)

    def _obey_in_call(self, call: Call, command: wire.CallCommand) -> None:
        match command:
            case wire.Connect():
                call.connect(command)
            case wire.Play():
                call.play(command)
            case wire.Ringback():
                call.play_ringback(command)
            case wire.StopPlaying():
                call.stop_playing(command.party)
            case wire.Listen():
                call.listen(command.party)
            case wire.Bridge():
                call.bridge()
            case wire.SendDigit():
                call.send_digit(command.party, command.digit, command.duration_ms)
            case wire.DigitSeen():
                call.digit_seen(command.party, command.digit)
            case wire.Close():
                self._close(call)

    def _set_up(self, settings: wire.Settings) -> None:
        sounds = make_sounds(settings.prompts)
        networks = parse_networks(settings.sources)
        self._engine = Engine(time.monotonic, time.time, sounds, settings.silence_seconds, networks)  # noqa: TID251
        self._address, self._address6 = settings.address, settings.address6
        self._unbound = iter(range(settings.first_port + settings.first_port % 2, settings.last_port, 2))

    def _open(self, command: wire.Open) -> None:
        if self._engine is None:
            return
        streams = (self._streams[command.caller_port], self._streams[command.callee_port])
        call = self._calls[command.session] = Call(self._engine, command.session, streams)
        self._round.append(call)

    def _close(self, call: Call) -> None:
        call.close()
        del self._calls[call.session]
        # Short calls end before the round meets them again: they must not pile up in it.
        if len(self._round) > 2 * len(self._calls) + _BATCH:
            self._round = deque(self._calls.values())

    def _bind_some(self) -> None:
        ports: list[int] = []
        exhausted = False
        while self._to_bind and len(ports) < _BINDS_PER_TURN:
            port = next(self._unbound, None)
            if port is None:
                exhausted = True
                self._to_bind = 0
                break
            try:
                stream = self._bind(port)
            except OSError:
                continue  # another program has it
            self._register(stream)
            self._to_bind -= 1
            ports.append(port)
        if self._engine is not None:
            self._engine.reports.append(wire.Bound(ports, done=not self._to_bind, exhausted=exhausted))

    def _bind(self, port: int) -> Stream:
        """Raises OSError."""
        pair = bind_pair(self._address, port)
        if not self._address6:
            return Stream(*pair)
        try:
            return Stream(*pair, *bind_pair(self._address6, port))
        except OSError:
            for bound in pair:
                bound.close()
            raise

    def _register(self, stream: Stream) -> None:
        self._streams[stream.port] = stream
        for bound, receive in stream.receivers():
            self._receivers[bound.fileno()] = receive
            self._epoll.register(bound.fileno(), select.EPOLLIN)
