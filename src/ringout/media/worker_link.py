"""One media worker seen from the server: its process, its bound port pairs, and the batches that go both ways."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ringout.media import wire

BATCH_SECONDS = 0.004  # at most one message in that time: waking a worker costs more than what it is told
REST_SECONDS = 1.0  # a pair that served rests for that long while the range has others; late packets then hit nobody


class WorkerLink:
    """spare_pairs: so many are kept bound and unused. on_report: each report but Bound, on the event loop. on_death:
    once, when the worker is gone unasked."""

    def __init__(
        self,
        settings: wire.Settings,
        spare_pairs: int,
        on_report: Callable[[WorkerLink, wire.Report], None],
        on_death: Callable[[WorkerLink], None],
    ) -> None:
        self._spare_pairs = spare_pairs
        self._on_report = on_report
        self._on_death = on_death
        self._loop = asyncio.get_running_loop()
        self._free: deque[tuple[int, float]] = deque()  # (port, when its last call ended), the longest rested first
        self._binding = self._exhausted = False
        self._batch: list[wire.Command] = []
        self._unsent: deque[bytes] = deque()
        self._flush_due = False
        self._blocked = False  # the pipe was full: the loop tells when it takes more
        self._flushed_at = 0.0
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        with theirs:
            self._process = _spawn(theirs.fileno())
        self._loop.add_reader(self._control.fileno(), self._read)
        self.post(settings)
        self._grow()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def free_pairs(self) -> int:
        return len(self._free)

    @property
    def alive(self) -> bool:
        return self._control.fileno() >= 0

    def take_two(self) -> tuple[int, int] | None:
        """Two RTP ports for the two legs of a call. None = this worker has none left."""
        free = self._free
        if len(free) < 2 or not self.alive:
            return None
        (caller, _), (callee, ended) = free.popleft(), free.popleft()
        if len(free) < self._spare_pairs or (ended and self._loop.time() - ended < REST_SECONDS):
            self._grow()
        return caller, callee

    def give_back(self, ports: tuple[int, int]) -> None:
        """After the Close of their call was posted."""
        now = self._loop.time()
        self._free.extend((port, now) for port in ports)

    def _grow(self) -> None:
        if not self._binding and not self._exhausted and self.alive:
            self._binding = True
            self.post(wire.Bind(self._spare_pairs))

    def post(self, command: wire.Command, hurry: bool = True) -> None:
        """Queues one command; it leaves with all others of this turn of the loop, or of BATCH_SECONDS. hurry: False =
        it may wait for the next that does not."""
        self._batch.append(command)
        if hurry and not self._flush_due:
            self._flush_due = True
            now = self._loop.time()
            if now - self._flushed_at >= BATCH_SECONDS:
                self._loop.call_soon(self._flush)
            else:
                self._loop.call_at(self._flushed_at + BATCH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        self._flushed_at = self._loop.time()
        batch, self._batch = self._batch, []
        for start in range(0, len(batch), wire.MAX_BATCH):
            self._unsent.append(wire.encode(batch[start : start + wire.MAX_BATCH]))
        self._send()

    def _send(self) -> None:
        if not self.alive:
            return
        try:
            while self._unsent:
                self._control.send(self._unsent[0])
                self._unsent.popleft()
        except BlockingIOError:
            self._loop.add_writer(self._control.fileno(), self._send)
            self._blocked = True
            return
        except OSError:
            return  # the reader sees the end
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._control.fileno())

    def _read(self) -> None:
        batch = wire.receive(self._control)
        if batch is None:
            return
        if not batch:
            self._die()
            return
        for report in wire.decode_reports(batch):
            if isinstance(report, wire.Bound):
                self._take_bound(report)
            else:
                self._on_report(self, report)

    def _take_bound(self, report: wire.Bound) -> None:
        self._free.extendleft((port, 0.0) for port in reversed(report.ports))
        if report.done:
            self._binding = False
            self._exhausted = report.exhausted
            if not self.ready.done():
                self.ready.set_result(None)

    def _die(self) -> None:
        self._hang_up()
        self._process.kill()
        self._process.wait()
        if not self.ready.done():
            self.ready.set_exception(OSError("A media worker ended while it started."))
            self.ready.exception()  # looked at, so that nobody is told of it twice
        self._on_death(self)

    def _hang_up(self) -> None:
        self._loop.remove_reader(self._control.fileno())
        self._loop.remove_writer(self._control.fileno())
        self._control.close()
        self._free.clear()

    async def close(self) -> None:
        """Ends the worker: it leaves when its end of the pipe closes, and is killed after two seconds."""
        if self.alive:
            self._flush()
            self._hang_up()
        try:
            await asyncio.to_thread(self._process.wait, 2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


def _spawn(descriptor: int) -> subprocess.Popen[bytes]:
    """The worker's standard error is ours: a crash shows."""
    source = str(Path(__file__).parents[2])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "ringout.media.worker", str(descriptor)],
        pass_fds=(descriptor,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
