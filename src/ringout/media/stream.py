"""One leg's RTP: who it is received from, what is told of it, and to whom it goes on."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ringout.audio.frame import FRAME_SAMPLES
from ringout.audio.g711 import TRANSCODE, decode
from ringout.audio.goertzel import DtmfDetector
from ringout.media import wire
from ringout.media.control import Control
from ringout.media.latch import Address, Latch
from ringout.media.sender import BUFFER, VIEW, Sender
from ringout.rtp.digits import DigitCount, Way
from ringout.rtp.errors import MalformedPacket
from ringout.rtp.packet import HEADER, HEADER_BYTES, MARKER, MAX_PACKET_BYTES, PLAIN, payload_span
from ringout.rtp.reception import Reception
from ringout.rtp.rtcp import Heard, read_reports
from ringout.rtp.telephone_event import EventReader, TelephoneEvent
from ringout.sdp.codecs import CODECS, SPOKEN, TELEPHONE_EVENT, passable

if TYPE_CHECKING:
    from ringout.media.srtp import Srtp

_unpack = HEADER.unpack_from
_STATIC = {CODECS[name].payload_type: name for name in SPOKEN}
_SILENCE = {"PCMU": b"\xff" * FRAME_SAMPLES, "PCMA": b"\xd5" * FRAME_SAMPLES}
_QUIET_SECONDS = 0.5
# Of every stream until its phone is heard, and never changed: a call without audio costs nothing for it.
_NOTHING_CAME, _NOTHING_REPORTED = Reception(), Control()
_RTCP_KINDS = range(192, 224)  # second byte of RTCP that strayed to the RTP port (RFC 5761 section 4)


class Owner(Protocol):
    """The call of a stream."""

    def started(self, stream: Stream) -> None: ...
    def digit(self, stream: Stream, digit: str, way: Way, relayed: bool) -> bool: ...
    def reported(self, stream: Stream, heard: Heard, now: float) -> None: ...


class Stream:
    """One port pair and, while a call uses it, one leg. Pairs stay bound between calls; a packet that comes then is
    read and forgotten."""

    __slots__ = (
        "_codecs",
        "_event_types",
        "_events",
        "_kept_back",
        "_latch",
        "_may_send",
        "_recvfrom_into",
        "_routes",
        "_source",
        "connected",
        "control",
        "detector",
        "digits",
        "due",
        "heard",
        "heard_by",
        "last_heard",
        "owner",
        "port",
        "reception",
        "remote",
        "rtcp",
        "rtcp6",
        "rtcp_port",
        "rtcp_target",
        "rtp",
        "rtp6",
        "sender",
        "srtp",
        "ssrc",
        "strangers",
        "told_silent",
    )

    def __init__(
        self,
        rtp: socket.socket,
        rtcp: socket.socket,
        rtp6: socket.socket | None = None,
        rtcp6: socket.socket | None = None,
    ) -> None:
        """rtp6, rtcp6: the same ports at an IPv6 address."""
        self.rtp, self.rtp6 = rtp, rtp6
        self.rtcp, self.rtcp6 = rtcp, rtcp6
        self.port: int = rtp.getsockname()[1]
        self._recvfrom_into = rtp.recvfrom_into
        self.sender = Sender(rtp, rtp6)
        self.release()

    def receivers(self) -> list[tuple[socket.socket, Callable[[float], None]]]:
        """Each socket with what is to be called when a packet waits in it."""
        pairs: list[tuple[socket.socket, Callable[[float], None]]] = [
            (self.rtp, self.receive),
            (self.rtcp, self.receive_rtcp),
        ]
        if self.rtp6 is not None and self.rtcp6 is not None:
            pairs += [(self.rtp6, self._receive6), (self.rtcp6, self._receive_rtcp6)]
        return pairs

    def release(self) -> None:
        """No call any more: whatever comes is dropped, nothing is sent."""
        self.sender.start_over(0, 0, 0)
        self.owner: Owner | None = None
        self.remote: Address | None = None  # of the SDP
        self.heard_by: Sender | None = None
        self._source: Address | None = None
        self._latch: Latch | None = None
        self.ssrc: int | None = None  # the phone's
        self._codecs: dict[int, str] = {}
        self._event_types: tuple[int, ...] = ()
        self._routes: dict[int, tuple[int, bytes | None]] = {}
        self._events: EventReader | None = None
        self._kept_back: int | None = None  # RTP timestamp of the last press that is not for the listener
        self.digits: DigitCount | None = None
        self.detector: DtmfDetector | None = None
        self.rtcp_port = 0  # of the SDP, 0 = the one above
        self.rtcp_target: tuple[Callable[..., int], Address] | None = None  # where the phone's RTCP comes from
        self.srtp: Srtp | None = None
        self.reception = _NOTHING_CAME
        self.control = _NOTHING_REPORTED
        self._may_send = False
        self.connected = self.heard = self.due = self.told_silent = False
        self.last_heard = 0.0
        self.strangers = 0

    def use(self, owner: Owner, ssrc: int, sequence: int, timestamp: int) -> None:
        """A new call begins on this pair."""
        self.release()
        self.sender.start_over(ssrc, sequence, timestamp)
        self.owner = owner
        self._codecs = dict(_STATIC)
        self._events = EventReader()
        self.digits = DigitCount()

    def connect(self, order: wire.Connect, latch: Latch, srtp: Srtp | None, now: float) -> None:
        """The far side as an offer/answer has it. An order without a host: send only to where packets come from."""
        remote = (order.host, order.port) if order.host and order.port else None
        sender = self.sender
        sender.speak(order.codec, order.payload_type, order.telephone_event)
        sender.takes = {_STATIC[number]: number for number in _STATIC if _STATIC[number] in order.codecs}
        sender.takes[order.codec] = order.payload_type
        self.srtp = sender.srtp = srtp
        # A far side behind a NAT is where its packets came from, as long as the SDP does not say that it moved.
        target = self._source if self._source is not None and remote == self.remote else remote
        self._may_send = order.may_send and order.port != 0
        sender.aim(target if self._may_send else None)
        self.remote = remote
        self.rtcp_port = order.rtcp_port
        self._latch = latch
        self._source = None  # the next packet shows the source anew
        self._codecs = {}
        self._event_types = ()
        if order.may_receive:
            # The peer sends with our offer's numbers (RFC 3264 section 6.1) or, as many do, its own.
            self._codecs = _STATIC | {order.payload_type: order.codec}
            if order.telephone_event is not None:
                self._event_types = (order.telephone_event, TELEPHONE_EVENT)
                self.detector = None
        if self.heard:
            self.reception.change_rate(sender.rate_hz)
        self.connected = True
        self.due = self._may_send and order.may_receive
        self.told_silent = False
        self.last_heard = now

    def route(self) -> None:
        """After a change of codec or listener: payload type as it comes -> the listener's, and how to transcode. What
        can be neither passed on nor translated has no route."""
        self._routes = {}
        listener = self.heard_by
        if listener is not None:
            for number, codec in self._codecs.items():
                if passable(codec, listener.codec):
                    self._routes[number] = (listener.payload_type, TRANSCODE.get((codec, listener.codec)))

    def receive(self, now: float) -> None:
        """One packet waits in the socket."""
        try:
            length, source = self._recvfrom_into(BUFFER)
        except OSError:
            return
        if not self.connected or length < HEADER_BYTES or length > MAX_PACKET_BYTES:
            return
        if self.srtp is not None and not (length := self._decrypt(length, source, now)):
            return
        first, second, sequence, timestamp, ssrc = _unpack(BUFFER)
        if (ssrc != self.ssrc or source != self._source) and not self._admit(length, source, now):
            return
        if first != PLAIN:
            length = _flatten(length)
        self.last_heard = now
        route = self._routes.get(second & 0x7F)
        if route is None:
            self._receive_other(length, second, sequence, timestamp, ssrc, now)
            return
        self.reception.receive(sequence, timestamp, now)
        if self.detector is not None:
            self._look_for_keys(second & 0x7F, length)
        payload_type, table = route
        if table is not None:
            VIEW[HEADER_BYTES:length] = BUFFER[HEADER_BYTES:length].translate(table)
        listener = self.heard_by
        if listener is not None:
            listener.relay(length, second & MARKER | payload_type, sequence, timestamp, ssrc, now)

    def _receive6(self, now: float) -> None:
        usual = self._recvfrom_into
        assert self.rtp6 is not None
        self._recvfrom_into = self.rtp6.recvfrom_into
        try:
            self.receive(now)
        finally:
            self._recvfrom_into = usual

    def _decrypt(self, length: int, source: Address, now: float) -> int:
        """Takes SRTP off the packet in BUFFER; the length that is left, 0 = it is not the phone's, or no RTP."""
        if BUFFER[1] in _RTCP_KINDS:
            self._receive_report(bytes(VIEW[:length]), source, self.sender.sendto, now)
            return 0
        plain = self.srtp.unprotect(bytes(VIEW[:length])) if self.srtp is not None else b""
        if len(plain) < HEADER_BYTES:
            self.strangers += 1
            return 0
        BUFFER[: len(plain)] = plain
        return len(plain)

    def _admit(self, length: int, source: Address, now: float) -> bool:
        """A packet in BUFFER whose source or SSRC is not the known one."""
        first, second, sequence, _, ssrc = _unpack(BUFFER)
        if first & 0xC0 != PLAIN or self._latch is None or self.owner is None:
            return False
        if second in _RTCP_KINDS:
            self._receive_report(bytes(VIEW[:length]), source, self.sender.sendto, now)
            return False
        # What decrypts is the phone's, wherever it comes from.
        if self.srtp is None and not self._latch.admits(source, self._source, ssrc == self.ssrc):
            self.strangers += 1
            return False
        if ssrc != self.ssrc:
            if self.reception is _NOTHING_CAME:
                self.reception = Reception()
            self.reception.start(sequence, self.sender.rate_hz)
            if self._events is not None:
                self._events.reset()
        self._source = source
        self.ssrc = ssrc
        if self._may_send:
            self.sender.aim(source)
        if not self.heard:
            self.heard = True
            self.owner.started(self)
        return True

    def _receive_other(self, length: int, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """What is not simply relayed: key presses, comfort noise, and audio that nobody hears."""
        payload_type = second & 0x7F
        if payload_type in self._event_types:
            self.reception.receive_untimed(sequence)
            self._receive_event(bytes(VIEW[HEADER_BYTES:length]), second, sequence, timestamp, ssrc, now)
            return
        self.reception.receive(sequence, timestamp, now)
        if self.detector is not None:
            self._look_for_keys(payload_type, length)
        if self.heard_by is not None:
            self.heard_by.leave_out(ssrc)
            self._go_over(self._codecs.get(payload_type), self.heard_by)

    def _go_over(self, codec: str | None, listener: Sender) -> None:
        """The phone speaks another codec of its answer without a word, as it may (RFC 3264 section 6.1): a PBX speaks
        what it is sent. From its next packet on the listener is sent that one too, where its phone takes it."""
        if codec is None:
            return
        taken = codec if codec in listener.takes else next((c for c in listener.takes if passable(codec, c)), None)
        if taken is not None:
            self.reception.change_rate(CODECS[codec].rate_hz)
            listener.speak(taken, listener.takes[taken], listener.event_type)
            self.route()

    def _look_for_keys(self, payload_type: int, length: int) -> None:
        """Keypad tones, in audio that we can decode."""
        codec = self._codecs.get(payload_type)
        if codec not in SPOKEN or self.owner is None or self.detector is None:
            return
        for digit in self.detector.receive(decode(bytes(VIEW[HEADER_BYTES:length]), codec)):
            self.owner.digit(self, digit, Way.TONE, False)

    def _receive_event(self, payload: bytes, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        try:
            event = TelephoneEvent.parse(payload)
        except MalformedPacket:
            return
        if self._events is None or self.owner is None or self.digits is None:
            return
        listener = self.heard_by
        relayed = listener is not None and listener.event_type is not None
        digit = self._events.receive(timestamp, event)
        is_twin = digit is not None and not self.owner.digit(self, digit, Way.EVENT, relayed)
        if digit is None:
            self.digits.still_heard(now)
        # The end of the press that asked for the other party is no digit for that party, and what came as SIP INFO
        # before has been dealt with.
        if listener is None or is_twin:
            self._kept_back = timestamp
        if timestamp != self._kept_back and listener is not None and listener.event_type is not None:
            second = second & MARKER | listener.event_type
            listener.relay(HEADER_BYTES + len(payload), second, sequence, timestamp, ssrc, now)

    def receive_rtcp(self, now: float) -> None:
        """One packet waits in the control socket."""
        self._receive_control(self.rtcp, now)

    def _receive_rtcp6(self, now: float) -> None:
        assert self.rtcp6 is not None
        self._receive_control(self.rtcp6, now)

    def _receive_control(self, bound: socket.socket, now: float) -> None:
        try:
            length, source = bound.recvfrom_into(BUFFER)
        except OSError:
            return
        if self.connected and length <= MAX_PACKET_BYTES:
            self._receive_report(bytes(VIEW[:length]), source, bound.sendto, now)

    def _receive_report(self, data: bytes, source: Address, answer: Callable[..., int], now: float) -> None:
        """RTCP, which came by the RTP port where a phone sends both by one (RFC 5761, tolerated without having been
        negotiated). answer: sendto of the socket that it came by."""
        if self.srtp is not None:
            data = self.srtp.unprotect_control(data)
        else:
            known = self._source or self.remote
            if known is None or source[0] != known[0]:
                return
        try:
            heard = read_reports(data)
        except MalformedPacket:
            return
        self.rtcp_target = (answer, source)
        if self.control is _NOTHING_REPORTED:
            self.control = Control()
        if self.owner is not None:
            self.owner.reported(self, heard, now)

    def open_way(self, now: float) -> None:
        """Once a second: a silent packet to a phone that has sent nothing since the last SDP and is sent nothing. When
        both sides are behind NATs each may wait for the other one's first packet (RFC 6263 section 4)."""
        sender = self.sender
        if self._source is not None or not self.connected or sender.source is not None or sender.codec not in SPOKEN:
            return
        if now - max(self.last_heard, sender.sent_at) >= _QUIET_SECONDS:
            sender.send(_SILENCE[sender.codec], sender.payload_type, sender.next_timestamp(now), now)

    def sample(self, now: float) -> None:
        """Once a second: notes the jitter of a phone that speaks."""
        if self.heard and now - self.last_heard < 1.0:
            self.reception.sample()

    def send_report(self, data: bytes) -> None:
        """RTCP of ours, to where the phone's comes from, else to where its SDP says."""
        target = self.rtcp_target
        if target is None:
            if self.sender.destination is None:
                return
            host, port = self.sender.destination[:2]
            bound = self.rtcp6 if self.rtcp6 is not None and ":" in host else self.rtcp
            target = (bound.sendto, (host, self.rtcp_port or port + 1))
        if self.srtp is not None:
            data = self.srtp.protect_control(data)
        send, address = target
        try:
            send(data, address)
        except (OSError, OverflowError):
            pass  # a report lost, or a peer on port 65535


def _flatten(length: int) -> int:
    """Takes CSRC list, header extension and padding out of the packet in BUFFER. Back comes the new length; a broken
    packet becomes one without payload."""
    try:
        start, end = payload_span(BUFFER, length)
    except MalformedPacket:
        return HEADER_BYTES
    size = end - start
    BUFFER[HEADER_BYTES : HEADER_BYTES + size] = BUFFER[start:end]
    return HEADER_BYTES + size
