"""Two small phones in a thread of their own: they answer at once, obey BYE and note when the kernel saw each INVITE.

SIPp cannot tell when a datagram reached the machine, only when it got round to reading it; these phones ask the kernel
(SO_TIMESTAMPNS, CLOCK_REALTIME), so that a busy phone does not make the server look slow.
"""

from __future__ import annotations

import re
import select
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from bench.numbers import index_of

BUSY_FROM = 5_000_000  # the caller's phone is busy for calls with this index and above

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module has no name for it
_REQUEST_URI = re.compile(rb"INVITE sips?:(\+?\d+)@")
_AUDIO = re.compile(rb"^m=audio (\d+)", re.MULTILINE)


@dataclass
class LegTimes:
    """One phone's view of one call. Times: CLOCK_REALTIME seconds; 0 = not yet."""

    invited: float = 0.0
    answered: float = 0.0
    remote_rtp: int = 0  # the server's RTP port for this leg
    server: tuple[str, int] = ("", 0)
    head: dict[bytes, bytes] = field(default_factory=dict)  # header lines that a BYE of ours needs


class PythonPhones:
    """Caller's phone and callee's phone. hold_seconds: the callee hangs up after that long; None = never.
    first_rtp_port: where the RTP ports that the answers name begin; see rtp_port."""

    def __init__(self, hold_seconds: float | None, first_rtp_port: int = 30000) -> None:
        self.sockets = (_phone_socket(), _phone_socket())
        self.ports = tuple(one.getsockname()[1] for one in self.sockets)
        self.legs: tuple[dict[int, LegTimes], dict[int, LegTimes]] = ({}, {})
        self._hold_seconds = hold_seconds
        self._first_rtp_port = first_rtp_port
        self._hang_up_at: deque[tuple[float, int]] = deque()
        self.ended = 0  # calls that the caller's phone has seen the end of
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def rtp_port(self, side: int, index: int) -> int:
        """The local port that the answer of that side (0 caller, 1 callee) to that call names."""
        return self._first_rtp_port + (index % 690) * 4 + side * 2

    def forget(self) -> None:
        for side in self.legs:
            side.clear()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for one in self.sockets:
            one.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for ready in select.select(self.sockets, (), (), 0.05)[0]:
                self._read(self.sockets.index(ready))
            while self._hang_up_at and self._hang_up_at[0][0] <= time.monotonic():
                self._hang_up(self._hang_up_at.popleft()[1])

    def _read(self, side: int) -> None:
        one = self.sockets[side]
        while True:
            try:
                data, ancillary, _, source = one.recvmsg(65536, 256)
            except BlockingIOError:
                return
            if data.startswith(b"INVITE "):
                self._answer(side, data, _kernel_time(ancillary), source)
            elif data.startswith(b"BYE "):
                one.sendto(_response(data), source)
                self.ended += side == 0

    def _answer(self, side: int, invite: bytes, at: float, source: tuple[str, int]) -> None:
        number = _REQUEST_URI.match(invite)
        if number is None:
            return
        index = index_of(number[1].decode())
        tag = b"t%d-%d" % (side, index)
        if index >= BUSY_FROM and side == 0:
            self.sockets[side].sendto(_response(invite, b"486 Busy Here", tag), source)
            return
        leg = self.legs[side].setdefault(index, LegTimes(invited=at))
        audio = _AUDIO.search(invite)
        leg.remote_rtp = int(audio[1]) if audio else 0
        sdp = (
            b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            b"m=audio %d RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        ) % self.rtp_port(side, index)
        contact = b"<sip:phone@127.0.0.1:%d>" % self.ports[side]
        response = _response(invite, b"200 OK", tag, sdp, contact)
        leg.server = source
        leg.head = {name: _header(invite, name) for name in (b"From", b"To", b"Call-ID", b"Contact")}
        leg.head[b"To"] += b";tag=" + tag
        if leg.answered:  # a retransmission
            self.sockets[side].sendto(response, source)
            return
        if side and self._hold_seconds is not None:
            self._hang_up_at.append((time.monotonic() + self._hold_seconds, index))
        leg.answered = time.time()
        self.sockets[side].sendto(response, source)

    def _hang_up(self, index: int) -> None:
        leg = self.legs[1].get(index)
        if leg is not None and leg.head:
            self.sockets[1].sendto(self._bye(index, leg), leg.server)
            leg.head = {}

    def _bye(self, index: int, leg: LegTimes) -> bytes:
        target = leg.head[b"Contact"].partition(b"<")[2].partition(b">")[0]
        via = b"SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKbye%d" % (self.ports[1], index)
        return (
            b"BYE %b SIP/2.0\r\nVia: %b\r\nFrom: %b\r\nTo: %b\r\nCall-ID: %b\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\n"
            b"Content-Length: 0\r\n\r\n"
        ) % (target, via, leg.head[b"To"], leg.head[b"From"], leg.head[b"Call-ID"])


def _phone_socket() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    one.bind(("127.0.0.1", 0))
    one.setblocking(False)
    return one


def _kernel_time(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _header(message: bytes, name: bytes) -> bytes:
    found = re.search(rb"^%b[ \t]*:[ \t]*(.*?)\r$" % name, message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else b""


def _response(
    request: bytes, status: bytes = b"200 OK", tag: bytes = b"", sdp: bytes = b"", contact: bytes = b""
) -> bytes:
    """A response to a request that nobody has folded or shortened."""
    to = _header(request, b"To")
    lines = [b"SIP/2.0 " + status]
    lines += [b"Via: " + via for via in re.findall(rb"^Via[ \t]*:[ \t]*(.*?)\r$", request, re.M | re.I)]
    lines += [
        b"From: " + _header(request, b"From"),
        b"To: " + (to if not tag else to + b";tag=" + tag),
        b"Call-ID: " + _header(request, b"Call-ID"),
        b"CSeq: " + _header(request, b"CSeq"),
    ]
    if contact:
        lines += [b"Contact: " + contact]
    if sdp:
        lines += [b"Content-Type: application/sdp"]
    lines += [b"Content-Length: %d" % len(sdp), b"", sdp]
    return b"\r\n".join(lines)
