"""One leg's RTP: who it is received from, what is told of it, and to whom it goes on."""

from __future__ import annotations

import socket
from typing import Protocol

from ringout.audio.g711 import TRANSCODE, decode
from ringout.audio.goertzel import DtmfDetector
from ringout.media.sender import BUFFER, VIEW, Sender
from ringout.rtp.digits import DigitCount, Way
from ringout.rtp.errors import MalformedPacket
from ringout.rtp.packet import HEADER, HEADER_BYTES, MARKER, MAX_PACKET_BYTES, PLAIN, payload_span
from ringout.rtp.telephone_event import EventReader, TelephoneEvent
from ringout.sdp.offer_answer import STATIC_PAYLOAD_TYPES, TELEPHONE_EVENT

_unpack = HEADER.unpack_from
_RTCP_KINDS = range(192, 224)  # second byte of RTCP that strayed to the RTP port (RFC 5761 section 4)


class Owner(Protocol):
    """The call of a stream."""

    def started(self, stream: Stream) -> None: ...
    def digit(self, stream: Stream, digit: str, way: Way, relayed: bool) -> None: ...


class Stream:
    """One port pair and, while a call uses it, one leg. Pairs stay bound between calls; a packet that comes then is
    read and forgotten."""

    __slots__ = (
        "_codecs",
        "_event_types",
        "_events",
        "_may_send",
        "_recvfrom_into",
        "_routes",
        "_source",
        "_ssrc",
        "_unheard_press",
        "connected",
        "detector",
        "digits",
        "due",
        "heard",
        "heard_by",
        "last_heard",
        "owner",
        "port",
        "remote",
        "rtcp",
        "rtcp_source",
        "rtp",
        "sender",
        "strangers",
        "told_silent",
    )

    def __init__(self, rtp: socket.socket, rtcp: socket.socket) -> None:
        self.rtp = rtp
        self.rtcp = rtcp
        self.port: int = rtp.getsockname()[1]
        self._recvfrom_into = rtp.recvfrom_into
        self.sender = Sender(rtp)
        self.release()

    def release(self) -> None:
        """No call any more: whatever comes is dropped, nothing is sent."""
        self.sender.start_over(0, 0, 0)
        self.owner: Owner | None = None
        self.remote: tuple[str, int] | None = None  # of the SDP
        self.heard_by: Sender | None = None
        self._source: tuple[str, int] | None = None
        self._ssrc: int | None = None
        self._codecs: dict[int, str] = {}
        self._event_types: tuple[int, ...] = ()
        self._routes: dict[int, tuple[int, bytes | None]] = {}
        self._events: EventReader | None = None
        self._unheard_press: int | None = None  # RTP timestamp of the last press that began before anybody listened
        self.digits: DigitCount | None = None
        self.detector: DtmfDetector | None = None
        self.rtcp_source: tuple[str, int] | None = None
        self._may_send = False
        self.connected = self.heard = self.due = self.told_silent = False
        self.last_heard = 0.0
        self.strangers = 0

    def use(self, owner: Owner, ssrc: int, sequence: int, timestamp: int) -> None:
        """A new call begins on this pair."""
        self.release()
        self.sender.start_over(ssrc, sequence, timestamp)
        self.owner = owner
        self._codecs = {number: codec for codec, number in STATIC_PAYLOAD_TYPES.items()}
        self._events = EventReader()
        self.digits = DigitCount()

    def connect(
        self,
        remote: tuple[str, int] | None,
        codec: str,
        payload_type: int,
        telephone_event: int | None,
        may_send: bool,
        may_receive: bool,
        now: float,
    ) -> None:
        """The far side as an offer/answer has it. remote: None = unknown, so only where packets come from."""
        sender = self.sender
        sender.codec, sender.payload_type, sender.event_type = codec, payload_type, telephone_event
        # A far side behind a NAT is where its packets came from, as long as the SDP does not say that it moved.
        target = self._source if self._source is not None and remote == self.remote else remote
        self._may_send = may_send
        sender.destination = target if may_send else None
        self.remote = remote
        self._source = None  # the next packet shows the source anew
        self._codecs = {}
        self._event_types = ()
        if may_receive:
            # The peer sends with our offer's numbers (RFC 3264 section 6.1) or, as many do, its own.
            self._codecs = {number: name for name, number in STATIC_PAYLOAD_TYPES.items()} | {payload_type: codec}
            if telephone_event is not None:
                self._event_types = (telephone_event, TELEPHONE_EVENT)
                self.detector = None
        self.connected = True
        self.due = may_send and may_receive
        self.told_silent = False
        self.last_heard = now

    def route(self) -> None:
        """After a change of codec or listener: payload type as it comes -> the listener's, and how to transcode."""
        self._routes = {}
        listener = self.heard_by
        if listener is not None:
            for number, codec in self._codecs.items():
                self._routes[number] = (listener.payload_type, TRANSCODE.get((codec, listener.codec)))

    def receive(self, now: float) -> None:
        """One packet waits in the socket."""
        try:
            length, source = self._recvfrom_into(BUFFER)
        except OSError:
            return
        if self.owner is None or length < HEADER_BYTES or length > MAX_PACKET_BYTES:
            return
        first, second, sequence, timestamp, ssrc = _unpack(BUFFER)
        if (ssrc != self._ssrc or source != self._source) and not self._admit(first, second, source, ssrc):
            return
        if first != PLAIN:
            length = _flatten(length)
        self.last_heard = now
        route = self._routes.get(second & 0x7F)
        if route is None or self.detector is not None:
            self._receive_other(length, second, sequence, timestamp, ssrc, now)
            if route is None:
                return
        payload_type, table = route
        if table is not None:
            VIEW[HEADER_BYTES:length] = BUFFER[HEADER_BYTES:length].translate(table)
        listener = self.heard_by
        if listener is not None:
            listener.relay(length, second & MARKER | payload_type, sequence, timestamp, ssrc, now)

    def _admit(self, first: int, second: int, source: tuple[str, int], ssrc: int) -> bool:
        """A packet whose source or SSRC is not the known one. The first after `connect` shows the source;
        after it a new source counts only with the known SSRC (a NAT that rebinds)."""
        if first & 0xC0 != PLAIN or second in _RTCP_KINDS:
            return False
        if self._source is not None and source != self._source and ssrc != self._ssrc:
            self.strangers += 1
            return False
        if ssrc != self._ssrc and self._events is not None:
            self._events.reset()
        self._source = source
        self._ssrc = ssrc
        if self._may_send:
            self.sender.destination = source
        if not self.heard and self.owner is not None:
            self.heard = True
            self.owner.started(self)
        return True

    def _receive_other(self, length: int, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """What is not simply relayed: key presses, and audio in which keypad tones are looked for."""
        payload_type = second & 0x7F
        payload = bytes(VIEW[HEADER_BYTES:length])
        if payload_type in self._event_types:
            self._receive_event(payload, second, sequence, timestamp, ssrc, now)
        elif self.detector is not None and payload_type in self._codecs and self.owner is not None:
            for digit in self.detector.receive(decode(payload, self._codecs[payload_type])):
                self.owner.digit(self, digit, Way.TONE, False)

    def _receive_event(self, payload: bytes, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        try:
            event = TelephoneEvent.parse(payload)
        except MalformedPacket:
            return
        listener = self.heard_by
        if listener is None:
            self._unheard_press = timestamp
        relayed = listener is not None and listener.event_type is not None
        # The end of the press that asked for the other party is no digit for that party.
        if timestamp != self._unheard_press and listener is not None and listener.event_type is not None:
            second = second & MARKER | listener.event_type
            listener.relay(HEADER_BYTES + len(payload), second, sequence, timestamp, ssrc, now)
        if self._events is None or self.owner is None or self.digits is None:
            return
        digit = self._events.receive(timestamp, event)
        if digit is not None:
            self.owner.digit(self, digit, Way.EVENT, relayed)
        else:
            self.digits.still_heard(now)

    def receive_rtcp(self, now: float) -> None:
        """Reports are accepted for what they show: that the peer lives and where its RTCP comes from. Not handled:
        their contents."""
        try:
            length, source = self.rtcp.recvfrom_into(BUFFER)
        except OSError:
            return
        if self.owner is not None and length >= 8 and BUFFER[0] & 0xC0 == PLAIN:
            known = self._source or self.remote
            if known is not None and source[0] == known[0]:
                self.rtcp_source = source


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
