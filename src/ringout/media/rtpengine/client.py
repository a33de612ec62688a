"""One rtpengine over UDP: requests, their repetition, and the answers by cookie."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from itertools import count

from ringout.media.rtpengine.bencode import BadBencoding, Decoded, decode, encode
from ringout.media.rtpengine.commands import Message
from ringout.service.ports import IdSource

Answer = dict[str, Decoded]
Address = tuple[str, int]

# Sent again after each of these times; after the last it has failed. A lost answer is no harm: rtpengine knows a
# repeated cookie and answers the same again without doing it twice.
REPEAT_SECONDS = (0.1, 0.2, 0.4, 0.8)
_MAX_DATAGRAM = 65535
_BUFFER_BYTES = 4 << 20


class NgClient:
    """Requests to one address. refused: called when the machine says that nobody listens there."""

    def __init__(self, address: Address, ids: IdSource, refused: Callable[[], None]) -> None:
        """Raises OSError when there is no way to that address."""
        self._refused = refused
        self._loop = asyncio.get_running_loop()
        self._cookie = ids.token()  # unknown to whoever else could send here in its name, and to an earlier process
        self._numbers = count()
        self._open: dict[bytes, _Request] = {}
        self.quiet = asyncio.Event()  # every request has its answer
        self.quiet.set()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
            self._socket.connect(address)  # the kernel drops what comes from elsewhere, and tells of ICMP errors
        except OSError:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket.fileno(), self._read)

    def request(self, message: Message, answered: Callable[[Answer | None], None]) -> None:
        """answered: called once, never from in here; with None when no answer came to any repetition."""
        cookie = f"{self._cookie}_{next(self._numbers)}".encode()
        request = _Request(cookie + b" " + encode(message), answered)
        self._open[cookie] = request
        self.quiet.clear()
        self._send(cookie, request)

    def _send(self, cookie: bytes, request: _Request) -> None:
        try:
            self._socket.send(request.data)
        except ConnectionRefusedError:
            self._loop.call_soon(self._meet_refusal)  # told by an earlier datagram; this one was not sent
        except OSError:
            pass  # a full buffer, a network that is gone: the next repetition tries again
        if request.repetitions < len(REPEAT_SECONDS):
            delay = REPEAT_SECONDS[request.repetitions]
            request.repetitions += 1
            request.timer = self._loop.call_later(delay, self._send, cookie, request)
        else:
            request.timer = self._loop.call_later(REPEAT_SECONDS[-1], self._give_up, cookie)

    def _give_up(self, cookie: bytes) -> None:
        request = self._open.pop(cookie)
        self._look_quiet()
        request.answered(None)

    def _look_quiet(self) -> None:
        if not self._open:
            self.quiet.set()

    def give_all_up(self) -> None:
        """Whatever is unanswered has failed now."""
        requests = list(self._open.values())
        self._open.clear()
        self._look_quiet()
        for request in requests:
            request.stop()
        for request in requests:
            request.answered(None)

    def _read(self) -> None:
        while True:
            try:
                data = self._socket.recv(_MAX_DATAGRAM)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                self._meet_refusal()
                return
            except OSError:
                return
            self._receive(data)

    def _meet_refusal(self) -> None:
        if self._socket.fileno() < 0:
            return
        # libuv stops watching a descriptor for good once the kernel reports an error on it.
        self._loop.remove_reader(self._socket.fileno())
        self._loop.add_reader(self._socket.fileno(), self._read)
        self._refused()

    def _receive(self, data: bytes) -> None:
        cookie, _, body = data.partition(b" ")
        request = self._open.get(cookie)
        if request is None:
            return  # the second answer to something repeated
        try:
            answer = decode(body)
        except BadBencoding:
            return
        if isinstance(answer, dict):
            del self._open[cookie]
            request.stop()
            self._look_quiet()
            request.answered(answer)

    def close(self) -> None:
        """No answer is waited for any more. Idempotent."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
        for request in self._open.values():
            request.stop()
        self._open.clear()


class _Request:
    __slots__ = ("answered", "data", "repetitions", "timer")

    def __init__(self, data: bytes, answered: Callable[[Answer | None], None]) -> None:
        self.data = data
        self.answered = answered
        self.repetitions = 0
        self.timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
