"""What a simulated phone does with audio: hums its tone, presses keys, counts and recognises what it receives.

All phones share one timer, the Metronome: every 20 ms each sounding phone sends one packet.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from ringout.audio import g711
from ringout.audio.frame import RATE_HZ
from ringout.audio.goertzel import share
from ringout.audio.tones import hum
from ringout.net.rtp_socket import bind_udp
from ringout.rtp.errors import MalformedPacket
from ringout.rtp.packet import RtpPacket
from ringout.rtp.telephone_event import EventReader, TelephoneEvent, press
from ringout.sdp.offer_answer import Negotiated

FRAME_SECONDS = 0.02
FRAME_SAMPLES = RATE_HZ // 50
_LATE_FRAMES = 10  # further behind than this is not caught up: a burst would sound worse than a gap
_LISTEN_EVERY = 10  # packets; recognising a tone costs more than receiving it
_TONE_SHARE = 0.5  # of a frame's energy at one frequency


class Metronome:
    """Calls every sounding phone every 20 ms of the clock; costs nothing while all are silent."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._sounding: set[Sound] = set()
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, sound: Sound) -> None:
        self._sounding.add(sound)
        if self._timer is None:
            self._due = self.loop.time()
            self._beat()

    def remove(self, sound: Sound) -> None:
        self._sounding.discard(sound)

    def _beat(self) -> None:
        now = self.loop.time()
        if now - self._due > _LATE_FRAMES * FRAME_SECONDS:
            self._due = now
        while self._due <= now:
            for sound in self._sounding:
                sound.send_frame()
            self._due += FRAME_SECONDS
        self._timer = self.loop.call_at(self._due, self._beat) if self._sounding else None


class Sound:
    """The audio of one phone in one call, on a loopback port of its own."""

    def __init__(self, metronome: Metronome, tone_hz: int, known_tones_hz: Iterable[int], ssrc: int) -> None:
        self._metronome = metronome
        self._tone_hz = tone_hz
        self._known_tones_hz = tuple(tone for tone in known_tones_hz if tone != tone_hz)
        self._ssrc = ssrc
        self._socket = bind_udp("127.0.0.1", 0)
        self._remote: Negotiated | None = None
        self._frame = b""
        self._pressing: list[bytes] = []
        self._press_timestamp = 0
        self._sequence = self._timestamp = 0
        self._events = EventReader()
        self.sent = self.received = self.strange = 0
        self.digits = ""
        self._heard: Counter[int] = Counter()
        metronome.loop.add_reader(self._socket.fileno(), self._receive)

    @property
    def port(self) -> int:
        """Where this phone receives RTP."""
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def heard_hz(self) -> int | None:
        """The tone of another phone, heard most often so far; None = none yet."""
        return self._heard.most_common(1)[0][0] if self._heard else None

    def connect(self, remote: Negotiated) -> None:
        """Starts humming towards the far side, or changes it (hold: falls silent)."""
        self._remote = remote
        self._frame = g711.encode(hum((self._tone_hz,), FRAME_SECONDS), remote.codec)
        if remote.may_send and remote.port:
            self._metronome.add(self)
        else:
            self._metronome.remove(self)

    def press(self, digit: str) -> None:
        """Sends one press of 100 ms as telephone-event; nothing when that was not negotiated."""
        if self._remote is not None and self._remote.telephone_event is not None:
            self._pressing = press(digit)
            self._press_timestamp = self._timestamp

    def send_frame(self) -> None:
        """Sends the next 20 ms: a packet of the press under way, else one of the tone."""
        remote = self._remote
        if remote is None:
            return
        if self._pressing and remote.telephone_event is not None:
            first = self._press_timestamp == self._timestamp
            packet = RtpPacket(
                remote.telephone_event, self._sequence, self._press_timestamp, self._ssrc, self._pressing.pop(0), first
            )
        else:
            packet = RtpPacket(remote.payload_type, self._sequence, self._timestamp, self._ssrc, self._frame)
        self._sequence += 1
        self._timestamp += FRAME_SAMPLES
        try:
            self._socket.sendto(packet.encode(), (remote.host, remote.port))
            self.sent += 1
        except OSError:
            pass  # the far side is gone or its buffer is full: RTP is not sent again

    def _receive(self) -> None:
        try:
            while True:
                self._take(*self._socket.recvfrom(2048))
        except OSError:
            return  # drained, or an ICMP error of something sent earlier

    def _take(self, data: bytes, source: tuple[str, int]) -> None:
        remote = self._remote
        if remote is None or source != (remote.host, remote.port):
            self.strange += 1
            return
        try:
            packet = RtpPacket.parse(data)
            if packet.payload_type == remote.telephone_event:
                self.digits += self._events.receive(packet.timestamp, TelephoneEvent.parse(packet.payload)) or ""
        except MalformedPacket:
            self.strange += 1
            return
        self.received += 1
        if packet.payload_type == remote.payload_type and self.received % _LISTEN_EVERY == 0:
            self._recognise(packet.payload, remote.codec)

    def _recognise(self, payload: bytes, codec: str) -> None:
        samples = g711.decode(payload, codec)
        for tone in self._known_tones_hz:
            if share(samples, tone) > _TONE_SHARE:
                self._heard[tone] += 1
                return

    def close(self) -> None:
        self._metronome.remove(self)
        self._metronome.loop.remove_reader(self._socket.fileno())
        self._socket.close()
