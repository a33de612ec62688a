"""Key presses as RTP payloads. Source: RFC 4733 sections 2.3 to 2.5."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from ringout.rtp.errors import MalformedPacket

DIGITS = "0123456789*#ABCD"  # event codes 0 to 15, RFC 4733 section 3.2
MAX_DURATION = 0xFFFF
END_COPIES = 3  # section 2.5.1.4
_PAYLOAD = Struct("!BBH")
_END = 0x80
_UNITS_PER_MS = 8


@dataclass(slots=True)
class TelephoneEvent:
    """code: 0 to 255. volume: 0 to 63, dBm0 with the sign dropped. duration: RTP timestamp units so far."""

    code: int
    end: bool
    volume: int
    duration: int

    def encode(self) -> bytes:
        return _PAYLOAD.pack(self.code, (_END if self.end else 0) | self.volume, self.duration)

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent:
        """payload: exactly 4 bytes. Raises MalformedPacket for any other length."""
        if len(payload) != _PAYLOAD.size:
            raise MalformedPacket("a telephone-event payload has 4 bytes")
        code, second, duration = _PAYLOAD.unpack(payload)
        return cls(code, bool(second & _END), second & 0x3F, duration)


def press(digit: str, duration_ms: int = 100, ptime_ms: int = 20, volume: int = 10) -> list[bytes]:
    """The payloads of one press, one to send every ptime_ms under one RTP timestamp, the first with the marker bit: the
    growing duration, then the end three times. digit: one of DIGITS, else ValueError. duration_ms: 40 to 8000 after
    clamping."""
    code = DIGITS.index(digit.upper())
    total = max(40, min(duration_ms, 8000)) * _UNITS_PER_MS
    step = ptime_ms * _UNITS_PER_MS
    growing = [TelephoneEvent(code, False, volume, duration).encode() for duration in range(step, total, step)]
    return growing + [TelephoneEvent(code, True, volume, total).encode()] * END_COPIES


class EventReader:
    """Counts presses in one sender's telephone-events: each is told on its first packet to arrive, and once per RTP
    timestamp."""

    __slots__ = ("_duration", "_ended", "_event", "_timestamp")

    def __init__(self) -> None:
        self._timestamp: int | None = None
        self._event = -1
        self._duration = 0
        self._ended = True

    def reset(self) -> None:
        """The sender changed: its timestamps start anew."""
        self._timestamp = None

    def receive(self, timestamp: int, event: TelephoneEvent) -> str | None:
        """The digit when this packet is the first seen of a press, else None (repeats, late packets of an older event,
        the next segment of a long press, events that are no digits)."""
        last = self._timestamp
        if last is not None:
            ahead = (timestamp - last) & 0xFFFFFFFF
            if ahead == 0 or ahead >= 0x80000000:
                if ahead == 0:
                    self._ended = self._ended or event.end
                    self._duration = max(self._duration, event.duration)
                return None
            # Section 2.5.1.3: a press beyond 65535 units goes on under a new timestamp, the old one never ended.
            segment = event.code == self._event and not self._ended and ahead == self._duration == MAX_DURATION
        else:
            segment = False
        self._timestamp = timestamp
        self._event = event.code
        self._ended = event.end
        self._duration = event.duration
        return DIGITS[event.code] if event.code < len(DIGITS) and not segment else None
