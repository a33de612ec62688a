"""RTCP of one leg: the reports that we owe the phone, and what its own tell. Source: RFC 3550 section 6."""

from __future__ import annotations

from ringout.media.sender import Sender
from ringout.rtp import rtcp
from ringout.rtp.reception import Reception

_LONGEST_ROUND_TRIP_SECONDS = 10.0
_MOST_JITTER_SECONDS = 10.0


class Control:
    """What was reported in both directions. A phone may report what it likes: figures that cannot be are left out."""

    __slots__ = ("_round_trips", "_sent_at", "_sent_came", "far_jitter_ms", "far_lost", "round_trip_seconds")

    def __init__(self) -> None:
        self._sent_at = 0  # of the phone's last sender report, as it says; 0 = none came
        self._sent_came = 0.0  # when it came
        self._round_trips = 0
        self.round_trip_seconds = 0.0  # the sum of all that were measured
        self.far_lost: int | None = None
        self.far_jitter_ms: float | None = None

    @property
    def round_trip_ms(self) -> float | None:
        """The mean."""
        return 1000 * self.round_trip_seconds / self._round_trips if self._round_trips else None

    def receive(self, heard: rtcp.Heard, sender: Sender, now: float, wall: float) -> None:
        """A compound of the phone's. now, wall: seconds, monotonic and since 1970."""
        if heard.sent_at is not None:
            self._sent_at, self._sent_came = heard.sent_at, now
        for block in heard.blocks:
            if block.ssrc != sender.ssrc:
                continue
            self.far_lost = max(0, min(block.lost, sender.packets))
            seconds = block.jitter / sender.rate_hz
            self.far_jitter_ms = 1000 * seconds if seconds < _MOST_JITTER_SECONDS else None
            taken = (rtcp.middle_of_ntp(wall) - block.last_report - block.delay_since) & 0xFFFFFFFF
            if block.last_report and taken < _LONGEST_ROUND_TRIP_SECONDS * 65536:
                self.round_trip_seconds += taken / 65536
                self._round_trips += 1

    def report(self, sender: Sender, reception: Reception, ssrc: int | None, now: float, wall: float) -> bytes:
        """Ours: a sender report, or a receiver report from who sent nothing, with a block on what came. ssrc: the
        phone's, None = nothing has come."""
        sent = None
        if sender.packets:
            timestamp = sender.timestamp + round((now - sender.sent_at) * sender.rate_hz)
            sent = rtcp.SenderInfo(wall, timestamp, sender.packets, sender.octets)
        block = None
        if ssrc is not None:
            delay = round((now - self._sent_came) * 65536) & 0xFFFFFFFF if self._sent_at else 0
            block = reception.block(ssrc, self._sent_at, delay)
        return rtcp.report(sender.ssrc, f"{sender.ssrc:08x}@ringout", sent, block)
